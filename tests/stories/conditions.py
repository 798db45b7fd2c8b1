"""The conditions of policies, as stories say them."""

from neocloud.model.policies import (
    BelowFloor,
    Condition,
    CountryGpu,
    GpusAbove,
    InsideAbove,
    LongerThan,
    Reclaims,
    Unscreened,
)
from neocloud.units import parse_duration


def condition(word: str, said: str) -> Condition:
    """`gpus-above:16`, `below-floor:unquoted`, `longer-than:30d`, `country-gpu:RU+CN+?/h100+b200` (?: unsaid)"""
    match word:
        case "gpus-above":
            return GpusAbove(gpus=int(said))
        case "inside-above":
            return InsideAbove(gpus=int(said))
        case "longer-than":
            return LongerThan(length_s=parse_duration(said))
        case "below-floor":
            return BelowFloor(unquoted=said == "unquoted")
        case "country-gpu":
            where, gpus = (part.split("+") for part in said.split("/"))
            countries = tuple(code for code in where if code != "?")
            return CountryGpu(countries=countries, gpus=tuple(gpus), unsaid="?" in where)
        case "reclaims":
            return Reclaims()
    assert word == "unscreened", f"nobody says {word}"
    return Unscreened()
