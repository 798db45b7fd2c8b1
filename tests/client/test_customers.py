"""The command line with a customer's key: its own things in the operator's tables, and nothing of anybody else's."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.client.conftest import Printed, Served, run
from tests.client.test_page import PAGE
from tests.docs.sessions import conversation, fenced

PRICES = """
list_prices:
  - {pool: h100, terms: reserved, price: 2.5}
  - {pool: h100, terms: yearly, price: 2.35}
tenants:
  - {id: globex, kind: customer, name: Globex}
terms:
  - {name: secretive, description: for globex alone}
requests:
  - {id: acme-want, tenant: acme, from: "2026-10-01", until: "2027-01-01",
     pools: [{pool: h100, gpus: 64, price: 2.5}]}
  - {id: globex-want, tenant: globex, from: "2026-10-01", until: "2027-01-01",
     pools: [{pool: h100, gpus: 8, price: 8.77}]}
leases:
  - id: globex-1
    tenant: globex
    terms: secretive
    blocks: [{pool: h100, gpus: 64, from: "2026-06-06", until: "2027-07-01"}]
    prices: [{per: gpu_hour, amount: 8.76}]
"""
FOREIGN = re.compile(r"globex|research|secretive|8\.7[67]|reno|gb200")
"""What is in no answer to acme."""
BOOK = "--pool h100 --gpus 64 --from +1d --until +31d"

Says = Callable[..., Printed]


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    """The small desk with a price book, and a second customer."""
    (tmp_path / "prices.yaml").write_text(PRICES)
    desk.done("apply", "--yes", "-f", str(tmp_path / "prices.yaml"))
    ramp = "option grant --kind ramp --tenant acme --pool h100 --gpus 8 --from +40d --until +90d"
    desk.done(*f"{ramp} --exercise-by +20d --price 2.5 --takes --id acme-ramp".split())
    return desk


@pytest.fixture
def says(served: Served, monkeypatch: pytest.MonkeyPatch) -> Says:
    """What a command line answers acme; nothing of it is anybody else's."""

    def answered(line: str, **more: str) -> Printed:
        monkeypatch.setenv("NEOCLOUD_KEY", served.key(more.get("key", "acme"), "acme", "customer"))
        found = run("--server", served.url, *line.split())
        named = f"'{line.rsplit(maxsplit=1)[-1]}'"  # a no says what was asked for
        assert not FOREIGN.search((found.out + found.err).replace(named, "")), found
        return found

    return answered


@pytest.fixture
def done(says: Says) -> Callable[[str], str]:
    """What is printed of what must be done."""

    def printed(line: str) -> str:
        found = says(line)
        assert found.code == 0, found
        return found.out

    return printed


def operators(served: Served, line: str, monkeypatch: pytest.MonkeyPatch) -> Printed:
    """What the operator is answered."""
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("operator"))
    return run("--server", served.url, *line.split())


SAME = [
    "request show acme-want", "request show acme-want -o yaml", "terms show yearly@1", "terms show yearly",
    "price list", "price show h100:reserved -o json", "option list", "calendar --tenant acme --within 3650d",
]  # fmt: skip
"""What is of acme alone, or for sale: the operator is told the same of it."""

LESS = [
    "lease list --tenant acme", "lease list --tenant acme --all", "lease show acme-1", "lease show acme-ramp",
    "option show acme-ramp", "request list", "request list --all",
]  # fmt: skip
"""What the operator is told more of: each line that acme is shown is one of the operator's."""


