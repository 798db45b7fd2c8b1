"""What every command starts with: the ledger that the command line names, and `now`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from neocloud.cli.output import note
from neocloud.cli.places import Place, open_place
from neocloud.cli.travel import as_of, known_at
from neocloud.errors import Invalid
from neocloud.model.world import World
from neocloud.operations.known import KnownAt
from neocloud.operations.ledger import Ledger
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots
from neocloud.units import format_instant, parse_instant

_BAR_AFTER_S = 1.0


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
    with open_place(options, Bar("keeping a snapshot")) as place:
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
    with open_place(options, Bar("keeping a snapshot")) as place:
        yield place.journal, place.snapshots, _now(options, place)


def now_option(options: dict[str, Any], clock: int | None = None) -> int:
    """The instant of `--now`, or of the clock (this machine's, unless another is given)."""
    clock = int(time.time()) if clock is None else clock
    if options["now"] is None:
        return clock
    try:
        return parse_instant(options["now"], now=clock)
    except Invalid as error:
        raise error.at("--now") from None


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
