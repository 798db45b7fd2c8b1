"""An option in words, from the row of its lease."""

from decimal import Decimal
from typing import Any

from neocloud.units import Money

Row = dict[str, Any]


def in_words(said: Row) -> str:
    """What kind of option it is, by when it must be exercised, and whether it takes capacity."""
    of = f" of {said['of']}" if said.get("of") else ""
    takes = "takes capacity" if said.get("takes") else "only ranks"
    fee = f", fee {_fee(said)}" if _fee(said) else ""
    return f"{said['kind'].replace('_', ' ')}{of}, to be exercised by {said['exercise_by']}; {takes}{fee}"


def columns(shown: Row) -> Row:
    """An option as a row of a list; how many others are before it is not told to everybody."""
    said, computed = shown["option"], shown["computed"]
    ranks = f"ranks {computed['in_line']}" if "in_line" in computed else "ranks"
    return {
        "id": shown["id"],
        "kind": said["kind"].replace("_", " "),
        "tenant": shown["tenant"],
        "of": said.get("of", ""),
        "gpus": max(block["gpus"] for block in shown["blocks"]),
        "pools": sorted({block["pool"] for block in shown["blocks"]}),
        "from": computed["start"],
        "until": computed["end"],
        "exercise_by": said["exercise_by"],
        "capacity": "takes" if said.get("takes") else ranks,
        "fee": _fee(said) or "-",
        "status": computed["status"],
    }


def _fee(said: Row) -> str:
    fee = said.get("fee")
    return "" if fee is None else str(Money.of(Decimal(fee), said.get("currency", "USD")))
