"""Requests, forecasts, list prices and price sets at the door: brought in, shown, answered, and told of."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.documents.complaints import converted
from neocloud.documents.forecasts import ForecastDocument
from neocloud.documents.manifest import Manifest
from neocloud.documents.manifest import schema as manifest_schema
from neocloud.documents.requests import RequestDocument
from neocloud.documents.text import Places, parse
from neocloud.model.commands import Admit, Ask, Book, PriceAsk
from neocloud.model.forecasts import Cycle, Forecast
from neocloud.model.prices import PriceSet, Quoted
from neocloud.model.requests import Exit, Request
from neocloud.model.tenants import TenantKind
from neocloud.operations.directory import open_directory
from neocloud.operations.ledger import Ledger
from neocloud.units import Money, parse_instant
from tests.cli.conftest import HERE, NOW, Desk, run
from tests.laws.histories import forecasts, hours, lengths_s, requests, stable

WISHES = HERE / "wishes.yaml"
NOW_AT = parse_instant(NOW, now=0)
ratios = st.integers(0, 100).map(lambda percent: Decimal(percent) / 100)
KINDS = {"request": "requests", "forecast": "forecasts", "price": "list_prices"}
SET = "3f2a9c01d4e5" + "0" * 52
SPAN = ("--from", "2026-11-01", "--until", "2027-05-01")
ACCEPT = ("--tenant", "acme", "--pool", "h100", "--gpus", "256", *SPAN, "--price", "2.4", "--request", "acme-7")


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """The small desk, with two open requests, a forecast, two list prices and a price set."""
    desk.done("apply", "--yes", "-f", str(WISHES))
    on(desk, admit)
    return desk


def on(desk: Desk, do: Callable[[Ledger], Any]) -> None:
    """Do something to the ledger of a desk, as a program that uses the package would."""
    ledger = open_directory(desk.directory, warn=print)
    with closing(ledger.journal):
        do(ledger)


def admit(ledger: Ledger) -> None:
    now, head = NOW_AT, ledger.world.head.seq
    prices = PriceSet(id=SET, journal_seq=head, made_at=now, until_at=now + 1, futures=200, seed=1, scenario="c" * 64)
    ledger.submit(Admit(id=f"admit:{SET}", price_set=prices), now=now)


def read(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done(*words, "--output", "json"))


# ---- lists and shows ----


@pytest.mark.parametrize(
    ("kind", "name"), [("request", "acme-7"), ("forecast", "startups"), ("price", "h100:yearly"), ("price-set", SET)]
)
def test_a_noun_is_listed_and_shown_the_same_in_every_form(asked: Desk, kind: str, name: str) -> None:
    listed, shown = read(asked, kind, "list"), read(asked, kind, "show", name)
    assert shown["id"] == name and shown in listed
    assert yaml.safe_load(asked.done(kind, "show", name, "-o", "yaml")).keys() == shown.keys()
    rows = list(csv.DictReader(io.StringIO(asked.done(kind, "list", "-o", "csv"))))
    assert [row["id"] for row in rows] == [each["id"] for each in listed]
    head, *lines = asked.done(kind, "list").splitlines()
    assert head.startswith("ID ") and len(lines) == len(listed)
    assert name[:12] in asked.done(kind, "show", name)


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize(("kind", "table"), KINDS.items())
def test_all_that_is_shown_can_be_applied_and_changes_nothing(
    asked: Desk, tmp_path: Path, kind: str, table: str, form: str
) -> None:
    file, listed = tmp_path / "again.yaml", asked.done(kind, "list", "-o", form)
    file.write_text(f"{table}: {listed}" if form == "json" else f"{table}:\n{listed}", "utf-8")
    assert asked.done("apply", "--yes", "-f", str(file)) == "nothing to change\n"


def test_what_was_decided_is_applied_again_and_changes_nothing(asked: Desk) -> None:
    asked.done("lease", "book", *ACCEPT)
    asked.done("request", "decline", "research-2", "--reason", "too little")
    before = asked.state()
    assert asked.done("apply", "--yes", "-f", str(WISHES)) == "nothing to change\n"
    assert asked.state() == before


def test_requests_and_the_leases_that_accept_them_can_be_carried_to_another_ledger(
    asked: Desk, tmp_path: Path
) -> None:
    asked.done("lease", "book", *ACCEPT, "--id", "deal-7")
    tables = {**KINDS, "site": "sites", "pool": "pools", "delivery": "deliveries", "tenant": "tenants"}
    tables |= {"terms": "terms", "lease": "leases"}
    more = {"request": ("--all",), "lease": ("--all",)}
    nouns = {
        table: yaml.safe_load(asked.done(kind, "list", *more.get(kind, ()), "-o", "yaml"))
        for kind, table in tables.items()
    }
    other, file = Desk(tmp_path / "other"), tmp_path / "all.yaml"
    assert run("--now", NOW, "init", str(other.directory)).code == 0
    file.write_text(yaml.safe_dump(nouns), "utf-8")
    other.done("apply", "--yes", "-f", str(file))
    assert read(other, "request", "list", "--all") == read(asked, "request", "list", "--all")


def test_an_edited_request_changes_while_it_is_open(asked: Desk, tmp_path: Path) -> None:
    file = tmp_path / "edited.yaml"
    shown = yaml.safe_load(asked.done("request", "show", "research-2", "-o", "yaml"))
    shown["pools"][0]["gpus"] = 128
    file.write_text(yaml.safe_dump({"requests": [shown]}), "utf-8")
    said = asked.done("apply", "--yes", "-f", str(file), now="2026-06-06")
    assert "pool h100, gpus 64, value 3 → pool h100, gpus 128, value 3" in said
    asked = Desk(asked.directory, "2026-06-06")
    assert read(asked, "request", "show", "research-2")["arrived"] == NOW, "it arrived when it was first said"
    asked.done("request", "withdraw", "research-2", now="2026-06-06")
    shown["pools"][0]["gpus"] = 64
    file.write_text(yaml.safe_dump({"requests": [shown]}), "utf-8")
    refused = asked("apply", "--yes", "-f", str(file), now="2026-06-06")
    assert refused.code == 2 and "request research-2 is withdrawn already; make a new one" in refused.err


def test_a_price_set_is_found_by_the_digits_that_are_shown(asked: Desk) -> None:
    assert SET[:12] in asked.done("price-set", "list")
    assert SET not in asked.done("price-set", "list")
    assert read(asked, "price-set", "show", SET[:12])["computed"] == {"quotes_rest_on_it": True}
    assert "no price set is called 'ffff'" in asked("price-set", "show", "ffff").err


def test_the_schema_holds_for_what_may_be_wanted_and_not_for_nonsense(asked: Desk) -> None:
    checker, wishes = jsonschema.Draft202012Validator(manifest_schema()), yaml.safe_load(WISHES.read_text("utf-8"))
    checker.validate(json.loads(json.dumps(wishes, default=str)))
    for kind, table in KINDS.items():
        checker.validate({table: json.loads(asked.done(kind, "list", "-o", "json"))})
    wishes["requests"][0]["pools"][0]["gpus"] = "many"
    assert not checker.is_valid(json.loads(json.dumps(wishes, default=str)))


@given(requests(), st.sampled_from(("customer", "inside")), st.builds(Exit, at=st.just(0), probability_ratio=ratios))
@stable
def test_a_request_as_it_is_written_is_the_request_again(request: Request, kind: TenantKind, way_out: Exit) -> None:
    request = replace(request, exits=(replace(way_out, at=request.end_at),), put=kind == "customer")
    document = RequestDocument.of(request, kind)
    text = yaml.safe_dump({"requests": [msgspec.to_builtins(document)]})
    again = converted(parse(text, Places("file")), Manifest, Places("file")).requests[0].noun(NOW_AT)
    assert again == request


@given(forecasts, ratios, st.none() | st.builds(Cycle, period_s=lengths_s, rising_at=hours, swing_ratio=ratios))
@stable
def test_a_forecast_as_it_is_written_is_the_forecast_again(
    forecast: Forecast, ratio: Decimal, cycle: Cycle | None
) -> None:
    forecast = replace(forecast, size_sd_ratio=ratio, tied_ratio=ratio, cycle=cycle, lead_s=forecast.duration_s)
    text = yaml.safe_dump({"forecasts": [msgspec.to_builtins(ForecastDocument.of(forecast))]})
    again = converted(parse(text, Places("file")), Manifest, Places("file")).forecasts[0].noun(NOW_AT)
    assert again == forecast


# ---- what becomes of a request ----


def test_a_request_is_accepted_by_the_lease_that_is_booked_for_it(asked: Desk) -> None:
    quoted = asked("lease", "quote", *ACCEPT)
    assert quoted.out.startswith("It fits. Nothing is booked.") and "acme-7" in quoted.out
    assert read(asked, "request", "show", "acme-7")["computed"] == {"status": "open"}
    said = asked("lease", "book", *ACCEPT, "--id", "deal-7", "--output", "json")
    assert json.loads(said.out)["request"] == "acme-7"
    assert said.err.startswith("no floor is told: price set 3f2a9c01d4e5 is not at "), "its file is not here"
    assert said.err.endswith("\nrequest acme-7 is accepted\n")
    assert read(asked, "request", "show", "acme-7")["computed"] == {"status": "accepted", "lease": "deal-7"}
    assert [each["id"] for each in read(asked, "request", "list")] == ["research-2"]
    assert "acme-7" in asked.done("request", "list", "--all")
    again = asked("lease", "hold", *ACCEPT)
    assert again.code == 2 and "request acme-7 is accepted by lease deal-7 already" in again.err


MAKE = "--tenant acme --pool h100 --pool gb200 --gpus 72 --from +30d --until +120d"


def test_a_request_is_made_in_one_line(asked: Desk) -> None:
    said = asked.done("request", "make", "acme-9", *MAKE.split(), "--price", "2.35", "--latest-start", "+40d")
    assert said.startswith("Asked for.\n")
    shown = read(asked, "request", "show", "acme-9")
    assert [(way["pool"], way["gpus"], way["price"]) for way in shown["pools"]] == [
        ("h100", 72, "2.35"), ("gb200", 72, "2.35")]  # fmt: skip
    assert shown["computed"] == {"status": "open"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f"acme-7 {MAKE} --price 2", "there is a request acme-7 already; choose another id"),
        (f"acme-9 {MAKE} --value 2", "--value: acme is a customer: its request has a price, not a value"),
        (f"acme-9 {MAKE} --rank 1", "acme is a customer: its request has a price"),
        (f"acme-9 {MAKE} --price free", "--price: 'free' is not an amount of USD"),
        (f"acme-9 {MAKE.replace('gb200', 'gb20')} --price 2", "no pool is called 'gb20'; did you mean 'gb200'?"),
        ("acme-9 --pool h100 --gpus 8 --until +9d --price 2", "--tenant: say who wants it"),
    ],
)
def test_a_request_that_cannot_be_meant_is_not_made(asked: Desk, line: str, sentence: str) -> None:
    said = asked("request", "make", *line.split())
    assert said.code == 2 and sentence in said.err
    assert len(read(asked, "request", "list", "--all")) == 2


def test_a_request_is_declined_with_a_reason_that_stays(asked: Desk) -> None:
    said = asked.done("request", "decline", "acme-7", "--reason", "worth more to research")
    assert said.startswith("Declined.\nrequest ") and "worth more to research" in said
    computed = read(asked, "request", "show", "acme-7")["computed"]
    assert (computed["status"], computed["judgement"]["reason"]) == ("declined", "worth more to research")
    assert "request acme-7 is declined already" in asked("request", "decline", "acme-7", "--reason", "no").err
    assert "Missing option '--reason'" in asked("request", "decline", "research-2").err
    assert "say why" in asked("request", "decline", "research-2", "--reason", " ").err


def test_a_request_is_withdrawn_once(asked: Desk) -> None:
    assert asked.done("request", "withdraw", "acme-7").startswith("Withdrawn.\n")
    again = asked("request", "withdraw", "acme-7")
    assert (again.code, again.err) == (0, "it was said before; nothing has changed\n")
    assert "no request is called 'acme-8'; did you mean 'acme-7'?" in asked("request", "withdraw", "acme-8").err


def test_a_lease_says_what_it_was_quoted(asked: Desk) -> None:
    quoted = Quoted(journal_seq=18, price_set=SET, floor=Money("USD", 1_920_000_000))
    now = NOW_AT
    book = Book(
        id="book:deal-7", lease="deal-7", tenant="acme", terms="reserved", request="acme-7", quoted=quoted,
        asks=(Ask(pool="h100", gpus=256, start_at=now, end_at=now + 3600),),
        prices=(PriceAsk(per="gpu_hour", amount=Money("USD", 2 * 10**9)),),
    )  # fmt: skip
    on(asked, lambda ledger: ledger.submit(book, now=now))
    line = "at entry 18, by price set 3f2a9c01d4e5, floor 1.92 USD per GPU-hour"
    shown = asked.done("lease", "show", "deal-7")
    assert line in shown and SET not in shown
    floor = {"amount": "1.92", "currency": "USD"}
    computed = read(asked, "lease", "show", "deal-7")["computed"]
    assert computed["quoted"] == {"journal_seq": 18, "price_set": SET, "floor": floor}
    phrases = [phrase for row in read(asked, "review", "--since", NOW)["changes"] for phrase in row["changes"]]
    assert f"quoted {line.replace(', by', ' by')}" in phrases


# ---- what is told of them ----


def test_the_journal_and_the_review_tell_of_them(asked: Desk) -> None:
    asked.done("lease", "book", *ACCEPT, "--id", "deal-7")
    asked.done("request", "decline", "research-2", "--reason", "too little")
    causes = [(row["cause"], row["kind"], row["id"]) for row in read(asked, "journal", "show", "--last", "0")]
    for row in [
        ("added", "forecast", "startups"),
        ("added", "list price", "h100:yearly"),
        ("received", "request", "acme-7"),
        ("admitted", "price set", SET),
        ("accepted", "request", "acme-7"),
        ("declined", "request", "research-2"),
    ]:
        assert row in causes
    found = read(asked, "review", "--since", NOW)
    totals = found["totals"]
    assert [totals[f"requests_{name}"] for name in ("received", "accepted", "declined", "withdrawn")] == [2, 1, 1, 0]
    rows = {(row["id"], row["cause"]): row for row in found["changes"]}
    assert "wanted: 256 GPUs of h100 at 2.4 USD, or 72 of gb200 at 5.5 USD" in rows["acme-7", "received"]["changes"]
    assert rows["acme-7", "accepted"]["changes"] == ["status open → accepted", "lease deal-7"]
    assert rows["research-2", "declined"]["reason"] == "too little"
    text = asked.done("review", "--since", NOW)
    assert "requests (4)" in text and "prices and forecasts (4)" in text and SET not in text


def test_what_was_known_of_a_request_before_it_was_answered_can_be_looked_at(asked: Desk) -> None:
    asked.done("lease", "book", *ACCEPT, now="2026-06-07")
    later = Desk(asked.directory, "2026-06-08")
    then = read(later, "request", "show", "acme-7", "--known-at", "2026-06-06")
    assert then["computed"] == {"status": "open"}
    assert later.done("audit").startswith("Nothing is oversold")


# ---- mistakes ----

WISH = "requests:\n  - {id: r, tenant: acme, from: +1d, until: +9d, pools: [{pool: h100, gpus: 8, price: 2}], "
OF = "requests:\n  - {id: r, from: +1d, until: +9d, "
CLASS = (
    "forecasts:\n  - {id: f, kind: customer, requests_per_day: 1, pools: [{pool: h100}], median_gpus: 8, "
    "duration: 9d, price: 2, "
)
WRONG = [
    (f"{WISH}rank: 1}}", "file.yaml:2:92 requests[0].rank: acme is a customer: its request has a price, not a rank"),
    (
        f"{OF}tenant: research, rank: 1, pools: [{{pool: h100, gpus: 8, value: 2}}]}}",
        "requests[0].pools[0].value: a rank and a price or value contradict each other",
    ),
    (f"{WISH}latest_start: now}}", "requests[0].latest_start: the latest start lies before the start"),
    (f"{WISH}arrived: +1d}}", "requests[0].arrived: it cannot have arrived on 2026-06-06"),
    (f"{WISH}forecast: startup}}", "no forecast is called 'startup'"),
    (f"{WISH}terms: reservd}}", "did you mean 'reserved'?"),
    (f"{WISH}exits: [{{at: +2d, probability_ratio: 2}}]}}", "exits[0].probability_ratio: a probability of 2 cannot"),
    (f"{WISH}exits: [{{at: +2d, probability_ratio: 'NaN'}}]}}", "NaN is not a plain number"),
    (f"{WISH}exits: [{{at: soon, probability_ratio: 1}}]}}", "requests[0].exits[0].at: 'soon' is not a time"),
    (f"{WISH}exits: [{{at: +99d, probability_ratio: 1}}]}}", "an exit lies inside the span of its request"),
    (f"{WISH}price: 2}}", "there is no field 'price' here"),
    (f"{OF}tenant: acme, pools: [{{pool: h100, gpus: 8}}]}}", "acme is a customer: its request has a price in each"),
    (
        f"{OF}tenant: acme, pools: [{{pool: h100, gpus: 8, value: 2}}]}}",
        "file.yaml:2:80 requests[0].pools[0].value: acme is a customer: its request has a price, not a value",
    ),
    (f"{OF}tenant: acme, rank: 1, pools: [{{pool: h100, gpus: 8}}]}}", "has a price, not a rank"),
    (
        f"{OF}tenant: research, pools: [{{pool: h100, gpus: 8, price: 2}}]}}",
        "requests[0].pools[0].price: research is an inside team: its request has a value or a rank, not a price",
    ),
    (f"{OF}tenant: research, pools: [{{pool: h100, gpus: 8}}]}}", "needs a value, or a rank"),
    (
        f"{OF}tenant: acm, pools: [{{pool: h100, gpus: 8, price: 2, value: 3}}]}}",
        "requests[0].pools[0].value: a price and a value contradict each other",
    ),
    (
        f"{OF}tenant: acm, pools: [{{pool: h100, gpus: 8, price: 2}}, {{pool: gb200, gpus: 72, value: 3}}]}}",
        "one request has prices, or values, and not both",
    ),
    (
        f"{OF}tenant: acme, pools: [{{pool: h100, gpus: 8, price: 2}}, "
        "{pool: gb200, gpus: 72, price: 3, currency: EUR}]}",
        "requests[0].pools[1].currency: the money of one request is in one currency",
    ),
    (f"{OF}tenant: acm, pools: [{{pool: h100, gpus: 8, price: 2}}]}}", "no tenant is called 'acm'; did you mean"),
    (f"{OF}tenant: acme, pools: [{{pool: h10, gpus: 8, price: 2}}]}}", "no pool is called 'h10'; did you mean"),
    (f"{OF}tenant: acme, pools: [{{pool: h100, gpus: -8, price: 2}}]}}", "pools[0].gpus: -8 GPUs cannot be"),
    (f"{OF}tenant: acme, pools: [{{pool: h100, gpus: 8, price: -2}}]}}", "pools[0].price: -2 USD cannot be"),
    (f"{OF}tenant: acme, pools: [{{pool: h100, gpus: 8, price: 1e+30}}]}}", "slip of the hand"),
    (f"{OF}tenant: acme, pools: []}}", "a request needs at least one pool"),
    ("requests:\n  - {id: r, tenant: acme, pools: [], until: +9d}", "the field 'from' is missing"),
    (f"{CLASS}value: 2}}", "forecasts[0].value: a forecast of customers has a price, not a value"),
    (f"{CLASS}size_sd_ratio: -1}}", "forecasts[0].size_sd_ratio: -1 cannot be"),
    (f"{CLASS}tied_ratio: 2}}", "forecasts[0].tied_ratio: 2 cannot be; a ratio goes from 0 to 1"),
    (f"{CLASS}level_sd_ratio: 'Infinity'}}", "forecasts[0].level_sd_ratio: Infinity is not a plain number"),
    (f"{CLASS}jumps_per_year: 1e+30}}", "slip of the hand"),
    (f"{CLASS}lead: -3d}}", "forecasts[0].lead: '-3d' is not a duration"),
    (f"{CLASS}least_gpus: 9, most_gpus: 8}}", "forecasts[0].least_gpus: the least is above zero"),
    (f"{CLASS}cycle: {{period: 0d, rising: now}}}}", "forecasts[0].cycle.period: a cycle needs a period above zero"),
    (f"{CLASS}cycle: {{period: 1d, rising: now, swing_ratio: 2}}}}", "a swing goes from 0 to 1; write 0.6"),
    (CLASS.replace("requests_per_day: 1", "requests_per_day: -1") + "}", "-1 requests a day cannot be"),
    (CLASS.replace("[{pool: h100}]", "[{pool: h10}]") + "}", "no pool is called 'h10'; did you mean 'h100'?"),
    (CLASS.replace("[{pool: h100}]", "[{pool: h100, speed: 0}]") + "}", "forecasts[0].pools[0].speed: a speed of 0"),
    (CLASS.replace("price: 2, ", "") + "}", "the field 'price' is missing: a forecast of customers has one"),
    (CLASS.replace("duration: 9d", "duration: 0d") + "}", "a duration is above zero"),
    ("list_prices:\n  - {pool: h100, terms: reserved@1, price: 2}", "terms in any version; write reserved"),
    ("list_prices:\n  - {pool: h10, price: 2}", "did you mean 'h100'?"),
    ("list_prices:\n  - {pool: h100, price: -2}", "file.yaml:2:18 list_prices[0].price: -2 USD cannot be"),
    ("list_prices:\n  - {pool: h100, price: 2}\n  - {pool: h100, price: 3}", "h100:reserved is given twice"),
    ("price_sets: []", "there is no field 'price_sets' here"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=lambda text: text[-60:])
def test_a_wrong_file_is_refused_with_the_place_and_changes_nothing(
    desk: Desk, text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.yaml").write_text(f"{text}\n")
    before = desk.state()
    said = desk("apply", "--yes", "-f", "file.yaml")
    assert words in said.err, said
    assert said.err.startswith("neocloud: ") and "Traceback" not in said.err
    assert (said.code, said.out) == (2, "")
    assert desk.state() == before


def test_whose_a_request_is_may_be_said_in_the_same_file(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    new = "tenants:\n  - {id: newer, kind: inside}\nrequests:\n  - {id: r, tenant: newer, from: +1d, until: +9d, "
    file.write_text(f"{new}pools: [{{pool: h100, gpus: 8, price: 2}}]}}\n")
    assert "newer is an inside team" in desk("apply", "--yes", "-f", str(file)).err
    file.write_text(f"{new}pools: [{{pool: h100, gpus: 8, value: 2}}]}}\n")
    desk.done("apply", "--yes", "-f", str(file))
    assert read(desk, "request", "show", "r")["pools"] == [{"pool": "h100", "gpus": 8, "value": "2"}]


def test_a_booking_for_a_request_of_somebody_else_says_whose_it_is(asked: Desk) -> None:
    words = [word if word != "acme-7" else "research-2" for word in ACCEPT]
    assert "request research-2 is research's, and not acme's" in asked("lease", "book", *words).err
    assert asked("lease", "book", *ACCEPT[:-1], "acme-8").err.endswith("did you mean 'acme-7'?\n")
