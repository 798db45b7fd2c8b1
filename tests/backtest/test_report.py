"""The report of a surplus: whole, self-contained, readable without colour, and right where parts are missing."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from neocloud.backtest.answer import IdleHours, Surplus
from neocloud.backtest.report import saying
from neocloud.backtest.report.page import page
from neocloud.pages import amounts
from tests.backtest.made import FLEET, KNEE, NASTY, bare, demand, economics, point, surplus, usd, waits
from tests.cli.test_demo import compare
from tests.looked import Page, asks_for, look, outside, pictures, runs_over

EDGES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "synthetic, of the peak": {"is_synthetic": True, "fleet_from_peak": True},
    "no knee": {"knee": None},
    "nothing resampled": {"knee": msgspec.structs.replace(KNEE, low_ratio=None, high_ratio=None, resamples=0)},
    "knee at nothing": {
        "knee": msgspec.structs.replace(KNEE, share_ratio=0.0, sold_gpus=0, low_ratio=0.0, high_ratio=0.0)
    },
    "knee at everything": {
        "points": (point(0), point(1)),
        "knee": msgspec.structs.replace(KNEE, share_ratio=1.0, sold_gpus=FLEET, high_ratio=1.0),
    },
    "no point": {"points": (), "knee": None},
    "one point in the middle": {"points": (point(0.1),)},
    "all for ever": {
        "points": tuple(
            msgspec.structs.replace(
                each,
                waits=msgspec.structs.replace(each.waits, p50_s=None, p95_s=None, p99_s=None, mean_s=float("nan")),
            )
            for each in (point(0), point(0.2))
        )
    },
    "an objective nobody knows": {"objective": "happy"},
    "money of two currencies": {
        "economics": msgspec.structs.replace(economics(), waiting_per_year=usd(5).__class__("EUR", 7 * 10**9))
    },
    "waiting that costs nothing": {"economics": msgspec.structs.replace(economics(), waiting_per_year=usd(0))},
    "one price, no value": {
        "economics": msgspec.structs.replace(
            economics(), earnings=economics().earnings[:1], value=None, waiting_per_year=None
        )
    },
    "hours that the history does not have": {
        "idle": IdleHours(zone="UTC", mean_gpus=(5.0,) * 30 + (None,) * 138, low_gpus=(5,) * 30 + (None,) * 138)
    },
    "no hour at all": {"idle": IdleHours(zone="", mean_gpus=(None,) * 168, low_gpus=(None,) * 168)},
    "no price": {"economics": msgspec.structs.replace(economics(), earnings=())},
    "no demand": {"demand": msgspec.structs.replace(demand(), in_use_gpus=(), peak_gpus=(), wanted_gpus=())},
    "a flood of demand": {
        "demand": msgspec.structs.replace(demand(), wanted_gpus=(*demand().wanted_gpus[:-1], 90_000.0))
    },
}


def edge(name: str) -> Surplus:
    """A surplus with a part that is missing, or at an end."""
    return surplus(**EDGES[name])


def figures(source: str) -> list[tuple[str, str]]:
    """The text of every picture that has one, and that of the table under it."""
    found = []
    for figure in re.findall(r"<figure>.*?</figure>", source, re.DOTALL):
        picture, _, table = figure.partition("</svg>")
        if table:
            words = [each.text or "" for each in pictures(f"{picture}</svg>")[0].iter("text")]
            found.append((" | ".join(words), Page(table[table.index("<table") : table.rindex("</table>") + 8]).text))
    return found


def test_the_page_is_as_the_golden_file_has_it() -> None:
    compare("surplus.html", page(surplus()))


def test_the_bare_page_is_as_the_golden_file_has_it() -> None:
    compare("surplus_bare.html", page(bare(is_synthetic=True, fleet_from_peak=True)))


@pytest.mark.parametrize("name", [*EDGES, "bare"])
def test_every_page_is_whole_and_every_picture_is_xml(name: str) -> None:
    source = page(bare() if name == "bare" else edge(name))
    read = Page(source)
    assert read.count("caption") == read.count("table") >= 1
    assert all(tag != "th" or given.get("scope") in {"col", "row", "colgroup"} for tag, given in read.tags)
    for picture in pictures(source):
        assert picture.get("role") == "img"
        title, describes = picture.find("title"), picture.find("desc")
        assert title is not None and describes is not None and title.text and describes.text
        assert picture.get("aria-labelledby") == f"{title.get('id')} {describes.get('id')}"
    ids = [given["id"] for _, given in read.tags if "id" in given]
    assert len(ids) == len(set(ids))
    assert not re.search(r"\bnan\b|\binf\b|None|undefined", source)


@pytest.mark.parametrize("name", [*EDGES, "bare"])
def test_nothing_is_drawn_outside_of_its_picture(name: str) -> None:
    assert outside(page(bare() if name == "bare" else edge(name))) == []


def test_the_page_asks_for_nothing() -> None:
    assert asks_for(page(surplus())) == []


def test_what_comes_in_is_text_and_never_markup() -> None:
    source = page(
        surplus(history=NASTY, sentence=NASTY, fleet=NASTY, policy=NASTY, estimates=NASTY, objective=NASTY,
                remarks=(NASTY,), gpu_name=NASTY)
    )  # fmt: skip
    assert "<b>&" not in source and "vision <b" not in source
    assert Page(source).text.count(NASTY) >= 9


def test_every_number_of_a_chart_is_in_its_table() -> None:
    shown = figures(page(surplus()))
    assert len(shown) == 7
    (frontier, below), (over_time, _), (_, hours), (teams, of_teams), _, (money, earned), (more, by_notice) = shown
    for said in re.findall(r"(?:mean|p95|p99) (.+?)(?: \||$)", frontier):
        assert said in below
    assert "2,490" in over_time and "2,142" in over_time
    assert all(amounts.number(mean) in hours for mean in surplus().idle.mean_gpus)
    for before, after in re.findall(r"([\w ]+) → ([\w ]+)", teams):
        assert before.strip() in of_teams and after.strip() in of_teams
    assert "4.94M USD" in money and "4,938,538 USD" in earned
    assert "26.4 %, of which 93.4 % delivered" in more and "26.4 %" in by_notice and "93.4 %" in by_notice
    table = Page(page(surplus())).text
    for each in surplus().points:
        assert amounts.share(each.share_ratio) in table and saying.wait(each.waits.p99_s) in table


def test_the_largest_teams_are_drawn_and_all_are_in_the_table() -> None:
    teams, table = figures(page(surplus()))[3]
    assert "platform" in teams and "infra" not in teams
    assert "infra" in table and "a-team-with-quite-a-long-name-for-a-chart" in table


def test_a_wait_for_ever_is_said_and_lies_above_the_last_tick() -> None:
    shown, table = figures(page(surplus()))[0]
    assert "for ever" in shown and "p99 for ever" in shown and "for ever" in table
    assert "for ever" not in figures(page(surplus(points=(point(0), point(0.1)))))[0][0]


def test_synthetic_and_the_size_from_the_peak_are_said_loudly() -> None:
    loud = page(edge("synthetic, of the peak"))
    assert "<title>SYNTHETIC" in loud and loud.count("SYNTHETIC history") >= 15
    assert loud.count('role="note"') == 2 and "It was taken from the peak in use" in loud
    quiet = page(surplus())
    assert "SYNTHETIC" not in quiet and 'role="note"' not in quiet


def test_without_a_knee_the_page_says_so_and_draws_none() -> None:
    source = page(edge("no knee"))
    assert "There is no knee" in source and 'class="knee"' not in source and 'class="hatch"' in source
    assert "the knee)" not in source


def test_a_history_without_a_calendar_has_numbered_days() -> None:
    source = page(bare())
    assert "day 1" in source and "Monday" not in source
    assert "without a calendar" in source


def test_the_groups_at_the_knee_are_those_of_the_last_point_before_it_and_the_page_says_which() -> None:
    between = msgspec.structs.replace(KNEE, share_ratio=0.15, sold_gpus=373, waits=waits(0.15, 9))
    source = page(surplus(knee=between))
    assert "the last point of the frontier before the knee at 15.0 %" in source
    assert "before the knee" not in page(surplus())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.25, "0.2 s"), (59.7, "60 s"), (61, "1 min 1 s"), (3_600, "1 h"), (3_630, "1 h"), (86_399, "1 d"),
     (93_600, "1 d 2 h"), (None, "for ever"), (float("nan"), "–")],
)  # fmt: skip
def test_a_wait_is_said_in_its_two_largest_units(seconds: float | None, said: str) -> None:
    assert saying.wait(seconds) == said


@pytest.mark.parametrize(
    ("amount", "said"), [(7, "7"), (999.7, "1000"), (9_999.6, "10k"), (14_200, "14k"), (2_400_000, "2.4M")]
)
def test_a_short_number_has_four_characters_at_the_most(amount: float, said: str) -> None:
    assert amounts.short(amount) == said


# ---- in a browser ----


@pytest.mark.parametrize("width", [1200, 600])
@pytest.mark.parametrize("name", ["as it is", "synthetic, of the peak", "no knee", "all for ever", "bare"])
def test_nothing_runs_over_in_a_browser(browser: str, tmp_path: Path, name: str, width: int) -> None:
    source = page(bare() if name == "bare" else edge(name))
    assert runs_over(browser, tmp_path, source, width) == ""


def test_the_console_of_a_browser_stays_empty(browser: str, tmp_path: Path) -> None:
    seen = look(browser, tmp_path, page(surplus()), 1200)
    assert "CONSOLE" not in seen.stderr
    assert "You could have sold 14" in seen.stdout
