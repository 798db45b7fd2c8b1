"""Policies: which decisions a second person must approve, and which are refused. Plain data; `rules` apply them."""

from typing import Literal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_gpus, check_instant, check_name
from neocloud.model.countries import check_country
from neocloud.settings import LONGEST_POLICY_S
from neocloud.units import format_duration

Then = Literal["ask", "refuse"]


class BelowFloor(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="below_floor"):
    """A customer's average price is under the floor it was quoted; with `unquoted`, or nothing can tell whether."""

    unquoted: bool = False

    def __str__(self) -> str:
        return "a price under the floor that was quoted" + (", or without one" if self.unquoted else "")


class GpusAbove(Struct, frozen=True, kw_only=True, tag="gpus_above"):
    """More GPUs at one instant than so many: of a lease that is new, or that an amendment lets grow then."""

    gpus: int

    def __post_init__(self) -> None:
        check_gpus(self.gpus, "when.gpus_above")

    def __str__(self) -> str:
        return f"more than {self.gpus:,} GPUs"


class InsideAbove(Struct, frozen=True, kw_only=True, tag="inside_above"):
    """The same of inside teams alone, and of their requests too."""

    gpus: int

    def __post_init__(self) -> None:
        check_gpus(self.gpus, "when.inside_above")

    def __str__(self) -> str:
        return f"more than {self.gpus:,} GPUs for an inside team"


class LongerThan(Struct, frozen=True, kw_only=True, tag="longer_than"):
    """A lease that lasts longer, from its start to its end, than so many seconds."""

    length_s: int

    def __post_init__(self) -> None:
        if not 0 < self.length_s <= LONGEST_POLICY_S:
            raise Invalid(
                f"{format_duration(self.length_s)} cannot be; say a length up to {format_duration(LONGEST_POLICY_S)}",
                place="when.longer_than",
            )

    def __str__(self) -> str:
        return f"a lease longer than {format_duration(self.length_s)}"


class Reclaims(Struct, frozen=True, kw_only=True, tag="reclaims"):
    """The operator takes GPUs back, or ends a lease: for another lease, or by itself."""

    def __str__(self) -> str:
        return "taking GPUs back, or ending a lease, as the operator"


class Unscreened(Struct, frozen=True, kw_only=True, tag="unscreened"):
    """A customer that is not screened, or no longer."""

    def __str__(self) -> str:
        return "a customer without a valid screening"


class CountryGpu(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="country_gpu"):
    """A tenant of some countries on pools of some GPUs; with `unsaid`, or a customer of whom no country is said."""

    countries: tuple[str, ...]
    gpus: tuple[str, ...]
    unsaid: bool = False

    def __post_init__(self) -> None:
        if not self.gpus or not (self.countries or self.unsaid):
            raise Invalid("say which countries, and which GPUs (as pools name them)", place="when.country_gpu")
        for code in self.countries:
            check_country(code, "when.country_gpu.countries")

    def __str__(self) -> str:
        where = [*self.countries, *["no known country"] * self.unsaid]
        return f"{' or '.join(self.gpus)} for tenants of {' or '.join(where)}"

    def names(self, gpu: str) -> bool:
        """Whether GPUs of a kind are meant, however they are capitalised."""
        return gpu.casefold() in {each.casefold() for each in self.gpus}


Condition = BelowFloor | GpusAbove | InsideAbove | LongerThan | Reclaims | Unscreened | CountryGpu


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="policy"):
    """Decisions that fall under `when` are refused, or asked of a second person; until it is retired.

    What was decided before stays as it is.
    """

    id: str
    when: Condition
    then: Then
    reason: str
    retired_at: int | None = None

    def __post_init__(self) -> None:
        check_name(self.id)
        check_instant(self.retired_at, "retired")
        if not self.reason.strip():
            raise Invalid("say why, in a word or more: whoever meets the policy reads it", place="reason")

    def in_force(self, now: int) -> bool:
        """Whether it holds at an instant."""
        return self.retired_at is None or now < self.retired_at
