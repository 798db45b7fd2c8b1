"""The demo tells the story that it should, and what it computes is what the reports say."""

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner  # only for its isolation of the terminal's width

from neocloud.cli.main import main

GOLDEN = Path(__file__).parent.parent / "golden"
RENEW = os.environ.get("NEOCLOUD_GOLDEN") == "renew"


def compare(name: str, text: str) -> None:
    """Hold a text against its golden file; with NEOCLOUD_GOLDEN=renew, write it."""
    if RENEW:
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(text, "utf-8")
    assert text == (GOLDEN / name).read_text("utf-8"), "to accept the change: NEOCLOUD_GOLDEN=renew"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The ledger that the demo leaves, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "colossus"
    with pytest.MonkeyPatch.context() as patch, CliRunner(env={"COLUMNS": "100"}).isolation() as streams:
        patch.setenv("COLUMNS", "100")
        code = main(["demo", str(folder)])
        printed = streams[0].getvalue().decode()
    assert code == 0, printed
    return folder, printed


def test_the_demo_prints_what_it_printed_before(played: tuple[Path, str]) -> None:
    folder, printed = played
    masked = re.sub(r"lease_[0-9a-f]{12}", "lease_0", printed).replace(str(folder), "./colossus")
    compare("demo.txt", re.sub(r"head (\d+):[0-9a-f]{64}", r"head \1:...", masked))


def ask(capsys: pytest.CaptureFixture[str], folder: Path, *args: str) -> object:
    capsys.readouterr()
    assert main(["--data", str(folder), "--now", "2026-09-15", *args, "-o", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_totals_are_those_of_the_reports(played: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    lease = ask(capsys, played[0], "lease", "show", "anthropic")
    assert isinstance(lease, dict)
    compare("anthropic.json", json.dumps(lease, indent=1) + "\n")
    assert 324_000 <= lease["computed"]["gpus"] <= 326_000, "reported: about 325,000"
    months = 35 * 1_250_000_000
    assert float(lease["computed"]["contracted"]["amount"]) > months, "July 2026 to May 2029, and the ramp"
    google = ask(capsys, played[0], "lease", "show", "google")
    assert isinstance(google, dict)
    assert float(google["computed"]["contracted"]["amount"]) > 33 * 920_000_000, (
        "October 2026 to June 2029, and the ramp"
    )


def test_the_refusal_of_june_offers_the_pool_that_is_then_booked(
    played: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, printed = played
    refusal = printed.split("what would fit:")[1].split("\n\n")[0]
    assert "other pool: 110,016 GPUs of colossus-2-gb300" in refusal
    google = ask(capsys, folder, "lease", "show", "google")
    assert isinstance(google, dict)
    assert max(google["blocks"], key=lambda block: block["until"])["pool"] == "colossus-2-gb300"
    assert max(block["gpus"] for block in google["blocks"]) == 110_016


def test_the_slip_leaves_the_second_customer_short_until_the_desk_takes_a_way_out(played: tuple[Path, str]) -> None:
    before, _, after = played[1].partition("Who is at risk now?")
    assert "short by 53,568 GPUs from 2026-10-01 to 2026-11-12" in before
    assert "may terminate or take fewer GPUs" in before
    assert "2026-11-01" in before, "the deadline of 30 September, and a month of grace"
    assert "Nothing is short" in after


def test_a_booking_killed_in_its_commit_leaves_the_same_digest(played: tuple[Path, str]) -> None:
    before, after = re.findall(r"digest (?:before|after) +([0-9a-f]{64})", played[1])
    assert before == after
    assert "killed by signal 9" in played[1]


def test_nothing_is_oversold_at_the_end(played: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, played[0], "audit") == []
    assert "Nothing is oversold" in played[1]


def test_the_demo_is_not_played_over_a_ledger_that_exists(
    played: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", str(played[0])]) == 2
    assert "is in use" in capsys.readouterr().err


def test_the_schema_is_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    compare("schema.json", capsys.readouterr().out)
