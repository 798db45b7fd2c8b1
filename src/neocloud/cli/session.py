"""What every command starts with: the ledger of the data directory, and `now`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from neocloud.cli.output import note
from neocloud.errors import Invalid
from neocloud.model.world import World
from neocloud.operations.directory import open_directory
from neocloud.operations.ledger import Ledger
from neocloud.settings import DATA_DIRECTORY
from neocloud.units import format_instant, parse_instant

_BAR_AFTER_S = 1.0


class Session:
    """An open ledger, and the instant at which this command asks or decides."""

    def __init__(self, ledger: Ledger, now: int) -> None:
        self.ledger = ledger
        self.now = now

    @contextmanager
    def world(self) -> Iterator[World]:
        """The world as a decision now would see it."""
        with self.ledger.at(self.now) as world:
            yield world


@contextmanager
def session() -> Iterator[Session]:
    """Open the ledger that the command line names; it is closed when the command ends."""
    context = click.get_current_context()
    ledger = open_directory(data_directory(context.obj), warn=note, progress=Bar("reading the journal"))
    try:
        yield Session(ledger, _now(context.obj, ledger))
    finally:
        ledger.journal.close()


def data_directory(options: dict[str, Any]) -> Path:
    """The data directory that the command line, or the environment, names."""
    return Path(options["data"] or DATA_DIRECTORY)


def now_option(options: dict[str, Any]) -> int:
    """The instant of `--now`, or of the clock."""
    clock = int(time.time())
    if options["now"] is None:
        return clock
    try:
        return parse_instant(options["now"], now=clock)
    except Invalid as error:
        raise error.at("--now") from None


def _now(options: dict[str, Any], ledger: Ledger) -> int:
    now, last = now_option(options), ledger.world.head.recorded_at
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
