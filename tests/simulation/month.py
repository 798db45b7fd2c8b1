"""A seeded month of a neocloud: commands of all kinds, time going by, crashes, and two doors to one journal.

After every step the ledger is held against what is certain: the law, and (every few steps, and after
every crash) a fresh fold of the journal and timelines built anew from the nouns.
"""

import gc
import random
from collections.abc import Callable, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

from msgspec.structs import replace

from neocloud.errors import Conflict, Mistaken, Refused
from neocloud.model.commands import (
    Accept,
    Amend,
    Apply,
    Ask,
    Book,
    CloseOutage,
    Command,
    Confirm,
    Leave,
    PriceAsk,
    Record,
    Release,
    Restore,
    Slip,
    Split,
    Terminate,
)
from neocloud.model.entries import Author, Batch, Head, Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, PowerStep, Retirement, Site
from neocloud.model.leases import InternalValue, Lease
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Holder, Right, Terms
from neocloud.model.world import World
from neocloud.operations.ledger import Answer, Ledger
from neocloud.store import open_journal
from neocloud.store.journal import CommitUnknownError
from neocloud.store.snapshots import Snapshots
from neocloud.timeline import FOREVER
from neocloud.units import DAY_S, HOUR_S, Money
from tests.contracts.scene import NOW, Picture, apply, built_anew, picture
from tests.simulation.governed import Governed, policy_named
from tests.simulation.happenings import Happenings

MONTH_S = 30 * DAY_S
TENANTS = ("acme", "umbrella", "initech", "research", "products")
INSIDE = ("research", "products")
SITES = ("reno", "oslo")
PEOPLE = (Author("person:ada", "192.0.2.7"), Author("person:grace", "192.0.2.8"))
"""Who is at which door."""


