"""What may be asked of the ledger: decisions, which may be refused, and facts, which never are.

A command is remembered for ever by its id, once it is accepted. Each carries what was *said*; what that
comes to (all of a site, the latest end that fits) is decided under the writer's turn, from the world as it
then is.
"""

from typing import Literal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.entries import Noun
from neocloud.model.fleet import Source, Stage
from neocloud.model.keys import Key
from neocloud.model.leases import Header, InternalValue, Option
from neocloud.model.prices import PriceSet, Quoted
from neocloud.model.requests import Judgement
from neocloud.model.terms import Holder
from neocloud.model.webhooks import Failure, Webhook
from neocloud.units import Money


class Ask(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Capacity wanted: of a pool, or of all pools of a site.

    Without `gpus` all that is free is meant; without `start_at`, from now on; without `end_at`, as
    long as it fits.
    """

    pool: str | None = None
    site: str | None = None
    gpus: int | None = None
    start_at: int | None = None
    end_at: int | None = None
    spare_gpus: int = 0


class PriceAsk(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price from `start_at` on (without it, from the start of the lease) until the next one, or the end."""

    per: Literal["gpu_hour", "month"]
    amount: Money
    start_at: int | None = None


class Apply(Struct, frozen=True, kw_only=True, tag="apply"):
    """Bring one noun of the fleet, a tenant or terms to the form given."""

    id: str
    noun: Noun


class Book(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="book"):
    """Lease capacity; with `hold_until_at`, or for `hold_s` from now, only hold it.

    With `reclaim`, weaker leases whose rights allow it in time give way; with `force`, even at a loss. With an
    `option` it is granted, and is held until it must be exercised; a renewal or burst follows from the lease it is
    of, its ask names the end and what differs. With a `request` that request is accepted by it, on a `judgement`.
    """

    id: str
    lease: str
    tenant: str
    terms: str
    asks: tuple[Ask, ...]
    prices: tuple[PriceAsk, ...] = ()
    value: InternalValue | None = None
    rank: int | None = None
    protected: bool = False
    prefer: tuple[str, ...] = ()
    spares: bool = False
    hold_until_at: int | None = None
    hold_s: int | None = None
    reclaim: bool = False
    force: bool = False
    option: Option | None = None
    header: Header | None = None
    quoted: Quoted | None = None
    request: str | None = None
    judgement: Judgement | None = None
    recorded: str | None = None
    sources: dict[str, Source] | None = None

    def __post_init__(self) -> None:
        if not self.asks:
            raise Invalid("a lease needs at least one block", place="blocks")


class Confirm(Struct, frozen=True, kw_only=True, tag="confirm"):
    """Turn a hold into a confirmed lease."""

    id: str
    lease: str


class Exercise(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="exercise"):
    """The tenant of an option wants it: all of it, or of a burst `gpus` over a span, as the lease `into`."""

    id: str
    option: str
    gpus: int | None = None
    start_at: int | None = None
    end_at: int | None = None
    into: str | None = None
    reclaim: bool = False
    force: bool = False


class Release(Struct, frozen=True, kw_only=True, tag="release"):
    """Give a hold up."""

    id: str
    lease: str


class Amend(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="amend"):
    """Change a lease from `at` on (without it: from now, or from its start if that lies ahead).

    `gpus` grows or shrinks it (in `pool`, where it has several); `end_at` extends or shortens it;
    With `back_at`, GPUs change until then only (0 of them is a pause), and are what they were from then on.
    `start_at` shifts the whole lease to start then; `move_to` moves it to another pool; `add` takes on
    more blocks; `tenant` transfers it: where it has begun, the rest becomes the lease `successor`.
    """

    id: str
    lease: str
    at: int | None = None
    back_at: int | None = None
    pool: str | None = None
    gpus: int | None = None
    start_at: int | None = None
    end_at: int | None = None
    move_to: str | None = None
    add: tuple[Ask, ...] = ()
    tenant: str | None = None
    successor: str | None = None
    prices: tuple[PriceAsk, ...] = ()
    value: InternalValue | None = None
    rank: int | None = None
    header: Header | None = None
    recorded: str | None = None


class AcceptPut(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="accept_put"):
    """Accept a put: nothing is booked, and its tenant takes what is unsold until its span ends."""

    id: str
    request: str
    judgement: Judgement


class Decline(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="decline"):
    """Say no to a request, on what it was judged to be worth."""

    id: str
    request: str
    judgement: Judgement


class Withdraw(Struct, frozen=True, kw_only=True, tag="withdraw"):
    """Whoever made a request no longer wants it."""

    id: str
    request: str


class Admit(Struct, frozen=True, kw_only=True, tag="admit"):
    """Take a price set as the one that quotes rest on from now on."""

    id: str
    price_set: PriceSet


class MakeKey(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="make_key"):
    """Let somebody use the API; `instead_of` another key, which still holds until `old_until_at` (else to now)."""

    id: str
    key: Key
    instead_of: str | None = None
    old_until_at: int | None = None


class RevokeKey(Struct, frozen=True, kw_only=True, tag="revoke_key"):
    """A key is of no use from now on."""

    id: str
    key: str


class MakeWebhook(Struct, frozen=True, kw_only=True, tag="make_webhook"):
    """Have events sent to a URL, from those after it on."""

    id: str
    webhook: Webhook


class ChangeWebhook(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="change_webhook"):
    """A webhook is signed with its next secret, whose digest is given, or is sent once more what failed."""

    id: str
    webhook: str
    to: Literal["rotated", "retried"]
    secret_version: int = 0
    digest: str = ""


class DropWebhook(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="drop_webhook"):
    """A webhook is sent nothing from now on; the service says so, with its reason, of one that answers 410 Gone."""

    id: str
    webhook: str
    reason: str = ""


class Approve(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="approve"):
    """Somebody else than who asked says yes: what was asked is decided now, in the same commit."""

    id: str
    approval: str
    note: str = ""


class DeclineApproval(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="decline_approval"):
    """Somebody else than who asked says no."""

    id: str
    approval: str
    note: str = ""


class WithdrawApproval(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw_approval"):
    """Who asked for an approval no longer wants it."""

    id: str
    approval: str
    note: str = ""


class Terminate(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="terminate"):
    """Serve notice under a right to terminate; it takes effect as early as it may, or at `at`."""

    id: str
    lease: str
    holder: Holder
    at: int | None = None
    gpus: int | None = None


class Reclaim(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reclaim"):
    """The operator takes GPUs back under a right: all, or `gpus` of them, as early as it may, or at `at`."""

    id: str
    lease: str
    at: int | None = None
    gpus: int | None = None


class CloseOutage(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="close"):
    """The GPUs of an outage are back from `at` on."""

    id: str
    outage: str
    at: int | None = None


class Record(Struct, frozen=True, kw_only=True, tag="record"):
    """A lease that was promised outside of this ledger, as `book` says it: it enters whatever the law says.

    Its asks name pool, GPUs, start and end; nothing is worked out. A price may be missing.
    """

    id: str
    book: Book


class Slip(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="slip"):
    """The dates of a wave move: to those given, or both by `by_s` (an earlier date is a slip of less than 0)."""

    id: str
    delivery: str
    by_s: int | None = None
    p50_at: int | None = None
    p90_at: int | None = None
    reason: str = ""


class Accept(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="accept"):
    """A wave has come to a stage at `at`; with `gpus`, so many of it, and the `rest` is then a wave of its own."""

    id: str
    delivery: str
    stage: Stage = "in_service"
    at: int | None = None
    gpus: int | None = None
    rest: str | None = None


class Split(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="split"):
    """`gpus` of a wave become the wave `into`, with dates of its own where they are given."""

    id: str
    delivery: str
    into: str
    gpus: int
    p50_at: int | None = None
    p90_at: int | None = None
    reason: str = ""


class Restore(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="restore"):
    """A curtailment is over from `at` on."""

    id: str
    curtailment: str
    at: int | None = None


class KeyUsed(Struct, frozen=True, kw_only=True, tag="key_used"):
    """A key was used on the day that begins at `day_at`."""

    id: str
    key: str
    day_at: int


class WebhookDelivered(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="webhook_delivered"):
    """A webhook took its events up to an entry, but for those that failed; and of those sent again, `retried`."""

    id: str
    webhook: str
    seq: int
    failed: tuple[Failure, ...] = ()
    retried: tuple[int, ...] = ()


class Leave(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="leave"):
    """The landlord of a site has given notice: it must be left at `at`; without `at`, the notice is withdrawn."""

    id: str
    site: str
    at: int | None = None


Answering = Approve | DeclineApproval | WithdrawApproval
"""What may become of an approval. Who says it matters: see `rules.approvals`."""

Decision = (
    Book
    | Confirm
    | Exercise
    | Release
    | Amend
    | Terminate
    | Reclaim
    | AcceptPut
    | Decline
    | Admit
    | MakeKey
    | RevokeKey
    | MakeWebhook
    | ChangeWebhook
    | DropWebhook
    | Answering
)
Fact = Record | Slip | Accept | Split | Restore | Leave | CloseOutage | Withdraw | KeyUsed | WebhookDelivered
Command = Apply | Decision | Fact
"""`Apply` is a decision or a fact by the noun that it brings: see `rules.facts.FactNoun`."""
