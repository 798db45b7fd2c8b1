"""`journal copy`: two heads and two digests, equal; once more changes nothing; another journal is refused."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Desk, run

DEAL = ("--tenant", "acme", "--pool", "h100", "--gpus", "8", "--until", "+9d", "--price", "2", "--id", "deal")


def test_a_copy_tells_both_heads_and_digests_which_are_equal(desk: Desk, tmp_path: Path) -> None:
    said = desk("journal", "copy", "--to", f"sqlite:{tmp_path}/copy.sqlite", "--output", "json")
    source, target = json.loads(said.out)
    assert (source["id"], target["id"]) == ("source", "target")
    assert (source["head"], source["world"]) == (target["head"], target["world"]) == desk.state()
    assert said.err == "copied 14 of 14 entries\n"
    again = desk("journal", "copy", "--to", f"sqlite:{tmp_path}/copy.sqlite")
    assert (again.code, again.err) == (0, "it was all there already\n")
    assert again.out.count(desk.state()[0]) == again.out.count(desk.state()[1]) == 2


@pytest.mark.postgres
def test_a_desk_moves_to_postgresql_and_back(desk: Desk, postgres_url: str, tmp_path: Path) -> None:
    before = desk.done("lease", "list"), desk.state()
    desk.done("journal", "copy", "--to", postgres_url)
    (desk.directory / "neocloud.toml").write_text(f"journal = {json.dumps(postgres_url)}\n")
    assert (desk.done("lease", "list"), desk.state()) == before
    desk.done("lease", "book", *DEAL)
    desk.done("journal", "copy", "--to", f"sqlite:{tmp_path}/back.sqlite")
    (desk.directory / "neocloud.toml").write_text(f"journal = 'sqlite:{tmp_path}/back.sqlite'\n")
    assert "deal" in desk.done("lease", "list")
    assert "the chain holds over 15 entries" in desk.done("journal", "verify")


def test_an_interrupted_copy_says_how_to_go_on(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(done: int, total: int) -> None:
        raise KeyboardInterrupt

    words = ("journal", "copy", "--to", f"sqlite:{tmp_path}/copy.sqlite")
    with monkeypatch.context() as interrupt:
        interrupt.setattr("neocloud.cli.journal.Bar", lambda work: pressed)
        said = desk(*words)
    assert (said.code, said.out) == (1, "")
    assert said.err == "neocloud: interrupted; what is copied stays, and the same command goes on from there\n"
    assert desk(*words).code == 0


def test_the_journal_of_another_desk_is_not_overwritten(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "third", now="2026-06-01")
    assert run("--now", other.now, "init", str(other.directory)).code == 0
    before = other.state()
    said = desk("journal", "copy", "--to", f"sqlite:{other.directory}/journal.sqlite")
    assert said.code == 2 and "holds other entries (4 of them)" in said.err and said.err.count("\n") == 1
    assert other.state() == before


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("nonsense", 2, "--to: 'nonsense' is not a journal; write sqlite:PATH or postgresql://HOST/DATABASE"),
        ("sqlite:/nowhere/at/all", 1, "/nowhere/at/all cannot be used"),
        ("postgresql://desk:secret@localhost:1/desk", 1, "postgresql://localhost:1/desk cannot be reached"),
    ],
)
def test_a_place_that_cannot_be_is_told_in_one_sentence(desk: Desk, url: str, code: int, words: str) -> None:
    said = desk("journal", "copy", "--to", url)
    assert (said.code, said.out) == (code, "")
    assert words in said.err and said.err.count("\n") == 1 and "secret" not in said.err
