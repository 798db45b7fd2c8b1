"""Bad input gets one clear sentence and exit code 2, and nothing changes."""

import json
import shlex

import pytest

from tests.cli.conftest import Desk, run

LONG = "9" * 5_000
BOOK = "lease book --tenant acme --pool h100 --gpus 64"
PAID = f"{BOOK} --until +30d"

NAMES = [
    ("leas list", "no command is called 'leas'; did you mean 'lease'?"),
    ("lease lst", "no command is called 'lst'; did you mean 'list'?"),
    ("lease list --outpt json", "No such option '--outpt'. Did you mean '--output'?"),
    ("lease list --output jsn", "'jsn' is not one of 'table', 'json', 'yaml', 'csv'"),
    ("lease show", "Missing argument 'LEASE'"),
    ("lease show acme-1 acme-1", "unexpected extra argument"),
    ("lease show acme-2", "no lease is called 'acme-2'; did you mean 'acme-1'?"),
    ("lease show ''", "no lease is called ''"),
    ("lease list --tenant acm", "no tenant is called 'acm'; did you mean 'acme'?"),
    ("lease list --pool h10", "no pool is called 'h10'; did you mean 'h100'?"),
    ("lease confirm acme-2", "did you mean 'acme-1'?"),
    ("lease release acme-2", "did you mean 'acme-1'?"),
    ("lease terminate acme-2 --by tenant", "did you mean 'acme-1'?"),
    ("lease amend acme-2 --gpus 8", "did you mean 'acme-1'?"),
    ("journal show --lease acme-2", "did you mean 'acme-1'?"),
    ("site show ren", "no site is called 'ren'; did you mean 'reno'?"),
    ("pool show h10", "did you mean 'h100'?"),
    ("tenant show acm", "did you mean 'acme'?"),
    ("terms show reservd", "no terms is called 'reservd'"),
    ("terms show reserved@7", "no terms is called 'reserved@7'"),
    ("delivery show wave-2", "did you mean 'wave-1'?"),
    ("outage show check-2", "did you mean 'check-1'?"),
    ("outage close check-2", "did you mean 'check-1'?"),
    ("outage open --pool h10 --gpus 8", "did you mean 'h100'?"),
    ("capacity --pool h10", "did you mean 'h100'?"),
    ("capacity --site ren", "did you mean 'reno'?"),
    (f"{PAID} --price 2 --terms reservd", "did you mean 'reserved'?"),
    ("lease book --tenant acm --pool h100 --gpus 64 --until +30d --price 2", "did you mean 'acme'?"),
    ("lease book --tenant acme --pool h10 --gpus 64 --until +30d --price 2", "did you mean 'h100'?"),
    ("lease book --tenant acme --site ren --all --until +30d --price 2", "did you mean 'reno'?"),
    ("lease book --tenant acme --site reno --all --until +30d --price 2 --prefer h10", "did you mean 'h100'?"),
    ("lease amend acme-1 --move h10", "did you mean 'h100'?"),
    ("lease amend acme-1 --tenant nobody", "no tenant is called 'nobody'"),
    ("demo --example colosus DIR", "no example is called 'colosus'; did you mean 'colossus'?"),
    ("init --example colosus DIR", "no example is called 'colosus'; did you mean 'colossus'?"),
    (f"{PAID} --price 2 --id 'a b'", "'a b' cannot be an id"),
    (f"{PAID} --price 2 --id ''", "cannot be an id"),
    ("outage open --pool h100 --gpus 8 --id ../x", "'../x' cannot be an id"),
]

