"""What every command starts with: the ledger of the data directory, and `now`."""

import getpass
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from neocloud.cli.output import note
from neocloud.cli.travel import KnownAt, as_of, known_at
from neocloud.errors import Invalid
from neocloud.model.entries import NOBODY, Author, Head
from neocloud.model.world import World
from neocloud.operations.directory import open_stores
from neocloud.operations.ledger import Ledger
from neocloud.settings import DATA_DIRECTORY
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots
from neocloud.units import Progress, format_instant, parse_instant

if TYPE_CHECKING:
    from neocloud.store.price_sets import PriceSets

_BAR_AFTER_S = 1.0
_PLACE = "neocloud.place"


class Session:
    """An open ledger, and the instant at which this command asks or decides.

    With `--as-of` that instant is another than the clock's; with `--known-at` the ledger is what was known
    then.
    """

    def __init__(self, ledger: Ledger, *, clock: int, as_of: int | None, known: KnownAt | None) -> None:
        self.ledger = ledger
        self._clock, self._as_of = clock, as_of
        self.when = "now" if as_of is None else format_instant(as_of)
        self._known_at = clock if known is None else known.at

    @property
    def now(self) -> int:
        """The instant: never before the last entry that was written or seen."""
        return max(self._clock, self.ledger.world.head.recorded_at) if self._as_of is None else self._as_of

    @contextmanager
    def world(self) -> Iterator[World]:
        """The world as a decision would see it: holds that have run out when it was known, or by `now`, are gone."""
        with self.ledger.at(max(self.now, self._known_at)) as world:
            yield world


@contextmanager
def session() -> Iterator[Session]:
    """Open the ledger that the command line names, as it was known when that says so; it is closed at the end."""
    options = click.get_current_context().obj
    with _place(options) as place:
        clock = _now(options, place)
        known = known_at(place.journal, clock)
        ledger = place.ledger(None if known is None else known.head, Bar("reading the journal"))
        opened = Session(ledger, clock=clock, as_of=as_of(clock), known=known)
        if known is not None:
            seen = f"entries 1 to {known.head.seq:,}, known at {format_instant(known.at)}"
            note(f"{seen}; as of {opened.when}")
        yield opened


@contextmanager
def bare_stores() -> Iterator[tuple[Journal, Snapshots, int]]:
    """The journal and snapshots that the command line names, without the world they are folded to; and `now`."""
    options = click.get_current_context().obj
    with _place(options) as place:
        yield place.journal, place.snapshots, _now(options, place)


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


class _Directory:
    """A data directory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.journal, self.snapshots = open_stores(path, warn=note, keeping=Bar("keeping a snapshot"))

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
def _place(options: dict[str, Any]) -> Iterator[Place]:
    if server_of(options) is None:
        place: Place = _Directory(data_directory(options))
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


def now_option(options: dict[str, Any], clock: int | None = None) -> int:
    """The instant of `--now`, or of the clock (this machine's, unless another is given)."""
    clock = int(time.time()) if clock is None else clock
    if options["now"] is None:
        return clock
    try:
        return parse_instant(options["now"], now=clock)
    except Invalid as error:
        raise error.at("--now") from None


def _author() -> Author:
    """Who types, and on which machine; empty where the system does not know."""
    try:
        return Author(f"shell:{getpass.getuser()}", socket.gethostname())
    except (OSError, KeyError):
        return NOBODY


def _now(options: dict[str, Any], place: Place) -> int:
    now, last = now_option(options, place.clock()), place.journal.head().recorded_at
    if options["now"] is not None and now < last:
        raise Invalid(
            f"{format_instant(now)} lies before the journal's last entry, {format_instant(last)}; "
            "the journal's time never goes back",
            place="--now",
        )
    return max(now, last)


class Bar:
    """Progress of long work, on the terminal's stderr, from the second second on."""

    def __init__(self, work: str) -> None:
        self._work = work
        self._began_s = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        if not self._shown and (time.monotonic() - self._began_s < _BAR_AFTER_S or not total):
            return
        if not sys.stderr.isatty():
            return
        self._shown = done < total
        filled = 40 * done // total
        bar = f"\r{self._work} [{'#' * filled}{'-' * (40 - filled)}] {done:,} of {total:,}"
        click.echo(bar if done < total else "\r\033[K", err=True, nl=False)
