"""At a terminal: colours, completion; and a whole life of a ledger on PostgreSQL."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import HERE, NOW, Desk, run

PROGRAM = [sys.executable, "-m", "neocloud"]


def at_a_terminal(desk: Desk, *words: str) -> str:
    """What a command prints to a terminal."""
    leader, follower = pty.openpty()
    command = [*PROGRAM, "--data", str(desk.directory), "--now", NOW, *words]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower):
        os.close(follower)
        printed = b""
        while chunk := _read(leader):
            printed += chunk
    os.close(leader)
    return printed.decode()


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65_536)
    except OSError:  # the other side has hung up
        return b""


def test_a_terminal_shows_colours(desk: Desk) -> None:
    assert "\x1b[31m" in at_a_terminal(desk, "lease", "show", "nobody")
    assert "\x1b[1mID" in at_a_terminal(desk, "lease", "list")


def test_json_has_no_colours_even_at_a_terminal(desk: Desk) -> None:
    assert "\x1b" not in at_a_terminal(desk, "lease", "list", "-o", "json")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_a_script_that_completes(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_NEOCLOUD_COMPLETE", f"{shell}_source")
    said = run()
    assert said.code == 0 and f"{shell}_complete" in said.out, said


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("neocloud jour", {"journal"}),
        ("neocloud lease te", {"terminate"}),
        ("neocloud lease list --out", {"--output"}),
        ("neocloud lease list --output j", {"json"}),
        ("neocloud nonsense li", set()),
    ],
)
def test_words_are_completed(words: str, completed: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_NEOCLOUD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    said = run()
    assert "Traceback" not in said.err
    assert {line.partition(",")[2] for line in said.out.split()} == completed, said


@pytest.mark.postgres
def test_a_ledger_on_postgresql_answers_as_one_on_sqlite(postgres_url: str, tmp_path: Path, desk: Desk) -> None:
    other = Desk(tmp_path / "other")
    assert run("--now", NOW, "init", "--journal", postgres_url, str(other.directory)).code == 0
    other.done("apply", "--yes", "-f", str(HERE / "fleet.yaml"))
    words = ("--tenant", "acme", "--pool", "h100", "--gpus", "64", "--until", "+90d", "--price", "2", "--id", "deal")
    for line in (
        ("lease", "hold", *words),
        ("lease", "confirm", "deal"),
        ("lease", "amend", "deal", "--gpus", "128", "--at", "+7d", "--id", "am-1"),
        ("lease", "quote", "--tenant", "acme", "--pool", "h100", "--gpus", "800", "--until", "+9d", "--price", "2",
         "--id", "big"),
        ("lease", "list"),
        ("lease", "show", "deal", "-o", "yaml"),
        ("capacity", "-o", "chart"),
        ("outage", "open", "--pool", "h100", "--gpus", "700", "--id", "o1"),
        ("audit",),
        ("outage", "close", "o1", "--at", "+1h"),
        ("journal", "show", "--last", "0", "-o", "csv"),
    ):  # fmt: skip
        on_sqlite, on_postgresql = desk(*line), other(*line)
        if line[:2] != ("journal", "show"):
            assert on_postgresql == on_sqlite, line
    assert other.state()[1] == desk.state()[1]
    assert other.done("journal", "verify").startswith("the chain holds")
