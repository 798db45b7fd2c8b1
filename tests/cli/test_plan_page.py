"""The page of a plan: whole, self-contained, with the figures that programs get, and right where parts lack."""

import json
import os
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from neocloud.documents.request_files import read_requests
from neocloud.documents.scenario import read_scenario
from neocloud.errors import Unsolved
from neocloud.model.capacity import Resource
from neocloud.operations.cost_rows import stretches, whole
from neocloud.operations.directory import open_directory
from neocloud.operations.keeping import Keeping, keeping
from neocloud.operations.plan_totals import Beside, plan_totals, prices_beside
from neocloud.operations.planning import Plan
from neocloud.operations.planning import plan as ask
from neocloud.operations.report.page import page
from neocloud.operations.report.told import Told
from neocloud.rules.planning.clashes import Clash
from neocloud.units import DAY_S
from tests.cli.conftest import BEGUN_AT, EXAMPLE, PLANNED_AT, Desk, run
from tests.cli.test_plan import NOW_AT
from tests.looked import Page, asks_for, look, outside, pictures, runs_over

ASKED = ("--requests", str(EXAMPLE / "requests.csv"), "--scenario", str(EXAMPLE / "scenario.yaml"), "--futures", "3")
NASTY = '<b>x & "y"\''
BARE = Beside({}, {})


class Made(NamedTuple):
    """What a page is made of."""

    plan: Plan
    kept: Keeping
    told: Told


@pytest.fixture(scope="module")
def _stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("pages") / "desk", BEGUN_AT)
    assert run("--now", BEGUN_AT, "init", str(desk.directory)).code == 0
    desk.done("apply", "--yes", "-f", str(EXAMPLE / "fleet.yaml"))
    return desk.directory


@pytest.fixture
def desk(_stocked: Path, tmp_path: Path) -> Desk:
    """The desk of the example."""
    return Desk(Path(shutil.copytree(_stocked, tmp_path / "desk")), PLANNED_AT)


@pytest.fixture(scope="module")
def made(_stocked: Path) -> Made:
    """The plan of the example in three futures, and what keeping costs under it."""
    ledger = open_directory(_stocked, warn=print)
    scenario = read_scenario(EXAMPLE / "scenario.yaml", NOW_AT)
    with closing(ledger.journal):
        with ledger.at(NOW_AT) as world:
            requests = read_requests(EXAMPLE / "requests.csv", NOW_AT, world)
            beside = prices_beside(world, scenario)
        found = ask(ledger, requests, scenario, now=NOW_AT, futures=3)
        with ledger.at(NOW_AT) as world:
            kept = keeping(world, found)
    return Made(found, kept, Told("requests.csv", "scenario.yaml", beside, None, "neocloud plan"))


def _nasty(made: Made) -> Made:
    clash = Clash(Resource("gpus", NASTY), NOW_AT, 100, ((NASTY, 90), ("other", 80)))
    advice = tuple(each._replace(request=each.request, tenant=NASTY, reason=NASTY) for each in made.plan.advice)
    view = replace(made.plan.view, pools=(NASTY, *made.plan.view.pools[1:]))
    plan = replace(made.plan, advice=advice, clashes=(clash,), costs=replace(made.plan.costs, view=view), view=view)
    rows = tuple(each._replace(lease=NASTY, tenant=NASTY) for each in made.kept.rows)
    return Made(plan, made.kept._replace(rows=rows), Told(NASTY, NASTY, BARE, NASTY, NASTY))


def _spread(made: Made) -> Made:
    """Many leases: some judged wrongly, some with a rank, some protected; and where we stand far to the left."""
    one = made.kept.rows[0]
    rows = [one._replace(lease=f"lease-with-quite-a-long-name-{i}", wrong_ratio=i / 3) for i in range(30)]
    rows[1:3] = [one._replace(value_usd=None, wrong_ratio=None, rank=2), one._replace(protected=True)]
    here = made.kept.points[-1]
    return made._replace(kept=made.kept._replace(rows=tuple(rows), here=here))


