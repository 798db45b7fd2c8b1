"""Any table of text, by a mapping file that says which column is what."""

from neocloud.traces.columns import Clock
from neocloud.traces.detect import separator_of
from neocloud.traces.mapping import Mapping
from neocloud.traces.tabular import Layout
from neocloud.traces.text import Source


def mapped_layout(mapping: Mapping, source: Source, zone: str | None) -> Layout:
    """How the mapping reads a table; without a separator the head of the table shows it."""
    return Layout(
        f"{mapping.path} says",
        "mapped",
        mapping.columns,
        Clock(zone=zone or mapping.zone, form=mapping.form),
        separator=mapping.separator or separator_of(source.head()),
        unit_s=mapping.unit_s,
        ranks=mapping.ranks,
    )
