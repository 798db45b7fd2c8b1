"""The desk plans: advice on requests, what capacity is worth, prices admitted, and what a quote says of them."""

import json
import os
import shutil
import signal
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from neocloud.cli import watching
from neocloud.documents.scenario import read_scenario
from neocloud.errors import Invalid, Unsolved
from neocloud.model.leases import Block
from neocloud.timeline import FOREVER
from neocloud.units import DAY_S, parse_instant
from tests.cli.conftest import BEGUN_AT, EXAMPLE, PLANNED_AT, Desk, run

NOW = PLANNED_AT
NOW_AT = parse_instant(NOW, now=0)
ASKED = ("--requests", str(EXAMPLE / "requests.csv"), "--scenario", str(EXAMPLE / "scenario.yaml"))
LEASE = ("--tenant", "cedar", "--pool", "oslo-h100", "--from", "2027-02-01", "--until", "2027-08-01")
FEW = ("--futures", "2")


@pytest.fixture
def desk(planner: Desk) -> Desk:
    """The desk of the example: two sites, three pools, three classes of demand; no prices yet."""
    return planner


def read(desk: Desk, *words: str) -> Any:
    """What a command says to programs."""
    return json.loads(desk.done(*words, "--output", "json"))


# ---- a plan ----


def test_a_plan_says_what_to_do_and_why(desk: Desk) -> None:
    before = desk.state()
    said = desk.done("plan", *ASKED)
    assert said.startswith("ADVICE")
    for part in (
        "too dear: worth less than what it displaces",
        "fewer gpus",
        "market outside  1.00 times what was forecast",
        "16, seed 0, from entry 24",
        "opportunity cost, USD per GPU-hour:",
        "opportunity cost, USD per MWh:",
    ):
        assert part in said
    assert desk.state() == before
    assert not (desk.directory / "prices").exists()


def test_a_plan_for_programs_has_every_number_with_its_unit(desk: Desk) -> None:
    found = read(desk, "plan", *ASKED)
    assert set(found) == {
        "now", "journal_seq", "until", "seed", "futures", "gap_ratio", "fell_back", "believed", "cannot_be_kept",
        "requests", "costs", "price_set",
    }  # fmt: skip
    assert (found["now"], found["until"], found["journal_seq"]) == (NOW, "2027-05-04", 24)
    by_id = {each["id"]: each for each in found["requests"]}
    assert list(by_id) == ["cedar-1", "acme-2", "bright-2", "research-2", "product-1"]
    advised = by_id["bright-2"]
    assert advised["advice"] == "decline"
    net = Decimal(advised["worth_usd"]) - Decimal(advised["opportunity_cost_usd"])
    assert abs(net - Decimal(advised["net_usd"])) <= Decimal("0.01") and net < 0
    assert by_id["product-1"]["advice"] == "counter"
    assert {each["change"] for each in by_id["product-1"]["counters"]} == {"fewer_gpus"}
    assert {each["unit"] for each in found["costs"]} == {"gpu_hour", "mwh"}
    for each in found["costs"]:
        assert Decimal(each["low_usd"]) <= Decimal(each["mean_usd"]) <= Decimal(each["high_usd"])
        assert -Decimal(each["mean_usd"]).as_tuple().exponent == 4  # type: ignore[operator]
        if each["unit"] == "gpu_hour":
            parts = Decimal(each["gpu_usd"]) + Decimal(each["power_usd"])
            assert abs(parts - Decimal(each["mean_usd"])) <= Decimal("0.0001")
    assert {each["market"] for each in found["believed"]} == {"outside", "teams"}
    assert yaml.safe_load(desk.done("plan", *ASKED, "-o", "yaml"))["requests"][0]["id"] == "cedar-1"
    assert desk.done("plan", *ASKED, "-o", "csv").startswith("id,tenant,advice,pool,gpus,from,until,worth_usd")


def test_without_a_file_it_weighs_the_open_requests_of_the_ledger(desk: Desk, tmp_path: Path) -> None:
    assert "no requests to weigh" in desk.done("plan", *FEW)
    (tmp_path / "wanted.yaml").write_text(
        "requests:\n  - {id: cedar-9, tenant: cedar, pools: [{pool: oslo-h100, gpus: 64, price: 9}],"
        " from: +30d, until: +60d}\n",
        "utf-8",
    )
    desk.done("apply", "--yes", "-f", str(tmp_path / "wanted.yaml"))
    assert [(each["id"], each["advice"]) for each in read(desk, "plan", *FEW)["requests"]] == [("cedar-9", "accept")]
    desk.done("request", "decline", "cedar-9", "--reason", "no")
    assert read(desk, "plan", *FEW)["requests"] == []


