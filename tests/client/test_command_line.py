"""The command line with a server: every command prints what it prints on the same ledger here, byte by byte."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click
import pytest
from tools import pages

from neocloud.cli.main import neocloud
from neocloud.model.commands import KeyUsed
from neocloud.operations.directory import open_directory
from neocloud.operations.keys import new_key
from neocloud.units import DAY_S, parse_instant
from tests.cli.conftest import HERE, Desk, Said, run
from tests.cli.test_surplus import written
from tests.client.conftest import Served, serving

DAY = "2026-06-05"
LATER = "2026-06-12"
WISHES = HERE / "wishes.yaml"
SHEET = HERE.parents[1] / "examples" / "sheets" / "contracts-us.xlsx"
RAMP = "--exercise-by +20d --price 2.5 --id ramp"
BOOK = "--tenant acme --pool h100 --gpus 64 --from +1d --until +31d --price 2.50"

LINES = f"""
site list
site show reno -o yaml
pool list -o csv
pool show h100
delivery list
tenant list -o json
tenant show acme
terms list
terms show yearly@1
outage list
curtailment list
lease list
lease show acme-1 -o json
lease show acme-2
capacity --output chart
capacity --pool h100 -o csv
audit
at-risk
lease quote {BOOK} --id deal
lease quote {BOOK} --gpus 6400 --id deal -o json
lease book {BOOK} --id deal
lease book {BOOK} --id deal
lease book {BOOK} --gpus 128 --id deal -o json
lease book {BOOK} --gpus 6400 --id big -o json
lease book {BOOK} --gpus 63 --id odd -o json
lease book --tenant acme --pool h1000 --gpus 64 --until +9d --price 2 --id odd
lease book --tenant acme --block h100=64@+1d..+9d --block h100=7@+9d..+12d --price 2 --id odd -o json
lease hold {BOOK} --id maybe --expires +2d
lease confirm maybe -o json
lease confirm maybe
lease hold {BOOK} --id other
lease release other
lease amend deal --gpus 128 --at +10d --id more
lease amend deal --gpus 128000 --at +10d -o json
lease terminate acme-1 --by tenant --id bye
lease terminate deal --by tenant
lease book {BOOK} --terms spot --id spot-1
lease reclaim spot-1 --gpus 8 --id take
option grant --kind renewal --of deal --until +90d --exercise-by +20d --price 2.5 --id again
option list
option show again -o yaml
option exercise again --id yes
option grant --kind ramp --tenant acme --pool h100 --gpus 8 --from +40d --until +90d {RAMP}
option waive ramp
site notice reno --leave +1400d --id notice-1
delivery slip wave-1 --by 45d --what-if
delivery slip wave-1 --by 45d --reason late --id slip-1 -o json
delivery split wave-1 --gpus 256 --into wave-2 --id split-1
delivery accept wave-1 --stage delivered --id came
delivery show wave-1
outage open --pool h100 --gpus 700 --from +1d --until +3d --id cooling
outage close cooling --at +2d
outage show cooling
curtailment open --site reno --most-mw 0.6 --from +5d --until +6d --id heat
curtailment show heat
curtailment close heat --at +5d
apply -f {WISHES} --dry-run
apply -f {WISHES} --yes -o json
apply -f {WISHES} --yes
request make acme-8 --tenant acme --pool h100 --gpus 8 --from +30d --until +60d --price 2.1 -o yaml
request make acme-8 --tenant acme --pool h100 --gpus 8 --from +30d --until +60d --price 2.1
request list
request show acme-7 -o yaml
request accept acme-7
request decline acme-7 --reason dear
request withdraw research-2
request withdraw nobody-9
forecast list
forecast show startups
price list -o csv
price show h100:reserved
price-set list
plan --seed 1 --futures 2
plan --seed 1 --futures 2 --admit -o json
plan costs -o csv
plan costs --pool h100 -o chart
lease quote {BOOK} --from +60d --until +90d --id rich -o json
lease book {BOOK} --from +60d --until +90d --id rich -o json
lease show rich
plan watch --once --futures 2
plan keeping --futures 2
plan score --from 2026-06-05
price-set show X
at-risk -o json
import {SHEET} --dry-run
surplus jobs.csv --mapping map.yaml --resamples 0 --pool nobody
key list
key create --role customer --tenant acme --id buyer
key rotate buyer
key show buyer -o json
key revoke buyer
key revoke nobody
policy list
policy show nobody
approval list --all -o json
approval show nobody
approval approve nobody
approval decline nobody --note dear
approval withdraw nobody
webhook list
webhook show nobody
webhook failures nobody
webhook drop nobody
calendar --within 365d
calendar --within 365d --kind notice -o ics
calendar remind --to -
export --to tables --tables leases,sites
journal show --last 0
journal show --lease deal -o json
journal verify
journal verify --head 9999:00
journal digest
journal export -
review --since 2026-06-05 -o json
review --since 2026-06-05
review --since 2030-01-01
lease list --known-at 14
lease list --known-at 2026-06-05 --as-of +20d -o json
capacity --as-of +60d --pool h100 -o json
audit --known-at 15
lease show deal --known-at 13
lease list --known-at 99999
audit --exit-code
lease list --tenant nobody
nonsense
lease nonsense
lease list --nonsense
""".strip().split("\n")
"""Command lines, one after the other on one ledger: what reads, what writes, and what is said no to."""

ELSEWHERE = {"init", "demo", "schema", "login", "logout", "serve", "journal copy", "webhook create", "webhook rotate"}
"""Commands that are not about a served ledger, or told of in tests of their own."""

HOLD = ["lease", "hold", *BOOK.split(), "--id", "short", "--expires", "+2d"]


class Pair:
    """One ledger twice: in a directory here, and served; at one clock."""

    def __init__(self, here: Desk, there: Served, environment: dict[str, str]) -> None:
        self.here, self.there = here, there
        self._environment = environment

    def __call__(self, *words: str, now: str = DAY) -> tuple[Said, Said]:
        """What a command line answers here, and what with the server."""
        self.there.at = parse_instant(now, now=0)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._environment.items():
                patch.setenv(name, value)
            return self.here(*words, now=now), run("--server", self.there.url, *words)


@pytest.fixture(scope="module")
def twice(_small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("twice")
    shutil.copytree(_small, folder / "here")
    token = _with_key(folder / "here")
    shutil.copytree(folder / "here", folder / "there")
    with ExitStack() as held:
        patch = held.enter_context(pytest.MonkeyPatch.context())
        patch.chdir(folder)
        environment = {"XDG_CACHE_HOME": str(folder / "cache"), "NEOCLOUD_KEY": token}
        yield Pair(Desk(folder / "here"), held.enter_context(serving(folder / "there")), environment)


def _with_key(directory: Path) -> str:
    """Make an admin's key, and say that it was used on the days of the story: the service need not."""
    ledger = open_directory(directory, warn=print)
    made, now = new_key("admin", name="desk"), parse_instant(DAY, now=0)
    ledger.submit(made.command, now=now)
    day_at = parse_instant(LATER, now=0) // DAY_S * DAY_S
    ledger.submit(KeyUsed(id="used", key="desk", day_at=day_at), now=now)
    ledger.journal.close()
    return made.token