def _accepting(made: Made, words: tuple[str, ...]) -> Made:
    advice = tuple(each for each in made.plan.advice if each.word in words)
    return made._replace(plan=replace(made.plan, advice=advice, fell_back=True, gap_ratio=0.012))


EDGES: dict[str, Callable[[Made], Made]] = {
    "as it is": lambda made: made,
    "nasty": _nasty,
    "many leases": _spread,
    "no request": lambda made: made._replace(plan=replace(made.plan, requests=(), askers=(), advice=(), believed={})),
    "none accepted": lambda made: _accepting(made, ("decline", "counter")),
    "all accepted": lambda made: _accepting(made, ("accept", "accept_part")),
    "nothing kept": lambda made: made._replace(
        kept=Keeping((), 0.0, 0.0, tuple(p._replace(internal_usd=0.0) for p in made.kept.points), made.kept.here)
    ),
    "one point": lambda made: made._replace(kept=made.kept._replace(points=(made.kept.here,))),
    "no prices": lambda made: made._replace(told=made.told._replace(beside=BARE)),
    "dear": lambda made: made._replace(
        plan=replace(made.plan, costs=replace(made.plan.costs, gpu_usd=1_000 * made.plan.costs.gpu_usd))
    ),
    "worth nothing": lambda made: made._replace(
        plan=replace(
            made.plan,
            costs=replace(made.plan.costs, gpu_usd=0 * made.plan.costs.gpu_usd, kwh_usd=0 * made.plan.costs.kwh_usd),
        )
    ),
}