ODD = [
    ("{id: c, pools: [{pool: oslo-h100, gpus: 64, price: 9}], from: 2026-11-01, until: 2026-12-01}", "has passed"),
    ("{id: c, pools: [{pool: oslo-h100, gpus: 64, price: 9}], from: +900d, until: +990d}", "begins after what the"),
    ("{id: c, pools: [{pool: oslo-h100, gpus: 60, price: 9}], from: +9d, until: +90d}", "not a multiple of 8"),
    (
        "{id: acme-main, pools: [{pool: oslo-h100, gpus: 8, price: 9}], from: +9d, until: +90d}",
        "a lease acme-main",
    ),
]


@pytest.mark.parametrize(("request_", "why"), ODD, ids=[why for _, why in ODD])
def test_what_cannot_be_booked_is_not_advised_and_stops_no_other(
    desk: Desk, tmp_path: Path, request_: str, why: str
) -> None:
    file = tmp_path / "odd.yaml"
    good = "{id: good, tenant: acme, pools: [{pool: oslo-h100, gpus: 64, price: 9}], from: +9d, until: +90d}"
    file.write_text(f"requests:\n  - {request_.replace(', pools', ', tenant: cedar, pools')}\n  - {good}\n", "utf-8")
    found = {each["id"]: each for each in read(desk, "plan", *FEW, "--requests", str(file))["requests"]}
    fine = found.pop("good")
    (odd,) = found.values()
    assert odd["advice"] in {"decline", "counter"} and why in odd["reason"]
    assert fine["advice"] == "accept"


