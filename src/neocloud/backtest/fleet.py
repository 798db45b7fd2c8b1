"""The fleet that a history is replayed on: so many GPUs, or nodes of so many GPUs each, by type.

Without nodes only GPUs are counted. With nodes, a job of part of a node takes GPUs of one node; a job of more
than a node, or that asks for several, takes so many GPUs on each of them. Whole nodes are sold.
"""

import re
from math import floor
from typing import Self

from msgspec import Struct, structs

from neocloud.errors import Invalid
from neocloud.settings import MOST_GPUS

_GROUP = re.compile(r"(?:([^\s,:=]+)[:=])?(\d{1,9})(?:x(\d{1,9}))?")


class Nodes(Struct, frozen=True, kw_only=True, gc=False):
    """Nodes of one kind: how many, of how many GPUs each; `gpu_type` is "" where there is only one."""

    count: int
    gpus_each: int
    gpu_type: str = ""

    @property
    def gpus(self) -> int:
        """All GPUs of these nodes."""
        return self.count * self.gpus_each


class Fleet(Struct, frozen=True, kw_only=True, gc=False):
    """GPUs that are counted, or nodes that are placed on (`placed`)."""

    groups: tuple[Nodes, ...]
    placed: bool = False

    @classmethod
    def of_gpus(cls, gpus: int) -> Self:
        """So many GPUs, no matter where."""
        if not 0 < gpus <= MOST_GPUS:
            raise Invalid(f"{gpus:,} GPUs are no fleet; give 1 to {MOST_GPUS:,}")
        return cls(groups=(Nodes(count=gpus, gpus_each=1),))

    @classmethod
    def of_nodes(cls, text: str) -> Self:
        """Of `121x8`, `321x2,231x8`, or with types `a100:64x8,h100:16x8`."""
        groups = tuple(_group(part.strip(), text) for part in text.split(","))
        fleet = cls(groups=groups, placed=True)
        if not 0 < fleet.gpus <= MOST_GPUS:
            raise Invalid(f"{text!r} comes to {fleet.gpus:,} GPUs; a fleet has 1 to {MOST_GPUS:,}")
        return fleet

    @property
    def gpus(self) -> int:
        """All GPUs of the fleet."""
        return sum(group.gpus for group in self.groups)

    @property
    def steps(self) -> int:
        """In how many steps it can be sold: GPUs, or whole nodes."""
        return sum(group.count for group in self.groups)

    def steps_of(self, share_ratio: float) -> int:
        """The steps that a share comes to, rounded down."""
        return floor(self.steps * share_ratio + 1e-9)

    def less(self, sold_steps: int) -> Self:
        """What is left when so many steps are sold: of each kind the same share, rounded down."""
        counts = (group.count - group.count * sold_steps // self.steps for group in self.groups)
        return type(self)(
            groups=tuple(structs.replace(group, count=left) for group, left in zip(self.groups, counts, strict=True)),
            placed=self.placed,
        )

    def __str__(self) -> str:
        if not self.placed:
            return f"{self.gpus:,} GPUs"
        parts = (
            f"{g.gpu_type}:{g.count}x{g.gpus_each}" if g.gpu_type else f"{g.count}x{g.gpus_each}" for g in self.groups
        )
        return f"{self.gpus:,} GPUs in nodes {','.join(parts)}"


def _group(part: str, text: str) -> Nodes:
    found = _GROUP.fullmatch(part)
    if not found or not found[3]:
        raise Invalid(f"{text!r} does not say nodes; write COUNTxGPUS, such as 121x8 or a100:64x8,h100:16x8")
    return Nodes(count=int(found[2]), gpus_each=int(found[3]), gpu_type=(found[1] or "").lower())
