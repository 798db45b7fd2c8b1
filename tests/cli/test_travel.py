"""`--known-at` and `--as-of`: what was known then, and another instant of it. Nothing is ever written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from neocloud.cli.main import neocloud
from tests.cli.conftest import NOW, Desk, Said

KINDS = ("site", "pool", "tenant", "terms", "delivery", "outage", "curtailment", "lease")
LISTINGS = [*(f"{kind} list" for kind in KINDS), "capacity", "audit", "at-risk"]
GROUPS = ["calendar"]  # that list something by themselves
SHOWN = {
    "site": "reno",
    "pool": "h100",
    "tenant": "acme",
    "terms": "yearly@1",
    "delivery": "wave-1",
    "outage": "check-1",
    "lease": "acme-1",
}
READING = [*LISTINGS, *GROUPS, *(f"{kind} show {name}" for kind, name in SHOWN.items())]
BOOK = ("--tenant", "acme", "--pool", "h100", "--gpus", "64", "--from", "2026-06-07", "--until", "2026-07-07")


@pytest.fixture
def lived(desk: Desk) -> Desk:
    """A desk with a story: deal is held on day one and confirmed on day three; a hold runs out; then it grows."""
    desk.done("lease", "hold", *BOOK, "--price", "2.50", "--id", "deal", "--expires", "2026-06-20", now="2026-06-06")
    desk.done("lease", "hold", *BOOK, "--price", "2.50", "--id", "maybe", "--expires", "2026-06-10", now="2026-06-06")
    desk.done("lease", "confirm", "deal", now="2026-06-08")
    desk.done("lease", "amend", "deal", "--gpus", "128", "--at", "2026-06-20", now="2026-06-12")
    return Desk(desk.directory, "2026-06-15")


def head_of(desk: Desk) -> int:
    return int(json.loads(desk.done("journal", "digest", "-o", "json"))["seq"])


def show(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done(*words, "--output", "json"))


def computed(desk: Desk, name: str, *travel: str) -> Any:
    return show(desk, "lease", "show", name, *travel)["computed"]


def test_known_at_shows_a_lease_as_it_was_known_then(lived: Desk) -> None:
    status = [
        computed(lived, "deal", "--known-at", day, "--as-of", day)["status"]
        for day in ("2026-06-06", "2026-06-07", "2026-06-08", "2026-06-15")
    ]
    assert status == ["held", "held", "running", "running"]
    assert (
        show(lived, "lease", "show", "deal", "--known-at", "2026-06-11")["blocks"]
        != show(lived, "lease", "show", "deal")["blocks"]
    )


def test_as_of_shows_another_instant_of_what_is_known(lived: Desk) -> None:
    gpus = [computed(lived, "deal", "--as-of", day)["gpus"] for day in ("2026-06-10", "2026-06-20", "2026-07-06")]
    assert gpus == [64, 128, 128]
    status = [computed(lived, "deal", "--as-of", day)["status"] for day in ("2026-06-06", "2026-06-07", "2026-07-07")]
    assert status == ["confirmed", "running", "ended"]


def test_the_two_combine_and_each_stands_for_itself(lived: Desk) -> None:
    grown = ("--as-of", "2026-06-25")
    assert computed(lived, "deal", *grown)["gpus"] == 128
    assert computed(lived, "deal", *grown, "--known-at", "2026-06-11")["gpus"] == 64
    assert computed(lived, "deal", "--known-at", "2026-06-11")["status"] == "running", "as of now, the 15th"


def test_a_hold_is_gone_once_it_has_run_out_by_what_is_known_or_looked_at(lived: Desk) -> None:
    for known, instant, status in (
        ("2026-06-09", "2026-06-09", "held"),
        ("2026-06-09", "2026-06-11", "expired"),
        ("2026-06-11", "2026-06-09", "expired"),
        ("2026-06-15", "2026-06-09", "expired"),
    ):
        assert computed(lived, "maybe", "--known-at", known, "--as-of", instant)["status"] == status


def test_a_pool_has_the_figures_of_the_instant(lived: Desk) -> None:
    def leased(*travel: str) -> int:
        return int(show(lived, "pool", "show", "h100", *travel)["computed"]["leased_gpus"])

    assert (leased(), leased("--as-of", "2026-06-20"), leased("--as-of", "2026-06-05")) == (448, 512, 384)
    assert leased("--known-at", "2026-06-05") == 384
    assert show(lived, "pool", "show", "h100", "--as-of", "2026-10-15")["computed"]["in_service_gpus"] == 1536


def test_capacity_begins_as_of_the_instant(lived: Desk) -> None:
    rows = show(lived, "capacity", "--pool", "h100", "--as-of", "2026-06-18", "--until", "+4d")
    assert [(row["from"], row["until"], row["demand"]) for row in rows] == [
        ("2026-06-18", "2026-06-20", 448),
        ("2026-06-20", "2026-06-22", 512),
    ]


def test_an_audit_looks_from_the_instant_on(lived: Desk) -> None:
    assert show(lived, "audit") == []
    [finding] = show(lived, "audit", "--as-of", "2026-10-16")
    assert finding["code"] == "audit.delivery_due"


@pytest.mark.parametrize("line", READING)
def test_known_at_the_head_and_as_of_now_is_what_is_shown_without_them(lived: Desk, line: str) -> None:
    travel = ("--known-at", str(head_of(lived)), "--as-of", "now")
    for output in ("table", "json", "yaml", "csv"):
        plain = lived.done(*line.split(), "--output", output)
        assert lived.done(*line.split(), *travel, "--output", output).replace("2026-06-15 on", "now on") == plain


@pytest.mark.parametrize("line", READING)
def test_looking_back_writes_nothing_anywhere(lived: Desk, line: str) -> None:
    before = files(lived)
    for travel in (("--known-at", "2026-06-09"), ("--as-of", "2026-06-25"), ("--known-at", "now", "--as-of", "+9d")):
        lived.done(*line.split(), *travel)
    assert files(lived) == before


def files(desk: Desk) -> dict[str, bytes]:
    """All that lies in the data directory, but for what SQLite keeps while a file is open."""
    paths = [path for path in sorted(desk.directory.rglob("*")) if path.is_file()]
    return {path.name: path.read_bytes() for path in paths if not path.name.endswith(("-wal", "-shm"))}


def test_what_is_known_is_told_beside_the_answer(lived: Desk) -> None:
    said = lived("lease", "list", "--known-at", "2026-06-09")
    assert said.err == "entries 1 to 17, known at 2026-06-09; as of now\n"
    assert lived("lease", "list", "--as-of", "2026-06-09").err == ""
    assert "from 2026-06-09 on" in lived.done("lease", "list", "--as-of", "2026-06-09")


@pytest.mark.parametrize(
    ("travel", "words"),
    [
        ("--known-at 99", "--known-at: there is no entry 99: the journal has entries 1 to 19"),
        ("--known-at 0", "--known-at: there is no entry 0: the journal has entries 1 to 19"),
        ("--known-at -7", "--known-at: there is no entry -7"),
        (f"--known-at {'9' * 6_000}", "--known-at: there is no entry so great a number"),
        ("--known-at 7", "--known-at: entry 7 lies inside a batch (5 to 14)"),
        ("--known-at 2", "so nobody ever knew a part of it; say 4"),
        ("--known-at 2020-01-01", "nothing was known at 2020-01-01: the first entry was recorded 2026-06-05"),
        ("--known-at 2026-06-16", "--known-at: what will be known at 2026-06-16 is not known yet; say a time up to"),
        ("--known-at +1d", "is not known yet"),
        ("--known-at yesterday", "or the number of an entry from 1 to 19"),
        ("--known-at 2026-06-06T12:00", "does not say its offset from UTC"),
        ("--known-at=", "--known-at: '' is not a time"),
        ("--as-of yesterday", "--as-of: 'yesterday' is not a time"),
        ("--as-of -3", "--as-of: '-3' is not a time"),
        ("--as-of 1969-12-31", "--as-of: '1969-12-31' lies outside the years 1970 to 9999"),
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_time_that_cannot_be_is_one_clear_sentence(lived: Desk, travel: str, words: str) -> None:
    for line in ("lease list", "audit", "site show reno"):
        refused(lived(*line.split(), *travel.split()), words)


def refused(said: Said, words: str) -> None:
    assert (said.code, said.out) == (2, ""), said
    assert words in said.err and said.err.count("\n") == 1 and said.err.startswith("neocloud: ")


def test_a_name_that_was_not_known_then_is_unknown(lived: Desk) -> None:
    said = lived("lease", "show", "deal", "--known-at", "2026-06-05")
    assert said.code == 2 and "no lease is called 'deal'" in said.err


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, click.Command]]:
    """Every command, by its words."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        elif command is not None:
            yield " ".join((*above, name)), command


