"""What a customer sees of its own leases and requests: not what they displace, nor what others hold."""

from typing import Any

Row = dict[str, Any]

_HIDDEN = frozenset({"sources", "value", "rank", "protected", "forecast", "recorded"})
_HIDDEN_COMPUTED = frozenset({"quoted", "judgement", "by_pool", "in_line", "quote", "gave_way"})


def for_customer(row: Row) -> Row:
    """A row without what is the operator's business."""
    found = {name: value for name, value in row.items() if name not in _HIDDEN}
    if "computed" in found:
        found["computed"] = {name: value for name, value in found["computed"].items() if name not in _HIDDEN_COMPUTED}
    return found
