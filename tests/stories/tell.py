"""Stories are tables in the words of the glossary; this tells them to the rules, line by line, in memory.

    10:00 hold l1 acme 16 of h100 12:00-16:00 until 11:00    -> ok
          book l2 bolt 24 of h100 12:00-16:00                -> refused lease.oversold "short by 8 GPUs"
          see h100 12:00-20:00                               -> 16 to 16:00, 32 to 20:00

A time is hours and minutes since the first day of 2026 (`36:00`), or days and then those (`90d`, `90d12:00`).
A line without a time happens when the line before it did; one that begins with `"`, `+` or `(` goes on with it.
A customer pays 2 USD per GPU-hour and an inside team has rank 1, unless a line says otherwise. Every refusal
must leave no trace, and every story ends with a world that equals the one built from its nouns.
"""

import re
import shlex

from neocloud.errors import Mistaken, Refused
from neocloud.model.capacity import Resource
from neocloud.model.world import World
from neocloud.rules.change import lease_named
from neocloud.rules.deadlines import deadlines
from neocloud.rules.law import shortfalls
from neocloud.rules.ledger import decide, overdue
from neocloud.rules.requests import newest_prices, request_named
from neocloud.rules.revenue import contracted
from neocloud.rules.rights import rights
from neocloud.rules.risk import at_risk
from neocloud.rules.ways_out import ways_out
from neocloud.timeline import FOREVER, Span
from neocloud.units import format_instant
from tests.stories.words import DAY_0, Line, command, instant, plain, span_of

FLEET = """
00:00 site north 64kW
      site south 64kW
      pool h100 at north 32
      tenant acme customer
      tenant bolt customer
      tenant team inside
      terms reserved
      terms loose tenant/terminate/0h/part operator/reclaim/7d
"""
"""What most stories start with: 32 GPUs of 1 kW each at a site with power for 64."""


def tell(story: str, fleet: str = FLEET) -> World:
    """Act a story out, and see that every line comes true. Returns the world at its end."""
    world, now = World(), DAY_0
    for text in re.sub(r'\n\s+(?=["+(])', " ", f"{fleet}\n{story}").splitlines():
        line = Line(text.partition("#")[0])
        if line.words and re.fullmatch(r"(\d+d)?(\d+:\d\d)?", line.words[0]):
            now = instant(line.words.pop(0))
        if line.words:
            happened = see(world, line, now) if line.words[0] == "see" else act(world, line, now)
            check(line.expected or "ok", happened, text.strip())
    built = World(list(world.all()))
    assert world.digest() == built.digest()
    for resource in resources(world):
        assert world.capacity(resource).available == built.capacity(resource).available, resource
    return world


def act(world: World, line: Line, now: int) -> str:
    """Decide a command and apply what it changes: `ok`, `nothing`, or the refusal."""
    for lease in overdue(world, now):
        world.apply(lease.noun)
    before = world.digest()
    try:
        changes = decide(world, command(line), now)
    except (Mistaken, Refused) as refusal:
        assert world.digest() == before, "a refusal left a trace"
        return plain(f"refused {refusal.code} {refusal}")
    for change in changes:
        world.apply(change.noun)
    return "ok" if changes else "nothing"


def check(expected: str, happened: str, text: str) -> None:
    """What was expected happened; a refusal must say each of the quoted words."""
    if expected.startswith("refused"):
        code, *saying = shlex.split(expected.removeprefix("refused "))
        missing = [words for words in saying if words not in happened]
        assert happened.startswith(f"refused {code} "), f"{text}\n  but: {happened}"
        assert not missing, f"{text}\n  does not say {missing}: {happened}"
    else:
        assert happened == expected, f"{text}\n  but: {happened}"


def see(world: World, line: Line, now: int) -> str:
    """What there is to see of a lease, a pool or a site."""
    match line.words[1:]:
        case ["rights", name]:
            return plain("; ".join(map(str, rights(world, lease_named(world, name), now)))) or "none"
        case ["deadlines", span]:
            start_at, end_at = span_of(span)
            found = deadlines(world, Span(start_at or now, end_at or FOREVER), now)
            return plain("; ".join(f"{each.kind} {each.id} {each.day}" for each in found)) or "none"
        case ["amendments", name]:
            header = lease_named(world, name).header
            return str(header.amendment if header else 0)
        case ["money", name]:
            return str(contracted(lease_named(world, name)))
        case ["risk", name]:
            return plain("; ".join(f"{hit}" for hit in _hits(world, name, now))) or "none"
        case ["request", name]:
            request = request_named(world, name)
            reason = f": {request.judgement.reason}" if request.judgement else ""
            return f"{request.status}{f' by {request.lease}' if request.lease else ''}{reason}"
        case ["prices"]:
            newest = newest_prices(world)
            return newest.id[0] if newest else "none"
        case ["ways" | "ways-lost" as what, name]:
            hits = (hit for risk in at_risk(world, now) for hit in risk.hits if hit.lease.id == name)
            ways = ways_out(world, next(hits), now)
            lost = what == "ways-lost"
            return "; ".join(str(way.lost) if lost else f"{way.kind} {way.relieves_gpus}" for way in ways)
        case ["gave", name]:
            notice = lease_named(world, name).notices[-1]
            return plain(f"{notice.gpus or 'all'} from {format_instant(notice.effect_at)}, lost {notice.lost}")
        case ["shortfall", name]:
            within = Span(now, FOREVER)
            return plain("; ".join(map(str, shortfalls(world, resource_named(world, name), within)))) or "none"
        case [name, span]:
            start_at, end_at = span_of(span)
            within = Span(start_at or now, end_at or FOREVER)
            free = world.capacity(resource_named(world, name)).available.steps(within)
            return plain(", ".join(f"{step.value:,} to {format_instant(step.end_at)}" for step in free))
        case [name]:
            lease = lease_named(world, name)
            blocks = (
                f"{b.gpus} of {b.pool} {format_instant(b.start_at)}-{format_instant(b.end_at)}"
                + (f" ({b.spare_gpus} spares)" if b.spare_gpus else "")
                for b in sorted(lease.blocks, key=lambda b: (b.start_at, b.pool))
            )
            return plain(f"{lease.status} by {lease.tenant}: {' + '.join(blocks)}")
    raise AssertionError(f"nobody sees {line.words}")


def _hits(world: World, site: str, now: int) -> list[str]:
    """Who is hit at a site: the lease, GPUs, from when to when, and what it may do."""
    return [
        f"{hit.lease.id} {hit.gpus} of {hit.row.pool} "
        f"{format_instant(hit.row.start_at)}-{format_instant(hit.row.end_at)}"
        + ("" if hit.late is None else f" ({hit.late})")
        for risk in at_risk(world, now, [site])
        for hit in risk.hits
    ]


def resource_named(world: World, name: str) -> Resource:
    """The GPUs of a pool, or the watts of a site."""
    return Resource("gpus" if name in world.pools else "watts", name)


def resources(world: World) -> list[Resource]:
    """Every resource of a world."""
    return [Resource("gpus", name) for name in world.pools] + [Resource("watts", name) for name in world.sites]