@pytest.mark.parametrize("line", SAME)
def test_it_is_shown_as_the_operator_is_shown_it(
    says: Says, served: Served, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "calendar" in line:  # it is at sites, which a customer is not told of
        assert re.sub(r",+$", "", says(line).out, flags=re.M).splitlines()[1:]
        return
    assert says(line) == operators(served, line, monkeypatch)


@pytest.mark.parametrize("line", LESS)
def test_what_is_shown_is_what_the_operator_is_shown_without_what_is_the_operators(
    says: Says, served: Served, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = says(line).out.splitlines()
    theirs = [" ".join(each.split()) for each in operators(served, line, monkeypatch).out.splitlines()]
    assert mine and all(" ".join(each.split()) in theirs for each in mine if not each.startswith("contracted "))


def test_programs_are_told_the_same_fields_less_what_is_the_operators(
    says: Says, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in ("lease list --tenant acme -o json", "option list -o json"):
        mine, theirs = (json.loads(each.out) for each in (says(line), operators(served, line, monkeypatch)))
        assert [each["id"] for each in mine] == [each["id"] for each in theirs]
        for one, other in zip(mine, theirs, strict=True):
            assert one["computed"].items() <= other.pop("computed").items()
            one.pop("computed")
            assert one.items() <= other.items() and list(one) == [name for name in other if name in one]


def test_a_hold_lives_and_is_confirmed_and_a_lease_is_booked(says: Says, done: Callable[[str], str]) -> None:
    assert done(f"lease quote {BOOK}").startswith("It fits. Nothing is booked.\n")
    assert done(f"lease hold {BOOK} --id acme-a --expires +2d").startswith("Held.\n")
    assert "expires" in done("lease show acme-a")
    assert done("lease confirm acme-a").startswith("Confirmed.\n")
    assert "again" in says("lease confirm acme-a").err
    assert "2.5 USD per GPU-hour" in done("lease show acme-a")
    booked = f"lease book {BOOK} --price 2.6 --id acme-b"
    assert (
        done(booked).startswith("Booked.\n")
        and says(booked).err == "this was accepted before; the same answer again\n"
    )
    assert json.loads(done(f"lease book {BOOK} -o json"))["id"].startswith("lease_")
    done(f"lease hold {BOOK} --id acme-c")
    assert done("lease release acme-c").startswith("Released.\n")
    assert "acme-c" in done("lease list --all") and "acme-c" not in done("lease list")
    assert done("lease terminate acme-1 --id n1").startswith("Notice is served.\n")
    assert "tenant 2026-06-05, effect 2027-07-05" in done("lease show acme-1")
    assert done("option exercise acme-ramp").startswith("Exercised.\n")
    assert "acme-ramp" in done("option list --all") and done("option list") == "no options\n"
    assert done(f"request make acme-wish {BOOK} --price 2.6").startswith("Asked for.\n")
    assert "acme-wish" in done("request list") and done("request withdraw acme-wish")
    assert done("request withdraw acme-want").startswith("Withdrawn.\n")
    assert done("request list") == "no requests\n"


def test_what_is_free_is_shown(done: Callable[[str], str]) -> None:
    rows = json.loads(done("capacity --pool h100 --until +30d -o json"))
    assert {each["id"] for each in rows} == {"h100"} and set(rows[0]) == {"id", "from", "until", "unit", "available"}
    assert done("capacity --until +30d").startswith("ID ")
    picture = done("capacity --output chart")
    assert picture.startswith("pool h100: free GPUs\n") and ". free" in picture


def test_the_calendar_is_its_own(done: Callable[[str], str]) -> None:
    rows = json.loads(done("calendar --within 3650d -o json"))
    assert {each["noun_id"] for each in rows} == {"acme-1", "acme-ramp"} and rows[0]["sites"] == []
    assert done("calendar --within 3650d -o ics").count("BEGIN:VEVENT") == len(rows)
    assert done("calendar --within 1h --kind hold") == "nothing is due within 1h\n"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f"lease book {BOOK.replace('64', '65')}", r"--gpus: .*multiple of 8"),
        (f"lease book --tenant globex {BOOK}", r"--tenant: this key books for acme"),
        (f"lease book {BOOK} --id mine", r"--id: leave the id out, or write acme- and then"),
        (f"lease book {BOOK} --price 2.4", r"the list price is 2\.50 USD per GPU-hour"),
        (f"lease book {BOOK} --reclaim", r"--reclaim: only the operator says this"),
        (f"lease book {BOOK} --force", r"--force goes with --reclaim"),
        (f"lease book {BOOK.replace('+31d', 'tomorrow')}", r"--until: "),
        ("lease book --block h100=64@+1d..+31d --block h100=7@+1d..+31d --tenant acme", r"blocks\[1\]\.gpus: "),
        ("lease show globex-1", "no lease is called 'globex-1'"),
        ("lease confirm globex-1", "no lease is called 'globex-1'"),
        ("lease terminate acme-1 --by operator", "a tenant serves its own notice"),
        ("lease list --tenant globex", "no tenant is called 'globex'"),
        ("option show acme-1", "no option is called 'acme-1'"),
        ("option exercise acme-ramp --reclaim", "only the operator makes others give way"),
        ("request show globex-want", "no request is called 'globex-want'"),
        ("request withdraw globex-want", "no request is called 'globex-want'"),
        ("terms show secretive", "no terms is called 'secretive'"),
        ("capacity --pool gb200", "no pool is called 'gb200'"),
        ("capacity --site reno", "no pool is called 'reno'"),
        ("calendar --tenant globex", "no tenant is called 'globex'"),
        ("calendar --site reno", "no site is called 'reno'"),
        ("lease list --as-of +3d", "--as-of: a customer's key is shown what is so now; leave it out"),
        ("lease show acme-1 --known-at 3", "--known-at: "),
        ("--now 2026-06-06 lease list", "--now: "),
        ("audit", "`neocloud audit` is for the operator's own people; a customer's key works with capacity, "),
        ("lease amend acme-1 --gpus 8", "`neocloud lease amend` is for the operator's own people"),
        ("site list", "`neocloud site list` is for the operator's own people"),
        ("at-risk", "is for the operator's own people"),
        ("journal show", "is for the operator's own people"),
        ("review --since 2026-01-01", "is for the operator's own people"),
        ("calendar remind --to -", "is for the operator's own people"),
        ("plan", "is for the operator's own people"),
    ],
)  # fmt: skip
def test_what_may_not_be_is_one_sentence(says: Says, line: str, sentence: str) -> None:
    said = says(line)
    assert (said.code, said.out) == (2, ""), said
    assert re.match(f"neocloud: .*{sentence}", said.err) and said.err.count("\n") == 1, said.err


