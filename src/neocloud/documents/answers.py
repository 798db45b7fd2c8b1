"""What the API answers beside nouns: rows of capacity and of the journal, a new key, how the process is."""

from typing import Any

from msgspec import Struct

from neocloud.documents.keys import KeyDocument


class CapacityRow(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """A stretch in which nothing changes; a customer sees only what is available to it."""

    id: str
    from_: str
    until: str
    unit: str
    available: int
    supply: int | None = None
    demand: int | None = None
    powered: int | None = None
    held_by: dict[str, int] = {}


class EntryRow(Struct, frozen=True, kw_only=True):
    """One change: what, when, why, who said it and from where (which a customer is not told)."""

    seq: int
    recorded: str
    cause: str
    kind: str
    id: str
    command: str
    by: str = ""
    origin: str = ""
    noun: dict[str, Any]


class HeadRow(Struct, frozen=True, kw_only=True):
    """The end of the journal, as proof of all before it; and what time it is for the service, and its version."""

    seq: int
    head: str
    recorded: str
    now: str
    version: str


class BatchRow(Struct, frozen=True, kw_only=True):
    """What one commit wrote, as it is stored: its body in base 64, and the chain after it."""

    first_seq: int
    last_seq: int
    recorded_at: int
    body: str
    chain: str


class ChangeRow(Struct, frozen=True, kw_only=True):
    """What is added, changed, or asked of a second person, and in words what of it."""

    change: str
    kind: str
    id: str
    what: str


class AppliedManifest(Struct, frozen=True, kw_only=True):
    """What a manifest has changed; with `dry_run`, what it would."""

    changes: list[ChangeRow]
    dry_run: bool
    journal_seq: int


class MadeKey(Struct, frozen=True, kw_only=True):
    """A new key with its token, which is told here and never again."""

    key: KeyDocument
    token: str | None


class Health(Struct, frozen=True, kw_only=True):
    """How the process is."""

    status: str
    version: str


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether the journal can be used, and how far it is known here."""

    status: str
    journal_seq: int
    waiting: int
    detail: str
