"""Finds the tables on a sheet: where each has its header, which columns are its own, and which rows follow."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from neocloud.sheets.cells import Moment, Row, Sheet, Value
from neocloud.sheets.dates import read_date
from neocloud.sheets.fields import TABLES
from neocloud.sheets.headings import Match, assigned, complete, matches, words
from neocloud.units import format_instant

_HEADER_WITHIN_ROWS = 15
_MONTHS_AT_LEAST = 3
_MOST_RUNS = 200
"""After so many runs of rows a sheet has shown its tables; what follows belongs to the last."""

_MANY_FIELDS = 4
"""With fewer fields than this, half of the headings must name one: else it is a row that looks like a header."""


class Found(NamedTuple):
    """A table on a sheet: its kind, the rows of its header, and what heads each column (two rows as one text)."""

    kind: str
    header: tuple[int, int]
    headings: list[str]
    fields: dict[int, Match]
    score: float
    upper: list[str]
    lower: list[str]


class Region(NamedTuple):
    """A table with its rows, and the rows above it that say what it is about."""

    found: Found
    rows: list[Row]
    above: list[Row]


def find_tables(sheet: Sheet) -> list[Region]:
    """The tables of a sheet, from top to bottom."""
    headers = list(_headers(sheet))
    index = {row.number: i for i, row in enumerate(sheet.rows)}
    regions = []
    for i, (founds, above_from) in enumerate(headers):
        top, bottom = index[founds[0].header[0]], index[founds[0].header[1]]
        until = headers[i + 1][1] if i + 1 < len(headers) else len(sheet.rows)
        above = sheet.rows[above_from:top]
        regions += [Region(found, sheet.rows[bottom + 1 : until], above) for found in founds]
    return regions


def _headers(sheet: Sheet) -> Iterator[tuple[list[Found], int]]:
    """The headers on a sheet, each with the row (an index) from which on what stands above is its title."""
    spread = spread_over(sheet)
    before: set[tuple[str, tuple[str, ...]]] = set()
    end = 0
    for run in _runs(sheet.rows)[:_MOST_RUNS]:
        founds = _header_of(sheet, run, spread)
        said = {(found.kind, tuple(found.headings)) for found in founds}
        if not founds or said == before:
            continue
        top = next(i for i in run if sheet.rows[i].number == founds[0].header[0])
        yield founds, _title_from(sheet.rows, top, run[0], end)
        before, end = said, top + 1


def _runs(rows: Sequence[Row]) -> list[list[int]]:
    """Rows without an empty one between."""
    numbered = groupby(enumerate(rows), key=lambda pair: pair[1].number - pair[0])
    return [[i for i, _ in run] for _, run in numbered]


def _title_from(rows: Sequence[Row], top: int, run_from: int, end: int) -> int:
    """From where on the rows above a header are its title: short ones, up to what a table before may have."""
    start = top
    while start > end and _cells(rows[start - 1]) <= (2 if start > run_from else 1):
        start -= 1
    return start


def _cells(row: Row) -> int:
    return sum(value is not None for value in row.values)


def spread_over(sheet: Sheet) -> dict[tuple[int, int], Value]:
    """What merged cells say, in every cell of theirs."""
    first = {row.number: row for row in sheet.rows} if sheet.merged else {}
    found: dict[tuple[int, int], Value] = {}
    for area in sheet.merged:
        row = first.get(area.top)
        value = row.at(area.left) if row else None
        if value is not None and (area.bottom - area.top + 1) * (area.right - area.left + 1) <= 10_000:
            for number in range(area.top, area.bottom + 1):
                found.update({(number, column): value for column in range(area.left, area.right + 1)})
    return found


def _header_of(sheet: Sheet, run: Sequence[int], spread: dict[tuple[int, int], Value]) -> list[Found]:
    """The best header in the first rows of a run: one table, or several beside each other."""
    best: list[Found] = []
    for position, i in enumerate(run[:_HEADER_WITHIN_ROWS]):
        following = run[position + 1 :]
        if not following and best:
            break
        for lines in ([sheet.rows[i]], [sheet.rows[i], sheet.rows[following[0]]] if following else []):
            if lines and all(_may_head(row) for row in lines) and _one_header(lines):
                below = [sheet.rows[j] for j in run[position + len(lines) : position + len(lines) + 20]]
                founds = _tables_in(lines, below, spread)
                if sum(found.score for found in founds) > sum(found.score for found in best) + 0.01:
                    best = founds
    return best


def _may_head(row: Row) -> bool:
    texts = sum(isinstance(value, str) for value in row.values)
    return texts >= 1 and _cells(row) >= 2 and len(row.values) <= 2_000


def _one_header(lines: Sequence[Row]) -> bool:
    """Whether two rows may be one header: the upper has one cell for several of the lower, so few stand over one."""
    if len(lines) == 1:
        return True
    upper, lower = lines
    both = sum(upper.at(c) is not None and value is not None for c, value in enumerate(lower.values))
    return both * 2 <= max(_cells(lower), 2)


def _tables_in(lines: Sequence[Row], below: Sequence[Row], spread: dict[tuple[int, int], Value]) -> list[Found]:
    upper, lower = _texts(lines, spread)
    headings = [_joined(above, under) for above, under in zip(upper, lower, strict=True)]
    header = lines[0].number, lines[-1].number
    groups = _groups(headings, below)
    if len(groups) > 1:
        beside = [found for group in groups if (found := _classified(headings, group, header, upper, lower))]
        if len(beside) == len(groups) or (len(beside) > 1 and not _one(headings)):
            return beside
    whole = _classified(headings, range(len(headings)), header, upper, lower)
    months = _months(headings, header, upper, lower, below)
    if whole and (months is None or whole.score >= months.score):
        return [whole]
    return [months] if months else []


def _one(headings: Sequence[str]) -> bool:
    return any(
        complete(assigned(headings, kind), table) and len({*headings}) == len(headings)
        for kind, table in TABLES.items()
    )


def _texts(lines: Sequence[Row], spread: dict[tuple[int, int], Value]) -> tuple[list[str], list[str]]:
    """The texts of the upper and the lower row; what a merged cell says stands over all that it spans."""
    width = max(len(row.values) for row in lines)
    rows = [[_heading(spread.get((row.number, c)) or row.at(c)) for c in range(width)] for row in lines]
    if len(rows) == 1:
        return [""] * width, rows[0]
    upper, lower = rows
    last, covered = "", [""] * width
    for column, text in enumerate(upper):
        last = text or (last if lower[column] else "")
        covered[column] = last
    return covered, lower


def _heading(value: Value) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Moment):
        return format_instant(value.at)
    return ""


def _joined(upper: str, lower: str) -> str:
    return lower if not upper or upper == lower else f"{upper} {lower}".strip()


def _groups(headings: Sequence[str], below: Sequence[Row]) -> list[list[int]]:
    """Columns that have nothing between them."""
    used = [bool(text) or any(row.at(column) is not None for row in below) for column, text in enumerate(headings)]
    return [[c for c, _ in run] for there, run in groupby(enumerate(used), key=lambda pair: pair[1]) if there]


def _classified(
    headings: Sequence[str], columns: Sequence[int], header: tuple[int, int], upper: list[str], lower: list[str]
) -> Found | None:
    """What kind of table some columns are, if any: the one that has all it needs, and names most columns."""
    there = sum(bool(headings[column]) for column in columns)
    spanning = any(a and a == b for a, b in pairwise(upper))
    best: Found | None = None
    for kind, table in TABLES.items():
        texts = [_better(headings[c], lower[c], kind) if c in columns else "" for c in range(len(headings))]
        fields = assigned(texts, kind)
        if not complete(fields, table) or (len(fields) < _MANY_FIELDS and len(fields) * 2 < there):
            continue
        score = sum(match.sure for match in fields.values()) - 0.15 * (there - len(fields))
        score += 0.5 * all(match.sure > 0.9 for match in fields.values()) + 0.1 * spanning
        if best is None or score > best.score:
            shown = [headings[column] if column in columns else "" for column in range(len(headings))]
            best = Found(kind, header, shown, fields, score, upper, lower)
    return best


def _better(joined: str, lower: str, kind: str) -> str:
    """What names a field more surely: both rows of a header, or the lower one alone."""
    both, alone = (max((match.sure for match in matches(text, kind)), default=0) for text in (joined, lower))
    return lower if alone > both else joined


def _months(
    headings: list[str], header: tuple[int, int], upper: list[str], lower: list[str], below: Sequence[Row]
) -> Found | None:
    """A table of GPUs by month: the months stand over the columns, or before the rows."""
    over = sum(bool(lower[c]) and is_month(lower[c]) for c in range(len(lower)))
    beside = sum(is_month(row.at(_first(row))) for row in below)
    others = len({text for text in headings[1:] if text})
    if over >= _MONTHS_AT_LEAST and sum(isinstance(row.at(_first(row)), str) for row in below) >= 1:
        return Found("months", header, headings, {}, 1.0 + over / 2, upper, lower)
    if beside >= _MONTHS_AT_LEAST and others >= 1 and beside * 2 >= len(below):
        score = 0.0 if any(is_month(text) for text in headings[1:] if text) else 1.0 + others / 2
        return Found("months", header, headings, {}, score, upper, lower)
    return None


def _first(row: Row) -> int:
    return next((column for column, value in enumerate(row.values) if value is not None), 0)


def is_month(value: Value) -> bool:
    """Whether a value names a month, as the first column or the header of a table by month does."""
    if isinstance(value, Moment):
        return True
    if not isinstance(value, str) or len(value) > 30:
        return False
    reading = read_date(value)
    return reading is not None and len(words(value)) <= 3 and not value.strip().isdigit()
