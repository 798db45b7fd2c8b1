"""An invented desk to serve: two customers and a team on two sites, one pool for sale, and a key for each role.

Whatever is globex's, the team's or the operator's business has a name or a number that is nowhere else, so that it is
seen wherever it leaks.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from neocloud.api.app import create_app
from neocloud.api.buckets import Buckets
from neocloud.api.limits import Limits
from neocloud.api.routes import ROUTES, Route
from neocloud.api.service import Service
from neocloud.model.commands import Apply, Ask, Book, Command, KeyUsed, PriceAsk, RevokeKey
from neocloud.model.entries import Author, Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, PowerStep, Site
from neocloud.model.forecasts import Forecast, Served
from neocloud.model.leases import InternalValue, Option
from neocloud.model.plans import Energy, Scenario
from neocloud.model.policies import GpusAbove, Policy
from neocloud.model.prices import ListPrice
from neocloud.model.requests import Request, Way
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Right, Terms
from neocloud.operations.directory import create_directory, journal_url, open_stores
from neocloud.operations.keys import new_key, rotated
from neocloud.operations.ledger import Ledger, Said
from neocloud.operations.planning import plan
from neocloud.operations.price_sets import admit_costs
from neocloud.store.price_sets import PriceSets
from neocloud.units import DAY_S, Money

NOW = 1_799_020_800
"""2027-01-04T00:00:00Z, a Monday."""

ANSWERED = [route for route in ROUTES if route.media_type != "text/event-stream"]
"""Every operation whose answer has an end; streams are listened to in tests/events."""

ROLES = ("admin", "operator", "sales", "finance", "viewer", "customer")
REFUSED = ("nobody", "forged", "expired", "revoked", "rotated-out", "wrong-id", "not-a-bearer")
"""What opens nothing at all."""

ACME = {"leases": "acme-run", "requests": "acme-want", "terms": "reserved@1", "list-prices": "oslo-h100:reserved"}
GLOBEX = {"leases": "globex-run", "requests": "globex-want", "terms": "secretive@1"}
"""One of each kind that a customer may look at: of its own (or for sale), and of another's."""

FOREIGN = ("globex", "research", "secretive", "hidden", "tulsa", "87654", "77777", "66666")
"""Names and digits that are in no answer to acme."""

OPERATORS = frozenset({
    "value", "rank", "protected", "exits", "sources", "forecast", "quoted", "quote", "floor_usd", "judgement",
    "opportunity_cost_usd", "by_pool", "in_line", "gave_way", "held_by", "demand", "supply", "shortages", "holders",
})  # fmt: skip
"""Fields that are in no answer to a customer."""


def each(routes: list[Route]) -> Callable[[Any], Any]:
    """Have a test run for each of some routes."""
    return pytest.mark.parametrize("route", routes, ids=[route.name for route in routes])


def usd(amount: str) -> Money:
    return Money.of(Decimal(amount))


def day(number: int) -> int:
    return NOW + number * DAY_S


def fleet() -> list[Noun]:
    """Sites, pools, tenants, terms, prices, demand, and what happens to the fleet."""
    rights = (Right(holder="tenant", kind="terminate"), Right(holder="operator", kind="reclaim", part=True))
    return [
        Site(id="oslo", power=(PowerStep(watts=14_000_000),), pue=Decimal("1.1")),
        Site(id="tulsa", power=(PowerStep(watts=2_000_000),), landlord="A landlord"),
        Pool(id="oslo-h100", site="oslo", gpu="H100", it_watts_per_gpu=1_300, installed_gpus=4_096, sell_unit_gpus=8),
        Pool(id="hidden-l40", site="tulsa", gpu="L40", it_watts_per_gpu=400, installed_gpus=1_024),
        Tenant(id="acme", kind="customer", name="Acme Robotics"),
        Tenant(id="globex", kind="customer"),
        Tenant(id="research", kind="inside"),
        Terms(name="secretive", version=1, description="for globex alone", rights=rights),
        ListPrice(pool="oslo-h100", terms="reserved", per_gpu_hour=usd("2.35")),
        ListPrice(pool="oslo-h100", terms="on-demand", per_gpu_hour=usd("3.10")),
        Delivery(id="wave-1", pool="oslo-h100", gpus=512, contract_at=day(30), p50_at=day(40), p90_at=day(60)),
        Delivery(id="wave-2", pool="oslo-h100", gpus=1_024, contract_at=day(40), p50_at=day(50), p90_at=day(70)),
        Outage(id="outage-1", pool="oslo-h100", gpus=8, start_at=NOW),
        Curtailment(id="heat", site="oslo", most_watts=12_000_000, start_at=day(20), end_at=day(90)),
        Forecast(id="startups", kind="customer", requests_per_day=Decimal("1.4"), pools=(Served(pool="oslo-h100"),),
                 median_gpus=96, duration_s=60 * DAY_S, per_gpu_hour=usd("2.20")),
        Policy(id="big", when=GpusAbove(gpus=2_000), then="ask", reason="a big promise"),
    ]  # fmt: skip


