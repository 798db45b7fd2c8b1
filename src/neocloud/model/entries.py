"""What the journal holds: the whole new noun and its cause, in a hash chain.

`chain(n) = sha256(chain(n - 1) + body(n))` over the stored bytes, from 32 zero bytes on.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from neocloud.errors import JournalNewer, JournalTampered
from neocloud.model.fleet import Delivery, Outage, Pool, Site
from neocloud.model.leases import Lease
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms

VERSION = 1
"""The version of entries that this program writes, and the newest that it reads."""

Noun = Site | Pool | Delivery | Outage | Tenant | Terms | Lease

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
]


class Entry(Struct, frozen=True, kw_only=True):
    """One change. `command` is the id of the command that made it, `content` the digest of what it said."""

    version: int = VERSION
    seq: int
    recorded_at: int
    command: str
    content: str
    cause: Cause
    noun: Noun


class Head(NamedTuple):
    """The end of a journal, as proof of all before it."""

    seq: int
    chain: bytes
    recorded_at: int

    def __str__(self) -> str:
        return f"{self.seq}:{self.chain.hex()}"


EMPTY = Head(0, bytes(32), 0)
"""The head of a journal without entries."""


class Row(NamedTuple):
    """An entry as it is stored."""

    seq: int
    recorded_at: int
    command: str
    body: bytes
    chain: bytes


class _Version(Struct):
    version: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode
_decode_version = msgspec.json.Decoder(_Version).decode


def link(head: Head, entries: Iterable[Entry]) -> tuple[list[Row], Head]:
    """The rows that append `entries` to a journal that ends at `head`, and the new head."""
    rows, (seq, chain, recorded_at) = [], head
    for entry in entries:
        assert entry.seq == seq + 1 and entry.recorded_at >= recorded_at
        body = _encode(entry)
        seq, recorded_at, chain = entry.seq, entry.recorded_at, sha256(chain + body).digest()
        rows.append(Row(seq, recorded_at, entry.command, body, chain))
    return rows, Head(seq, chain, recorded_at)


def read(head: Head, rows: Iterable[Row]) -> Iterable[tuple[Entry, Head]]:
    """The entries in rows that follow `head`, each with the head it makes.

    Raises JournalTampered where the chain does not hold, and JournalNewer where an entry is of a
    version that this program does not know.
    """
    last, chain = head.seq, head.chain
    for seq, recorded_at, _, body, stored in rows:
        chain = sha256(chain + body).digest()
        if seq != last + 1 or chain != stored:
            raise JournalTampered(
                f"the journal was changed at entry {last + 1}: its hash chain does not hold there; "
                "restore it from a copy, and check that with `neocloud journal verify --head SEQ:CHAIN`",
                seq=last + 1,
            )
        last = seq
        yield decode(body, seq), Head(seq, chain, recorded_at)


def decode(body: bytes, seq: int) -> Entry:
    """The entry in stored bytes; raises JournalNewer if they are from a newer version."""
    try:
        entry = _decode(body)
    except msgspec.ValidationError as error:
        _check_version(body, seq)
        raise JournalTampered(f"entry {seq} of the journal is not an entry: {error}", seq=seq) from error
    if entry.version > VERSION:
        _check_version(body, seq)
    return entry


def _check_version(body: bytes, seq: int) -> None:
    version = _decode_version(body).version
    if version > VERSION:
        raise JournalNewer(
            f"entry {seq} is of version {version}, and this program reads up to version {VERSION}; "
            "nothing more is written until neocloud is upgraded",
            version=version,
            seq=seq,
        )


def content_digest(command: Struct) -> str:
    """What tells a retry of a command from another command with the same id."""
    return sha256(_encode(command)).hexdigest()[:32]
