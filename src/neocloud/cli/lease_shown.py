"""A lease in words: the lines of `lease show`, and the columns of `lease list`."""

from decimal import Decimal
from typing import Any

from neocloud.cli.output import fields, table
from neocloud.documents.document import bare
from neocloud.documents.shown import money, status_of
from neocloud.model.leases import InternalValue, Lease, Option
from neocloud.model.prices import Quoted
from neocloud.model.world import World
from neocloud.rules.rights import rights
from neocloud.units import format_digest, format_instant

COLUMNS = ("id", "tenant", "status", "gpus", "pools", "from", "until", "money", "terms", "next_right")


def lines(world: World, noun: Lease, now: int, shown: dict[str, Any]) -> str:
    """A lease as names and values, and its blocks as a table. `shown` is its row."""
    computed, header = shown["computed"], noun.header
    names = [
        ("lease", noun.id),
        ("tenant", noun.tenant),
        ("status", computed["status"]),
        ("expires", shown.get("hold_until")),
        ("terms", noun.terms),
        ("rights", "; ".join(str(each) for each in rights(world, noun, now)) or "none before its end"),
        ("notices", "; ".join(f"{n['holder']} {n['served']}, effect {n['effect']}" for n in computed["notices"])),
        ("price", "; ".join(_price(price) for price in noun.prices)),
        ("contracted", _amount(computed["contracted"])),
        ("cannot be cancelled", _amount(computed["firm"])),
        ("by pool", "; ".join(f"{pool} {_amount(each)}" for pool, each in computed["by_pool"].items())),
        ("value", noun.value and _value(noun.value)),
        ("option", noun.option and _option(noun.option)),
        ("request", noun.request),
        ("quoted", noun.quoted and _quoted(noun.quoted)),
        ("rank", noun.rank),
        ("protected", "yes" if noun.protected else None),
        ("order form", header and header.order_form),
        ("legal entity", header and header.legal_entity),
        ("amendment", (header and header.amendment) or None),
        ("document", header and header.document),
        ("recorded", noun.recorded),
    ]
    blocks = [
        [b.pool, f"{b.gpus:,}", f"{b.spare_gpus:,}", format_instant(b.start_at), format_instant(b.end_at)]
        for b in sorted(noun.blocks, key=lambda b: (b.start_at, b.pool))
    ]
    ways = "".join(f"\ngives way: {_giver(each)}" for each in computed.get("gave_way", ()))
    return f"{fields(names)}\n{table(blocks, ('pool', 'gpus', 'of_spares', 'from', 'until'))}{ways}"


def giver(noun: Lease) -> dict[str, Any]:
    """A lease that gave way to another: how many GPUs, from when, and what that loses."""
    notice = noun.notices[-1]
    return {
        "lease": noun.id,
        "tenant": noun.tenant,
        "gpus": "all" if notice.gpus is None else notice.gpus,
        "from": format_instant(notice.effect_at),
        "lost": money(notice.lost),
        "value_lost": money(notice.value_lost),
        "rank": noun.rank,
    }


def _giver(row: dict[str, Any]) -> str:
    gpus = row["gpus"] if row["gpus"] == "all" else f"{row['gpus']:,}"
    if row["lost"]:
        cost = f"{_amount(row['lost'])} of fee lost"
    elif row["value_lost"]:
        cost = f"{_amount(row['value_lost'])} of internal value lost (not cash)"
    else:
        cost = f"rank {row['rank']}"
    return f"{row['lease']} ({row['tenant']}), {gpus} GPUs from {row['from']} on: {cost}"


def _price(price: Any) -> str:
    unit = "GPU-hour" if price.per == "gpu_hour" else "month"
    amount = f"{price.amount.amount.normalize():,f} {price.amount.currency}"
    return f"{amount} per {unit} from {format_instant(price.start_at)}"


def _option(option: Option) -> str:
    """What kind of option it is, by when it must be exercised, and whether it takes capacity."""
    of = f" of {option.of}" if option.of else ""
    takes = "takes capacity" if option.takes else "only ranks"
    fee = f", fee {option.fee}" if option.fee is not None else ""
    by = format_instant(option.exercise_by_at)
    return f"{option.kind.replace('_', ' ')}{of}, to be exercised by {by}; {takes}{fee}"


def _quoted(quoted: Quoted) -> str:
    """At which entry it was quoted, by which prices, and what was the least that it should cost."""
    floor = f"{bare(quoted.floor):,f} {quoted.floor.currency} per GPU-hour"
    return f"at entry {quoted.journal_seq:,}, by price set {format_digest(quoted.price_set)}, floor {floor}"


def _value(value: InternalValue) -> str:
    amount = f"{value.per_gpu_hour.amount.normalize():,f} {value.per_gpu_hour.currency} per GPU-hour (never cash)"
    judged = None if value.judged_at is None else format_instant(value.judged_at)
    return ", ".join(part for part in (amount, value.owner, judged, value.reason) if part)


def _amount(amount: dict[str, str] | None) -> str | None:
    return None if amount is None else f"{Decimal(amount['amount']):,} {amount['currency']}"


def columns(world: World, noun: Lease, now: int) -> dict[str, Any]:
    """A lease as a row of a list: GPUs and pools as they are now, or at its start, or were at its end."""
    following = rights(world, noun, now)
    at = min(max(now, noun.start_at), noun.end_at - 1)
    pools = sorted({block.pool for block in noun.blocks if block.start_at <= at < block.end_at})
    return {
        "id": noun.id,
        "tenant": noun.tenant,
        "status": status_of(noun, now),
        "gpus": noun.gpus_at(at),
        "pools": pools if len(pools) < 4 else [*pools[:2], f"{len(pools) - 2} more"],
        "from": format_instant(noun.start_at),
        "until": format_instant(noun.end_at),
        "money": _money(noun, now),
        "terms": noun.terms,
        "next_right": str(following[0]) if following else "none",
    }


def _money(noun: Lease, now: int) -> str:
    current = [p for p in noun.prices if p.start_at <= now < p.end_at] or noun.prices[:1]
    if current:
        price = current[0]
        unit = "GPU-h" if price.per == "gpu_hour" else "month"
        return f"{price.amount.amount.normalize():,f} {price.amount.currency}/{unit}"
    protected = " protected" if noun.protected else ""
    if noun.rank is not None:
        return f"rank {noun.rank}{protected}"
    return f"value {noun.value.per_gpu_hour.amount.normalize():f}{protected}" if noun.value else "-"
