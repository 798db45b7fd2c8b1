"""A mapping file (YAML): which column of a table is which field, how times are written, ranks, quotas."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from neocloud.errors import Invalid
from neocloud.settings import MOST_GPUS
from neocloud.traces.columns import known_zone

FIELDS = (
    "job_id", "submit", "start", "end", "duration", "gpus", "team", "limit", "nodes", "gpu_type", "rank", "outcome",
)  # fmt: skip
_UNITS_S = {"s": 1, "m": 60, "h": 3_600}
_KNOWN = ("columns", "times", "duration_unit", "ranks", "quotas", "separator")


class Mapping(NamedTuple):
    """What a mapping file says. Without `columns` it adds ranks and quotas to a format that is known."""

    path: str = ""
    columns: dict[str, str] = {}
    form: str = "iso"
    zone: str | None = None
    unit_s: int = 1
    ranks: dict[str, int] | None = None
    quotas: tuple[tuple[str, int], ...] = ()
    separator: str = ""


def read_mapping(path: Path) -> Mapping:
    """The mapping of a file. Raises Invalid with file, line and field."""
    try:
        text = path.read_text("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except OSError as error:
        raise Invalid(f"it cannot be read: {error.strerror}", place=str(path)) from None
    except UnicodeDecodeError:
        raise Invalid("it is not UTF-8; save it as UTF-8", place=str(path)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(f"it is not YAML: {_problem(error)}", place=_marked(path, error)) from None
    if not isinstance(content, dict):
        raise Invalid("a mapping has fields, such as columns; this has none", place=str(path))
    return _Reader(path, node).mapping(content)


def _problem(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _marked(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{path}, line {mark.line + 1}" if mark else str(path)


class _Reader:
    """Checks what was said, and knows the line of it."""

    def __init__(self, path: Path, node: Any) -> None:
        self.path, self.lines = path, _lines(node)

    def wrong(self, field: str, sentence: str) -> Invalid:
        """A refusal at a field."""
        line = self.lines.get(field)
        return Invalid(sentence, place=f"{self.path}, line {line}, {field}" if line else f"{self.path}, {field}")

    def mapping(self, content: dict[Any, Any]) -> Mapping:
        """The whole of it."""
        self.known(content, "", _KNOWN)
        times = self.fields(content, "times", lambda value: isinstance(value, str), "text")
        self.known(times, "times.", ("format", "zone"))
        unit = content.get("duration_unit", "s")
        if unit not in _UNITS_S:
            raise self.wrong("duration_unit", f"{unit!r} is no unit; write s, m or h")
        separator = content.get("separator", "")
        if not isinstance(separator, str) or len(separator.encode()) > 1 or separator in {'"', "\n", "\r"}:
            raise self.wrong("separator", "one character is wanted here, such as ; or a tab")
        ranks = self.fields(content, "ranks", _is_count, f"a rank from 1 to {MOST_GPUS:,}")
        quotas = self.fields(content, "quotas", _is_count, f"a number of GPUs from 1 to {MOST_GPUS:,}")
        zone = times.get("zone")
        return Mapping(
            path=str(self.path),
            columns=self.columns(content) if "columns" in content else {},
            form=self.form(times.get("format", "iso")),
            zone=None
            if zone is None
            else known_zone(zone, f"{self.path}, line {self.lines['times.zone']}, times.zone"),
            unit_s=_UNITS_S[unit],
            ranks={str(name): rank for name, rank in ranks.items()} if "ranks" in content else None,
            quotas=tuple((str(team), gpus) for team, gpus in quotas.items()),
            separator=separator,
        )

    def known(self, content: dict[Any, Any], before: str, names: tuple[str, ...]) -> None:
        """Refuse fields that there are none of."""
        for name in content:
            if name not in names:
                raise self.wrong(f"{before}{name}", f"there is no field {name!r} here; there are {', '.join(names)}")

    def fields(self, content: dict[Any, Any], field: str, fine: Callable[[Any], bool], wanted: str) -> dict[Any, Any]:
        """A field that is a table of names; nothing if it is not there."""
        found = content.get(field, {})
        if not isinstance(found, dict):
            raise self.wrong(field, f"names, each with {wanted}, are wanted here")
        for name, value in found.items():
            if not fine(value):
                raise self.wrong(f"{field}.{name}", f"{str(value)[:40]!r} cannot be; {wanted} is wanted here")
        return found

    def columns(self, content: dict[Any, Any]) -> dict[str, str]:
        """The heading of each field."""
        columns = self.fields(content, "columns", lambda value: isinstance(value, str) and value != "", "a heading")
        self.known(columns, "columns.", FIELDS)
        missing = [field for field in ("submit", "gpus") if field not in columns]
        if "duration" not in columns and not {"start", "end"} <= columns.keys():
            missing.append("duration (or start and end)")
        if missing:
            raise self.wrong("columns", f"it lacks {' and '.join(missing)}")
        return columns

    def form(self, form: str) -> str:
        """How times are written: iso, epoch, epoch_ms, or a pattern with %."""
        if form not in {"iso", "epoch", "epoch_ms"} and "%" not in form:
            raise self.wrong(
                "times.format", f"{form!r} is no format; write iso, epoch, epoch_ms or one such as %d/%m/%Y %H:%M:%S"
            )
        return form


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_GPUS


def _lines(node: Any, before: str = "") -> dict[str, int]:
    """The line of every field, by its path."""
    found: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{before}{key.value}"
            found[path] = key.start_mark.line + 1
            found.update(_lines(value, f"{path}."))
    return found
