"""`neocloud review`: what changed between two instants, and why; as a table, data, or a page."""

from contextlib import redirect_stdout
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from neocloud.cli.asking import at
from neocloud.cli.output import counted, fields, output_option, print_csv, print_value, table
from neocloud.cli.review_page import PageRow, page
from neocloud.cli.session import Bar, bare_stores
from neocloud.documents.shown import money
from neocloud.errors import Invalid
from neocloud.model.checks import check_span
from neocloud.operations.changed import named
from neocloud.operations.review import Review, Row, Totals
from neocloud.operations.review import review as look_back
from neocloud.units import Money, format_duration, format_instant

_HEADINGS = ("recorded", "cause", "noun", "id", "what_changed", "command", "reason")
_LONGEST = {"command": 24, "reason": 40}
_WIDEST = 72  # of what changed, before a line is broken


@click.command()
@click.option("--since", required=True, metavar="TIME", help="From what was recorded then on.")
@click.option("--until", metavar="TIME", help="Up to, and without, what was recorded then [all].")
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there.")
@output_option("html")
def review(since: str, until: str | None, file: Path | None, output: str) -> None:
    """What changed between two instants of recording, from what to what, by which command, and why.

    GPUs and money count confirmed leases: a hold is no contract until it is confirmed.

    \b
    Examples:
      neocloud review --since 2026-06-01
      neocloud review --since 2026-06-01 --until 2026-07-01 --output html --to june.html
    """
    with bare_stores() as (journal, snapshots, now):
        since_at, until_at = _span(since, until, now)
        found = look_back(journal, snapshots, since_at, until_at, Bar("reading the journal"))
    if file is None:
        _print(found, output)
        return
    with click.open_file(str(file), "w", encoding="utf-8", atomic=True) as out, redirect_stdout(out):
        _print(found, output)


def _span(since: str, until: str | None, now: int) -> tuple[int, int | None]:
    since_at = at(since, now, "--since")
    if since_at > now:
        raise Invalid(
            f"nothing is recorded yet from {format_instant(since_at)} on; say a time up to {format_instant(now)}",
            place="--since",
        )
    if until is None:
        return since_at, None
    until_at = at(until, now, "--until")
    check_span(since_at, until_at, "--until")
    return since_at, until_at


def _print(found: Review, output: str) -> None:
    match output:
        case "table":
            click.echo(_text(found))
        case "html":
            click.echo(page(title(found), totals_in_words(found.totals), _sections(found), f"Head {found.head}"))
        case "csv":
            print_csv([_row(row) for row in found.rows], ("seq", "recorded", "cause", "kind", "id"))
        case _:
            print_value(whole(found), output)


def title(found: Review) -> str:
    """Which review it is."""
    until = "now" if found.until_at is None else format_instant(found.until_at)
    return f"What changed from {format_instant(found.since_at)} to {until}"


def totals_in_words(totals: Totals) -> list[tuple[str, str]]:
    """The totals, a name and a sentence each."""
    leases = f"{totals.booked:,} booked, {totals.held:,} held, {totals.amended:,} amended, {totals.ended:,} ended"
    hours = f"GPU-hours +{totals.gpu_hours_added:,}, −{totals.gpu_hours_lost:,}"
    requests = f"{totals.requests_received:,} received, {totals.requests_accepted:,} accepted, "
    requests += f"{totals.requests_declined:,} declined, {totals.requests_withdrawn:,} withdrawn"
    slipped = f"{totals.slipped:,} slipped"
    if totals.slipped:
        slipped += f", by {format_duration(totals.most_later_s)} at the most"
    return [
        ("entries", f"{totals.entries:,}, by {counted(totals.commands, 'command')}"),
        ("leases", leases),
        ("GPUs leased", f"+{totals.gpus_added:,}, −{totals.gpus_lost:,} ({hours})"),
        ("money contracted", f"+{_amounts(totals.money_added)}, −{_amounts(totals.money_lost)}"),
        ("requests", requests),
        ("deliveries", slipped),
        ("outages", f"{totals.outages_opened:,} opened, {totals.outages_ended:,} ended"),
        ("curtailments", f"{totals.curtailments:,} opened"),
    ]


def _amounts(amounts: list[Money]) -> str:
    return " and ".join(map(str, amounts)) or "0"


def _text(found: Review) -> str:
    parts = [click.style(title(found), bold=True), fields(totals_in_words(found.totals))]
    for name, rows in found.groups():
        lines = [line for row in rows for line in _lines(row)]
        parts.append(f"\n{click.style(f'{name} ({len(rows):,})', bold=True)}\n{table(lines, _HEADINGS)}")
    return "\n".join(parts if found.rows else [*parts, "nothing was recorded"])


def _lines(row: Row) -> list[list[str]]:
    """A row of the table, a line for each change: the first has the rest beside it."""
    cells = _cells(row)
    cut = [text if len(text) <= (most := _LONGEST.get(name, 200)) else f"{text[: most - 1]}…" for name, text in cells]
    changes = [line for change in row.changes for line in wrap(change, _WIDEST, subsequent_indent="  ")] or ["-"]
    place = _HEADINGS.index("what_changed")
    rest = [["" if i != place else change for i in range(len(cut))] for change in changes[1:]]
    return [[*cut[:place], changes[0], *cut[place + 1 :]], *rest]


def _cells(row: Row) -> list[tuple[str, str]]:
    entry = row.entry
    texts = (
        format_instant(entry.recorded_at),
        entry.cause.replace("_", " "),
        row.kind,
        named(entry.noun),
        "; ".join(row.changes),
        entry.command,
        row.reason,
    )
    return list(zip(_HEADINGS, texts, strict=True))


def _sections(found: Review) -> list[tuple[str, list[PageRow]]]:
    """What the page shows of each group: a row is its first cells, its changes, and its last cells."""
    place = _HEADINGS.index("what_changed")
    sections = []
    for name, rows in found.groups():
        texts = [([text for _, text in _cells(row)], row.changes) for row in rows]
        sections.append((name, [(cells[:place], changes, cells[place + 1 :]) for cells, changes in texts]))
    return sections


def whole(found: Review) -> dict[str, Any]:
    """All of it, for programs."""
    totals = found.totals._asdict() | {
        "money_added": [money(each) for each in found.totals.money_added],
        "money_lost": [money(each) for each in found.totals.money_lost],
    }
    return {
        "id": "review",
        "since": format_instant(found.since_at),
        "until": None if found.until_at is None else format_instant(found.until_at),
        "head": str(found.head),
        "totals": totals,
        "changes": [_row(row) for row in found.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    entry = row.entry
    return {
        "seq": entry.seq,
        "recorded": format_instant(entry.recorded_at),
        "cause": entry.cause,
        "kind": row.kind,
        "id": entry.noun.id,
        "changes": row.changes,
        "gpus_added": row.gpus_added,
        "gpus_lost": row.gpus_lost,
        "gpu_hours": row.gpu_seconds // 3600,
        "money": [money(each) for each in row.money],
        "later_s": row.later_s,
        "command": entry.command,
        "reason": row.reason,
    }
