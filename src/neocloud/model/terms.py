"""Rights, and the named, versioned, immutable sets of them that are called terms."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_instant, check_name
from neocloud.timeline import BEGINNING

Holder = Literal["operator", "tenant"]
RightKind = Literal["terminate", "reclaim"]


class Right(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may end a lease or take GPUs back, from when notice may be served, and how long it runs.

    Notice may be served from `serve_from_at`, or from `serve_after_s` after the start of the lease,
    or at any time. `part` allows it for a part of the GPUs.
    """

    holder: Holder
    kind: RightKind
    notice_s: int = 0
    serve_from_at: int | None = None
    serve_after_s: int | None = None
    part: bool = False

    def __post_init__(self) -> None:
        if self.kind == "reclaim" and self.holder == "tenant":
            raise Invalid("a tenant cannot reclaim; give it a right to terminate", place="holder")
        if self.notice_s < 0 or (self.serve_after_s or 0) < 0:
            raise Invalid("a notice cannot be negative", place="notice")
        check_instant(self.serve_from_at, "serve_from")
        if self.serve_from_at is not None and self.serve_after_s is not None:
            raise Invalid("serve_from and serve_after contradict each other; give one", place="serve_after")

    def earliest_effect_at(self, *, start_at: int, now: int) -> int:
        """When notice served as soon as it may be takes effect: max(now, serve from) + notice."""
        return max(now, self._serve_from(start_at, otherwise=now)) + self.notice_s

    def last_serve_at(self, *, start_at: int, end_at: int) -> int | None:
        """The last second at which notice may be served and takes effect before the lease ends, or None."""
        last_at = end_at - self.notice_s - 1
        return last_at if last_at >= self._serve_from(start_at, otherwise=BEGINNING) else None

    def _serve_from(self, start_at: int, *, otherwise: int) -> int:
        if self.serve_from_at is not None:
            return self.serve_from_at
        return otherwise if self.serve_after_s is None else start_at + self.serve_after_s


class Remedy(Struct, frozen=True, kw_only=True):
    """Under `below_ratio` availability in a month, `credit_ratio` of its fee is credited."""

    below_ratio: Decimal
    credit_ratio: Decimal

    def __post_init__(self) -> None:
        ratios = (self.below_ratio, self.credit_ratio)
        if not all(0 <= ratio <= 1 for ratio in ratios):
            raise Invalid("ratios go from 0 to 1; write 0.999", place="remedies")


class Late(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a tenant may do when its capacity comes late: from `due` and a `grace` on.

    Due is `due_at`, or `due_after_s` after the start of the lease, or when what is missing should have begun.
    Then it may `terminate`, or take `fewer` GPUs at a fee that falls in proportion; it has `decide_s` for that,
    or until everything is there.
    """

    due_at: int | None = None
    due_after_s: int | None = None
    grace_s: int = 0
    terminate: bool = False
    fewer: bool = False
    decide_s: int | None = None

    def __post_init__(self) -> None:
        check_instant(self.due_at, "due")
        if self.due_at is not None and self.due_after_s is not None:
            raise Invalid("due and due_after contradict each other; give one", place="due_after")
        if min(self.grace_s, self.due_after_s or 0, self.decide_s or 0) < 0:
            raise Invalid("a grace cannot be negative", place="grace")
        if not (self.terminate or self.fewer):
            raise Invalid("say what the tenant may then do: terminate, fewer, or both", place="terminate")

    def since(self, *, start_at: int, missing_at: int) -> int:
        """From when the tenant may act, if GPUs are still missing then that have been missing from `missing_at`."""
        due_at = self.due_at
        if due_at is None:
            due_at = missing_at if self.due_after_s is None else start_at + self.due_after_s
        return max(due_at, missing_at) + self.grace_s


class Terms(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="terms"):
    """A named set of rights, money and service conditions. A version never changes."""

    name: str
    version: int
    rights: tuple[Right, ...] = ()
    currency: str = "USD"
    billing_zone: str = "UTC"
    availability_ratio: Decimal | None = None
    remedies: tuple[Remedy, ...] = ()
    late: Late | None = None
    payment_days: int = 30
    description: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "name")
        pairs = [(right.holder, right.kind, right.part) for right in self.rights]
        if len(pairs) != len(set(pairs)):
            twice = next(pair for pair in pairs if pairs.count(pair) > 1)
            raise Invalid(
                f"rights contradict: the {twice[0]} may {twice[1]} on two different notices; give one",
                place="rights",
            )

    @property
    def id(self) -> str:
        """The name with the version: what a lease holds on to."""
        return f"{self.name}@{self.version}"
