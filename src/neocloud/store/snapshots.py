"""Snapshots of the world beside the journal: a shorter way to start, never the truth.

A snapshot is a line with the digest of all that follows, a line of header, and the nouns, a line each.
One that is damaged, or does not belong to this journal, is passed over with a warning.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from neocloud.errors import JournalCutShort
from neocloud.model.entries import VERSION, Head, Noun
from neocloud.model.world import World
from neocloud.settings import SNAPSHOTS_KEPT
from neocloud.store.journal import Journal

_encoder = msgspec.json.Encoder(order="deterministic")
_nouns = msgspec.json.Decoder(Noun)


class _Header(Struct):
    version: int
    seq: int
    recorded_at: int
    chain: str


class Snapshots:
    """The snapshots in a folder."""

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        self._folder = folder
        self._warn = warn

    def save(self, world: World) -> None:
        """Write the world down, durably, and drop all but the newest snapshots; or warn that it cannot be done."""
        try:
            self._save(world)
        except OSError as error:
            self._warn(f"no snapshot is kept of entry {world.head.seq}: {error}")

    def _save(self, world: World) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        header = _Header(VERSION, world.head.seq, world.head.recorded_at, world.head.chain.hex())
        sealed = b"".join(_encoder.encode(each) + b"\n" for each in (header, *world.all()))
        path = self._folder / f"{world.head.seq:015}.snapshot"
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            file.write(_seal(sealed) + b"\n" + sealed)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        for old in self._paths()[SNAPSHOTS_KEPT:]:
            old.unlink(missing_ok=True)

    def newest_seq(self) -> int:
        """The sequence number of the newest snapshot, or 0."""
        paths = self._paths()
        return int(paths[0].stem) if paths else 0

    def load(self, journal: Journal) -> World:
        """The world of the newest snapshot that is sound, or an empty one.

        Raises JournalCutShort when a sound snapshot knows of entries that the journal lacks.
        """
        for path in self._paths():
            try:
                header, nouns = self._read(path)
            except (OSError, ValueError, msgspec.DecodeError) as error:
                self._warn(f"snapshot {path.name} is ignored: {error}")
                continue
            head = Head(header.seq, bytes.fromhex(header.chain), header.recorded_at)
            if self._belongs(journal, head, path):
                return World(nouns, head)
        return World()

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.snapshot"), reverse=True)

    def _read(self, path: Path) -> tuple[_Header, list[Noun]]:
        seal, _, sealed = path.read_bytes().partition(b"\n")
        if seal != _seal(sealed):
            raise ValueError("its digest does not match")
        first, _, nouns = sealed.partition(b"\n")
        header = msgspec.json.decode(first, type=_Header)
        if header.version != VERSION:
            raise ValueError(f"it is of version {header.version}, not {VERSION}")
        return header, _nouns.decode_lines(nouns)

    def _belongs(self, journal: Journal, head: Head, path: Path) -> bool:
        batch = next(journal.batches(head.seq - 1), None)
        if batch is None:
            raise JournalCutShort(
                f"the journal {journal.url} ends at entry {journal.head().seq}, but snapshot {path.name} "
                f"was taken at entry {head.seq}: its end is missing; restore it from a copy",
                seq=head.seq,
            )
        if batch.head != head:
            self._warn(f"snapshot {path.name} is ignored: it belongs to another journal")
            return False
        return True


def _seal(sealed: bytes) -> bytes:
    return sha256(sealed).hexdigest().encode()
