"""`neocloud at-risk`: what is short, whom it hits, what they may do, and the ways out. Facts end with the same."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from neocloud.cli.output import Row, counted, output_option, print_rows, table
from neocloud.cli.quoting import costs_now
from neocloud.cli.ready import ready
from neocloud.cli.session import session
from neocloud.cli.travel import travel_options
from neocloud.documents.shown import money
from neocloud.errors import Unknown
from neocloud.model.world import World
from neocloud.rules.change import lease_named
from neocloud.rules.risk import Hit, Risk
from neocloud.rules.risk import at_risk as risks_of
from neocloud.rules.ways_out import WayOut, ways_out
from neocloud.settings import WAYS_OUT_HITS
from neocloud.timeline import FOREVER
from neocloud.units import format_instant

if TYPE_CHECKING:
    from neocloud.rules.planning.futures import Costs

_COLUMNS = ("lease", "tenant", "pool", "short_gpus", "from", "until")
_BELOW = (("at stake", "at_stake"), ("rights", "rights"))
_MOST_LINES = 20


@click.command()
@click.option("--site", "site_id", metavar="SITE", help="Only at this site.")
@click.option("--lease", "lease_id", metavar="LEASE", help="Only this lease, with its ways out.")
@travel_options
@output_option()
def at_risk(site_id: str | None, lease_id: str | None, output: str) -> None:
    """What facts have made short, now or ahead: who is hit, what is at stake, their rights, and the ways out.

    \b
    Examples:
      neocloud at-risk
      neocloud at-risk --lease google --output json
    """
    with session() as opened, opened.world() as world:
        if site_id is not None and site_id not in world.sites:
            raise Unknown("site", site_id, world.sites)
        only = None if lease_id is None else lease_named(world, lease_id).id
        risks = risks_of(world, opened.now, None if site_id is None else [site_id])
        show_risks(world, risks, opened.now, output, only=only)


def show_risks(world: World, risks: list[Risk], now: int, output: str, *, only: str | None = None) -> None:
    """Risks as people read them, or a row for each hit with its ways out."""
    if output == "table":
        for line in lines(world, risks, now, only):
            click.echo(line)
        return
    found = [row for risk in risks for row in rows(world, risk, now, only, costs_now(world))]
    print_rows(found, output, ("lease", "tenant", "pool", "short_gpus", "from", "until"))


def lines(world: World, risks: list[Risk], now: int, only: str | None = None) -> Iterator[str]:
    """What is short, who is hit, and the ways out, as lines."""
    costs = costs_now(world) if risks else None
    if not risks:
        yield click.style("Nothing is short: demand is at or under supply from now on.", fg="green")
    for risk in risks:
        yield from (click.style(f"short: {shortage}", fg="red") for shortage in risk.shortages)
        hits = [hit for hit in risk.hits if only in {None, hit.lease.id}]
        yield from _hits(hits) if hits else [f"{only} is not hit by that: others give way before it"]
        named = hits if only is not None else _worst_of_each(hits)
        for hit in named:
            yield from _ways(world, hit, ways_out(world, hit, now, {each.lease.id for each in risk.hits}), costs)
        if len(named) < len(hits):
            yield "of the others: neocloud at-risk --lease LEASE"


def _hits(hits: list[Hit]) -> Iterator[str]:
    """Who, what and when as a table; below each, on lines of their own, what is at stake and the rights."""
    found = list(map(_row, hits[:_MOST_LINES]))
    head, *lines = table([[_text(row[column]) for column in _COLUMNS] for row in found], _COLUMNS).splitlines()
    yield head
    for line, row in zip(lines, found, strict=True):
        yield line
        yield from (f"  {what:<8}  {row[column]}" for what, column in _BELOW if row[column] != "-")
    if len(hits) > _MOST_LINES:
        yield f"and {counted(len(hits) - _MOST_LINES, 'more lease')}; --output json has them all"


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "lease": hit.lease.id,
        "tenant": hit.lease.tenant,
        "pool": hit.row.pool,
        "short_gpus": hit.gpus,
        "from": format_instant(hit.row.start_at),
        "until": "on" if hit.row.end_at >= FOREVER else format_instant(hit.row.end_at),
        "at_stake": _stake(hit),
        "rights": _rights(hit),
    }


def _rights(hit: Hit) -> str:
    if hit.late is not None:
        return str(hit.late)
    return "its terms say nothing of late GPUs" if hit.lease.prices else "-"


def _stake(hit: Hit) -> str:
    if hit.fee is not None:
        lost = hit.late.could_lose if hit.late is not None and hit.late.arises else None
        return f"{hit.fee} of fee" + (f"; if it leaves, {lost}" if lost is not None else "")
    if hit.value is not None:
        return f"{hit.value} of value (not cash)"
    return f"rank {hit.lease.rank}" if hit.lease.rank is not None else "not known"


def _worst_of_each(hits: list[Hit]) -> list[Hit]:
    """The hit with most at stake of each lease, for the first few leases."""
    return list({hit.lease.id: hit for hit in reversed(hits)}.values())[::-1][:WAYS_OUT_HITS]


def _ways(world: World, hit: Hit, ways: list[WayOut], costs: Any) -> Iterator[str]:
    what = f"{hit.lease.id} ({hit.gpus:,} GPUs of {hit.row.pool} from {format_instant(hit.row.start_at)})"
    if not ways:
        yield f"no way out for {what}: nothing else can be given, and nobody can be asked to take less"
        return
    yield click.style(f"ways out for {what}:", bold=True)
    for number, way in enumerate(ways, start=1):
        agree = f"; {' and '.join(way.asks)} must agree" if way.asks else ""
        price = _cost(way) + _displaces(costs, way)
        yield f"{number:3}. {way.sentence}\n     {price}; relieves {way.relieves_gpus:,} GPUs{agree}"
        yield click.style("     " + " \\\n       && ".join(_ready(world, way)), fg="green")


def _cost(way: WayOut) -> str:
    parts = [f"loses {way.lost}"] if way.lost is not None and way.lost.nanos else []
    parts += [f"{way.value_lost} of internal value (not cash)"] if way.value_lost is not None else []
    parts += [f"takes from rank {rank}" for rank in way.ranks]
    return ", ".join(parts) or "costs no fee"


def _displaces(costs: Any, way: WayOut) -> str:
    """What a way out displaces elsewhere, at opportunity costs; nothing without prices."""
    if costs is None:
        return ""
    usd = displaced_usd(costs, way)
    return f", {'displaces' if usd >= 0 else 'frees what is worth'} {abs(usd):,.0f} USD of other use"


def displaced_usd(costs: Any, way: WayOut) -> float:
    """What a way out takes elsewhere, less what it frees, at opportunity costs (USD, as far as the plan looks)."""
    from neocloud.operations.quoting import displaced_usd as displaced  # noqa: PLC0415

    return displaced(costs, way.moved)


def rows(world: World, risk: Risk, now: int, only: str | None, costs: "Costs | None") -> Iterator[Row]:
    """A row for each hit, with its ways out; priced where opportunity costs are known."""
    hits = [hit for hit in risk.hits if only in {None, hit.lease.id}]
    also_hit = {hit.lease.id for hit in risk.hits}
    named = hits if only is not None else _worst_of_each(hits)
    ways = {id(hit): ways_out(world, hit, now, also_hit) for hit in named}
    for hit in hits:
        late = hit.late
        yield {
            **_row(hit),
            "id": hit.lease.id,
            "site": risk.site,
            "until": None if hit.row.end_at >= FOREVER else format_instant(hit.row.end_at),
            "fee": money(hit.fee),
            "value": money(hit.value),
            "late": None if late is None else {
                "arises": late.arises,
                "since": format_instant(late.since_at),
                "decide_by": format_instant(late.decide_by_at),
                "may": list(late.may),
                "could_lose": money(late.could_lose),
            },
            "ways_out": [_way(world, way, costs) for way in ways.get(id(hit), [])],
        }  # fmt: skip


def _way(world: World, way: WayOut, costs: Any) -> Row:
    priced = {} if costs is None else {"displaces_usd": round(displaced_usd(costs, way), 2)}
    return {
        "kind": way.kind,
        "sentence": way.sentence,
        "commands": _ready(world, way),
        "relieves_gpus": way.relieves_gpus,
        "lost": money(way.lost),
        "value_lost": money(way.value_lost),
        "ranks": list(way.ranks),
        "must_agree": list(way.asks),
        **priced,
    }


def _ready(world: World, way: WayOut) -> list[str]:
    return [ready(command, world.head.seq) for command in way.commands]


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
