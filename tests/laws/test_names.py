"""The ids of a table in order are those of the table, whatever came, went, or changed hands in between."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from neocloud.model import names
from neocloud.model.names import Names

NAMES = st.sampled_from("abcdef")
STEPS = st.lists(st.tuples(st.sampled_from(("put", "put", "drop", "ask")), NAMES, st.sampled_from(("", "x", "y"))))


@given(steps=STEPS, many=st.sampled_from((0, 1, 100)))
def test_names_follow_their_table(steps: Any, many: int) -> None:
    before, names._MANY = names._MANY, many
    try:
        table: dict[str, Any] = {"b": SimpleNamespace(tenant="x"), "e": object()}
        kept = Names(table)
        for step, name, tenant in [*steps, ("ask", "", "")]:
            if step == "ask":
                check(kept, table)
            elif step == "put":
                kept.note(name, table.get(name))
                table[name] = SimpleNamespace(tenant=tenant)
            elif name in table:
                kept.note(name, table[name])
                del table[name]
    finally:
        names._MANY = before


def check(kept: Names, table: dict[str, Any]) -> None:
    assert list(kept.all()) == sorted(table)
    for tenant in ("", "x", "y", "nobody"):
        theirs = [name for name in sorted(table) if getattr(table[name], "tenant", "") == tenant]
        assert list(kept.of(tenant)) == theirs
