"""The report of a surplus: whole, self-contained, readable without colour, and right where parts are missing."""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from neocloud.backtest.answer import IdleHours, Surplus
from neocloud.backtest.report import saying
from neocloud.backtest.report.page import page
from neocloud.pages import amounts
from tests.backtest.made import FLEET, KNEE, NASTY, bare, demand, economics, point, surplus, usd, waits
from tests.cli.test_demo import compare

VOID = {"meta", "col", "br"}
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


class Page(HTMLParser):
    """What a page is made of; it fails where tags do not close."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        """How many of a tag there are."""
        return sum(name == tag for name, _ in self.tags)


def pictures(source: str) -> list[ElementTree.Element]:
    """Every picture, read as XML."""
    return [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", source, re.DOTALL)]


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
    for picture in pictures(page(bare() if name == "bare" else edge(name))):
        _, _, width, height = map(float, (picture.get("viewBox") or "").split())
        for each in picture.iter():
            xs = [float(each.get(key) or 0) for key in ("x", "x1", "x2", "cx")]
            ys = [float(each.get(key) or 0) for key in ("y", "y1", "y2", "cy")]
            for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", each.get("d") or ""):
                xs.append(float(x))
                ys.append(float(y))
            assert min(xs) >= 0 and max(xs) <= width and min(ys) >= 0 and max(ys) <= height, ElementTree.tostring(
                each
            )


def test_the_page_asks_for_nothing() -> None:
    source = page(surplus())
    assert not re.search(
        r"https?:|//[a-z]|\bsrc\s*=|url\(|@import|@font-face|<script|<link|<iframe|<img|\son\w+=", source
    )
    assert "default-src 'none'" in source


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

PROBE = """<script>addEventListener("load", () => {
  const wide = document.documentElement.scrollWidth > innerWidth;
  const cut = [...document.querySelectorAll("svg")].flatMap(svg => {
    const of = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter(each => {
      const at = each.getBoundingClientRect();
      return at.left < of.left - 1 || at.right > of.right + 1 || at.top < of.top - 1 || at.bottom > of.bottom + 1;
    }).map(each => each.textContent);
  });
  document.title = "measured " + JSON.stringify({wide, cut});
});</script>"""


@pytest.fixture(scope="module")
def browser() -> str:
    """A Chromium, if there is one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("there is no Chromium here to look at the page with")
    return found


def look(browser: str, folder: Path, source: str, width: int) -> subprocess.CompletedProcess[str]:
    """The page in a browser: its tree on stdout, what its console says on stderr."""
    (folder / "page.html").write_text(source, "utf-8")
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900", "--dump-dom",
    ]  # fmt: skip
    command = [browser, *options, (folder / "page.html").as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


@pytest.mark.parametrize("width", [1200, 600])
@pytest.mark.parametrize("name", ["as it is", "synthetic, of the peak", "no knee", "all for ever", "bare"])
def test_nothing_runs_over_in_a_browser(browser: str, tmp_path: Path, name: str, width: int) -> None:
    source = page(bare() if name == "bare" else edge(name))
    measured = re.sub(r"<meta http-equiv[^>]*>", "", source).replace("</head>", f"{PROBE}</head>")
    seen = look(browser, tmp_path, measured, width)
    assert '<title>measured {"wide":false,"cut":[]}</title>' in seen.stdout, seen.stdout[:6_000].partition("<style")[
        0
    ]


def test_the_console_of_a_browser_stays_empty(browser: str, tmp_path: Path) -> None:
    seen = look(browser, tmp_path, page(surplus()), 1200)
    assert "CONSOLE" not in seen.stderr
    assert "You could have sold 14" in seen.stdout