def founding() -> list[Command]:
    """Two sites of four pools: with sell units, spares and turnarounds, and one with too little power."""
    nouns: list[Noun] = [
        Site(id="reno", power=(PowerStep(watts=400_000),), pue=Decimal("1.3")),
        Site(id="oslo", power=(PowerStep(watts=300_000), PowerStep(watts=500_000, from_at=NOW + 20 * DAY_S))),
        Pool(id="h100", site="reno", gpu="H100", it_watts_per_gpu=1_000, installed_gpus=256, sell_unit_gpus=8),
        Pool(id="a100", site="reno", gpu="A100", it_watts_per_gpu=700, installed_gpus=64, turnaround_s=2 * HOUR_S),
        Pool(
            id="b200", site="oslo", gpu="B200", it_watts_per_gpu=1_400, installed_gpus=128,
            sell_unit_gpus=8, spares_ratio=Decimal("0.1"),
        ),
        Pool(
            id="l40", site="oslo", gpu="L40", it_watts_per_gpu=500, installed_gpus=96,
            spares_ratio=Decimal("0.05"), turnaround_s=HOUR_S,
        ),
    ]  # fmt: skip
    nouns += [Tenant(id=name, kind="inside" if name in INSIDE else "customer") for name in TENANTS]
    leave = Right(holder="tenant", kind="terminate", part=True)
    notice = Right(holder="operator", kind="terminate", notice_s=DAY_S, serve_after_s=DAY_S)
    back = Right(holder="operator", kind="reclaim", notice_s=DAY_S // 4, part=True)
    nouns += [Terms(name="reserved", version=1), Terms(name="on-demand", version=1, rights=(leave, notice, back))]
    nouns += [policy_named("quota"), policy_named("gentle")]
    return [apply(noun) for noun in nouns]


class Crash(BaseException):
    """The process dies here."""


class Month:
    """One run: everything that happens follows from the seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.url = f"sqlite:{folder / 'journal.db'}"
        self.warnings: list[str] = []
        self.snapshots = Snapshots(folder / "snapshots", self.warnings.append)
        self.now = NOW
        self.count = 0
        self.happened: dict[str, int] = {}
        self.accepted: dict[str, tuple[Command, Answer]] = {}
        self.doors = [self.opened(person, create=True) for person in PEOPLE]
        self.doors[0].submit(*founding(), now=self.now)
        self.doors[1].catch_up()

    # ---- one run ----

    def run(self, steps: int) -> None:
        try:
            for step in range(steps):
                self.now += self.chance.choice((0, 0, 60, HOUR_S, 2 * MONTH_S // steps))
                self.step()
                if step % 10 == 0:
                    self.check_all()
            self.check_all()
            self.check_accepted()
            assert self.warnings == []
        finally:
            for ledger in self.doors:
                ledger.journal.close()

    def step(self) -> None:
        ledger = self.chance.choice(self.doors)
        ledger.catch_up()
        commands = [self.command(ledger.world) for _ in range(self.chance.choice((1, 1, 1, 1, 3)))]
        self.note(*(type(command).__name__ for command in commands))
        kind = self.chance.random()
        if kind < 0.10:
            self.crashed(ledger, commands)
        elif kind < 0.14:
            self.unknown(ledger, commands)
        elif kind < 0.18:
            self.reopen(ledger)
        elif kind < 0.24:
            self.looked(ledger, commands)
        elif kind < 0.30 and self.accepted:
            self.repeated(ledger)
        else:
            self.submitted(ledger, commands)

    # ---- what may happen in a step ----

    def submitted(self, ledger: Ledger, commands: Sequence[Command]) -> None:
        """Commands one after the other, or all of them or none; no decision breaks the law."""
        lawful = not any(is_fact(command) for command in commands)
        before = picture(ledger.world)
        try:
            if self.chance.random() < 0.5:
                answers: list[Answer | Mistaken | Refused] = list(ledger.submit(*commands, now=self.now))
            else:
                answers = ledger.submit_each(commands, now=self.now)
        except (Mistaken, Refused) as refusal:
            self.note(f"refused {refusal.code}")
            assert picture(ledger.world) == before, "a refusal changed something"
            return
        for command, answer in zip(commands, answers, strict=True):
            if isinstance(answer, Answer) and answer.changes:
                self.accepted[command.id] = (command, answer)
                self.note(*(f"did {cause}" for cause, _ in answer.changes))
            elif isinstance(answer, Mistaken | Refused):
                self.note(f"refused {answer.code}")
        if lawful:
            check_no_new_shortfall(before, picture(ledger.world))

    def crashed(self, ledger: Ledger, commands: Sequence[Command]) -> None:
        """The process dies in append, before the commit or behind it; and it may be another that goes on."""
        after, real, before = self.chance.random() < 0.5, ledger.journal.append, picture(ledger.world)

        def append(batch: Batch, ids: Sequence[str], *, expected: Head) -> None:
            if after:
                real(batch, ids, expected=expected)
            raise Crash

        try:
            with patch.object(ledger.journal, "append", append):
                ledger.submit_each(commands, now=self.now)
        except Crash:
            self.note("crashed after the commit" if after else "crashed before the commit")
        assert picture(ledger.world) == before, "what was not written is seen"
        if self.chance.random() < 0.5:
            self.reopen(ledger)
        else:
            ledger.catch_up()
            self.submitted(ledger, commands)
        self.check_all()

    def unknown(self, ledger: Ledger, commands: Sequence[Command]) -> None:
        """The connection breaks off in the commit, which happened or did not."""
        real, outcomes = ledger.journal.append, iter([self.chance.random() < 0.5])

        def append(batch: Batch, ids: Sequence[str], *, expected: Head) -> None:
            happens = next(outcomes, None)
            if happens is not False:
                real(batch, ids, expected=expected)
            if happens is not None:
                self.note("unknown commit")
                raise CommitUnknownError

        with patch.object(ledger.journal, "append", append):
            self.submitted(ledger, commands)

    def reopen(self, ledger: Ledger) -> None:
        """One door is shut, and opened again."""
        before = picture(ledger.world)
        ledger.journal.close()
        door = self.doors.index(ledger)
        self.doors[door] = self.opened(PEOPLE[door])
        self.note("reopened")
        if self.doors[door].world.head == before.head:
            assert picture(self.doors[door].world) == before

    def looked(self, ledger: Ledger, commands: Sequence[Command]) -> None:
        """Looks and previews, into the future too, change nothing."""
        before, later = picture(ledger.world), self.now + self.chance.randrange(10 * DAY_S)
        with ledger.at(later) as world:
            assert not [lease for lease in world.leases.values() if lease.expires_at and lease.expires_at <= later]
            assert picture(world).timelines == built_anew(world).timelines
        try:
            ledger.preview(*commands, now=later)
        except (Mistaken, Refused):
            self.note("preview refused")
        assert picture(ledger.world) == before, "a look changed something"

    def repeated(self, ledger: Ledger) -> None:
        """What was accepted is answered the same for ever, and only if the same is said."""
        command, answer = self.chance.choice(list(self.accepted.values()))
        (again,) = ledger.submit(command, now=self.now)
        assert again == Answer(answer.command, answer.changes, again=True)
        (other,) = ledger.submit_each([Confirm(id=command.id, lease="something-else")], now=self.now)
        assert isinstance(other, Conflict)

    # ---- what is certain ----

    def check_all(self) -> None:
        """Both doors, a fresh fold, and timelines built anew show one and the same world."""
        for ledger in self.doors:
            ledger.catch_up()
        with closing(open_journal(self.url)) as journal:
            fresh = picture(Ledger(journal).world)
        gc.unfreeze()  # each start of a ledger freezes what there is; here there are thousands
        for ledger in self.doors:
            assert picture(ledger.world) == fresh == built_anew(ledger.world)

    def check_accepted(self) -> None:
        """All that was ever acknowledged is there, with the answer that was given."""
        answers = self.doors[0].submit_each([command for command, _ in self.accepted.values()], now=self.now)
        for again, (_, answer) in zip(answers, self.accepted.values(), strict=True):
            assert isinstance(again, Answer) and again.again and again.changes == answer.changes
        for each in self.doors[0].world.approvals.values():
            assert each.status == "asked" or (each.answered_by == each.asked_by) == (each.status == "withdrawn")

    def opened(self, person: Author, *, create: bool = False) -> Ledger:
        snapshots = self.snapshots if self.chance.random() < 0.5 else None
        return Ledger(open_journal(self.url, create=create), snapshots, author=person)

    def note(self, *what: str) -> None:
        for each in what:
            self.happened[each] = self.happened.get(each, 0) + 1

    # ---- commands ----

    def command(self, world: World) -> Command:
        """Something that somebody might ask: sensible, mostly."""
        makers: dict[Callable[[World], Command], int] = {
            self.book: 30, self.confirm: 6, self.release: 4, self.amend: 16, self.terminate: 8, self.outage: 6,
            self.close_outage: 4, self.delivery: 4, self.pool: 5, self.site: 2, self.new_terms: 1, self.happens: 42,
            self.governed: 14,
        }  # fmt: skip
        (make,) = self.chance.choices(list(makers), list(makers.values()))
        return make(world)

    def happens(self, world: World) -> Command:
        return Happenings(self.chance, self.next_id, self.book).any(world, self.now)

    def governed(self, world: World) -> Command:
        return Governed(self.chance, self.next_id).any(world, self.now)

    def next_id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-{self.count}"

    def hours(self, most: int) -> int:
        return self.chance.randrange(1, most) * HOUR_S

    def gpus_of(self, world: World, pool: str) -> int:
        unit = world.pools[pool].sell_unit_gpus
        gpus = self.chance.choice((1, 1, 2, 3, 5, 8)) * unit
        return gpus if self.chance.random() < 0.95 else gpus + 1

    def ask(self, world: World, start_at: int | None = None) -> Ask:
        pool = self.chance.choice(sorted(world.pools))
        start_at = start_at if start_at is not None else self.now + self.chance.choice((0, self.hours(24 * 20)))
        end_at: int | None = start_at + self.hours(24 * 8)
        if self.chance.random() < 0.1:
            of_site = self.chance.random() < 0.5
            return Ask(
                pool=None if of_site else pool, site=world.pools[pool].site if of_site else None,
                start_at=start_at, end_at=end_at,
            )  # fmt: skip
        gpus = self.gpus_of(world, pool)
        spare_gpus = self.chance.choice((0, 0, 0, 0, gpus, gpus // 2))
        return Ask(
            pool=pool, gpus=gpus, spare_gpus=spare_gpus, start_at=start_at,
            end_at=end_at if self.chance.random() < 0.9 else None,
        )  # fmt: skip

    def book(self, world: World) -> Command:
        tenant, name = self.chance.choice(TENANTS), self.next_id("lease")
        inside = tenant in INSIDE
        asks = tuple(self.ask(world) for _ in range(self.chance.choice((1, 1, 1, 2, 3))))
        price = PriceAsk(per=self.chance.choice(("gpu_hour", "month")), amount=Money.of(Decimal("2.35")))
        return Book(
            id=f"book-{name}", lease=name, tenant=tenant, asks=asks,
            terms=self.chance.choice(("reserved", "on-demand", "on-demand", "on-demand@1")),
            prices=() if inside else (price,),
            rank=self.chance.randrange(1, 5) if inside else None,
            value=InternalValue(per_gpu_hour=Money.of(Decimal(3))) if inside else None,
            spares=self.chance.random() < 0.2,
            hold_until_at=self.now + self.hours(72) if self.chance.random() < 0.4 else None,
            reclaim=self.chance.random() < 0.2, force=False,
        )  # fmt: skip

    def lease(self, world: World, status: str | None = None) -> str:
        """A lease: any, or one that is live; seldom one that is not there."""
        live = [lease.id for lease in world.leases.values() if lease.live and lease.end_at > self.now]
        named = [name for name in live if status in {None, world.leases[name].status}]
        if self.chance.random() < 0.05:
            named = list(world.leases)
        return self.chance.choice(named or ["nobodys-lease"])

    def confirm(self, world: World) -> Command:
        return Confirm(id=self.next_id("confirm"), lease=self.lease(world, "held"))

    def release(self, world: World) -> Command:
        return Release(id=self.next_id("release"), lease=self.lease(world, "held"))

    def amend(self, world: World) -> Command:
        name = self.lease(world)
        lease = world.leases.get(name)
        block = self.chance.choice(lease.blocks) if lease else None
        pool = block.pool if block else "h100"
        wish = Amend(id=self.next_id("amend"), lease=name, pool=self.chance.choice((None, pool, pool)))
        if self.chance.random() < 0.3 and lease:
            wish = replace(wish, at=self.chance.randrange(min(self.now, lease.end_at - 1), lease.end_at))
        for _ in range(self.chance.choice((1, 1, 2))):
            wish = self.wished(world, wish, lease)
        return wish

    def wished(self, world: World, wish: Amend, lease: Lease | None) -> Amend:
        match self.chance.choice(("gpus", "until", "from", "move", "add", "tenant", "price", "rank")):
            case "gpus":
                return replace(wish, gpus=self.gpus_of(world, wish.pool or "h100"))
            case "until":
                end_at = lease.end_at if lease else self.now
                return replace(wish, end_at=end_at + self.chance.randrange(-72, 72) * HOUR_S)
            case "from":
                return replace(wish, start_at=self.now + self.hours(72))
            case "move":
                return replace(wish, move_to=self.chance.choice(sorted(world.pools)))
            case "add":
                return replace(wish, add=(self.ask(world, self.now + self.hours(24)),))
            case "tenant":
                return replace(wish, tenant=self.chance.choice(TENANTS))
            case "price":
                return replace(wish, prices=(PriceAsk(per="gpu_hour", amount=Money.of(Decimal(2))),))
            case _:
                return replace(wish, rank=self.chance.randrange(1, 5))

    def terminate(self, world: World) -> Command:
        name = self.lease(world, "confirmed")
        lease = world.leases.get(name)
        gpus = self.gpus_of(world, lease.blocks[0].pool) if lease and self.chance.random() < 0.4 else None
        at = self.now + self.hours(72) if self.chance.random() < 0.4 else None
        holder: Holder = "tenant" if self.chance.random() < 0.7 else "operator"
        return Terminate(id=self.next_id("terminate"), lease=name, holder=holder, gpus=gpus, at=at)

    def outage(self, world: World) -> Command:
        pool = self.chance.choice(sorted(world.pools))
        start_at = self.now + self.chance.choice((0, 0, self.hours(72)))
        end_at = FOREVER if self.chance.random() < 0.3 else start_at + self.hours(48)
        name = self.next_id("outage")
        if world.outages and self.chance.random() < 0.2:
            name = self.chance.choice(sorted(world.outages))
        gpus, planned = self.chance.randrange(1, 24), self.chance.random() < 0.4
        noun = Outage(id=name, pool=pool, gpus=gpus, start_at=start_at, end_at=end_at, planned=planned)
        return Apply(id=self.next_id("apply"), noun=noun)

    def close_outage(self, world: World) -> Command:
        name = self.chance.choice(sorted(world.outages) or ["none"])
        return CloseOutage(id=self.next_id("close"), outage=name)

    def delivery(self, world: World) -> Command:
        """A wave: announced, slipped, in service."""
        if world.deliveries and self.chance.random() < 0.6:
            old = world.deliveries[self.chance.choice(sorted(world.deliveries))]
            slip_s = self.hours(96)
            noun = replace(old, p50_at=old.p50_at + slip_s, p90_at=old.p90_at + slip_s)
            if self.chance.random() < 0.5:
                noun = replace(old, delivered_at=self.now - DAY_S, burnt_in_at=self.now, in_service_at=self.now)
            return Apply(id=self.next_id("apply"), noun=noun)
        pool, at = self.chance.choice(sorted(world.pools)), self.now + self.hours(24 * 10)
        noun = Delivery(
            id=self.next_id("wave"), pool=pool, gpus=world.pools[pool].sell_unit_gpus * self.chance.randrange(1, 6),
            contract_at=at, p50_at=at + DAY_S, p90_at=at + 3 * DAY_S,
            promise_on=self.chance.choice(("contract", "p50", "p90")),
        )  # fmt: skip
        return Apply(id=self.next_id("apply"), noun=noun)

    def pool(self, world: World) -> Command:
        old = world.pools[self.chance.choice(sorted(world.pools))]
        match self.chance.randrange(7):
            case 0:
                noun = replace(old, spares_ratio=Decimal(self.chance.randrange(20)) / 100)
            case 1:
                noun = replace(old, turnaround_s=self.chance.choice((0, HOUR_S, 3 * HOUR_S)))
            case 2:
                noun = replace(old, installed_gpus=max(0, old.installed_gpus + self.chance.randrange(-16, 24)))
            case 3:
                retired = Retirement(at=self.now + self.hours(240), gpus=self.chance.randrange(1, 16))
                noun = replace(old, retirements=(*old.retirements, retired))
            case 4:
                noun = replace(old, it_watts_per_gpu=old.it_watts_per_gpu + self.chance.randrange(-50, 50))
            case 5:
                noun = replace(old, sell_unit_gpus=self.chance.choice((1, 8)))
            case _:
                noun = replace(old, id=self.next_id("pool"), installed_gpus=self.chance.choice((0, 16)))
        return Apply(id=self.next_id("apply"), noun=noun)

    def site(self, world: World) -> Command:
        old = world.sites[self.chance.choice(SITES)]
        step = PowerStep(watts=self.chance.randrange(200_000, 500_000), from_at=self.now + self.hours(240))
        steps = {each.from_at: each for each in (*old.power, step)}
        power = tuple(steps[from_at] for from_at in sorted(steps))
        return Apply(id=self.next_id("apply"), noun=replace(old, power=power))

    def new_terms(self, world: World) -> Command:
        last = world.terms_named("on-demand")
        assert last is not None
        return Apply(id=self.next_id("apply"), noun=replace(last, payment_days=self.chance.randrange(10, 60)))


def is_fact(command: Command) -> bool:
    """Whether it says what has happened, and is therefore not refused."""
    match command:
        case Record() | Slip() | Accept() | Split() | Restore() | Leave() | CloseOutage():
            return True
        case Apply(noun=Site() | Delivery() | Curtailment()):
            return True
        case Apply(noun=Outage() as outage):
            return not outage.planned
        case _:
            return False


def check_no_new_shortfall(before: Picture, after: Picture) -> None:
    """Where a decision lowered what is available, it is not under zero."""
    for resource, (_, available) in after.timelines.items():
        old = before.timelines.get(resource, ([], [(0, 0)]))[1]
        for at, level in levels(old, available):
            was, is_now = level
            assert is_now >= min(0, was), f"{resource} at {at}: a decision took {was} to {is_now}"


def levels(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> list[tuple[int, tuple[int, int]]]:
    """Both step functions at every instant where either changes."""
    changes = sorted([(at, 0, value) for at, value in one] + [(at, 1, value) for at, value in other])
    now, result = [0, 0], []
    for i, (at, which, value) in enumerate(changes):
        now[which] = value
        if i + 1 == len(changes) or changes[i + 1][0] != at:
            result.append((at, (now[0], now[1])))
    return result