def test_what_does_not_fit_says_what_would_as_to_the_operator(
    says: Says, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"lease book {BOOK.replace('64', '6400')} --price 2.5 --id acme-big"
    mine, theirs = says(line), operators(served, f"{line} --tenant acme", monkeypatch)
    assert mine.code == theirs.code == 2
    assert mine.err.startswith("neocloud: it does not fit; what would fit:\n  fewer GPUs: ")
    assert set(mine.err.splitlines()[1:]) <= set(theirs.err.splitlines())
    problem = json.loads(says(f"{line} -o json").out)
    assert problem["code"] == "lease.oversold" and problem["offers"] and "shortages" not in problem


def test_what_needs_a_second_person_is_said_to_wait(
    says: Says, desk: Desk, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("policies: [{id: big, when: {gpus_above: 8}, then: ask, reason: a big promise}]\n")
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("admin"))
    assert run("--server", served.url, "apply", "--yes", "-f", str(policy)).code == 0
    said = says(f"lease book {BOOK} --id acme-w")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("asked, and not done: acme-w waits until somebody else approves it (")
    assert json.loads(says(f"lease book {BOOK} --id acme-x -o json").out)["status"] == "asked"


def test_the_session_of_the_page_prints_what_it_says(says: Says) -> None:
    [session] = [block.text for block in fenced(PAGE) if block.text.startswith("$ neocloud capacity --pool h100")]
    for said in conversation(session):
        found = says(said.command.removeprefix("neocloud "))
        assert [line.rstrip() for line in (found.out + found.err).splitlines()] == said.lines, said.command


def test_what_was_said_with_an_id_is_not_said_otherwise(says: Says) -> None:
    assert says(f"lease book {BOOK} --id acme-7").code == 0
    said = says(f"lease book {BOOK.replace('64', '128')} --id acme-7")
    assert (said.code, said.err) == (
        2,
        "neocloud: something else was said with this id before; choose another --id\n",
    )
    assert "there is a lease acme-1 already" in says(f"lease book {BOOK} --id acme-1").err


def test_a_key_that_may_only_look_is_told_what_it_lacks(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("narrow", "acme", "customer", ["leases.read"]))
    assert "acme-1" in run("--server", served.url, "lease", "list").out
    said = run("--server", served.url, *f"lease book {BOOK}".split())
    assert (said.code, said.err) == (2, "neocloud: this key may not: it lacks leases.write\n")
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("scoped", role="viewer", scopes=["leases.read"]))
    said = run("--server", served.url, "lease", "list")
    assert said.code == 2 and "it lacks journal.read" in said.err
