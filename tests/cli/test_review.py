"""`neocloud review`: what changed between two instants, and why, in every form; golden files hold two of them."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_demo import compare

BOOK = ("--tenant", "acme", "--pool", "h100", "--gpus", "64", "--from", "2026-06-07", "--until", "2026-07-07")
NASTY = 'cooling <script>alert("1")</script> & more'


@pytest.fixture
def lived(desk: Desk) -> Desk:
    """A week at the desk: two holds, one confirmed and grown, one run out; a failure, a slip, a curtailment."""
    desk.done("lease", "hold", *BOOK, "--price", "2.50", "--id", "deal", "--expires", "2026-06-20", now="2026-06-06")
    desk.done("lease", "hold", *BOOK, "--price", "2.50", "--id", "maybe", "--expires", "2026-06-10", now="2026-06-06")
    desk.done("lease", "confirm", "deal", now="2026-06-08")
    desk.done("lease", "amend", "deal", "--gpus", "128", "--at", "2026-06-20", "--id", "grow", now="2026-06-12")
    failure = ("--pool", "h100", "--gpus", "8", "--id", "loop-3", "--reason", NASTY)
    desk.done("outage", "open", *failure, now="2026-06-13")
    late = ("wave-1", "--p90", "2026-11-30", "--reason", "transformers are late", "--id", "late-1")
    desk.done("delivery", "slip", *late, now="2026-06-14")
    desk.done(
        "curtailment", "open", "--site", "reno", "--most-mw", "2", "--until", "+4h", "--id", "heat", now="2026-06-14"
    )
    desk.done("outage", "close", "loop-3", now="2026-06-14")
    desk.done("lease", "amend", "deal", "--until", "2026-07-01", "--id", "cut", now="2026-06-14")
    return Desk(desk.directory, "2026-06-15")


def whole(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done("review", *words, "--output", "json"))


def steady(text: str) -> str:
    """Text without what is another in every run or version: ids made by chance, and the head."""
    text = re.sub(r"Head \d+:[0-9a-f]{64}", "Head", text)
    return re.sub(r"[0-9a-f]{6,32}…|[0-9a-f]{32}(?![0-9a-f])", "CHANCE", text)


@pytest.mark.parametrize(("output", "file"), [("table", "review.txt"), ("html", "review.html")])
def test_the_review_of_a_week_is_as_the_golden_file_has_it(lived: Desk, output: str, file: str) -> None:
    compare(file, steady(lived.done("review", "--since", "2026-06-06", "--output", output)))


def test_totals_come_from_the_rows(lived: Desk) -> None:
    found = whole(lived, "--since", "2026-06-06")
    totals = found["totals"]
    assert (totals["held"], totals["booked"], totals["amended"], totals["ended"]) == (2, 1, 2, 1)
    assert (totals["slipped"], totals["most_later_s"]) == (1, 46 * 24 * 3600)
    assert (totals["outages_opened"], totals["outages_ended"], totals["curtailments"]) == (1, 1, 1)
    assert (totals["gpus_added"], totals["gpus_lost"]) == (128, 128)
    assert totals["money_added"] == [{"amount": "180480.00", "currency": "USD"}]
    assert totals["money_lost"] == [{"amount": f"{128 * 6 * 24 * 2.5:.2f}", "currency": "USD"}]
    assert totals["entries"] == len(found["changes"]) == 10
    assert totals["commands"] == 9, "a hold that ran out is nobody's command"


def test_a_row_says_from_what_to_what_by_which_command_and_why(lived: Desk) -> None:
    rows = {(row["id"], row["cause"]): row for row in whole(lived, "--since", "2026-06-06")["changes"]}
    assert rows["wave-1", "slipped"]["changes"] == ["P90 2026-10-15 → 2026-11-30 (46d later)"]
    assert (rows["wave-1", "slipped"]["reason"], rows["wave-1", "slipped"]["command"]) == (
        "transformers are late",
        "late-1",
    )
    assert rows["loop-3", "failed"]["reason"] == NASTY
    assert rows["loop-3", "repaired"]["reason"] == "", "it explained the failure"
    assert rows["deal", "confirmed"]["changes"] == ["status held → confirmed", "contracted +115,200.00 USD"]
    assert rows["maybe", "expired"]["changes"][1] == "−64 GPUs of h100, 2026-06-07 to 2026-07-07"
    assert (rows["deal", "held"]["command"], rows["deal", "amended"]["command"]) == ("book:deal", "cut")


def test_the_span_is_of_recording_and_ends_before_its_end(lived: Desk) -> None:
    def ids(*words: str) -> list[str]:
        return [row["id"] for row in whole(lived, *words)["changes"]]

    assert ids("--since", "2026-06-07", "--until", "2026-06-13") == ["deal", "maybe", "deal"]
    assert ids("--since", "2026-06-08", "--until", "2026-06-12") == ["deal"]
    assert ids("--since", "2026-06-09", "--until", "2026-06-12") == []
    assert len(ids("--since", "1970-01-01")) == whole(lived, "--since", "1970-01-01")["totals"]["entries"] == 24
    assert "nothing was recorded" in lived.done("review", "--since", "2026-06-15")
    assert "Nothing was recorded" in lived.done("review", "--since", "2026-06-15", "-o", "html")


def test_csv_has_a_row_for_every_entry(lived: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(lived.done("review", "--since", "2026-06-06", "-o", "csv"))))
    assert [row["id"] for row in rows][:3] == ["deal", "maybe", "deal"]
    assert json.loads(rows[0]["changes"])[0] == "tenant acme"


class _Page(HTMLParser):
    """What a page is made of; it fails where tags do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "col"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_asks_for_nothing_and_escapes_everything(lived: Desk) -> None:
    page = _Page()
    page.feed(lived.done("review", "--since", "2026-06-06", "--output", "html"))
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert names.isdisjoint({"script", "img", "link", "iframe", "a"})
    assert not any({"src", "href", "onload", "onclick"} & attributes.keys() for _, attributes in page.tags)
    assert "://" not in page.text and NASTY in page.text
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in page.tags if tag == "th")
    assert [tag for tag, _ in page.tags].count("caption") == [tag for tag, _ in page.tags].count("table") == 4


