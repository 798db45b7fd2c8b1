"""A lease in words: the lines of `lease show`, and the columns of `lease list`; both from its row."""

from decimal import Decimal
from typing import Any

from neocloud.cli.option_shown import in_words
from neocloud.cli.output import fields, table
from neocloud.documents.shown import money
from neocloud.model.leases import Lease
from neocloud.units import format_digest, format_instant, parse_instant

Row = dict[str, Any]

COLUMNS = ("id", "tenant", "status", "gpus", "pools", "from", "until", "money", "terms", "next_right")


def lines(shown: Row) -> str:
    """A lease as names and values, and its blocks as a table. What its row does not say is left out."""
    computed, header, value, option = (shown.get(name) or {} for name in ("computed", "header", "value", "option"))
    names = [
        ("lease", shown["id"]),
        ("tenant", shown["tenant"]),
        ("status", computed["status"]),
        ("expires", shown.get("hold_until")),
        ("terms", _terms(shown)),
        ("rights", "; ".join(each["says"] for each in computed["rights"]) or "none before its end"),
        ("notices", "; ".join(f"{n['holder']} {n['served']}, effect {n['effect']}" for n in computed["notices"])),
        ("price", "; ".join(_price(price, computed["start"]) for price in shown.get("prices", ()))),
        ("contracted", amount(computed["contracted"])),
        ("cannot be cancelled", amount(computed["firm"])),
        ("by pool", "; ".join(f"{pool} {amount(each)}" for pool, each in computed.get("by_pool", {}).items())),
        ("value", value and _value(value)),
        ("option", option and in_words(option)),
        ("request", shown.get("request")),
        ("quoted", _quoted(computed["quoted"]) if "quoted" in computed else None),
        ("rank", shown.get("rank")),
        ("protected", "yes" if shown.get("protected") else None),
        ("order form", header.get("order_form")),
        ("legal entity", header.get("legal_entity")),
        ("amendment", header.get("amendment") or None),
        ("document", header.get("document")),
        ("recorded", shown.get("recorded")),
    ]
    blocks = [
        [b["pool"], f"{b['gpus']:,}", f"{b.get('spare_gpus', 0):,}", b["from"], b["until"]]
        for b in sorted(shown["blocks"], key=lambda b: (b["from"], b["pool"]))
    ]
    ways = "".join(f"\ngives way: {_giver(each)}" for each in computed.get("gave_way", ()))
    return f"{fields(names)}\n{table(blocks, ('pool', 'gpus', 'of_spares', 'from', 'until'))}{ways}"


def giver(noun: Lease) -> Row:
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


def amount(said: Row | None) -> str | None:
    """An amount of money, as it is shown, in words."""
    return None if said is None else f"{Decimal(said['amount']):,} {said['currency']}"


def columns(shown: Row, now: int) -> Row:
    """A lease as a row of a list: GPUs and pools as they are now, or at its start, or were at its end."""
    computed = shown["computed"]
    at = min(max(now, _at(computed["start"])), _at(computed["end"]) - 1)
    pools = sorted({b["pool"] for b in shown["blocks"] if _at(b["from"]) <= at < _at(b["until"])})
    return {
        "id": shown["id"],
        "tenant": shown["tenant"],
        "status": computed["status"],
        "gpus": computed["gpus"],
        "pools": pools if len(pools) < 4 else [*pools[:2], f"{len(pools) - 2} more"],
        "from": computed["start"],
        "until": computed["end"],
        "money": _money(shown, now),
        "terms": _terms(shown),
        "next_right": computed["rights"][0]["says"] if computed["rights"] else "none",
    }


def _terms(shown: Row) -> str:
    return str(shown.get("terms", "reserved"))


def _at(text: str) -> int:
    return parse_instant(text, now=0)


def _price(price: Row, start: str) -> str:
    unit = "GPU-hour" if price["per"] == "gpu_hour" else "month"
    return f"{_plain(price['amount'])} {price['currency']} per {unit} from {price.get('from') or start}"


def _quoted(said: Row) -> str:
    """At which entry it was quoted, by which prices, and what was the least that it should cost."""
    floor = f"{_plain(said['floor']['amount'])} {said['floor']['currency']} per GPU-hour"
    return f"at entry {said['journal_seq']:,}, by price set {format_digest(said['price_set'])}, floor {floor}"


def _value(said: Row) -> str:
    per = f"{_plain(said['per_gpu_hour'])} {said.get('currency', 'USD')} per GPU-hour (never cash)"
    return ", ".join(part for part in (per, said.get("owner"), said.get("judged"), said.get("reason")) if part)


def _plain(number: Decimal | str) -> str:
    return f"{Decimal(number).normalize() + 0:,f}"


def _giver(row: Row) -> str:
    gpus = row["gpus"] if row["gpus"] == "all" else f"{row['gpus']:,}"
    if row["lost"]:
        cost = f"{amount(row['lost'])} of fee lost"
    elif row["value_lost"]:
        cost = f"{amount(row['value_lost'])} of internal value lost (not cash)"
    else:
        cost = f"rank {row['rank']}"
    return f"{row['lease']} ({row['tenant']}), {gpus} GPUs from {row['from']} on: {cost}"


def _money(shown: Row, now: int) -> str:
    """What it pays now; before it starts and after it ended, its first price."""
    prices: list[Row] = shown.get("prices") or []
    computed = shown["computed"]
    runs = _at(computed["start"]) <= now < _at(computed["end"])
    begun = {each["per"]: each for each in prices if runs and _at(each.get("from") or computed["start"]) <= now}
    current = [each for each in prices if begun.get(each["per"]) is each] or prices[:1]
    if current:
        price = current[0]
        unit = "GPU-h" if price["per"] == "gpu_hour" else "month"
        return f"{_plain(price['amount'])} {price['currency']}/{unit}"
    protected = " protected" if shown.get("protected") else ""
    if shown.get("rank") is not None:
        return f"rank {shown['rank']}{protected}"
    value = shown.get("value")
    return f"value {Decimal(value['per_gpu_hour']):f}{protected}" if value else "-"
