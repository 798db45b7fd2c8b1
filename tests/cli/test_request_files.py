"""Files of requests to plan with: YAML or rows of CSV, the same requests; every mistake has its place."""

from contextlib import closing
from pathlib import Path

import pytest

from neocloud.documents.request_files import read_requests
from neocloud.errors import Invalid
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.operations.directory import open_directory
from neocloud.units import Money, parse_instant
from tests.cli.conftest import NOW, Desk

NOW_AT = parse_instant(NOW, now=0)
HEAD = "id,tenant,pool,gpus,price,value,rank,from,until,latest_start,divisible,terms,forecast\n"
ROWS = f"""{HEAD}\
acme-7,acme,h100,256,2.40,,,2026-11-01,2027-05-01,2026-12-01,no,,
acme-7,,gb200,72,5.5,,,,,,,,
research-2,research,h100,"1,024",,3,,+30d,+90d,,yes,yearly,
research-3,research,h100,8,,,2,+30d,+90d,,,,
"""
YAML = """
requests:
  - id: acme-7
    tenant: acme
    pools: [{pool: h100, gpus: 256, price: 2.40}, {pool: gb200, gpus: 72, price: 5.5}]
    from: 2026-11-01
    until: 2027-05-01
    latest_start: 2026-12-01
  - {id: research-2, tenant: research, pools: [{pool: h100, gpus: 1024, value: 3}], from: +30d, until: +90d,
     divisible: yes, terms: yearly}
  - {id: research-3, tenant: research, pools: [{pool: h100, gpus: 8}], rank: 2, from: +30d, until: +90d}
"""


def requests_of(folder: Path, text: str, name: str = "wishes.csv", world: World | None = None) -> list[Request]:
    (folder / name).write_text(text, "utf-8")
    return read_requests(folder / name, NOW_AT, world)


@pytest.fixture
def world(desk: Desk) -> World:
    ledger = open_directory(desk.directory, warn=print)
    with closing(ledger.journal):
        return ledger.world


def test_rows_and_yaml_say_the_same_requests(tmp_path: Path, world: World) -> None:
    first, second, third = requests_of(tmp_path, ROWS, world=world)
    assert [first, second, third] == requests_of(tmp_path, YAML, "wishes.yaml", world)
    assert [(way.pool, way.gpus, way.per_gpu_hour) for way in first.ways] == [
        ("h100", 256, Money("USD", 2_400_000_000)),
        ("gb200", 72, Money("USD", 5_500_000_000)),
    ]
    assert (first.arrived_at, first.terms, second.divisible, third.rank) == (NOW_AT, "reserved", True, 2)


def test_rows_as_a_spreadsheet_saves_them_are_read_too(tmp_path: Path) -> None:
    text = "\ufeff" + ROWS.replace('"1,024"', "1024").replace(",", ";").replace("latest_start", "Latest start")
    assert requests_of(tmp_path, text) == requests_of(tmp_path, ROWS)
    assert requests_of(tmp_path, HEAD) == []