def test_every_listing_looks_back_and_no_command_that_writes_does() -> None:
    looking = {words for words, command in commands(neocloud) if any("--known-at" in p.opts for p in command.params)}
    assert looking >= {*LISTINGS, *(f"{kind} show" for kind in KINDS)}
    others = {words for words in looking if words.split()[-1] not in {"list", "show"}}
    assert others == {"capacity", "audit", "at-risk", "plan score", "calendar remind", "export", "webhook failures"}
    assert all(any("--as-of" in p.opts for p in dict(commands(neocloud))[words].params) for words in looking)


def test_a_snapshot_that_is_wrong_is_passed_over_with_a_warning(lived: Desk) -> None:
    folder = lived.directory / "snapshots"
    folder.mkdir()
    Path(folder / f"{14:015}.snapshot").write_bytes(b"torn")
    said = lived("lease", "list", "--known-at", "14")
    assert said.code == 0 and "is ignored: its digest does not match" in said.err


def test_the_desk_starts_at_its_first_entry(lived: Desk) -> None:
    words = ("lease", "list", "--tenant", "research", "--pool", "gb200")
    assert lived.done(*words, "--known-at", NOW, "--as-of", "2020-01-01") == "no leases\n"


def test_a_hold_that_has_run_out_is_shown_as_expired_before_anything_is_written(desk: Desk) -> None:
    desk.done("lease", "hold", *BOOK, "--price", "2", "--id", "maybe", "--expires", "2026-06-06")
    assert computed(Desk(desk.directory, "2026-06-07"), "maybe")["status"] == "expired"