def masked(text: str) -> str:
    """Without what must differ: chains and ids by chance, tokens, authors, and where it is."""
    text = re.sub(r"nc_\w+?_[\w-]{43}", "TOKEN", text)
    text = re.sub(r"\b[0-9a-f]{9,}(\b|…)|[0-9a-f]{6,}…", "HEX", text)
    text = re.sub(r'"(by|origin)": ?"[^"]*"', r'"\1": "-"', text)
    return re.sub(r'"(content|digest)": ?"[^"]*"', r'"\1": "-"', text)


def test_every_command_prints_with_a_server_what_it_prints_here(twice: Pair) -> None:
    differing = []
    written(Path.cwd())
    for line in LINES:
        here, there = twice(*line.split())
        if (here.code, masked(here.out)) != (there.code, masked(there.out)):
            differing.append((line, here, there))
    assert differing == []


def test_time_goes_on_for_both(twice: Pair) -> None:
    for now, words in ((DAY, HOLD), (LATER, ["lease", "show", "short", "-o", "json"]), (LATER, ["lease", "list"])):
        here, there = twice(*words, now=now)
        assert (here.code, here.out, here.err) == (there.code, there.out, there.err)
    assert '"status": "expired"' in there.out or "short" not in there.out


def test_both_worlds_are_the_same_in_the_end(twice: Pair) -> None:
    here, there = (said.out.split("world")[1] for said in twice("journal", "digest", now=LATER))
    one, other = (said.out.split() for said in twice("audit", now=LATER))
    assert one == other
    assert len(here) == len(there)


def test_an_export_of_a_server_is_that_of_its_directory_to_the_byte(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    then = ("--known-at", json.loads(desk.done("journal", "digest", "-o", "json"))["seq"], "--as-of", DAY)
    with serving(desk.directory) as served:
        monkeypatch.setenv("NEOCLOUD_KEY", served.key("viewer"))
        said = run("--server", served.url, "export", "--to", str(tmp_path / "there"), *map(str, then))
    assert said.code == 0, said
    desk.done("export", "--to", str(tmp_path / "here"), *map(str, then))
    here, there = (
        {each.name: each.read_bytes() for each in (tmp_path / name).iterdir()} for name in ("here", "there")
    )
    assert len(here) > 20 and here == there


def test_a_price_set_is_read_from_the_server_and_kept(twice: Pair) -> None:
    words = ("plan", "costs", "-o", "csv")
    twice("plan", "--seed", "1", "--futures", "2", "--admit", now=LATER)
    [kept] = {path.parent for path in Path("cache").rglob("*.parquet")}
    shutil.rmtree(kept)
    here, there = twice(*words, now=LATER)
    assert here.code == 0 and here.out == there.out and list(kept.glob("*.parquet"))
    for path in kept.glob("*.parquet"):
        path.write_bytes(b"PAR1 torn")
    assert twice(*words, now=LATER)[1].out == here.out
    shutil.rmtree(kept)
    for path in Path("there", "prices").glob("*.parquet"):
        path.unlink()
    said = twice(*words, now=LATER)[1]
    assert said.code == 2 and "has no file of price set" in said.err and said.err.count("\n") == 1


def test_the_table_has_every_command() -> None:
    every = {
        " ".join(words)
        for words, command in pages.commands(neocloud)
        if not isinstance(command, click.Group) or command.invoke_without_command
    }
    untold = {each for each in every - ELSEWHERE if not any(line.startswith(each) for line in LINES)}
    assert untold == set()
