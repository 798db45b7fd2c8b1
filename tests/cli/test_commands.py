"""Every command, used as a desk would use it: what it answers, in each form, and what it changes."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from neocloud.model.entries import Entry
from tests.cli.conftest import HERE, NOW, Desk, Said, run

EXAMPLE = HERE.parents[1] / "examples" / "colossus" / "fleet.yaml"
NOUNS = {
    "site": "reno",
    "pool": "h100",
    "delivery": "wave-1",
    "outage": "check-1",
    "tenant": "acme",
    "terms": "yearly@1",
    "lease": "acme-1",
}


def words_of(line: str) -> list[str]:
    """The words of a command line."""
    return line.split()


BOOK = words_of("--tenant acme --pool h100 --gpus 64 --from +1d --until +31d --price 2.50")


def read(desk: Desk, *words: str) -> Any:
    """What a command answers in JSON."""
    return json.loads(desk.done(*words, "--output", "json"))


# ---- lists and shows ----


@pytest.mark.parametrize(("kind", "name"), NOUNS.items())
def test_a_noun_is_listed_and_shown_the_same_in_every_form(desk: Desk, kind: str, name: str) -> None:
    listed = read(desk, kind, "list")
    shown = read(desk, kind, "show", name)
    assert shown["id"] == name
    assert shown in listed
    assert [each["id"] for each in listed] == [each["id"] for each in _yaml(desk.done(kind, "list", "-o", "yaml"))]
    assert _yaml(desk.done(kind, "show", name, "-o", "yaml")).keys() == shown.keys()
    rows = list(csv.DictReader(io.StringIO(desk.done(kind, "list", "-o", "csv"))))
    assert [row["id"] for row in rows] == [each["id"] for each in listed]
    [row] = csv.DictReader(io.StringIO(desk.done(kind, "show", name, "-o", "csv")))
    assert row["id"] == name
    head, *lines = desk.done(kind, "list").splitlines()
    assert head.startswith("ID ")
    assert [line.split()[0] for line in lines[: len(listed)]] == [each["id"] for each in listed]
    assert name in desk.done(kind, "show", name)


def _yaml(text: str) -> Any:
    return yaml.safe_load(text)


@pytest.mark.parametrize(
    "kind", [*(kind for kind in NOUNS if kind != "terms"), "request", "forecast", "price", "price-set"]
)
def test_a_list_of_nothing_is_a_sentence_or_an_empty_array(tmp_path: Path, kind: str) -> None:
    desk = Desk(tmp_path / "desk")
    assert run("--now", NOW, "init", str(desk.directory)).code == 0
    assert re.fullmatch(r"(there is no [a-z ]+ yet|no leases|no requests)\n", desk.done(kind, "list"))
    assert read(desk, kind, "list") == []
    assert desk.done(kind, "list", "-o", "yaml") == "[]\n"
    assert desk.done(kind, "list", "-o", "csv") == "id\n"


def test_the_figures_of_a_pool_add_up(desk: Desk) -> None:
    [computed] = [each["computed"] for each in read(desk, "pool", "list") if each["id"] == "h100"]
    assert computed["in_service_gpus"] == 1024
    assert computed["spare_gpus"] == 21
    assert computed["sellable_gpus"] == computed["leased_gpus"] + computed["available_gpus"] == 1024 - 21
    assert computed["leased_gpus"] == 256 + 128


def test_a_list_of_leases_is_narrowed_by_tenant_and_pool(desk: Desk) -> None:
    desk.done("lease", "hold", *BOOK, "--id", "h1")
    desk.done("lease", "release", "h1")
    assert _ids(desk) == {"acme-1", "research-1"}
    assert _ids(desk, "--all") == {"acme-1", "research-1", "h1"}
    assert _ids(desk, "--tenant", "acme") == {"acme-1"}
    assert _ids(desk, "--tenant", "acme", "--tenant", "research") == {"acme-1", "research-1"}
    assert _ids(desk, "--pool", "gb200") == set()
    assert "contracted " in desk.done("lease", "list")


def _ids(desk: Desk, *words: str) -> set[str]:
    return {each["id"] for each in read(desk, "lease", "list", *words)}


# ---- the life of a lease ----


def test_a_quote_books_nothing_and_says_what_the_booking_comes_to(desk: Desk) -> None:
    before = desk.state()
    quoted = read(desk, "lease", "quote", *BOOK, "--id", "deal")
    assert quoted["computed"]["status"] == "quoted"
    assert desk.done("lease", "quote", *BOOK).startswith("It fits. Nothing is booked.")
    assert desk.state() == before
    booked = read(desk, "lease", "book", *BOOK, "--id", "deal")
    assert booked["computed"]["contracted"] == quoted["computed"]["contracted"]
    assert Decimal(booked["computed"]["contracted"]["amount"]) == 64 * 30 * 24 * Decimal("2.50")


def test_a_retry_of_a_booking_gives_the_same_answer_and_books_nothing_twice(desk: Desk) -> None:
    first = read(desk, "lease", "book", *BOOK, "--id", "deal")
    after = desk.state()
    said = desk("lease", "book", *BOOK, "--id", "deal", "-o", "json")
    assert json.loads(said.out) == first
    assert "accepted before; the same answer again" in said.err
    assert desk.state() == after
    assert desk("lease", "book", *BOOK[:-1], "3", "--id", "deal").code == 2
    assert desk.state() == after


def test_a_booking_without_an_id_is_given_a_new_one_each_time(desk: Desk) -> None:
    ids = {read(desk, "lease", "book", *BOOK)["id"] for _ in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch("lease_[0-9a-f]{12}", each) for each in ids)


def test_a_hold_is_confirmed_or_released_or_runs_out(desk: Desk) -> None:
    for name in ("h1", "h2", "h3"):
        held = read(desk, "lease", "hold", *BOOK, "--id", name, "--expires", "+2d")
        assert (held["computed"]["status"], held["hold_until"]) == ("held", "2026-06-07")
    assert read(desk, "lease", "confirm", "h1")["computed"]["status"] == "confirmed"
    assert desk("lease", "confirm", "h1").code == 0
    assert read(desk, "lease", "release", "h2")["computed"]["status"] == "released"
    later = desk.done("lease", "list", "--all", "-o", "json", now="2026-06-08")
    status = {each["id"]: each["computed"]["status"] for each in json.loads(later)}
    assert (status["h1"], status["h2"], status["h3"]) == ("running", "released", "expired")
    said = desk("lease", "confirm", "h3", now="2026-06-08")
    assert (said.code, said.out) == (2, "")


def test_a_hold_lasts_a_week_unless_told_otherwise(desk: Desk) -> None:
    assert read(desk, "lease", "hold", *BOOK)["hold_until"] == "2026-06-12"
    assert read(desk, "lease", "hold", *BOOK, "--expires", "2026-06-06")["hold_until"] == "2026-06-06"


def test_a_lease_is_amended_and_keeps_its_history(desk: Desk) -> None:
    desk.done("lease", "book", *BOOK, "--id", "deal", "--order-form", "OF-1")
    grown = read(desk, "lease", "amend", "deal", "--gpus", "128", "--at", "2026-06-16")
    assert [(block["gpus"], block["until"]) for block in grown["blocks"]] == [(64, "2026-06-16"), (128, "2026-07-06")]
    extended = read(desk, "lease", "amend", "deal", "--until", "2026-08-01")
    assert extended["computed"]["end"] == "2026-08-01"
    assert extended["header"] == {"order_form": "OF-1", "amendment": 2}
    moved = read(desk, "lease", "amend", "deal", "--move", "gb200", "--gpus", "72", "--at", "2026-07-01")
    assert {block["pool"] for block in moved["blocks"]} == {"h100", "gb200"}
    added = read(desk, "lease", "amend", "deal", "--add", "h100=8@2026-07-01..2026-07-02")
    assert any(block["gpus"] == 8 for block in added["blocks"])
    causes = [entry["cause"] for entry in read(desk, "journal", "show", "--lease", "deal")]
    assert causes == ["booked", "amended", "amended", "amended", "amended"]


def test_an_amendment_with_an_id_happens_once(desk: Desk) -> None:
    desk.done("lease", "amend", "acme-1", "--gpus", "264", "--id", "am-1")
    after = desk.state()
    assert "same answer again" in desk("lease", "amend", "acme-1", "--gpus", "264", "--id", "am-1").err
    assert desk.state() == after


def test_notice_is_served_under_a_right_and_shown(desk: Desk) -> None:
    ended = read(desk, "lease", "terminate", "acme-1", "--by", "tenant")
    assert ended["computed"]["end"] == "2027-07-05", "365 days after the start, and 30 days' notice"
    assert ended["computed"]["notices"] == [{"holder": "tenant", "served": "2026-06-05", "effect": "2027-07-05"}]
    assert "tenant 2026-06-05, effect 2027-07-05" in desk.done("lease", "show", "acme-1")


def test_all_of_a_site_resolves_to_numbers_within_its_pools(desk: Desk) -> None:
    words = words_of("--tenant acme --site reno --all --from 2026-06-06 --until 2026-07-01 --monthly 100000 --id all")
    booked = read(desk, "lease", "book", *words)
    gpus = {block["pool"]: block["gpus"] for block in booked["blocks"]}
    assert gpus == {"gb200": 144, "h100": 616}, "619 are free, and 616 is the next multiple of 8 under that"
    assert desk("lease", "quote", *BOOK).code == 2


def test_a_lease_until_max_ends_where_it_no_longer_fits(desk: Desk) -> None:
    desk.done(
        "lease", "book", *words_of("--tenant research --pool gb200 --gpus 144 --from +30d --until +60d --rank 1")
    )
    words = words_of("--tenant acme --pool gb200 --gpus 72 --until max --price 3 --id longest")
    assert read(desk, "lease", "book", *words)["computed"]["end"] == "2026-07-05"


def test_a_ramp_of_blocks_with_its_papers_is_one_lease(desk: Desk) -> None:
    words = ["--tenant", "acme", "--block", "h100=64@+0d..+7d", "--block", "gb200=72@+7d..+30d"]
    papers = ["--monthly", "1000", "--monthly", "2000@+7d", "--legal-entity", "Acme Inc.", "--document", "file:a.pdf"]
    booked = read(desk, "lease", "book", *words, *papers, "--id", "ramp")
    assert [(block["pool"], block["gpus"]) for block in booked["blocks"]] == [("h100", 64), ("gb200", 72)]
    assert [price["amount"] for price in booked["prices"]] == ["1000", "2000"]
    assert booked["header"] == {"legal_entity": "Acme Inc.", "document": "file:a.pdf"}
    assert booked["computed"]["by_pool"].keys() == {"h100", "gb200"}


# ---- refusals that help ----


def test_a_refusal_as_json_has_its_code_why_and_what_would_fit(desk: Desk) -> None:
    words = words_of("--tenant acme --pool h100 --gpus 800 --from +1d --until +31d --price 2 --id big")
    said = desk("lease", "quote", *words, "-o", "json")
    problem = json.loads(said.out)
    assert (said.code, problem["code"]) == (2, "lease.oversold")
    [shortage] = problem["shortages"]
    assert shortage["resource"] == {"kind": "gpus", "id": "h100"}
    assert problem["offers"][0]["change"] == "fewer_gpus"
    assert problem["title"] in said.err
    assert "held by acme 256, research 128" in said.err


def test_what_a_refusal_offers_can_be_booked(desk: Desk) -> None:
    words = words_of("--tenant acme --pool h100 --gpus 800 --from +1d --until +31d --price 2")
    offers = json.loads(desk("lease", "quote", *words, "-o", "json").out)["offers"]
    assert {offer["change"] for offer in offers} >= {"fewer_gpus", "later_start"}
    for offer in offers:
        blocks = [
            option for b in offer["blocks"] for option in ("--block", f"{b['pool']}={b['gpus']}@{_span(b)}")
        ]  # fmt: skip
        assert desk("lease", "quote", "--tenant", "acme", *blocks, "--price", "2").code == 0, offer


def _span(block: dict[str, int]) -> str:
    now = 1_780_617_600  # 2026-06-05
    return f"+{block['start_at'] - now}s..+{block['end_at'] - now}s"


# ---- outages ----


def test_an_outage_is_opened_closed_and_its_shortfall_said_at_once(desk: Desk) -> None:
    said = desk("outage", "open", "--pool", "h100", "--gpus", "700", "--id", "fire", "--reason", "a fire")
    assert said.code == 0
    assert "short: pool h100 is short by 76 GPUs from 2026-06-05" in said.out
    assert "held by acme 256, research 128" in said.out
    assert desk("audit").code == 0
    found = desk("audit", "--exit-code", "-o", "json")
    assert (found.code, [each["code"] for each in json.loads(found.out)]) == (2, ["audit.shortfall"])
    again = desk("outage", "open", "--pool", "h100", "--gpus", "700", "--id", "fire", "--reason", "a fire")
    assert (again.code, "nothing has changed" in again.err) == (0, True)
    closed = desk.done("outage", "close", "fire", "-o", "json", now="2026-06-06")
    assert json.loads(closed)["until"] == "2026-06-06"
    assert json.loads(desk.done("audit", "-o", "json", now="2026-06-06")) == []


# ---- capacity and audit ----


def test_the_timeline_of_capacity_never_has_a_gap(desk: Desk) -> None:
    rows = read(desk, "capacity", "--pool", "h100", "--from", "2026-06-05", "--until", "2027-06-05")
    assert [rows[0]["from"], rows[-1]["until"]] == ["2026-06-05", "2027-06-05"]
    assert all(row["until"] == following["from"] for row, following in pairwise(rows))
    assert all(row["supply"] - row["demand"] == row["available"] for row in rows)
    assert rows[0]["held_by"] == {"acme": 256, "research": 128}
    assert rows[-1]["supply"] == 1536 - 31, "the wave of October is in, the spares are kept"


def test_capacity_is_a_table_a_chart_or_rows(desk: Desk) -> None:
    head, *lines = desk.done("capacity", "--site", "reno").splitlines()
    assert head.split() == words_of("ID FROM UNTIL UNIT SUPPLY DEMAND AVAILABLE POWERED HELD BY")
    assert {line.split()[0] for line in lines} == {"reno", "h100", "gb200"}
    rows = list(csv.DictReader(io.StringIO(desk.done("capacity", "-o", "csv"))))
    assert {row["id"] for row in rows} == {"reno", "h100", "gb200"}
    chart = desk.done("capacity", "--pool", "h100", "-o", "chart").splitlines()
    assert chart[0] == "pool h100: H100 GPUs"
    assert chart[-1].strip() == "A acme 256  B research 128  . free"
    assert max(map(len, chart[:-1])) <= 100


def test_the_audit_of_a_lawful_ledger_finds_nothing(desk: Desk) -> None:
    assert desk.done("audit").startswith("Nothing is oversold")
    assert desk("audit", "--exit-code").code == 0
    assert read(desk, "audit") == []


# ---- the journal ----


def test_the_journal_is_shown_verified_and_exported_whole(desk: Desk, tmp_path: Path) -> None:
    digest = read(desk, "journal", "digest")
    shown = read(desk, "journal", "show", "--last", "0")
    assert [entry["seq"] for entry in shown] == list(range(1, digest["seq"] + 1))
    assert read(desk, "journal", "show", "--last", "2") == shown[-2:]
    assert f"the chain holds over {digest['seq']:,} entries" in desk.done(
        "journal", "verify", "--head", digest["head"]
    )
    assert "a cut tail cannot be excluded" in desk.done("journal", "verify")
    desk.done("journal", "export", str(tmp_path / "out.jsonl"))
    lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, digest["seq"] + 1))
    assert {json.loads(line)["noun"]["type"] for line in lines} >= {"site", "pool", "lease", "terms"}
    assert json.loads(lines[0]).keys() <= set(Entry.__struct_fields__)
    assert f"head   {digest['head']}" in desk.done("journal", "digest")


# ---- apply and schema ----


def test_a_dry_run_shows_the_difference_and_changes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk")
    assert run("--now", NOW, "init", str(desk.directory)).code == 0
    before = desk.state()
    shown = read(desk, "apply", "-f", str(HERE / "fleet.yaml"), "--dry-run")
    assert {(row["change"], row["kind"], row["id"]) for row in shown} >= {
        ("add", "site", "reno"), ("add", "lease", "acme-1"), ("add", "terms", "yearly@1"),
    }  # fmt: skip
    assert desk.state() == before


def test_applying_a_file_twice_changes_nothing(desk: Desk) -> None:
    before = desk.state()
    assert desk.done("apply", "-f", str(HERE / "fleet.yaml")) == "nothing to change\n"
    assert desk.state() == before


def test_apply_asks_and_does_nothing_without_a_yes(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "more.yaml"
    file.write_text("tenants:\n  - {id: bolt, kind: customer}\n", "utf-8")
    before = desk.state()
    for answer in ("n\n", "\n", ""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        said = desk("apply", "-f", str(file))
        assert said.code == 2
        assert "make 1 change?" in said.err and "nothing has changed" in said.err
        assert desk.state() == before
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert desk("apply", "-f", str(file)).code == 0
    assert desk.done("tenant", "show", "bolt")


def test_what_a_file_leaves_out_stays_and_what_it_changes_is_shown(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text('sites:\n  - {id: reno, name: "Reno, Nevada", power_mw: 3, pue: 1.2}\n', "utf-8")
    said = desk("apply", "-f", str(file), "--yes")
    assert "power_mw: 2.4 → 3" in said.out
    assert "1 change made" in said.err
    assert len(read(desk, "pool", "list")) == 2


def test_new_content_under_an_old_name_of_terms_is_the_next_version(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "terms.yaml"
    file.write_text("terms:\n  - {name: yearly, payment_days: 60}\n", "utf-8")
    desk.done("apply", "-f", str(file), "--yes")
    assert read(desk, "terms", "show", "yearly")["id"] == "yearly@2"
    assert read(desk, "lease", "show", "acme-1")["terms"] == "yearly@1"


def test_the_schema_is_one_and_holds_for_the_example_and_not_for_nonsense() -> None:
    schema = json.loads(run("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    assert yaml.safe_load(run("schema", "-o", "yaml").out) == schema
    for file in (EXAMPLE, HERE / "fleet.yaml"):
        told = yaml.safe_load(file.read_text("utf-8"))
        assert [error.message for error in check.iter_errors(told)] == []
        assert not check.is_valid({**told, "sties": []})
        assert not check.is_valid({"sites": [{"id": "reno"}]})


def test_every_figure_of_the_example_says_where_it_comes_from() -> None:
    told = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    for noun in [*told["sites"], *told["pools"], *told["deliveries"]]:
        figures = {name for name, value in noun.items() if isinstance(value, int | float | list)}
        assert figures <= noun["sources"].keys(), f"{noun['id']} does not say the source of every figure"
        assert all(source["source"] and source["date"] for source in noun["sources"].values())


# ---- init and demo ----


def test_an_example_is_laid_out_and_is_lawful(tmp_path: Path) -> None:
    said = run("--now", NOW, "init", "--example", "colossus", str(tmp_path / "colossus"))
    assert said.code == 0
    assert f"neocloud --data {tmp_path / 'colossus'} capacity --output chart" in said.out
    desk = Desk(tmp_path / "colossus")
    assert len(read(desk, "pool", "list")) == 5
    assert read(desk, "audit") == []


def test_init_leaves_a_ledger_with_the_shipped_terms(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a" / "b")
    assert run("--now", NOW, "init", str(desk.directory)).code == 0
    names = {"reserved@1", "reclaimable-90d@1", "on-demand@1", "spot@1"}
    assert {each["id"] for each in read(desk, "terms", "list")} == names


def test_the_data_directory_and_now_come_from_the_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_DATA", str(desk.directory))
    monkeypatch.setenv("NEOCLOUD_NOW", "2028-06-01")
    assert json.loads(run("lease", "list", "-o", "json").out)[0]["id"] == "acme-1"
    assert "research-1" not in run("lease", "list").out


def test_a_demo_without_a_directory_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, played: tuple[Desk, Said]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = run("demo")
    assert said.code == 0
    assert said.out.count("$ neocloud") == played[1].out.count("$ neocloud")
    assert list(tmp_path.iterdir()) == []


# ---- the terminal ----


def test_there_is_no_colour_where_nobody_looks(desk: Desk) -> None:
    for words in (["lease", "list"], ["capacity", "-o", "chart"], ["audit"], ["lease", "show", "nobody"]):
        said = desk(*words)
        assert "\x1b" not in said.out + said.err


def _program(desk: Desk) -> list[str]:
    return [sys.executable, "-m", "neocloud", "--data", str(desk.directory), "--now", NOW]


def test_a_reader_who_leaves_early_sees_no_traceback(desk: Desk) -> None:
    words = " ".join(_program(desk))
    shell = f"{words} journal show --last 0 -o json | head -1; exit ${{PIPESTATUS[0]}}"
    said = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert (said.stdout, said.stderr, said.returncode) == ("[\n", "", 0)


def test_an_interrupt_is_one_sentence_and_exit_code_1(desk: Desk, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    asked = subprocess.Popen(
        [*_program(desk), "apply", "-f", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with asked, pipe.open("w"):  # it has come as far as reading the file
        asked.send_signal(signal.SIGINT)
        out, err = asked.communicate(timeout=20)
    assert (asked.returncode, out) == (1, "")
    assert err.strip() == "neocloud: interrupted; what was asked is done whole, or not at all"


@pytest.mark.parametrize(
    ("gpus", "words"),
    [
        ("1e10000000", "surely a slip of the hand"),
        ("-1e10000000", "slip of the hand"),
        ("1e-10000000", "nearest: 0 or 1"),
    ],
)
def test_a_number_beyond_all_arithmetic_is_refused_too(desk: Desk, gpus: str, words: str) -> None:
    said = desk("outage", "open", "--pool", "h100", "--gpus", gpus)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_power_too_small_to_be_counted_is_not_taken_for_none(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("sites:\n  - {id: elko, power_mw: 1.0e-40000000}\n", "utf-8")
    said = desk("apply", "-f", str(file), "--yes")
    assert (said.code, said.out) == (2, "")
    assert "finer than a watt" in said.err
