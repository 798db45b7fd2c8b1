"""What tests of the command line share: a desk with a small fleet, and one with the played story."""

import io
import shutil
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from neocloud.cli.main import main
from neocloud.operations.directory import open_directory

NOW = "2026-06-05"
HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "plan"
BEGUN_AT, PLANNED_AT = "2027-01-01", "2027-01-04"


class Said(NamedTuple):
    """What a command line answered."""

    code: int
    out: str
    err: str


class Desk:
    """A data directory, and command lines on it."""

    def __init__(self, directory: Path, now: str = NOW) -> None:
        self.directory = directory
        self.now = now

    def __call__(self, *words: str, now: str | None = None) -> Said:
        return run("--data", str(self.directory), "--now", now or self.now, *words)

    def done(self, *words: str, now: str | None = None) -> str:
        """What a command printed, which must have been done."""
        said = self(*words, now=now)
        assert said.code == 0, said
        return said.out

    def state(self) -> tuple[str, str]:
        """The journal's head and the digest of the world."""
        ledger = open_directory(self.directory, warn=print)
        with closing(ledger.journal):
            return str(ledger.world.head), ledger.world.digest()


def run(*words: str) -> Said:
    """Run one command line in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    out.seek(0), err.seek(0)
    return Said(code, out.read(), err.read())


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the variables or the terminal of whoever runs it."""
    for name in ("NEOCLOUD_DATA", "NEOCLOUD_NOW", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("small") / "desk"
    desk = Desk(directory)
    assert run("--now", NOW, "init", str(directory)).code == 0
    desk.done("apply", "--yes", "-f", str(HERE / "fleet.yaml"))
    return directory


@pytest.fixture
def desk(_small: Path, tmp_path: Path) -> Desk:
    """A desk of its own: pool h100 of 1,024 GPUs, of which acme has 256 for certain and research 128."""
    return Desk(Path(shutil.copytree(_small, tmp_path / "desk")))


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Said]]:
    """The desk that the demo leaves, and what it printed. Not to be written to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "100")
        directory = tmp_path_factory.mktemp("played") / "colossus"
        said = run("demo", str(directory))
    yield Desk(directory, now="2026-09-15"), said


@pytest.fixture(scope="session")
def _planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("planned") / "desk", BEGUN_AT)
    assert run("--now", BEGUN_AT, "init", str(desk.directory)).code == 0
    desk.done("apply", "--yes", "-f", str(EXAMPLE / "fleet.yaml"))
    return desk.directory


@pytest.fixture
def planner(_planned: Path, tmp_path: Path) -> Desk:
    """The desk of the example of a plan: two sites, three pools, three classes of demand; no prices yet."""
    return Desk(Path(shutil.copytree(_planned, tmp_path / "desk")), PLANNED_AT)
