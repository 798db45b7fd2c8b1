"""What the journal holds: entries (the whole new noun and its cause), in batches, in a hash chain.

A batch is what one commit wrote: its entries as JSON, a line each. The chain covers those bytes:
`chain(n) = sha256(chain(n - 1) + body(n))`, from 32 zero bytes on.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from neocloud.errors import JournalNewer, JournalTampered
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, Site
from neocloud.model.forecasts import Forecast
from neocloud.model.keys import Key
from neocloud.model.leases import Lease
from neocloud.model.prices import ListPrice, PriceSet
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.webhooks import Webhook

VERSION = 4
"""The version of entries that this program writes, and the newest that it reads.

2 added curtailments, late delivery, and more causes; 3 requests, forecasts, list prices, price sets, and what a
lease was quoted; 4 who said it, and from where, keys and webhooks. Older entries are read as they are.
"""

Noun = (
    Site
    | Pool
    | Delivery
    | Outage
    | Curtailment
    | Tenant
    | Terms
    | Forecast
    | ListPrice
    | Request
    | PriceSet
    | Key
    | Webhook
    | Lease
)


def kind_of(noun: Noun | type[Noun]) -> str:
    """What kind of noun it is, in words: `list price`."""
    return str(noun.__struct_config__.tag).replace("_", " ")


Cause = Literal[
    "added",
    "changed",
    "held",
    "confirmed",
    "booked",
    "amended",
    "transferred",
    "terminated",
    "reclaimed",
    "released",
    "expired",
    "failed",
    "planned",
    "repaired",
    "recorded",
    "granted",
    "exercised",
    "slipped",
    "delivered",
    "burnt_in",
    "in_service",
    "split",
    "curtailed",
    "restored",
    "noticed",
    "received",
    "accepted",
    "declined",
    "withdrawn",
    "admitted",
    "rotated",
    "revoked",
    "used",
    "retried",
    "dropped",
]


class Author(NamedTuple):
    """Who says a command, and from where: `key:desk`, `person:ada@example.com` or `shell:root`; an address or host.

    Both are empty for what nobody said: a hold that ran out, and entries from before version 4.
    """

    by: str = ""
    origin: str = ""


NOBODY = Author()
"""The author of what follows by itself."""


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """One change. `command` is the id of the command that made it, `content` the digest of what it said.

    `by` and `origin` are its author.
    """

    version: int = VERSION
    seq: int
    recorded_at: int
    command: str
    content: str
    cause: Cause
    noun: Noun
    by: str = ""
    origin: str = ""


class Head(NamedTuple):
    """The end of a journal, as proof of all before it."""

    seq: int
    chain: bytes
    recorded_at: int

    def __str__(self) -> str:
        return f"{self.seq}:{self.chain.hex()}"


EMPTY = Head(0, bytes(32), 0)
"""The head of a journal without entries."""


class Batch(NamedTuple):
    """The entries `first_seq` to `last_seq`, as they are stored: written by one commit, whole or not at all."""

    last_seq: int
    first_seq: int
    recorded_at: int
    body: bytes
    chain: bytes

    @property
    def head(self) -> Head:
        """The head that this batch makes."""
        return Head(self.last_seq, self.chain, self.recorded_at)


class _Version(Struct):
    version: int


_encode = msgspec.json.Encoder().encode
_decode_lines = msgspec.json.Decoder(Entry).decode_lines
_decode_versions = msgspec.json.Decoder(_Version).decode_lines


def link(head: Head, entries: Sequence[Entry]) -> Batch:
    """The batch that appends `entries` to a journal that ends at `head`."""
    assert entries[0].seq == head.seq + 1 and entries[0].recorded_at >= head.recorded_at
    body = b"\n".join(map(_encode, entries))
    last = entries[-1]
    return Batch(last.seq, head.seq + 1, last.recorded_at, body, sha256(head.chain + body).digest())


def read(head: Head, batches: Iterable[Batch]) -> Iterator[tuple[list[Entry], Head]]:
    """The entries of batches that follow `head`, each batch with the head it makes.

    Raises JournalTampered where the chain does not hold, and JournalNewer where an entry is of a
    version that this program does not know.
    """
    last, chain = head.seq, head.chain
    for batch in batches:
        last_seq, first_seq, recorded_at, body, stored = batch
        chain = sha256(chain + body).digest()
        if first_seq != last + 1 or chain != stored:
            raise _tampered(last + 1)
        entries = decode(batch)
        if entries[-1].seq != last_seq or entries[-1].recorded_at != recorded_at:
            raise _tampered(last + 1)
        last = last_seq
        yield entries, Head(last_seq, chain, recorded_at)


def _tampered(seq: int) -> JournalTampered:
    return JournalTampered(
        f"the journal was changed at entry {seq}: its hash chain does not hold there; "
        "restore it from a copy, and check that with `neocloud journal verify --head SEQ:CHAIN`",
        seq=seq,
    )


def decode(batch: Batch) -> list[Entry]:
    """The entries of a batch; raises JournalNewer if one is from a newer version."""
    try:
        entries = _decode_lines(batch.body)
    except msgspec.DecodeError as error:
        _check_versions(batch)
        raise JournalTampered(f"entries from {batch.first_seq} on cannot be read: {error}") from error
    if any(entry.version > VERSION for entry in entries):
        _check_versions(batch)
    return entries


def _check_versions(batch: Batch) -> None:
    try:
        version = max(line.version for line in _decode_versions(batch.body))
    except msgspec.DecodeError:
        return  # then nobody can say which version it is
    if version > VERSION:
        raise JournalNewer(
            f"the journal holds entries of version {version} from {batch.first_seq} on, and this program reads up "
            f"to version {VERSION}; nothing is written until neocloud is upgraded",
            version=version,
        )


def noun_digest(noun: Noun) -> str:
    """What tells one form of a noun from another (16 hexadecimal digits)."""
    return sha256(_encode(noun)).hexdigest()[:16]


def content_digest(command: Struct) -> str:
    """What tells a retry of a command from another command with the same id."""
    return sha256(_encode(command)).hexdigest()[:32]