TIMES = [
    (f"{BOOK} --price 2 --from +9d --until +8d", "is not after the start"),
    (f"{BOOK} --price 2 --until now", "is not after the start"),
    (f"{BOOK} --price 2", "every lease has an end"),
    (f"{BOOK} --price 2 --until 2026-02-30", "day is out of range for month"),
    (f"{BOOK} --price 2 --until 0000-01-01", "'0000-01-01' is not a time"),
    (f"{BOOK} --price 2 --until 10000-01-01", "'10000-01-01' is not a time"),
    (f"{BOOK} --price 2 --until 1969-12-31", "lies outside the years 1970 to 9999"),
    (f"{BOOK} --price 2 --until 2026-10-01T24:00:00Z", "is not a time"),
    (f"{BOOK} --price 2 --until 2026-10-01T10:00:00", "does not say its offset from UTC"),
    (f"{BOOK} --price 2 --until 2026-10-01T10:00:00.5Z", "finer than a second"),
    (f"{BOOK} --price 2 --until 2026-10-01T10:00:00.0000001Z", "finer than a second"),
    (f"{BOOK} --price 2 --until 2026-10-01T10:00:00+25:00", "is not a time"),
    (f"{BOOK} --price 2 --until 0001-01-01T00:00:00+10:00", "lies outside the years"),
    (f"{BOOK} --price 2 --until tomorrow", "--until: 'tomorrow' is not a time"),
    (f"{BOOK} --price 2 --until +1.5d", "'1.5d' is not a duration"),
    (f"{BOOK} --price 2 --until +999999999999d", "outside the years"),
    (f"{BOOK} --price 2 --until +", "is not a duration"),
    (f"{BOOK} --price 2 --until ''", "'' is not a time"),
    (f"{BOOK} --price 2 --until +{LONG}d", "is not a duration"),
    (f"{BOOK} --price 2 --from 2026-06-01 --until +30d", "lies before now"),
    ("lease hold --tenant acme --pool h100 --gpus 8 --until +9d --price 2 --expires +0s", "has run out already"),
    ("lease hold --tenant acme --pool h100 --gpus 8 --until +9d --price 2 --expires +1y", "is not a duration"),
    (
        "lease hold --tenant acme --pool h100 --gpus 8 --until +9d --price 2 --expires 2026-06-01",
        "has run out already",
    ),
    ("lease amend acme-1 --until 2026-06-01", "is not after"),
    ("lease amend acme-1 --gpus 8 --at 2026-06-01", "lies before now"),
    ("lease amend acme-1 --gpus 8 --at 2031-01-01", "is not before the end of the lease"),
    ("capacity --from 2027-01-01 --until 2026-01-01", "is not after the start"),
    ("outage open --pool h100 --gpus 8 --from +2d --until +1d", "is not after the start"),
    ("outage close check-1 --at 2026-07-01", "begins 2026-08-01"),
    ("--now yesterday lease list", "--now: 'yesterday' is not a time"),
    ("--now 2026-06-01 lease list", "lies before the journal's last entry, 2026-06-05"),
]

GPUS = [
    ("0", "0 GPUs cannot be leased; the least is 8"),
    ("-8", "-8 GPUs cannot be leased"),
    ("1.5", "1.5 is not a whole number of GPUs; nearest: 1 or 2"),
    ("65", "not a multiple of 8, the sell unit of pool h100; nearest: 64 or 72"),
    ("3", "nearest: 8"),
    ("1" + "0" * 30, "surely a slip of the hand"),
    ("1e30", "surely a slip of the hand"),
    ("1e999999", "surely a slip of the hand"),
    ("1e-9999", "not a whole number"),
    (LONG, "surely a slip of the hand"),
    ("many", "'many' is not a number of GPUs"),
    ("''", "'' is not a number of GPUs"),
    ("NaN", "'NaN' is not a number of GPUs"),
    ("1024", "what would fit:"),
]

MONEY = [
    (PAID, "a customer's lease needs a price"),
    (f"{PAID} --price 2 --value 2", "contradict each other"),
    (f"{PAID} --price 2 --rank 1", "contradict each other"),
    (f"{PAID} --value 2", "acme is a customer"),
    ("lease book --tenant research --pool h100 --gpus 64 --until +30d --price 2", "research is an inside team"),
    ("lease book --tenant research --pool h100 --gpus 64 --until +30d --rank 0", "a rank is 1 or more"),
    ("lease book --tenant research --pool h100 --gpus 64 --until +30d --rank x", "'x' is not a valid integer"),
    ("lease book --tenant research --pool h100 --gpus 64 --until +30d --value -1", "--value: -1 USD cannot be"),
    ("lease book --tenant research --pool h100 --gpus 64 --until +30d --value 1e25", "slip of the hand"),
    (f"{PAID} --price -1", "--price: -1 USD cannot be"),
    (f"{PAID} --price NaN", "'NaN' is not an amount of USD"),
    (f"{PAID} --price inf", "'inf' is not an amount of USD"),
    (f"{PAID} --price free", "'free' is not an amount of USD"),
    (f"{PAID} --price ''", "'' is not an amount of USD"),
    (f"{PAID} --price 1e30", "1E+30 USD is surely a slip of the hand"),
    (f"{PAID} --price 1e999999", "slip of the hand"),
    (f"{PAID} --price {LONG}", "slip of the hand"),
    (f"{PAID} --price 2.0000000001", "at most nine digits after the point"),
    (f"{PAID} --price 2,5", "'2,5' is not an amount of USD"),
    (f"{PAID} --price 2@2025-01-01", "does not fit into the lease"),
    (f"{PAID} --price 2@soon", "--price: 'soon' is not a time"),
    (f"{PAID} --monthly 5@2026-06-20 --monthly 6@2026-06-10", "give them in order"),
    ("lease amend acme-1 --rank 2", "contradict each other"),
]