def test_it_is_written_to_a_file_whole_or_not_at_all(lived: Desk, tmp_path: Path) -> None:
    printed = lived.done("review", "--since", "2026-06-06", "--output", "html")
    file = tmp_path / "week.html"
    assert lived.done("review", "--since", "2026-06-06", "--output", "html", "--to", str(file)) == ""
    assert file.read_text("utf-8") == printed
    said = lived("review", "--since", "2026-06-06", "--output", "html", "--to", str(tmp_path / "no" / "week.html"))
    assert said.code == 1 and "cannot be used: No such file or directory" in said.err
    assert lived("review", "--since", "nonsense", "--to", str(file)).code == 2
    assert file.read_text("utf-8") == printed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "Missing option '--since'"),
        ("--since yesterday", "--since: 'yesterday' is not a time"),
        ("--since 2026-06-16", "--since: nothing is recorded yet from 2026-06-16 on; say a time up to 2026-06-15"),
        ("--since 2026-06-10 --until 2026-06-10", "--until: the end 2026-06-10 is not after the start 2026-06-10"),
        ("--since 2026-06-10 --until tomorrow", "--until: 'tomorrow' is not a time"),
    ],
)
def test_a_span_that_cannot_be_is_one_clear_sentence(lived: Desk, words: str, sentence: str) -> None:
    said = lived("review", *words.split())
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err and said.err.count("\n") == 1


def test_a_review_writes_nothing(lived: Desk) -> None:
    before = lived.state()
    lived.done("review", "--since", "2026-06-06")
    assert lived.state() == before
    assert not (lived.directory / "snapshots").exists()
