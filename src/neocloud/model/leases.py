"""What is promised: leases of blocks of capacity."""

from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from neocloud.errors import Invalid
from neocloud.model.checks import check_gpus, check_instant, check_name, check_span
from neocloud.model.fleet import Source
from neocloud.model.prices import Quoted
from neocloud.model.terms import Holder, RightKind
from neocloud.settings import MOST_GPUS, MOST_MONEY
from neocloud.timeline import BEGINNING, FOREVER, Span
from neocloud.units import NANOS, Money

_MOST_NANOS = MOST_MONEY * NANOS

Status = Literal["held", "confirmed", "released", "expired"]


class Block(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`gpus` of a pool from `start_at` up to `end_at`; `spare_gpus` of them come out of the spares."""

    pool: str
    start_at: int
    end_at: int
    gpus: int
    spare_gpus: int = 0

    def __post_init__(self) -> None:
        if not (
            0 <= self.spare_gpus <= self.gpus <= MOST_GPUS
            and self.gpus > 0
            and BEGINNING <= self.start_at < self.end_at <= FOREVER
        ):
            check_gpus(self.gpus)
            check_span(self.start_at, self.end_at)
            raise Invalid(f"{self.spare_gpus:,} of {self.gpus:,} GPUs cannot be spares", place="spare_gpus")

    @property
    def span(self) -> Span:
        """When the block is taken."""
        return Span(self.start_at, self.end_at)

    @property
    def gpu_seconds(self) -> int:
        """GPUs times seconds."""
        return self.gpus * (self.end_at - self.start_at)


class Price(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a customer pays, per GPU-hour or flat per calendar month, from `start_at` up to `end_at`.

    A part of a month costs that part of the monthly price, by seconds.
    """

    per: Literal["gpu_hour", "month"]
    amount: Money
    start_at: int
    end_at: int

    def __post_init__(self) -> None:
        if not (0 <= self.amount.nanos <= _MOST_NANOS and BEGINNING <= self.start_at < self.end_at <= FOREVER):
            check_span(self.start_at, self.end_at)
            raise Invalid(f"a price of {self.amount} cannot be", place="price")


class InternalValue(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an inside lease is judged to be worth per GPU-hour: by whom, when, why. Never cash."""

    per_gpu_hour: Money
    owner: str = ""
    judged_at: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.per_gpu_hour.nanos <= _MOST_NANOS:
            raise Invalid(f"a value of {self.per_gpu_hour} cannot be", place="value")


class Header(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The paper behind a lease."""

    order_form: str = ""
    legal_entity: str = ""
    amendment: int = 0
    document: str = ""


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A right that was used: who served notice, when, and from when it takes effect.

    Of a part: for how many `gpus`. Where GPUs were reclaimed: for which other lease, and the money, or the
    internal value, that is lost by it.
    """

    holder: Holder
    kind: RightKind
    served_at: int
    effect_at: int
    gpus: int | None = None
    for_lease: str = ""
    lost: Money | None = None
    value_lost: Money | None = None


OptionKind = Literal["ramp", "renewal", "first_refusal", "burst"]


class Option(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What makes a hold an option: a right of its tenant to have the lease, to be exercised by an instant.

    A *ramp* is more capacity later, a *renewal* goes on where the lease `of` ends, a *burst* is more than the
    lease `of` for a time, as often as wanted; of *first refusal*, its tenant is asked before others get it.
    One that `takes` capacity is sure; one that does not only ranks, by when it was granted. `fee` is paid for it.
    """

    kind: OptionKind
    exercise_by_at: int
    of: str = ""
    takes: bool = False
    fee: Money | None = None

    def __post_init__(self) -> None:
        if self.takes and self.kind in {"first_refusal", "burst"}:
            what = "a right of first refusal" if self.kind == "first_refusal" else "a burst"
            raise Invalid(f"{what} takes no capacity; it only ranks", place="takes")
        if self.kind in {"renewal", "burst"} and not self.of:
            raise Invalid(f"a {self.kind} is of a lease; say which", place="of")
        if self.fee is not None and not 0 <= self.fee.nanos <= _MOST_NANOS:
            raise Invalid(f"a fee of {self.fee} cannot be", place="fee")


class Lease(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="lease", gc=False):
    """A tenant's right to one or more blocks, admitted whole or not at all.

    A customer's lease has prices; an inside one a rank (1 is served first) or a value, and may be `protected`.
    A held lease takes capacity until `expires_at`, unless it is an option that only ranks. A lease that came of
    an option keeps it; one that was quoted says at which prices, and one that answers a request which. `former` is
    whose it was before all of it was transferred last.
    """

    id: str
    tenant: str
    terms: str
    blocks: tuple[Block, ...]
    status: Status
    booked_at: int
    prices: tuple[Price, ...] = ()
    value: InternalValue | None = None
    rank: int | None = None
    protected: bool = False
    expires_at: int | None = None
    header: Header | None = None
    notices: tuple[Notice, ...] = ()
    option: Option | None = None
    quoted: Quoted | None = None
    request: str | None = None
    recorded: str | None = None
    sources: dict[str, Source] | None = None
    former: str = ""

    def __post_init__(self) -> None:
        if not self.blocks:
            raise Invalid("a lease needs at least one block", place="blocks")
        if (self.status == "held") != (self.expires_at is not None):
            raise Invalid("a hold, and only a hold, expires", place="expires")
        check_instant(self.expires_at, "hold_until")
        if self.rank is not None and self.rank < 1:
            raise Invalid("a rank is 1 or more; 1 is served first", place="rank")
        if len(self.prices) > 1 and len({price.amount.currency for price in self.prices}) > 1:
            raise Invalid("the prices of one lease are in one currency", place="price")

    @property
    def live(self) -> bool:
        """Whether its blocks take capacity."""
        if self.status == "held":
            return self.option is None or self.option.takes
        return self.status == "confirmed"

    @property
    def stands(self) -> bool:
        """Whether it has neither run out nor been given up."""
        return self.status in {"held", "confirmed"}

    @property
    def start_at(self) -> int:
        """When its first block starts."""
        return min(block.start_at for block in self.blocks)

    @property
    def end_at(self) -> int:
        """When its last block ends."""
        return max(block.end_at for block in self.blocks)

    @property
    def life(self) -> Span:
        """From the start of its first block to the end of its last."""
        return Span(self.start_at, self.end_at)

    @property
    def gpu_seconds(self) -> int:
        """GPUs times seconds, over all blocks."""
        return sum(block.gpu_seconds for block in self.blocks)

    def gpus_at(self, instant: int) -> int:
        """GPUs leased at an instant, over all pools."""
        return sum(block.gpus for block in self.blocks if block.start_at <= instant < block.end_at)


def held_once(lease: Lease, known: dict[Any, Any]) -> None:
    """Let a lease read from the journal share what it says with those `known` already.

    Reading makes a new object of every word and number. Of a million leases of one block, the names of
    tenants, terms and pools and the money were 330 MB.
    Nothing that can be seen changes: what is put in place is equal to what was there.
    """
    once, put = known.setdefault, force_setattr
    put(lease, "tenant", once(lease.tenant, lease.tenant))
    put(lease, "terms", once(lease.terms, lease.terms))
    for block in lease.blocks:
        put(block, "pool", once(block.pool, block.pool))
    for price in lease.prices:
        put(price, "amount", once(price.amount, price.amount))


def check_lease_name(name: str) -> None:
    """Checked once, where a lease is first asked for, and not on every reading of the journal."""
    check_name(name, "id")