COMBINATIONS = [
    ("lease book --tenant acme --until +30d --price 2", "give --pool POOL with --gpus N, or --site SITE with --all"),
    ("lease book --tenant acme --pool h100 --until +30d --price 2", "give --gpus N, or --all"),
    ("lease book --tenant acme --pool h100 --gpus 8 --all --until +30d --price 2", "give --gpus N, or --all"),
    ("lease book --tenant acme --site reno --gpus 8 --until +30d --price 2", "of a --site only --all"),
    ("lease book --tenant acme --pool h100 --site reno --all --until +30d --price 2", "give --pool POOL"),
    ("lease book --tenant acme --site reno --all --until max --price 2", "name an end"),
    ("lease book --tenant acme --block h100 --price 2", "'h100' is not a block"),
    ("lease book --tenant acme --block h100=8@+1d --price 2", "is not a block"),
    (
        "lease book --tenant acme --block h100=8@..+1d --pool h100 --price 2",
        "leave --pool, --site, --gpus and --until",
    ),
    ("lease book --pool h100 --gpus 8 --until +30d --price 2", "--tenant: say whose it is"),
    ("lease amend acme-1", "nothing to amend"),
    ("lease amend acme-1 --from +3d", "its start is past"),
    ("lease amend acme-1 --tenant research", "research is inside"),
    ("lease terminate acme-1", "--by: say who serves notice: operator or tenant"),
    ("lease terminate acme-1 --by operator", "the operator has no right to terminate lease acme-1"),
    ("lease terminate acme-1 --by tenant --at +30d", "at the earliest"),
    ("lease terminate acme-1 --by tenant --gpus 8", "no right to terminate a part of lease acme-1"),
    ("lease release acme-1", "only a hold can be released"),
    ("lease book --tenant acme --pool h100 --gpus 8 --until +9d --price 2 --id acme-1", "choose another id"),
    ("outage open --pool h100 --gpus 8 --id check-1", "outage check-1 exists already"),
    ("outage open --pool h100 --gpus 0", "0 GPUs cannot be"),
    ("outage open --pool h100 --gpus -8", "-8 GPUs cannot be"),
    ("outage open --pool h100 --gpus 1.5", "not a whole number"),
    (f"outage open --pool h100 --gpus {LONG}", "surely a slip of the hand"),
    ("outage open --pool h100 --gpus 1000 --planned --from +7d --until +8d", "held by acme 256, research 128"),
    ("journal show --last -1", "-1 is not in the range"),
    ("journal verify --head nonsense", "'nonsense' is not a head"),
    ("journal verify --head 1:zz", "'1:zz' is not a head"),
    ("init .", "is in use; name a directory that is empty or does not exist yet"),
    ("init --journal mysql:x DIR", "'mysql:x' is not a journal"),
    ("init --journal '' DIR", "is not a journal"),
]


def _table() -> list[tuple[str, str]]:
    gpus = [(f"lease book --tenant acme --pool h100 --until +30d --price 2 --gpus {g}", words) for g, words in GPUS]
    return [*NAMES, *TIMES, *gpus, *MONEY, *COMBINATIONS]


@pytest.mark.parametrize(("line", "words"), _table(), ids=lambda text: text[:60])
def test_a_refusal_is_one_clear_sentence_and_changes_nothing(
    desk: Desk, line: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.directory)
    before = desk.state()
    said = desk(*shlex.split(line.replace("DIR", "elsewhere")))
    assert words in said.err, said
    assert said.err.startswith("neocloud: ") and "Traceback" not in said.err
    assert (said.code, said.out) == (2, "")
    assert len(said.err) < len(line) + 1_000
    assert desk.state() == before
    assert not (desk.directory / "elsewhere").exists()


def test_a_refusal_in_json_is_a_problem_document_with_a_stable_code(desk: Desk) -> None:
    codes = {
        "lease show nobody": "input.unknown",
        "lease lst": "input.unknown",
        "lease show": "input.invalid",
        "lease amend acme-1 --gpus 1040": "lease.oversold",
        "lease release acme-1": "lease.not_allowed",
    }
    for line, code in codes.items():
        for option in ("--output json", "-o json", "-ojson", "--output=json"):
            said = desk(*shlex.split(f"{line} {option}"))
            assert (said.code, json.loads(said.out)["code"]) == (2, code), line


def test_no_arguments_is_a_question_and_the_answer_is_help() -> None:
    for words in ([], ["lease"], ["journal"]):
        said = run(*words)
        assert said.code == 0 and said.out.startswith("Usage: neocloud") and not said.err
