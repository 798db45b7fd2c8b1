"""What a second person is asked about in a month, and what tenants are eligible by."""

import random
from collections.abc import Callable

from msgspec.structs import replace

from neocloud.model.commands import Apply, Approve, Command, DeclineApproval, WithdrawApproval
from neocloud.model.policies import (
    BelowFloor,
    Condition,
    CountryGpu,
    GpusAbove,
    InsideAbove,
    LongerThan,
    Policy,
    Reclaims,
    Then,
    Unscreened,
)
from neocloud.model.world import World
from neocloud.units import DAY_S

CONDITIONS: dict[str, tuple[Then, Condition]] = {
    "big": ("ask", GpusAbove(gpus=30)),
    "long": ("ask", LongerThan(length_s=6 * DAY_S)),
    "gentle": ("ask", Reclaims()),
    "quota": ("ask", InsideAbove(gpus=7)),
    "floor": ("ask", BelowFloor()),
    "screen": ("refuse", Unscreened()),
    "export": ("refuse", CountryGpu(countries=("US",), gpus=("B200",))),
    "huge": ("refuse", GpusAbove(gpus=60)),
}


def policy_named(name: str, retired_at: int | None = None) -> Policy:
    """One of the policies that there may be."""
    then, when = CONDITIONS[name]
    return Policy(id=name, when=when, then=then, reason="so it is done", retired_at=retired_at)


class Governed:
    """Commands about policies, approvals and who tenants are."""

    def __init__(self, chance: random.Random, next_id: Callable[[str], str]) -> None:
        self.chance, self.next_id = chance, next_id

    def any(self, world: World, now: int) -> Command:
        """One of them: mostly an answer."""
        makers: dict[Callable[[World, int], Command], int] = {self.answer: 8, self.policy: 2, self.tenant: 1}
        (make,) = self.chance.choices(list(makers), list(makers.values()))
        return make(world, now)

    def policy(self, world: World, now: int) -> Command:
        """One that is new, or no longer holds, or holds again."""
        name = self.chance.choice(sorted(CONDITIONS))
        retired_at = self.chance.choice((None, now, now + 2 * DAY_S))
        return Apply(id=self.next_id("apply"), noun=policy_named(name, retired_at))

    def tenant(self, world: World, now: int) -> Command:
        """A tenant is screened, found to be of a country, or may be at some sites only."""
        old = world.tenants[self.chance.choice(sorted(world.tenants))]
        sites = self.chance.choice(((), (), (), tuple(sorted(world.sites))[:1]))
        country, screened_at = self.chance.choice(("", "DE", "US")), now + self.chance.randrange(20) * DAY_S
        return Apply(
            id=self.next_id("apply"), noun=replace(old, country=country, screened_until_at=screened_at, sites=sites)
        )

    def answer(self, world: World, now: int) -> Command:
        """An answer to what waits, by whoever says it: it may be who asked."""
        waiting = sorted((each.asked_at, name) for name, each in world.approvals.items() if each.status == "asked")
        name = self.chance.choice(waiting[-2:])[1] if waiting else "nothing-waits"
        kind = self.chance.choice((Approve, Approve, Approve, Approve, DeclineApproval, WithdrawApproval))
        return kind(id=self.next_id("answer"), approval=name, note="so be it")
