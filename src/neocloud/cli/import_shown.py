"""How an import is shown to people: what was read, what was not, what would change, and the audit."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill
from typing import Any

import click

from neocloud.cli.apply import change_row, cut
from neocloud.cli.import_rows import (
    findings_shown,
    left_out_rows,
    mapping_rows,
    sample_lines,
    stray_rows,
    table_rows,
)
from neocloud.cli.output import counted, note, table
from neocloud.cli.session import Session
from neocloud.operations.audit import Audit
from neocloud.operations.importing import Plan
from neocloud.rules.change import Change
from neocloud.sheets.reading import Reading

_SHOWN_CHANGES = 4
_SHOWN_LEFT_OUT = 25


def show(files: Sequence[Path], done: Plan) -> None:
    """What was read: tables, columns, samples, and what was left out."""
    reading = done.reading
    names = ", ".join(path.name for path in files)
    if not reading.understood:
        click.echo(f"{names}: {counted(reading.rows, 'row')}, and no table that is understood.\n")
    else:
        _heading(f"{names}: {counted(reading.rows, 'row')} in {counted(len(reading.understood), 'table')}")
        click.echo(table(*table_rows(reading)) + "\n")
        _heading("How the columns are read")
        _echo_cut(table(*mapping_rows(reading)))
        _samples_shown(reading)
    _left_out_shown(reading)
    for remark in done.remarks:
        note(f"note: {remark}")


def _samples_shown(reading: Reading) -> None:
    lines = list(sample_lines(reading))
    if not lines:
        return
    _heading("What that gives, for instance")
    for line in lines:
        _echo(line)
    click.echo()


def _left_out_shown(reading: Reading) -> None:
    rows = [*left_out_rows(reading), *stray_rows(reading)]
    if not rows:
        return
    cells = sum(len(each.cells) for each in reading.understood)
    also = f" and {counted(cells, 'cell')} of used rows" if cells else ""
    many = sum(row.get("rows", 1) for row in rows) - cells
    _heading(f"Not used: {counted(many, 'row')}{also}, each with its reason")
    width = max(len(row["place"]) for row in rows[:_SHOWN_LEFT_OUT])
    for row in rows[:_SHOWN_LEFT_OUT]:
        _echo(f"{row['place'].ljust(width)}  {row['reason']}", hanging=width + 2)
    if len(rows) > _SHOWN_LEFT_OUT:
        click.echo(f"... and {len(rows) - _SHOWN_LEFT_OUT:,} more (--output json lists them all)")
    click.echo()


def show_changes(opened: Session, done: Plan, changes: Sequence[Change]) -> None:
    """What would change: how many of each kind, and the first of them."""
    rows = [change_row(opened.ledger.world, change) for change in changes]
    if not rows:
        click.echo(f"Nothing to change{': all of it is in the ledger already' if done.there_already else ''}.\n")
        return
    kinds = Counter((row["change"], row["kind"]) for row in rows)
    said = ", ".join(f"{change} {counted(many, _plural(kind, many))}" for (change, kind), many in kinds.items())
    _heading(f"The difference: {said}")
    shown = _some_of_each(rows)
    columns = ("change", "kind", "id", "what")
    more = (
        f"\n... and {len(rows) - len(shown):,} more (--output json lists them all)" if len(rows) > len(shown) else ""
    )
    _echo_cut(table([[str(row[column]) for column in columns] for row in shown], columns) + more)


def _plural(kind: str, many: int) -> str:
    return "deliverie" if kind == "delivery" and many != 1 else "term" if kind == "terms" and many != 1 else kind


def _some_of_each(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first few of each kind."""
    seen: Counter[str] = Counter()
    shown = []
    for row in rows:
        seen[row["kind"]] += 1
        if seen[row["kind"]] <= _SHOWN_CHANGES:
            shown.append(row)
    return shown


def show_audit(result: Audit, *, dry_run: bool) -> None:
    """Findings as sentences, and the verdict."""
    _heading("The audit, if this were brought in" if dry_run else "The audit")
    for line in findings_shown(result):
        _echo(line)
    click.secho(result.verdict, fg="red" if result.findings else "green")
    if not dry_run and any(finding.code == "audit.shortfall" for finding in result.findings):
        click.echo("Who is hit, what is at stake, and the ways out: neocloud at-risk")


def _echo(line: str, *, hanging: int = 2) -> None:
    """A long line, broken at the width of the terminal."""
    width = max(60, get_terminal_size().columns)
    indent = " " * hanging
    click.echo(fill(line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False))


def _echo_cut(text: str) -> None:
    """Lines, cut at the width of the terminal, and an empty one."""
    for line in text.split("\n"):
        click.echo(cut(line, max(60, get_terminal_size().columns)))
    click.echo()


def _heading(text: str) -> None:
    for line in fill(text, max(60, get_terminal_size().columns)).split("\n"):
        click.secho(line, bold=True)


def answer_document(
    files: Sequence[Path], done: Plan, changes: Sequence[Change], result: Audit, opened: Session
) -> dict[str, Any]:
    """All of it, for programs."""
    reading = done.reading
    names, rows = table_rows(reading)[1], table_rows(reading)[0]
    columns, mapped = mapping_rows(reading)[1], mapping_rows(reading)[0]
    return {
        "files": [str(path) for path in files],
        "rows": reading.rows,
        "tables": [dict(zip(names, row, strict=True)) for row in rows],
        "columns": [dict(zip(columns, row, strict=True)) for row in mapped],
        "left_out": [*left_out_rows(reading), *stray_rows(reading)],
        "remarks": done.remarks,
        "changes": [change_row(opened.ledger.world, change) for change in changes],
        "findings": [finding._asdict() for finding in result.findings],
    }
