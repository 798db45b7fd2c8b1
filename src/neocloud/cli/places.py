"""Where the ledger of a command line is: in a data directory, or at a server."""

import getpass
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from neocloud.cli.output import note
from neocloud.errors import Invalid
from neocloud.model.entries import NOBODY, Author, Head
from neocloud.operations.directory import open_stores
from neocloud.operations.ledger import Ledger
from neocloud.settings import DATA_DIRECTORY
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots
from neocloud.units import Progress

if TYPE_CHECKING:
    from neocloud.store.price_sets import PriceSets

_PLACE = "neocloud.place"


class Place(Protocol):
    """Where a ledger is: in a data directory, or at a server."""

    snapshots: Snapshots

    @property
    def journal(self) -> Journal:
        """Its journal."""
        ...

    def clock(self) -> int:
        """What time it is there (UTC seconds)."""
        ...

    def ledger(self, until: Head | None, progress: Progress) -> Ledger:
        """The ledger, as it was known at a head where one is given."""
        ...

    def price_sets(self) -> "PriceSets":
        """The files of its price sets."""
        ...


class Directory:
    """A data directory."""

    def __init__(self, path: Path, keeping: Progress) -> None:
        self._path = path
        self.journal, self.snapshots = open_stores(path, warn=note, keeping=keeping)

    def clock(self) -> int:
        """What time it is."""
        return int(time.time())

    def ledger(self, until: Head | None, progress: Progress) -> Ledger:
        """The ledger of the directory."""
        return Ledger(self.journal, self.snapshots, progress, until, author=_author())

    def price_sets(self) -> "PriceSets":
        """The files of its price sets."""
        from neocloud.store.price_sets import PriceSets  # noqa: PLC0415  (numpy is loaded where costs are read)

        return PriceSets(self._path / "prices")


@contextmanager
def open_place(options: dict[str, Any], keeping: Progress) -> Iterator[Place]:
    """The place that the command line names; closed at the end."""
    if server_of(options) is None:
        place: Place = Directory(data_directory(options), keeping)
    else:
        from neocloud.cli.remote import Server  # noqa: PLC0415  (httpx is loaded where a server is named)

        place = Server(options)
    click.get_current_context().meta[_PLACE] = place
    with closing(place.journal):
        yield place


def server_of(options: dict[str, Any]) -> str | None:
    """The server that is worked with; None for a data directory. What was typed goes before the environment."""
    server, typed = options["server"], options["typed"]
    if server is None or options["data"] is None:
        return server  # type: ignore[no-any-return]
    if ("server" in typed) == ("data" in typed):
        raise Invalid(
            "a data directory and a server are both named; give --data DIR or --server URL, one of the two",
            place="--server",
        )
    return server if "server" in typed else None


def check_here(options: dict[str, Any], what: str) -> None:
    """Raises Invalid for a command that is done on this machine, where a server was asked for."""
    if "server" in options["typed"]:
        raise Invalid(f"{what} on this machine; leave --server out", place="--server")


def data_directory(options: dict[str, Any]) -> Path:
    """The data directory that the command line, or the environment, names. Raises Invalid where a server is."""
    if server_of(options) is not None:
        raise Invalid("this is done where the ledger is; leave the server out, and name its --data", place="--server")
    return Path(options["data"] or DATA_DIRECTORY)


def price_files() -> "PriceSets":
    """Where the price sets of the open ledger are."""
    place: Place = click.get_current_context().meta[_PLACE]
    return place.price_sets()


def _author() -> Author:
    """Who types, and on which machine; empty where the system does not know."""
    try:
        return Author(f"shell:{getpass.getuser()}", socket.gethostname())
    except (OSError, KeyError):
        return NOBODY
