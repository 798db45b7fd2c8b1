"""The loop of `plan watch`: looks at the journal, and plans anew when prices are old or much was booked since."""

import time
from pathlib import Path

import click

from neocloud.cli.output import counted, note
from neocloud.cli.plan import open_requests
from neocloud.cli.plan_asked import scenario_of
from neocloud.cli.session import Bar, Session
from neocloud.errors import NeocloudError
from neocloud.model.entries import Cause, decode
from neocloud.model.leases import Lease
from neocloud.model.prices import PriceSet
from neocloud.operations.planning import plan
from neocloud.operations.price_sets import admit_costs
from neocloud.rules.requests import newest_prices
from neocloud.settings import WATCH_LOOK_S
from neocloud.store.price_sets import PriceSets
from neocloud.units import format_digest, format_duration, format_instant

_BOOKED: tuple[Cause, ...] = ("booked", "held", "recorded")


class Watch:
    """Prices kept fresh: a plan whenever one is due."""

    def __init__(
        self,
        opened: Session,
        files: PriceSets,
        *,
        every_s: int,
        bookings: int,
        file: Path | None,
        seed: int,
        futures: int,
    ) -> None:
        self._opened, self._ledger, self._files = opened, opened.ledger, files
        self._every_s, self._bookings, self._file = every_s, bookings, file
        self._seed, self._futures = seed, futures
        self._began_s, self._began_at = time.monotonic(), opened.now
        self._told = ""

    def go_on(self) -> None:
        """Look again and again, until Ctrl-C. What goes wrong is told once, and tried again."""
        try:
            scenario_of(self._file, self._now())
            while True:
                self._look_and_tell()
                time.sleep(WATCH_LOOK_S)
        except KeyboardInterrupt:
            click.echo("stopped; quotes rest on the price set admitted last")

    def look(self) -> None:
        """Plan and admit, if that is due. Raises what a plan raises."""
        self._ledger.catch_up()
        now = self._now()
        why = self._due(newest_prices(self._ledger.world), now)
        if why:
            click.echo(f"{format_instant(now)}  price set {self._admit(now)}: {why}")

    def _look_and_tell(self) -> None:
        try:
            self.look()
            self._told = ""
        except NeocloudError as error:
            if str(error) != self._told:
                note(f"{format_instant(self._now())}  no new prices: {error}")
            self._told = str(error)

    def _now(self) -> int:
        return self._began_at + int(time.monotonic() - self._began_s)

    def _due(self, last: PriceSet | None, now: int) -> str:
        """Why it is time for a plan; nothing where it is not."""
        if last is None:
            return "the first"
        if now - last.made_at >= self._every_s:
            return f"the last was {format_duration(now - last.made_at)} old"
        booked = self._booked_since(last.journal_seq)
        return f"{counted(booked, 'lease')} booked since the last" if booked >= self._bookings else ""

    def _booked_since(self, seq: int) -> int:
        """How many leases have come to take capacity since an entry."""
        entries = (entry for batch in self._ledger.journal.batches(seq) for entry in decode(batch))
        return sum(entry.seq > seq and isinstance(entry.noun, Lease) and entry.cause in _BOOKED for entry in entries)

    def _admit(self, now: int) -> str:
        """Plan with the ledger's open requests, and admit what capacity is worth; the digest."""
        scenario = scenario_of(self._file, now)
        wanted = open_requests(self._ledger.world, now)
        found = plan(
            self._ledger, wanted, scenario, now=now, seed=self._seed, futures=self._futures, progress=Bar("planning")
        )
        answer = admit_costs(
            self._ledger, self._files, found.costs,
            now=now, journal_seq=found.journal_seq, seed=self._seed, scenario=scenario,
        )  # fmt: skip
        return format_digest(answer.command.removeprefix("admit:"))