ONE = "a,acme,h100,8,2,,,+1d,+9d,,,,\n"
WRONG_ROWS = [
    ("", "wishes.csv: the file is empty; its first row names columns: id, tenant, pool"),
    (HEAD.replace("rank", "prio"), "wishes.csv:1: there is no column 'prio'; there are id, tenant"),
    (HEAD.replace("gpus,", ""), "wishes.csv:1: the column 'gpus' is missing"),
    (HEAD.replace("value", "price"), "wishes.csv:1: the column 'price' is there twice"),
    (f"{HEAD}a,acme,h100,-8,2,,,+1d,+9d,,,,\n", "wishes.csv:2 gpus: -8 GPUs cannot be"),
    (f"{HEAD}a,acme,h100,0,2,,,+1d,+9d,,,,\n", "wishes.csv:2 gpus: 0 GPUs cannot be"),
    (f"{HEAD}a,acme,h100,8.5,2,,,+1d,+9d,,,,\n", "wishes.csv:2 gpus: a whole number is wanted here, not text"),
    (f"{HEAD}a,acme,h100,{'9' * 5_000},2,,,+1d,+9d,,,,\n", "wishes.csv:2 gpus: a whole number is wanted here"),
    (f"{HEAD}a,acme,h100,8,2,3,,+1d,+9d,,,,\n", "wishes.csv:2 value: a price and a value contradict each other"),
    (f"{HEAD}a,acme,h100,8,two,,,+1d,+9d,,,,\n", "wishes.csv:2 price: this is not a number"),
    (f"{HEAD}a,acme,h100,8,NaN,,,+1d,+9d,,,,\n", "wishes.csv:2 price: NaN is not a plain number"),
    (f"{HEAD}a,acme,h100,8,1e999999,,,+1d,+9d,,,,\n", "surely a slip of the hand"),
    (f"{HEAD}a,acme,h100,8,2,,,soon,+9d,,,,\n", "wishes.csv:2 from: 'soon' is not a time; write 2026-10-01"),
    (f"{HEAD}a,acme,h100,8,2,,,+9d,+1d,,,,\n", "wishes.csv:2 until: the end 2026-06-06 is not after the start"),
    (f"{HEAD}a,acme,h100,8,2,,,+1d,+9d,+0s,,,\n", "wishes.csv:2 latest_start: the latest start lies before"),
    (f"{HEAD}a,acme,h100,8,2,,,+1d,+9d,,maybe,,\n", "wishes.csv:2 divisible: true or false is wanted here"),
    (f"{HEAD}a,acme,h100,8,,,first,+1d,+9d,,,,\n", "wishes.csv:2 rank: a whole number or nothing is wanted here"),
    (f"{HEAD}{ONE}a,bolt,gb200,8,2,,,,,,,,\n", "wishes.csv:3 tenant: rows of request a say acme and bolt"),
    (f"{HEAD}{ONE}a,,h100,8,2,,,,,,,,\n", "a request names a pool twice"),
    (f"{HEAD}{ONE}a,,gb200,8,,3,,,,,,,\n", "wishes.csv:3: one request has prices, or values, and not both"),
    (f"{HEAD},acme,h100,8,2,,,+1d,+9d,,,,\n", "wishes.csv:2 id: the id is missing"),
    (f"{HEAD}a,,h100,8,2,,,+1d,+9d,,,,\n", "wishes.csv:2: the field 'tenant' is missing"),
    (f"{HEAD}a,acme,h100,,2,,,+1d,+9d,,,,\n", "wishes.csv:2: the field 'gpus' is missing"),
    (f"{HEAD}a b,acme,h100,8,2,,,+1d,+9d,,,,\n", "wishes.csv:2 id: 'a b' cannot be an id"),
    (f"{HEAD}a,acme,h100,8,2,,,+1d,+9d,,,,,,more\n", "wishes.csv:2: this row has more cells than the header"),
]
WRONG_YAML = [
    ("sites: []\n", "wishes.yaml:1:1 sites: a file of requests says `requests:` and nothing else"),
    ("- a\n", "fields is wanted here, not a list"),
    ("requests: 3\n", "wishes.yaml:1:1 requests: a list is wanted here"),
    (f"{YAML}{YAML.split('requests:')[1]}", "acme-7 is given twice"),
    (YAML.replace("gpus: 1024", "gpus: -1"), "wishes.yaml:9:61 requests[1].pools[0].gpus: -1 GPUs cannot be"),
    ("", "the file is empty"),
]
WRONG_NAMES = [
    (f"{HEAD}a,acm,h100,8,2,,,+1d,+9d,,,,\n", "wishes.csv:2 tenant: no tenant is called 'acm'; did you mean 'acme'?"),
    (f"{HEAD}{ONE}a,,gb20,8,2,,,,,,,,\n", "wishes.csv:3 pool: no pool is called 'gb20'; did you mean 'gb200'?"),
    (f"{HEAD}a,acme,h100,8,2,,,+1d,+9d,,,reservd,\n", "wishes.csv:2 terms: no terms is called 'reservd'; did you"),
    (f"{HEAD}a,acme,h100,8,2,,,+1d,+9d,,,,labs\n", "wishes.csv:2 forecast: no forecast is called 'labs'"),
    (f"{HEAD}a,acme,h100,8,,3,,+1d,+9d,,,,\n", "wishes.csv:2 value: acme is a customer: its request has a price"),
    (f"{HEAD}a,research,h100,8,3,,,+1d,+9d,,,,\n", "wishes.csv:2 price: research is an inside team"),
    (f"{HEAD}a,acme,h100,8,,,,+1d,+9d,,,,\n", "wishes.csv:2: acme is a customer: its request has a price in each"),
    (f"{HEAD}a,acme,h100,8,,,1,+1d,+9d,,,,\n", "wishes.csv:2 rank: acme is a customer: its request has a price, not"),
    (f"{HEAD}a,research,h100,8,,,,+1d,+9d,,,,\n", "wishes.csv:2 pools: a request of research needs a value, or a"),
]


@pytest.mark.parametrize(("text", "words"), WRONG_ROWS, ids=lambda text: text[-60:])
def test_a_wrong_row_is_told_with_its_row_and_column(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Invalid) as wrong:
        requests_of(tmp_path, text)
    assert words in str(wrong.value)


@pytest.mark.parametrize(("text", "words"), WRONG_YAML, ids=lambda text: text[-60:])
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Invalid) as wrong:
        requests_of(tmp_path, text, "wishes.yaml")
    assert words in str(wrong.value)


@pytest.mark.parametrize(("text", "words"), WRONG_NAMES, ids=lambda text: text[-60:])
def test_a_name_that_is_not_there_is_told_with_its_place(tmp_path: Path, world: World, text: str, words: str) -> None:
    with pytest.raises(Invalid) as wrong:
        requests_of(tmp_path, text, world=world)
    assert words in str(wrong.value)


def test_a_file_that_is_not_there_or_no_text_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\x00\x01\xff\xfe\x80")
    for name, words in [("no.csv", "No such file"), ("no.yaml", "No such file"), ("binary.csv", "not a spreadsheet")]:
        with pytest.raises(Invalid, match=words) as wrong:
            read_requests(tmp_path / name, NOW_AT)
        assert name in str(wrong.value)