def test_a_part_that_is_accepted_is_of_whole_sell_units(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    rows = [f"{name},acme,oslo-h100,3000,{price},2027-02-01,2027-05-01,yes" for name, price in (("a", 9), ("b", 8))]
    file.write_text("\n".join(["id,tenant,pool,gpus,price,from,until,divisible", *rows]), "utf-8")
    whole, found = read(desk, "plan", *FEW, "--requests", str(file))["requests"]
    assert (whole["advice"], whole["gpus"]) == ("accept", 3000)
    assert found["advice"] == "accept_part" and found["gpus"] % 8 == 0 and 0 < found["gpus"] < 4000


def test_a_request_is_explained_way_by_way(desk: Desk) -> None:
    said = desk.done("plan", *ASKED, "--explain", "cedar-1")
    for part in (
        "each way as if it were alone",
        "where tulsa-h100 is dearest",
        "who else is there then:",
        "bright-main",
    ):
        assert part in said
    found = read(desk, "plan", *ASKED, "--explain", "cedar-1")
    assert [way["pool"] for way in found["ways"]] == ["oslo-h100", "tulsa-h100"]
    for way in found["ways"]:
        assert way["fits"] and way["free_gpus"] >= way["gpus"]
        parts = Decimal(way["gpu_usd"]) + Decimal(way["power_usd"])
        assert abs(parts - Decimal(way["mean_usd"])) <= Decimal("0.0001")
    assert Decimal(found["ways"][0]["energy_usd"]) == Decimal("0.0643")  # 1,430 W at 45 USD a MWh
    assert desk.done("plan", *ASKED, "--explain", "cedar-1", "-o", "csv").startswith("pool,gpus,fits,free_gpus")
    said_not = desk("plan", *ASKED, "--explain", "cedar-2")
    assert (said_not.code, "did you mean 'cedar-1'?" in said_not.err) == (2, True)


# ---- scenarios ----

WRONG = [
    ("until: 2020-01-01", "2:1 until: it lies before now"),
    ("until: +9999d", "until: a plan looks ten years ahead at the most"),
    ("untill: +90d", "there is no field 'untill' here; docs/plan.md lists all there are"),
    ("spot: [{pool: oslo-h100, price: -1}]", "2:26 spot[0].price: -1 USD cannot be"),
    ("spot: [{pool: oslo-h100, price: 1, depth_gpus: -5}]", "spot[0].depth_gpus: a depth of -5 GPUs cannot be"),
    ("spot: [{pool: oslo-h100, price: 1}, {pool: oslo-h100, price: 2}]", "spot: something is named twice"),
    ("spot: [{pool: oslo-h10, price: 1}]", "no pool is called 'oslo-h10'; did you mean 'oslo-h100'?"),
    ("energy: [{site: oslo}]", "energy[0]: the field 'per_mwh' is missing"),
    ("energy: [{site: osl, per_mwh: 1}]", "no site is called 'osl'; did you mean 'oslo'?"),
    ("most_outside_ratio: 1.5", "2:1 most_outside_ratio: 1.5 cannot be; a ratio goes from 0 to 1"),
    ("values_ratio: .nan", "values_ratio: .nan is not a plain number"),
    ("keeps: [{pool: oslo-h100, gpus: 0}]", "keeps[0].gpus: 0 GPUs cannot be"),
    ("keeps: [{pool: oslo-h100, gpus: 8, from: +9d, until: +3d}]", "keeps[0].until: the end 2027-01-07 is not after"),
    ("supply: [{pool: oslo-h100, gpus: 9, until: soon}]", "supply[0].until"),
    ("supply: [{pool: oslo-h100, gpus: 100}]", "the scenario expects 100 GPUs of oslo-h100 at 2027-01-04"),
    ("leaving: [{lease: acme-main, at: +9d, probability_ratio: 2}]", "leaving[0].probability_ratio: a probability"),
    ("leaving: [{lease: acme-mail, at: +9d, probability_ratio: 1}]", "no lease is called 'acme-mail'"),
    ("forecasts: [{id: a}]", "forecasts[0]: the field"),
    ("inside_gpus: {high: [8, 16]}", "2:1 inside_gpus: it does not say of which pool"),
    ("pool: oslo-h100\ninside_gpus: {high: [null]}", "inside_gpus.high: it has no hour with a figure"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=[text.split(":")[0] for text, _ in WRONG])
def test_a_mistake_in_a_scenario_is_one_sentence(desk: Desk, tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(f"kind: scenario\n{text}\n", "utf-8")
    said = desk("plan", *FEW, "--scenario", str(file))
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_what_is_not_a_scenario_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("kind: fleet\n", "utf-8")
    assert "none of the choices: scenario" in desk("plan", "--scenario", str(tmp_path / "other.yaml")).err
    assert "cannot be read" in desk("plan", "--scenario", str(tmp_path / "nowhere.yaml")).err


def test_what_a_surplus_writes_is_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "inside.yaml"
    said = run("surplus", "--example", "--sell", "0:0.1:0.1", "--resamples", "0", "--scenario", str(file))
    assert said.code == 0
    with pytest.raises(Invalid, match="it does not say of which pool"):
        read_scenario(file, NOW_AT)
    told = yaml.safe_load(file.read_text("utf-8"))
    told["pool"] = "oslo-h100"
    file.write_text(yaml.safe_dump(told), "utf-8")
    highest = max(each for each in told["inside_gpus"]["high"] if each is not None)
    keeps = read_scenario(file, NOW_AT).keeps
    assert keeps == (Block(pool="oslo-h100", gpus=highest, start_at=NOW_AT, end_at=FOREVER),)


def test_options_before_a_command_of_plan_are_refused(desk: Desk) -> None:
    said = desk("plan", "--seed", "3", "costs")
    assert said.code == 2 and "options go behind it" in said.err


def test_what_cannot_be_counted_in_usd_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "euro.yaml"
    file.write_text(
        "requests:\n  - {id: c, tenant: cedar, pools: [{pool: oslo-h100, gpus: 8, price: 2, currency: EUR}],"
        " from: +3d, until: +9d}\n",
        "utf-8",
    )
    said = desk("plan", *FEW, "--requests", str(file))
    assert said.code == 2 and "a plan counts in USD" in said.err


# ---- prices ----


def test_a_desk_plans_admits_quotes_books_and_shows(desk: Desk) -> None:
    assert "quote" not in read(desk, "lease", "quote", *LEASE, "--gpus", "64", "--price", "2")["computed"]
    said = desk("plan", *ASKED, "--admit", "--output", "json")
    digest = json.loads(said.out)["price_set"]
    assert f"price set {digest[:12]} is admitted: quotes rest on it" in said.err
    assert [file.name for file in (desk.directory / "prices").iterdir()] == [f"{digest}.parquet"]
    assert read(desk, "price-set", "list")[0]["id"] == digest
    quote = read(desk, "lease", "quote", *LEASE, "--gpus", "32", "--price", "2")["computed"]["quote"]
    assert (quote["price_set"], quote["journal_seq"], quote["is_exact"]) == (digest, 25, False)
    parts = sum(Decimal(quote[f"{name}_usd"]) for name in ("opportunity_cost", "energy", "outage_reserve"))
    assert abs(parts - Decimal(quote["floor_usd"])) <= Decimal("0.0002")
    assert {each["terms"] for each in quote["terms"]} == {"reserved", "reclaimable-90d", "on-demand", "spot"}
    firm = next(each for each in quote["terms"] if each["terms"] == "reserved")
    assert (firm["list_usd"], firm["discount_ratio"]) == ("2.4500", "0.0000")
    assert abs(Decimal(firm["floor_usd"]) - Decimal(quote["floor_usd"])) <= Decimal("0.0002")
    booked = desk("lease", "book", *LEASE, "--gpus", "32", "--price", "0.10", "--id", "c-1", "--output", "json")
    assert f"under the floor: 0.1000 USD per GPU-hour is offered, and {quote['floor_usd']} is the least" in booked.err
    assert json.loads(booked.out)["computed"]["quoted"]["price_set"] == digest
    kept = read(desk, "lease", "show", "c-1")["computed"]["quoted"]
    assert Decimal(kept["floor"]["amount"]) == Decimal(quote["floor_usd"])
    assert f"by price set {digest[:12]}, floor " in desk.done("lease", "show", "c-1")


def test_a_quote_in_words_says_floor_parts_and_what_to_ask(desk: Desk) -> None:
    desk.done("plan", *FEW, "--admit")
    said = desk("lease", "quote", *LEASE, "--gpus", "2048", "--price", "0.10")
    for part in ("floor  ", "opportunity cost  ", ", exact; ", "outage reserve  ", "beyond 2027-04-04 at the mean"):
        assert part in said.out
    assert "what to ask, USD per GPU-hour:\nTERMS" in said.out
    assert "under the floor" in said.err
    later = desk("lease", "quote", *LEASE, "--gpus", "64", "--price", "9", now="2027-01-06")
    assert later.err == "the price set is 2d old; `neocloud plan --admit` makes a new one\n"


def test_the_same_booking_again_gets_the_same_answer_though_prices_moved(desk: Desk) -> None:
    words = ("lease", "book", *LEASE, "--gpus", "64", "--price", "2", "--id", "c-1")
    desk.done("plan", *FEW, "--admit")
    desk.done(*words)
    desk.done("plan", *FEW, "--seed", "1", "--admit")
    again = desk(*words)
    assert (again.code, "the same answer again" in again.err) == (0, True)


def test_a_booking_from_before_the_first_prices_is_the_same_again(desk: Desk) -> None:
    words = ("lease", "hold", *LEASE, "--gpus", "64", "--price", "2", "--id", "c-1")
    desk.done(*words)
    desk.done("plan", *FEW, "--admit")
    assert "the same answer again" in desk(*words).err
    held = desk("lease", "hold", *LEASE, "--gpus", "64", "--price", "2", "--id", "c-2", "--output", "json")
    assert "quoted" in json.loads(held.out)["computed"]


def test_a_booking_that_is_refused_is_refused_as_ever(desk: Desk) -> None:
    desk.done("plan", *FEW, "--admit")
    said = desk("lease", "book", *LEASE, "--gpus", "8000", "--price", "2")
    assert said.code == 2 and "what would fit:" in said.err and "floor" not in said.err


def test_prices_that_are_gone_or_changed_stop_no_booking(desk: Desk) -> None:
    desk.done("plan", *FEW, "--admit")
    (file,) = (desk.directory / "prices").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    said = desk("lease", "book", *LEASE, "--gpus", "64", "--price", "2", "--id", "c-1")
    assert said.code == 0 and "no floor is told" in said.err and "was changed" in said.err
    file.unlink()
    assert "neocloud plan --admit" in desk("lease", "quote", *LEASE, "--gpus", "64", "--price", "2").err
    assert desk("plan", "costs").code == 2


def test_a_pool_that_came_after_the_prices_has_no_floor(desk: Desk, tmp_path: Path) -> None:
    desk.done("plan", *FEW, "--admit")
    (tmp_path / "more.yaml").write_text(
        "pools:\n  - {id: oslo-b300, site: oslo, gpu: B300, it_watts_per_gpu: 100, installed_gpus: 64}\n", "utf-8"
    )
    desk.done("apply", "--yes", "-f", str(tmp_path / "more.yaml"))
    said = desk("lease", "quote", *LEASE, "--gpus", "64", "--price", "2")
    assert said.code == 0 and "does not know pool oslo-b300" in said.err


def test_the_same_question_makes_the_same_price_set_and_another_seed_another(desk: Desk) -> None:
    digests = [
        json.loads(desk(*("plan", *ASKED, *FEW, "--seed", seed, "--admit", "-o", "json"), now=NOW).out)["price_set"]
        for seed in ("0", "1")
    ]
    other = Desk(Path(shutil.copytree(desk.directory, desk.directory.parent / "other")), NOW)
    (other.directory / "journal.sqlite").unlink()
    shutil.rmtree(other.directory / "prices")
    assert run("--now", BEGUN_AT, "init", str(other.directory.parent / "fresh")).code == 0
    fresh = Desk(other.directory.parent / "fresh", NOW)
    fresh.done("apply", "--yes", "-f", str(EXAMPLE / "fleet.yaml"), now=BEGUN_AT)
    again = json.loads(fresh("plan", *ASKED, *FEW, "--admit", "-o", "json").out)["price_set"]
    assert digests[0] == again != digests[1]


def test_admitting_the_same_twice_says_so(desk: Desk) -> None:
    first = desk("plan", *FEW, "--admit", "-o", "json")
    second = desk("plan", *FEW, "--admit", "-o", "json")
    assert json.loads(first.out)["price_set"] != json.loads(second.out)["price_set"], "it knows an entry more"
    assert len(read(desk, "price-set", "list")) == 2


# ---- costs over time ----


def test_costs_over_time_are_rows_without_equal_neighbours(desk: Desk) -> None:
    assert "no price set was admitted yet" in desk("plan", "costs").err
    desk.done("plan", *ASKED, "--admit")
    rows = read(desk, "plan", "costs", "--pool", "oslo-h100")
    assert rows[0]["from"] == NOW and rows[-1]["until"] == "2027-05-04"
    for before, after in pairwise(rows):
        assert before["until"] == after["from"]
        assert {**before, "from": 0, "until": 0} != {**after, "from": 0, "until": 0}
    assert {each["id"] for each in read(desk, "plan", "costs")} == {
        "oslo", "tulsa", "oslo-gb200", "oslo-h100", "tulsa-h100",
    }  # fmt: skip
    assert {each["unit"] for each in read(desk, "plan", "costs", "--site", "oslo")} == {"mwh"}
    assert "did you mean 'oslo-h100'" in desk("plan", "costs", "--pool", "oslo-h10").err
    assert desk.done("plan", "costs", "-o", "csv").startswith("id,unit,from,until,mean_usd,low_usd,high_usd")


def test_costs_are_drawn_with_their_axes(desk: Desk) -> None:
    desk.done("plan", *ASKED, "--admit")
    said = desk.done("plan", "costs", "--output", "chart", "--pool", "oslo-gb200", "--site", "oslo")
    assert "pool oslo-gb200: opportunity cost, USD per GPU-hour" in said and "site oslo: power, USD per MWh" in said
    assert "2027-01-04" in said and "2027-05-04" in said and "\x1b" not in said
    assert max(map(len, said.split("\n"))) <= 100


# ---- watching ----


def test_watch_plans_when_prices_are_missing_old_or_overtaken(desk: Desk) -> None:
    words = ("plan", "watch", "--once", *FEW)
    first = desk.done(*words, "--bookings", "1")
    assert first.startswith("2027-01-04  price set ") and first.endswith(": the first\n")
    assert desk.done(*words, "--bookings", "1") == ""
    desk.done("lease", "book", *LEASE, "--gpus", "64", "--price", "2")
    assert desk.done(*words, "--bookings", "2") == ""
    assert desk.done(*words, "--bookings", "1").endswith(": 1 lease booked since the last\n")
    assert desk.done(*words, now="2027-01-04T23:00:00Z") == ""
    assert desk.done(*words, now="2027-01-05").endswith(": the last was 1d old\n")
    assert desk.done(*words, "--every", "2h", now="2027-01-05T02:00:00Z").endswith(": the last was 2h old\n")
    assert len(json.loads(desk.done("price-set", "list", "-o", "json", now="2027-01-06"))) == 4
    assert "--every: 'often' is not a duration" in desk(*words, "--every", "often").err
    assert "--every: prices are made anew" in desk(*words, "--every", "0s").err


def test_watch_tells_once_that_a_plan_is_not_solved_and_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(range(3))

    def unsolved(*_: Any, **__: Any) -> None:
        raise Unsolved("the plan was not solved (Unknown); the prices admitted last still hold")

    def slept(_: float) -> None:
        if next(looks, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(watching, "plan", unsolved)
    monkeypatch.setattr("time.sleep", slept)
    said = desk("plan", "watch")
    assert said.code == 0
    assert said.out == "stopped; quotes rest on the price set admitted last\n"
    assert said.err.count("no new prices: the plan was not solved") == 1
    once = desk("plan", "watch", "--once")
    assert (once.code, once.out) == (1, "")


# ---- what goes wrong ----


def test_an_interrupt_in_the_solve_leaves_the_last_prices(desk: Desk) -> None:
    desk.done("plan", *FEW, "--admit")
    before, files = desk.state(), sorted((desk.directory / "prices").iterdir())
    words = ["--data", str(desk.directory), "--now", NOW, "plan", *ASKED, "--futures", "1000", "--admit"]
    program = (
        "import sys, neocloud.rules.planning.futures as futures; from neocloud.__main__ import run\n"
        "real = futures.Future\n"
        "def told(*given):\n    found = real(*given); print('solved', flush=True); return found\n"
        "futures.Future = told; sys.argv = ['neocloud', *sys.argv[1:]]; sys.exit(run())\n"
    )
    environment = {**os.environ, "COLUMNS": "100"}
    asked = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert asked.stdout is not None and asked.stdout.readline() == "solved\n"
    asked.send_signal(signal.SIGINT)
    _, err = asked.communicate(timeout=60)
    assert asked.returncode == 1
    assert err.strip() == "neocloud: interrupted; what was asked is done whole, or not at all"
    assert (desk.state(), sorted((desk.directory / "prices").iterdir())) == (before, files)


def test_what_is_not_solved_is_the_worlds_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neocloud.rules.planning.solver.Solver._is_done", lambda _: False)
    said = desk("plan", *FEW, "--admit", "--output", "json")
    assert said.code == 1
    assert json.loads(said.out)["code"] == "plan.unsolved"
    assert not (desk.directory / "prices").exists()


def test_a_quote_without_prices_loads_nothing_heavy(desk: Desk) -> None:
    program = (
        "import sys; from neocloud.cli.main import main; code = main(sys.argv[1:]);"
        "print(*{'numpy', 'pyarrow', 'highspy'} & set(sys.modules)); sys.exit(code)"
    )
    words = ("--data", str(desk.directory), "--now", NOW, "lease", "quote", *LEASE, "--gpus", "64", "--price", "2")
    answer = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[-2] == ""


def test_the_scenario_of_the_example_is_read_whole() -> None:
    found = read_scenario(EXAMPLE / "scenario.yaml", NOW_AT)
    assert found.until_at == NOW_AT + 120 * DAY_S
    assert [each.pool for each in found.spot] == ["oslo-h100", "tulsa-h100"]
    assert (found.most_outside_ratio, found.leaving[0].exit.probability_ratio) == (Decimal("0.85"), Decimal("0.25"))
    assert msgspec.convert(msgspec.to_builtins(found), type(found)) == found


def test_the_scenario_that_the_page_shows_is_read_whole(tmp_path: Path) -> None:
    page = (EXAMPLE.parents[1] / "docs" / "plan.md").read_text("utf-8")
    file = tmp_path / "scenario.yaml"
    file.write_text(page.partition("```yaml\n")[2].partition("```")[0], "utf-8")
    shown = {name for name in yaml.safe_load(file.read_text("utf-8")) if name != "kind"}
    assert shown == {
        "until", "since", "spot", "energy", "most_outside_ratio", "keeps", "supply", "leaving", "forecasts",
        "values_ratio",
    }  # fmt: skip
    assert read_scenario(file, NOW_AT).supply[0].end_at == FOREVER


def test_a_ledger_without_forecasts_says_that_nothing_is_expected(desk: Desk, tmp_path: Path) -> None:
    assert run("--now", BEGUN_AT, "init", str(tmp_path / "bare")).code == 0
    bare = Desk(tmp_path / "bare", NOW)
    assert "no pools yet" in bare.done("plan")
    assert "none: nothing is taken to be asked for later" in bare.done("plan")