def booked(lease: str, tenant: str, gpus: int, price: str, **more: Any) -> Book:
    """A booking of a part of the pool that is for sale, from tomorrow for 100 days."""
    money: dict[str, Any] = (
        {"value": InternalValue(per_gpu_hour=usd(price), owner="cto")} if tenant == "research" else {}
    )
    if not money:
        money = {"prices": (PriceAsk(per="gpu_hour", amount=usd(price)),)}
    ask = Ask(pool="oslo-h100", gpus=gpus, start_at=day(1), end_at=day(101))
    return Book(id=f"book-{lease}", lease=lease, tenant=tenant, asks=(ask,), **{"terms": "reserved", **money, **more})


def request(name: str, tenant: str, price: str) -> Request:
    way = Way(pool="oslo-h100", gpus=64, per_gpu_hour=usd(price))
    return Request(id=name, tenant=tenant, ways=(way,), start_at=day(10), end_at=day(70), arrived_at=NOW)


def promises() -> list[Command]:
    """Leases, holds, options and requests of both customers and the team."""
    ramp = {"option": Option(kind="ramp", exercise_by_at=day(30), takes=True)}
    return [
        booked("acme-run", "acme", 256, "2.35", terms="on-demand"),
        booked("acme-firm", "acme", 64, "2.35"),
        booked("acme-hold", "acme", 64, "2.35", hold_until_at=day(5)),
        booked("acme-maybe", "acme", 64, "2.35", **ramp),
        booked("globex-run", "globex", 512, "2.87654", terms="secretive"),
        booked("globex-hold", "globex", 64, "2.87654", hold_until_at=day(5)),
        booked("globex-maybe", "globex", 64, "2.87654", **ramp),
        booked("research-run", "research", 640, "1.77777"),
        Apply(id="r1", noun=request("acme-want", "acme", "2.35")),
        Apply(id="r2", noun=request("acme-wish", "acme", "2.35")),
        Apply(id="r3", noun=request("globex-want", "globex", "2.66666")),
    ]


def keys(ledger: Ledger) -> dict[str, str]:
    """A key of each role, and of every sort that does not hold; what is said to show each."""
    said: dict[str, str] = {"nobody": "", "forged": "nc_admin_" + "A" * 43, "wrong-id": "nc_nobodys_" + "A" * 43}
    made = {role: new_key(role, name=role) for role in ROLES if role != "customer"}  # type: ignore[arg-type]
    made |= {
        "customer": new_key("customer", tenant="acme", name="customer"),
        "globex": new_key("customer", tenant="globex", name="globex"),
        "expired": new_key("admin", name="expired", expires_at=NOW),
        "revoked": new_key("admin", name="revoked"),
        "rotated-out": new_key("admin", name="rotated-out"),
        "once": new_key("admin", name="once", once=True),
        "scoped": new_key("admin", name="scoped", scopes=("keys.read", "keys.write")),
        "narrow": new_key("customer", tenant="acme", name="narrow", scopes=("leases.read",)),
    }
    ledger.submit(*(each.command for each in made.values()), now=NOW)
    instead = rotated(ledger.world.keys["rotated-out"], now=NOW, hold_old_s=0)
    named = replace(instead.command, id="key:rotated-in", key=replace(instead.command.key, id="rotated-in"))
    ledger.submit(named, RevokeKey(id="revoke", key="revoked"), now=NOW)
    used = [KeyUsed(id=f"used:{name}:{NOW}", key=name, day_at=NOW) for name in ledger.world.keys]
    ledger.submit(*used, now=NOW)
    return said | {name: each.token for name, each in made.items()} | {"not-a-bearer": made["admin"].token}