def cells(source: str) -> list[list[str]]:
    """The rows of every table of a page."""
    rows = re.findall(r"<tr>(.*?)</tr>", source, re.DOTALL)
    return [[unescape(each) for each in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def row_of(source: str, name: str, *, at: int = 0) -> list[str]:
    """The only row of a page with a name at a place."""
    (found,) = [row for row in cells(source) if len(row) > at and row[at] == name]
    return found


def said(usd: str, digits: int = 0) -> str:
    """An estimate of `--output json` as a page says it."""
    rounded = Decimal(usd).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return f"{rounded:,}"


# ---- the file ----


def test_the_page_has_the_figures_that_programs_get(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    answer = desk("plan", *ASKED, "--html", str(file), "--output", "json")
    assert (answer.code, answer.err) == (0, f"written: {file}\n")
    found, source = json.loads(answer.out), file.read_text("utf-8")
    for each in found["requests"]:
        row = row_of(source, each["id"])
        assert row[1:7] == [
            each["tenant"], each["advice"].replace("_", " "), each["pool"], f"{each['gpus']:,}", each["from"],
            each["until"],
        ]  # fmt: skip
        money = ("worth_usd", "opportunity_cost_usd", "net_usd")
        assert row[7:] == [*(said(each[name]) for name in money), each["reason"]]
        place = cells(source).index(row)
        for below, counter in zip(cells(source)[place + 1 :], each["counters"], strict=False):
            assert below[2] == "or" and below[3] == counter["pool"] and below[7] == said(counter["worth_usd"])
    for each in found["costs"]:
        digits = 4 if each["unit"] == "gpu_hour" else 2
        row = row_of(source, each["id"])
        assert row[1:4] == [said(each[f"{name}_usd"], digits) for name in ("mean", "low", "high")]
    text = Page(source).text
    assert f"entry {found['journal_seq']}" in text and "3, seed 0" in text and found["until"] in text


def test_the_page_says_what_plan_keeping_says(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    desk.done("plan", *ASKED, "--html", str(file))
    found, source = json.loads(desk.done("plan", "keeping", *ASKED[2:], "--output", "json")), file.read_text("utf-8")
    for each in found["leases"]:
        row = row_of(source, each["id"])
        assert row[3] == said(each["cash_refused_usd"]) and row[4] == said(each["even_usd_per_gpu_hour"], 4)
        assert row[6] == f"x {said(each['wrong_ratio'], 2)}" and row[7] == "by its value"
    for each in found["frontier"]:
        row = row_of(source, f"x {said(each['values_ratio'], 2)}")
        assert row[1:3] == [said(each["cash_usd"]), said(each["internal_usd"])]
    assert row_of(source, "here")[1] == said(found["here"]["cash_usd"])


def test_a_price_set_that_is_admitted_is_on_the_page_and_so_is_the_command(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    answer = json.loads(desk("plan", *ASKED, "--admit", "--html", str(file), "-o", "json").out)
    text = Page(file.read_text("utf-8")).text
    assert answer["price_set"][:12] in text
    again = f"--now {PLANNED_AT} plan --requests {EXAMPLE / 'requests.csv'} --scenario {EXAMPLE / 'scenario.yaml'}"
    assert f"{again} --seed 0 --futures 3 --html {file}" in text
    assert f"neocloud --data {desk.directory}" in text


def test_the_same_question_gives_the_same_page(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    desk.done("plan", *ASKED, "--html", str(file))
    first = file.read_bytes()
    desk.done("plan", *ASKED, "--html", str(file))
    assert file.read_bytes() == first


def test_a_path_that_cannot_be_written_is_refused_before_the_work(desk: Desk, tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no" / "p.html", "is no folder"), (tmp_path, "is a directory")):
        answer = desk("plan", *ASKED, "--html", str(path))
        assert answer.code == 2 and why in answer.err and answer.out == ""
    if os.geteuid():
        (tmp_path / "p.html").write_text("before")
        (tmp_path / "p.html").chmod(0o400)
        assert "it may only be read" in desk("plan", *ASKED, "--html", str(tmp_path / "p.html")).err
    answer = desk("plan", *ASKED, "--explain", "cedar-1", "--html", str(tmp_path / "p.html"))
    assert (answer.code, "the page is of all requests" in answer.err) == (2, True)


def test_a_plan_that_is_not_solved_leaves_the_page_as_it_was_and_admits_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsolved(*_: Any, **__: Any) -> None:
        raise Unsolved("the plan was not solved (Unknown); the prices admitted last still hold")

    (tmp_path / "p.html").write_text("before")
    monkeypatch.setattr("neocloud.cli.plan_page.keeping", unsolved)
    assert desk("plan", *ASKED, "--admit", "--html", str(tmp_path / "p.html")).code == 1
    assert (tmp_path / "p.html").read_text() == "before" and list(tmp_path.glob(".*.part")) == []
    assert not (desk.directory / "prices").exists()


# ---- the page ----


@pytest.mark.parametrize("name", EDGES)
def test_every_page_is_whole_asks_for_nothing_and_draws_inside(made: Made, name: str) -> None:
    source = page(*EDGES[name](made))
    read = Page(source)
    assert read.count("caption") == read.count("table")
    charts = [each for each in pictures(source) if each.get("class") is not None]
    assert all(each.get("role") == "img" and each.findtext("title") and each.findtext("desc") for each in charts)
    ids = [given["id"] for _, given in read.tags if "id" in given]
    assert len(ids) == len(set(ids)) == 2 * len(charts)
    assert not re.search(r"\bnan\b|\binf\b|None|undefined", source)
    assert outside(source) == [] and asks_for(source) == []


def test_every_request_pool_site_and_inside_lease_is_on_the_page(made: Made) -> None:
    text = Page(page(*made)).text
    named = [each.request for each in made.plan.advice] + [each.lease for each in made.kept.rows]
    assert all(text.count(each) >= 1 for each in named)
    drawn = [each.findtext("title") or "" for each in pictures(page(*made))]
    for name in (*made.plan.view.pools, *made.plan.view.sites):
        assert f"Opportunity cost of {name} over time" in drawn and name in text


def test_names_are_text_and_never_markup(made: Made) -> None:
    source = page(*_nasty(made))
    assert "<b>x" not in source
    assert Page(source).text.count(NASTY) >= 12


def test_a_clash_is_said_loudly_and_with_its_leases(made: Made) -> None:
    source = page(*_nasty(made))
    assert "Promises that cannot all be kept" in source and source.count('role="note"') == 1
    assert f"{NASTY}: 90 GPUs; other: 80 GPUs" in Page(source).text
    assert 'role="note"' not in page(*made)


def test_cash_and_internal_value_stand_apart_and_are_never_added_up(made: Made) -> None:
    totals = plan_totals(made.plan)
    taken = [each for each in made.plan.advice if each.word in {"accept", "accept_part"}]
    inside = {each.request for each in taken if each.tenant in {"research", "product"}}
    assert totals.internal_usd == sum(each.worth_usd for each in taken if each.request in inside) > 0
    assert totals.cash_usd == sum(each.worth_usd for each in taken if each.request not in inside) > 0
    assert totals.accepted == len(taken) and totals.requests == len(made.plan.advice)


def test_words_of_advice_that_are_new_are_shown_and_counted_as_served(made: Made) -> None:
    advice = (made.plan.advice[0]._replace(word="reclaim"), *made.plan.advice[1:])
    source = page(replace(made.plan, advice=advice), made.kept, made.told)
    assert row_of(source, advice[0].request)[2] == "reclaim" and "reclaim 1" in source
    assert plan_totals(replace(made.plan, advice=advice)).accepted == plan_totals(made.plan).accepted


def test_what_is_judged_wrongly_and_what_has_no_value_is_said(made: Made) -> None:
    text = Page(page(*_spread(made))).text
    assert "refuses more cash than it is worth: its value would have to be 9.67 times" in text
    assert "rank 2" in text and "protected" in text and "The 12 dearest are drawn" in text


def test_where_nothing_is_kept_or_asked_the_page_says_so(made: Made) -> None:
    assert "nothing is kept" in page(*EDGES["nothing kept"](made))
    none = page(*EDGES["no request"](made))
    assert "There is no request to weigh" in none and "nothing is taken to be asked for later" in none
    assert "Accept none of 2 requests: counter 1, decline 1" in page(*EDGES["none accepted"](made))
    assert re.search(r"<h1>Accept all of 3 requests: ", page(*EDGES["all accepted"](made)))


def test_costs_above_the_scale_are_cut_off_and_their_height_is_said(made: Made) -> None:
    rows = [row for each in stretches(made.plan.costs) for row in each if row.unit == "gpu_hour"]
    furthest = max(rows, key=lambda row: row.high_usd)
    assert f"up to {furthest.high_usd:,.2f}" in page(*made)


def test_stretches_are_weeks_that_add_up_to_the_whole(made: Made) -> None:
    found = stretches(made.plan.costs)
    within = made.plan.view.grid.within
    assert [each[0].start_at for each in found] == [within.start_at + 7 * DAY_S * i for i in range(len(found))]
    assert found[-1][0].end_at == within.end_at and len(found) == 17
    for i, total in enumerate(whole(made.plan.costs)):
        hours = sum(each[i].end_at - each[i].start_at for each in found)
        mean = sum(each[i].mean_usd * (each[i].end_at - each[i].start_at) for each in found) / hours
        assert mean == pytest.approx(total.mean_usd, abs=1e-3 * max(1, total.mean_usd))


# ---- in a browser ----


@pytest.mark.parametrize("width", [1150, 480])
@pytest.mark.parametrize("name", ["as it is", "nasty", "many leases", "dear", "no request"])
def test_nothing_runs_over_in_a_browser(browser: str, tmp_path: Path, made: Made, name: str, width: int) -> None:
    assert runs_over(browser, tmp_path, page(*EDGES[name](made)), width) == ""


def test_the_console_of_a_browser_stays_empty(browser: str, tmp_path: Path, made: Made) -> None:
    seen = look(browser, tmp_path, page(*made), 1150)
    assert "CONSOLE" not in seen.stderr and "What keeping costs" in seen.stdout
