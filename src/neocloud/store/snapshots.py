"""Snapshots of the world beside the journal: a shorter way to start and to look back, never the truth.

A snapshot is a line with the digest of all that follows, a line of header, and the nouns, a line each.
One that is damaged, or does not belong to this journal, is passed over with a warning. It is written and
read in parts, so that a million leases are never in memory as text as well.
"""

import os
from collections.abc import Callable, Iterator
from hashlib import file_digest, sha256
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
from msgspec import Struct

from neocloud.errors import Invalid, JournalCutShort
from neocloud.model.entries import VERSION, Head, Noun
from neocloud.model.world import World
from neocloud.settings import SNAPSHOT_EVERY_ENTRIES, SNAPSHOT_EVERY_PART, SNAPSHOTS_KEPT
from neocloud.store.journal import Journal
from neocloud.units import Progress

_encoder = msgspec.json.Encoder(order="deterministic")
_nouns = msgspec.json.Decoder(Noun)
_SEAL_BYTES = 65  # a SHA-256 in hexadecimal, and the end of its line
_PART_NOUNS = 10_000
_PART_BYTES = 4_000_000
_NEWEST = 2  # the newest snapshot, and one in case it is damaged


class _Header(Struct):
    version: int
    seq: int
    recorded_at: int
    chain: str

    @property
    def head(self) -> Head:
        """The head that the snapshot was taken at."""
        return Head(self.seq, bytes.fromhex(self.chain), self.recorded_at)


class Picture(NamedTuple):
    """The nouns of a world at a head, which are frozen, in tables that nobody else has."""

    head: Head
    tables: list[dict[str, Noun]]

    @classmethod
    def of(cls, world: World) -> "Picture":
        """The world as it is."""
        return cls(world.head, [table.copy() for table in world.tables.values()])

    def all(self) -> Iterator[Noun]:
        """Every noun, in the order in which they came: to sort a million names holds all threads up for a second."""
        return chain.from_iterable(table.values() for table in self.tables)


class Snapshots:
    """The snapshots in a folder."""

    def __init__(self, folder: Path, warn: Callable[[str], None], progress: Progress | None = None) -> None:
        self._folder = folder
        self._warn = warn
        self._progress = progress or (lambda done, total: None)
        self._last_seq = 0
        """The entry of the last snapshot that was read or written here."""

    # ---- keeping ----

    def due(self, world: World) -> "Picture | None":
        """What is to be saved, if the journal has grown enough since the last snapshot.

        It holds still while the world moves on: of a million leases that took 30 to 60 ms, where writing
        them took 1.7 s.
        """
        if not is_due(world.head.seq, self._last_seq):
            return None
        self._last_seq = world.head.seq
        return Picture.of(world)

    def keep(self, world: World) -> None:
        """Save the world if the journal has grown enough since the last snapshot."""
        if picture := self.due(world):
            self.save(picture)

    def save(self, picture: "Picture") -> None:
        """Write a world down, durably, and drop what `surplus` names; or warn that it cannot be done."""
        try:
            self._save(picture)
        except OSError as error:
            self._warn(f"no snapshot is kept of entry {picture.head.seq}: {error}")

    def _save(self, picture: "Picture") -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / _name(picture.head.seq)
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            self._write(file, picture)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        for seq in surplus(sorted(self._found())):
            (self._folder / _name(seq)).unlink(missing_ok=True)

    def _write(self, file: BinaryIO, picture: "Picture") -> None:
        """The header and the nouns, in parts; the seal, which goes before them, at the end."""
        digest, done, total = sha256(), 0, sum(map(len, picture.tables))
        header = _Header(VERSION, picture.head.seq, picture.head.recorded_at, picture.head.chain.hex())
        nouns = chain([header], picture.all())
        file.seek(_SEAL_BYTES)
        while part := list(islice(nouns, _PART_NOUNS)):
            text = _encoder.encode_lines(part)
            digest.update(text)
            file.write(text)
            done = min(total, done + len(part))
            self._progress(done, total)
        file.seek(0)
        file.write(_sealed(digest.hexdigest()))

    # ---- reading ----

    def newest_seq(self) -> int:
        """The sequence number of the newest snapshot, or 0."""
        return max(self._found(), default=0)

    def load(self, journal: Journal, until_seq: int | None = None, progress: Progress | None = None) -> World:
        """The world of the newest snapshot that is sound (of entry `until_seq` or before), or an empty one.

        Raises JournalCutShort when a sound snapshot knows of entries that the journal lacks.
        """
        for seq in sorted(self._found(), reverse=True):
            if until_seq is not None and seq > until_seq:
                continue
            path = self._folder / _name(seq)
            try:
                with path.open("rb") as file:
                    header = _checked(file, seq)
                    if self._belongs(journal, header.head, path):
                        world = World(_read_nouns(file, seq, until_seq or seq, progress), header.head)
                        self._last_seq = seq
                        return world
            except (OSError, ValueError, msgspec.DecodeError, Invalid) as error:
                self._warn(f"snapshot {path.name} is ignored: {error}")
        return World()

    def _found(self) -> list[int]:
        """The entries of which snapshots lie in the folder; a file of another name is none."""
        stems = [path.stem for path in self._folder.glob("*.snapshot")]
        return [int(stem) for stem in stems if stem.isdecimal() and stem == f"{int(stem):015}"]

    def _belongs(self, journal: Journal, head: Head, path: Path) -> bool:
        link = journal.link_at(head.seq)
        if link is None:
            raise JournalCutShort(
                f"the journal {journal.url} ends at entry {journal.head().seq}, but snapshot {path.name} "
                f"was taken at entry {head.seq}: its end is missing; restore it from a copy",
                seq=head.seq,
            )
        if link.head != head:
            self._warn(f"snapshot {path.name} is ignored: it belongs to another journal")
            return False
        return True


