"""Requests as rows of a CSV file: a row is a pool of a request.

Rows of one id are the pools of one request; what the first of them says of the rest of it need not be said again.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from neocloud.documents.document import short
from neocloud.documents.text import Places
from neocloud.errors import Invalid
from neocloud.sheets.text import read_text

_OF_POOL = ("pool", "gpus", "price", "value")
_OF_REQUEST = ("rank", "from", "until", "latest_start", "divisible", "terms", "forecast")
_COLUMNS = ("id", "tenant", *_OF_POOL, *_OF_REQUEST)
_NEEDED = ("id", "tenant", "pool", "gpus", "from", "until")
_WHOLE = re.compile(r"-?(\d{1,18}|\d{1,3}(,\d{3}){1,5})")
_SAID = {"yes": True, "true": True, "no": False, "false": False}


class Cell(NamedTuple):
    """What a row of a CSV file says in a column."""

    row: int
    column: str
    text: str


class Cells(Places):
    """Where in a CSV file each value stands: `file:row column`, by its path."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.rows: dict[str, int] = {}

    def of(self, path: str) -> str:
        """`file:row column`, of the row that the nearest part of the path stands in."""
        inner = path
        while inner and inner not in self.rows:
            inner = inner.rpartition(".")[0] if inner.rfind(".") > inner.rfind("[") else inner.rpartition("[")[0]
        column = path.removeprefix(inner).lstrip(".") or path.rpartition(".")[2]
        return f"{self.file}:{self.rows.get(inner, 1)} {column if '[' not in column else ''}".rstrip()


def read_rows(path: Path, places: Cells) -> dict[str, Any]:
    """The rows of a CSV file as a file of requests would say them; each place noted. Raises Invalid."""
    requests: dict[str, dict[str, Any]] = {}
    paths: dict[str, str] = {}
    for cells in _rows(path):
        if "id" not in cells:
            raise Invalid("the id is missing", place=f"{path}:{next(iter(cells.values())).row} id")
        name = cells["id"].text
        request = requests.setdefault(name, {"id": name, "pools": []})
        _take(request, cells, paths.setdefault(name, f"requests[{len(paths)}]"), places)
    return {"requests": list(requests.values())}


def _rows(path: Path) -> Iterator[dict[str, Cell]]:
    """The rows under the header: what each says, by column."""
    try:
        sheet = read_text(path.read_bytes(), path)
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}", place="") from None
    except Invalid as error:
        raise error.at(str(path)) from None
    if not sheet.rows:
        raise Invalid(f"the file is empty; its first row names columns: {', '.join(_COLUMNS)}", place=str(path))
    header = [str(value or "").strip().lower().replace(" ", "_") for value in sheet.rows[0].values]
    _check_header(header, f"{path}:{sheet.rows[0].number}")
    for row in sheet.rows[1:]:
        if len(row.values) > len(header) and any(row.values[len(header) :]):
            raise Invalid("this row has more cells than the header names columns", place=f"{path}:{row.number}")
        yield {
            name: Cell(row.number, name, str(value))
            for name, value in zip(header, row.values, strict=False)
            if value is not None
        }


def _check_header(header: list[str], place: str) -> None:
    for name in header:
        if name not in _COLUMNS:
            raise Invalid(f"there is no column {short(name)!r}; there are {', '.join(_COLUMNS)}", place=place)
        if header.count(name) > 1:
            raise Invalid(f"the column {name!r} is there twice", place=place)
    for name in _NEEDED:
        if name not in header:
            raise Invalid(f"the column {name!r} is missing", place=place)


def _take(request: dict[str, Any], cells: dict[str, Cell], path: str, places: Cells) -> None:
    """One row: a pool of its request, and what it says of the rest of it."""
    way = f"{path}.pools[{len(request['pools'])}]"
    row = cells["id"].row
    places.rows.setdefault(path, row)
    places.rows[way] = row
    request["pools"].append({name: _value(cells[name]) for name in _OF_POOL if name in cells})
    for name in ("tenant", *_OF_REQUEST):
        if name not in cells:
            continue
        value = _value(cells[name])
        if request.setdefault(name, value) != value:
            raise Invalid(
                f"rows of request {request['id']} say {request[name]} and {value}; a request has one {name}",
                place=f"{places.file}:{row} {name}",
            )


def _value(cell: Cell) -> Any:
    """A cell as YAML would have read it; what is not of its kind stays text, and is told of as such."""
    if cell.column in {"gpus", "rank"} and _WHOLE.fullmatch(cell.text):
        return int(cell.text.replace(",", ""))
    if cell.column == "divisible":
        return _SAID.get(cell.text.lower(), cell.text)
    return cell.text
