"""What happens to the operator in a month, and what tenants may still have or want: facts, options, requests."""

import random
from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from neocloud.model.commands import (
    Accept,
    Admit,
    Apply,
    Ask,
    Book,
    Command,
    Decline,
    Exercise,
    Leave,
    PriceAsk,
    Reclaim,
    Record,
    Restore,
    Slip,
    Split,
    Withdraw,
)
from neocloud.model.fleet import Curtailment, Stage
from neocloud.model.forecasts import Forecast, Served
from neocloud.model.leases import Option
from neocloud.model.prices import ListPrice, PriceSet, Quoted
from neocloud.model.requests import Judgement, Request, Way
from neocloud.model.world import World
from neocloud.units import DAY_S, HOUR_S, Money
from tests.simulation.access import access


class Happenings:
    """Commands that somebody might say of the world at an instant; `book` makes a booking to start from."""

    def __init__(
        self, chance: random.Random, next_id: Callable[[str], str], book: Callable[[World], Command]
    ) -> None:
        self.chance, self.next_id, self.book = chance, next_id, book

    def any(self, world: World, now: int) -> Command:
        """One of them."""
        makers: dict[Callable[[World, int], Command], int] = {
            self.slip: 2, self.accept: 5, self.split: 1, self.curtail: 2, self.restore: 2, self.leave: 2,
            self.record: 2, self.reclaim: 4, self.grant: 5, self.exercise: 4,
            self.request: 5, self.answer: 4, self.decline: 2, self.withdraw: 1, self.priced: 2,
            self.access: 30,
        }  # fmt: skip
        (make,) = self.chance.choices(list(makers), list(makers.values()))
        return make(world, now)

    def access(self, world: World, now: int) -> Command:
        return access(world, now, self.chance, self.next_id)

    def hours(self, most: int) -> int:
        """Some hours, in seconds."""
        return self.chance.randrange(1, most) * HOUR_S

    def wave(self, world: World) -> str:
        """A wave, on its way if there is one."""
        waves = [wave.id for wave in world.deliveries.values() if wave.in_service_at is None]
        return self.chance.choice(sorted(waves or world.deliveries) or ["no-wave"])

    def slip(self, world: World, now: int) -> Command:
        by_s = self.hours(96) * self.chance.choice((1, 1, -1))
        return Slip(id=self.next_id("slip"), delivery=self.wave(world), by_s=by_s, reason="as the supplier says")

    def accept(self, world: World, now: int) -> Command:
        name = self.wave(world)
        wave = world.deliveries.get(name)
        stage: Stage = "delivered"
        if wave is not None and wave.delivered_at is not None:
            stage = "in_service" if wave.burnt_in_at is not None else "burnt_in"
        gpus = world.deliveries[name].gpus // 2 if name in world.deliveries and self.chance.random() < 0.3 else None
        return Accept(id=self.next_id("accept"), delivery=name, stage=stage, gpus=gpus, rest=self.next_id("rest"))

    def split(self, world: World, now: int) -> Command:
        name = self.wave(world)
        pool = world.deliveries[name].pool if name in world.deliveries else sorted(world.pools)[0]
        unit = world.pools[pool].sell_unit_gpus
        p90_at = now + self.hours(240) if self.chance.random() < 0.5 else None
        return Split(id=self.next_id("split"), delivery=name, into=self.next_id("part"), gpus=unit, p90_at=p90_at)

    def curtail(self, world: World, now: int) -> Command:
        start_at = now + self.chance.choice((0, 0, self.hours(72)))
        noun = Curtailment(
            id=self.next_id("heat"),
            site=self.chance.choice(sorted(world.sites)),
            most_watts=self.chance.randrange(50_000, 300_000),
            start_at=start_at,
            end_at=start_at + self.hours(96),
            shed=(self.chance.choice(sorted(world.tenants)),),
        )
        return Apply(id=self.next_id("apply"), noun=noun)

    def restore(self, world: World, now: int) -> Command:
        running = [each.id for each in world.curtailments.values() if each.start_at < now < each.end_at]
        return Restore(id=self.next_id("restore"), curtailment=self.chance.choice(running or ["none"]))

    def leave(self, world: World, now: int) -> Command:
        at = now + 60 * DAY_S if self.chance.random() < 0.3 else None
        return Leave(id=self.next_id("leave"), site=self.chance.choice(sorted(world.sites)), at=at)

    def record(self, world: World, now: int) -> Command:
        book = self.book(world)
        assert isinstance(book, Book)
        return Record(id=self.next_id("record"), book=replace(book, recorded="from the sheet", hold_until_at=None))

    def reclaim(self, world: World, now: int) -> Command:
        loose = [each.id for each in world.leases.values() if each.live and not each.terms.startswith("reserved")]
        return Reclaim(id=self.next_id("reclaim"), lease=self.chance.choice(loose or ["nobodys-lease"]))

    def grant(self, world: World, now: int) -> Command:
        book, by_at = self.book(world), now + self.hours(96)
        assert isinstance(book, Book)
        kind = self.chance.choice(("ramp", "first_refusal", "renewal", "burst"))
        of, takes = "", kind in {"ramp", "renewal"} and self.chance.random() < 0.5
        if kind in {"renewal", "burst"}:
            bases = [each for each in world.leases.values() if each.tenant == book.tenant and each.end_at > now]
            base = self.chance.choice(bases or list(world.leases.values()) or [None])
            if base is None:
                return book
            of, end_at = base.id, base.end_at + (self.hours(96) if kind == "renewal" else 0)
            book = replace(book, asks=(Ask(pool=base.blocks[0].pool, gpus=book.asks[0].gpus, end_at=end_at),))
        option = Option(kind=kind, exercise_by_at=by_at, takes=takes, of=of)  # type: ignore[arg-type]
        return replace(book, option=option, hold_until_at=by_at, reclaim=False)

    def exercise(self, world: World, now: int) -> Command:
        options = sorted(world.options) or ["no-option"]
        return Exercise(id=self.next_id("exercise"), option=self.chance.choice(options), reclaim=True)

    def request(self, world: World, now: int) -> Command:
        """A wish for two pools, or an older one that changes its mind about the span."""
        tenant, start_at = self.chance.choice(sorted(world.tenants)), now + self.hours(96)
        inside = world.tenants[tenant].kind == "inside"
        price = None if inside else Money("USD", self.chance.randrange(1, 5) * 10**9)
        pools = self.chance.sample(sorted(world.pools), 2)
        noun = Request(
            id=self.next_id("request"),
            tenant=tenant,
            ways=tuple(Way(pool=pool, gpus=8, per_gpu_hour=price) for pool in pools),
            start_at=start_at,
            end_at=start_at + self.hours(96),
            arrived_at=now,
            rank=2 if inside else None,
        )
        if world.requests and self.chance.random() < 0.2:
            old = world.requests[self.chance.choice(sorted(world.requests))]
            noun = replace(old, status="open", lease=None, judgement=None, end_at=old.end_at + HOUR_S)
        return Apply(id=self.next_id("apply"), noun=noun)

    def wish(self, world: World) -> str:
        """A request, open if there is one."""
        still_open = sorted(name for name, each in world.requests.items() if each.status == "open")
        if self.chance.random() < 0.05:
            still_open = sorted(world.requests)
        return self.chance.choice(still_open or ["no-request"])

    def answer(self, world: World, now: int) -> Command:
        book, name = self.book(world), self.wish(world)
        assert isinstance(book, Book)
        request = world.requests.get(name)
        if request is None:
            return book
        way = request.ways[0]
        start_at = max(now, request.start_at)
        price = () if request.rank else (PriceAsk(per="gpu_hour", amount=Money("USD", 2 * 10**9)),)
        return replace(
            book,
            tenant=request.tenant,
            asks=(Ask(pool=way.pool, gpus=way.gpus, start_at=start_at, end_at=start_at + DAY_S),),
            prices=price,
            rank=request.rank,
            value=None,
            request=name,
            judgement=self.judgement(world, now),
            quoted=Quoted(journal_seq=world.head.seq, price_set="a" * 64, floor=Money("USD", 10**9)),
        )

    def judgement(self, world: World, now: int) -> Judgement:
        return Judgement(at=now, journal_seq=world.head.seq, reason="as things are")

    def decline(self, world: World, now: int) -> Command:
        judgement = self.judgement(world, now)
        return Decline(id=self.next_id("decline"), request=self.wish(world), judgement=judgement)

    def withdraw(self, world: World, now: int) -> Command:
        return Withdraw(id=self.next_id("withdraw"), request=self.wish(world))

    def priced(self, world: World, now: int) -> Command:
        """A list price, a forecast, or a price set."""
        pool, price = self.chance.choice(sorted(world.pools)), Money("USD", self.chance.randrange(1, 5) * 10**9)
        match self.chance.randrange(3):
            case 0:
                noun = ListPrice(pool=pool, terms="reserved", per_gpu_hour=price)
                return Apply(id=self.next_id("apply"), noun=noun)
            case 1:
                forecast = Forecast(
                    id="startups", kind="customer", requests_per_day=Decimal(self.chance.randrange(5)),
                    pools=(Served(pool=pool),), median_gpus=16, duration_s=DAY_S, per_gpu_hour=price,
                )  # fmt: skip
                return Apply(id=self.next_id("apply"), noun=forecast)
        prices = PriceSet(
            id=f"{self.chance.randrange(16**64):064x}", journal_seq=world.head.seq, made_at=now,
            until_at=now + 365 * DAY_S, futures=200, seed=1,
        )  # fmt: skip
        return Admit(id=self.next_id("admit"), price_set=prices)