def is_due(seq: int, kept_seq: int) -> bool:
    """Whether a journal that has grown to `seq` deserves a snapshot, the last one being of `kept_seq`.

    It grows by a part of itself in between, so that writing whole worlds down costs each entry the same.
    """
    return seq - kept_seq >= max(SNAPSHOT_EVERY_ENTRIES, kept_seq // SNAPSHOT_EVERY_PART)


def surplus(seqs: list[int], kept: int = SNAPSHOTS_KEPT) -> list[int]:
    """Which of the snapshots, in order, are too many: the rest lies as evenly over the journal as may be.

    The newest two stay. Of the others the one goes that leaves the smallest gap; of equals, the oldest.
    """
    seqs, dropped = list(seqs), []
    while len(seqs) > max(kept, _NEWEST):
        gaps = [after - before for before, after in zip([0, *seqs], seqs[1:], strict=False)]
        dropped.append(seqs.pop(gaps.index(min(gaps[: 1 - _NEWEST]))))
    return dropped


def _name(seq: int) -> str:
    return f"{seq:015}.snapshot"


def _sealed(digest: str) -> bytes:
    return f"{digest}\n".encode()


def _checked(file: BufferedReader, seq: int) -> _Header:
    """The header of a snapshot whose digest holds; the file is then at its first noun."""
    seal = file.read(_SEAL_BYTES)
    if seal != _sealed(file_digest(file, "sha256").hexdigest()):
        raise ValueError("its digest does not match")
    file.seek(_SEAL_BYTES)
    header = msgspec.json.decode(file.readline(), type=_Header)
    if header.version != VERSION:
        raise ValueError(f"it is of version {header.version}, not {VERSION}")
    if header.seq != seq:
        raise ValueError(f"it is of entry {header.seq}, and its name says {seq}")
    return header


def _read_nouns(file: BinaryIO, seq: int, until_seq: int, progress: Progress | None) -> Iterator[Noun]:
    """The nouns, a part at a time; as progress counts, the part of the entries that they come to."""
    size = os.fstat(file.fileno()).st_size
    while part := file.read(_PART_BYTES):
        yield from _nouns.decode_lines(part + file.readline())
        if progress:
            progress(seq * file.tell() // size, until_seq)