def settled(directory: Path, *, journal: str | None = None) -> dict[str, str]:
    """A data directory with all of this in it; returns what is said to show each key."""
    ledger = create_directory(directory, journal=journal, now=NOW)
    applied = [Apply(id=f"noun-{i}", noun=noun) for i, noun in enumerate(fleet())]
    ledger.submit(*applied, *promises(), now=NOW)
    ledger.submit(Said(booked("acme-big", "acme", 2_008, "2.35"), Author("shell:desk", "desk-1")), now=NOW)
    _admit(ledger, directory)
    said = keys(ledger)
    ledger.journal.close()
    return said


def _admit(ledger: Ledger, directory: Path) -> None:
    energy = tuple(Energy(site=each, per_mwh=usd("50")) for each in ("oslo", "tulsa"))
    said = Scenario(since_at=NOW, until_at=day(60), energy=energy)
    made = plan(ledger, [], said, now=NOW, futures=2)
    admit_costs(ledger, PriceSets(directory / "prices"), made.costs, now=NOW, journal_seq=made.journal_seq, seed=0,
                scenario=said)  # fmt: skip


@dataclass
class Desk:
    """A desk that is served in this process, and what is said to show each of its keys."""

    client: TestClient
    service: Service
    said: Mapping[str, str]
    now: list[int]

    def ask(self, key: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask as the holder of a key; whatever a customer is answered must be clean. Fields' `_` is `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.said[key]:
            scheme = "Basic" if key == "not-a-bearer" else "Bearer"
            named.setdefault("Authorization", f"{scheme} {self.said[key]}")
        raw = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if raw is not None:
            named.setdefault("Content-Type", "application/json")
        answer = self.client.request(method, path, content=raw, headers=named)
        if key in {"customer", "narrow"}:
            check_clean(answer, f"{path} {named} {'' if raw is None else raw.decode('latin-1')}")
        assert all(token not in answer.text for token in self.said.values() if token)
        return answer

    def say(self, key: str, method: str, path: str, body: Any = None, *, id: str, **headers: str) -> Any:
        """The same, with an Idempotency-Key."""
        return self.ask(key, method, path, body, Idempotency_Key=id, **headers)


def check_clean(answer: Any, said: str) -> None:
    """Fails where an answer to acme says what is another's, and was not named by acme itself."""
    text = f"{answer.text}\n{answer.headers}"
    leaked = [word for word in FOREIGN if word in text and word not in said]
    assert not leaked, f"{leaked} in {text}"
    if "json" in answer.headers.get("content-type", "") and answer.content and "openapi" not in answer.json():
        shown = fields(answer.json()) & OPERATORS
        assert not shown, f"{shown} in {text}"


def fields(value: Any) -> set[str]:
    """The names of all fields, however deep."""
    match value:
        case dict():
            return set(value).union(*map(fields, value.values()))
        case list():
            return set().union(*map(fields, value))
        case _:
            return set()


def unlimited() -> Limits:
    """Limits that no test comes near."""
    return Limits(Buckets(10**6, 10**6), Buckets(10**6, 10**6))


@contextmanager
def served(
    directory: Path, said: Mapping[str, str], *, limits: Limits | None = None, **options: Any
) -> Iterator[Desk]:
    """A data directory, served in this process; each caller may ask as often as it likes, unless told otherwise."""
    now = [NOW]
    ledger = Ledger(*open_stores(directory, warn=print))
    service = Service(ledger, journal_url(directory), directory, lambda: now[0], limits=limits or unlimited())
    with TestClient(create_app(service), raise_server_exceptions=False, **options) as client:
        yield Desk(client, service, said, now)


def copied(template: Path, directory: Path) -> Path:
    """A copy of a data directory on SQLite that nobody has open."""
    shutil.copytree(template, directory)
    return directory
