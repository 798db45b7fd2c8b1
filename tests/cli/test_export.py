"""`neocloud export`: what is read back is what the ledger says, in types and columns that are promised."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from neocloud.operations.directory import open_directory
from neocloud.operations.export_parquet import array, schema_of
from neocloud.operations.export_place import place_named
from neocloud.operations.export_tables import SCHEMA_VERSION, TABLES, Source
from neocloud.operations.exporting import days_of, export
from tests.cli.conftest import HERE, Desk, Said

GOLDEN = HERE.parent / "golden" / "export_schema.txt"
PAGE = HERE.parents[1] / "docs" / "export.md"
WINDOW = ("--from", "2026-06-20", "--until", "2026-08-10")
LIVED = r"""
lease hold --tenant acme --pool h100 --gpus 64 --from +10d --until +40d --price 2.50 --id maybe --expires +2d
lease hold --tenant acme --pool h100 --gpus 64 --from +10d --until +40d --price 2.50 --id gone --expires +1d
lease release gone
lease book --tenant acme --block gb200=72@2026-07-10..2026-09-02 --monthly 1000.01 --id flat
lease book --tenant research --pool gb200 --gpus 72 --from +100d --until +130d --value 1.25 --id valued
lease terminate acme-1 --by tenant
option grant --kind ramp --tenant acme --pool h100 --gpus 8 \
    --from +50d --until +80d --exercise-by +20d --price 3 --id up
curtailment open --site reno --most-mw 1 --from 2026-07-01 --until 2026-07-03T12:00:00Z --id heat --reason hot
outage open --pool h100 --gpus 100 --from 2026-07-02T06:00:00Z --id fire
"""


@pytest.fixture
def lived(desk: Desk) -> Desk:
    """A desk with something in most tables."""
    for line in LIVED.replace("\\\n", " ").strip().splitlines():
        desk.done(*line.split())
    return desk


def exported(desk: Desk, to: Path, *words: str) -> dict[str, Any]:
    return dict(json.loads(desk.done("export", "--to", str(to), *words, "--output", "json")))


def rows(to: Path, table: str) -> list[dict[str, Any]]:
    return list(parquet.read_table(to / f"{table}.parquet").to_pylist())


def read(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done(*words, "--output", "json"))


# ---- the promise ----


def test_the_tables_and_columns_are_those_that_were_promised() -> None:
    """A golden file: what goes or changes its type raises SCHEMA_VERSION; what comes is added at the end."""
    lines = [f"schema version {SCHEMA_VERSION}"]
    for name, table in TABLES.items():
        lines.append(f"\n{name}")
        lines += [
            f"  {field.name} {field.type}{'' if not field.nullable else ' or empty'}" for field in schema_of(table)
        ]
    assert GOLDEN.read_text("utf-8") == "\n".join([*lines, ""])


def test_the_page_has_every_table_and_column_in_order_and_no_other() -> None:
    _, *parts = re.split(r"^### (\w+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    written = {
        name: re.findall(r"^\| `(\w+)` \| (\w+)(, or empty)? \| \S.*\|$", text, re.MULTILINE)
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }
    assert list(written) == list(TABLES)
    for name, table in TABLES.items():
        assert written[name] == [(c.name, c.kind, ", or empty" if c.empty else "") for c in table.columns], name


def test_money_stands_beside_its_currency() -> None:
    for table in TABLES.values():
        for before, column in zip((None, *table.columns), table.columns, strict=False):
            if column.kind == "money" and column.name != "firm":
                assert before is not None and before.name.endswith("currency"), f"{table.name}.{column.name}"


def test_the_questions_of_the_page_are_answered_by_the_tables(lived: Desk, tmp_path: Path) -> None:
    """By SQLite, which knows no decimals and no times: that the columns are there and the SQL is plain is enough."""
    exported(lived, tmp_path)
    questions = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    with closing(sqlite3.connect(":memory:")) as db:
        for name, table in TABLES.items():
            db.execute(f"CREATE TABLE {name} ({', '.join(column.name for column in table.columns)})")
            marks = ", ".join("?" * len(table.columns))
            cells = [[None if cell is None else str(cell) for cell in row.values()] for row in rows(tmp_path, name)]
            db.executemany(f"INSERT INTO {name} VALUES ({marks})", cells)
        answers = [db.execute(question).fetchall() for question in questions]
    assert len(answers) == 4
    assert ("2026-08-01", "USD", "confirmed") in [answer[:3] for answer in answers[0]]
    assert answers[3][0][0] == "wave-1"


# ---- whole, and the same again ----


def test_the_manifest_says_what_is_there(lived: Desk, tmp_path: Path) -> None:
    manifest = exported(lived, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) | {"id": "export"} == manifest
    head = read(lived, "journal", "digest")
    assert (manifest["journal_seq"], manifest["head"], manifest["made_at"]) == (
        head["seq"],
        head["head"],
        "2026-06-05",
    )
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"manifest.json", *(table["file"] for table in manifest["tables"])}
    assert [table["name"] for table in manifest["tables"]] == list(TABLES)
    for table in manifest["tables"]:
        content = (tmp_path / "out" / table["file"]).read_bytes()
        assert (table["bytes"], table["sha256"]) == (len(content), sha256(content).hexdigest())
        found = parquet.read_table(tmp_path / "out" / table["file"])
        assert found.num_rows == table["rows"]
        assert found.schema.equals(schema_of(TABLES[table["name"]]))
        assert [{"name": field.name, "type": str(field.type)} for field in found.schema] == table["columns"]
        about = json.loads(found.schema.metadata[b"neocloud"])
        assert about == {"table": table["name"], **{name: manifest[name] for name in about if name != "table"}}
    empty = {table["name"] for table in manifest["tables"] if not table["rows"]}
    assert empty == {
        "pool_retirements", "remedies", "lease_rights", "requests", "request_ways", "forecasts", "forecast_pools",
        "list_prices", "price_sets",
    }  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_journal_at_the_same_instant_gives_the_same_bytes(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path / "a")
    exported(lived, tmp_path / "b")
    exported(lived, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    lived.now = "2026-06-06"
    exported(lived, tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "b")


def test_a_url_of_a_directory_is_the_directory(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path / "a", "--tables", "leases")
    lived.done("export", "--to", f"file://{tmp_path}/b", "--tables", "leases")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_some_tables_leave_the_others_and_the_manifest_names_them_alone(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path / "out")
    before = contents(tmp_path / "out")
    lived.done("tenant", "list")
    manifest = exported(lived, tmp_path / "out", "--tables", "tenants, leases")
    assert [table["name"] for table in manifest["tables"]] == ["tenants", "leases"]
    after = contents(tmp_path / "out")
    assert {name for name in before if before[name] != after[name]} == {"manifest.json"}
    table = lived.done("export", "--to", str(tmp_path / "out"), "--tables", "tenants,leases").splitlines()
    assert [line.split()[0] for line in table] == ["NAME", "tenants", "leases"]


def test_an_export_that_fails_leaves_what_was_there(lived: Desk, tmp_path: Path) -> None:
    """A price beyond what Parquet holds comes up after other tables are written."""
    exported(lived, tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "dear.yaml").write_text(
        "sites: [{id: huge, power_mw: 1000000}]\n"
        "pools: [{id: huge, site: huge, gpu: X, it_watts_per_gpu: 1, installed_gpus: 100000000}]\n"
    )
    lived.done("apply", "--yes", "-f", str(tmp_path / "dear.yaml"))
    lived.done("lease", "book", "--tenant", "acme", "--pool", "huge", "--gpus", "100000000", "--until", "4000-01-01",
               "--price", "1000000000000000", "--id", "dear")  # fmt: skip
    for place in (tmp_path / "out", tmp_path / "new" / "er"):
        refused(lived("export", "--to", str(place)), ", which is more than a decimal of Parquet holds; mend what it")
    assert contents(tmp_path / "out") == before
    assert not (tmp_path / "new").exists()
    assert exported(lived, tmp_path / "new" / "er", "--tables", "lease_blocks")["tables"][0]["rows"] > 0


def test_progress_never_goes_back_and_ends_with_all_of_it(lived: Desk, tmp_path: Path) -> None:
    ledger, told = open_directory(lived.directory, warn=print), []
    with closing(ledger.journal):
        now = ledger.world.head.recorded_at
        source = Source(ledger.world, ledger.journal, ledger.world.head, now, days_of(ledger.world, now))
        place = place_named(str(tmp_path / "out"))
        export(source, list(TABLES.values()), place, lambda done, total: told.append((done, total)))
    assert told == sorted(told) and len(told) > len(TABLES)
    assert told[-1][0] == told[-1][1] > 0 and len({total for _, total in told}) == 1


# ---- what is read back is what the ledger says ----


def total(texts: Iterator[Any]) -> Decimal:
    return sum((Decimal(text["amount"]) for text in texts if text), Decimal(0))


def test_the_money_of_leases_is_what_the_command_line_says(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path)
    shown = {each["id"]: each for each in read(lived, "lease", "list", "--all")}
    found = {each["id"]: each for each in rows(tmp_path, "leases")}
    assert list(found) == sorted(shown)
    cent = Decimal("0.01")
    for name, each in found.items():
        computed = shown[name]["computed"]
        for column in ("contracted", "firm"):
            said = computed[column]
            assert each[column] == (None if said is None else each[column]), name
            if said is not None:
                assert (each[column].quantize(cent), each["currency"]) == (Decimal(said["amount"]), said["currency"])
        assert each["gpu_seconds"] // 3600 == computed["gpu_hours"]
        assert each["tenant"] == shown[name]["tenant"] and each["status"] in {computed["status"], "confirmed"}
    line = lived.done("lease", "list").splitlines()[-1]
    live = [
        each["contracted"] for each in found.values() if each["takes_capacity"] and each["contracted"] is not None
    ]
    assert f"contracted {sum(live).quantize(cent):,} USD" in line


def test_the_months_of_a_lease_add_up_to_it_exactly(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path)
    leases = {each["id"]: each for each in rows(tmp_path, "leases")}
    months = rows(tmp_path, "lease_months")
    assert {each["lease"] for each in months} == {name for name, each in leases.items() if each["takes_capacity"]}
    for name in {each["lease"] for each in months}:
        own = [each for each in months if each["lease"] == name]
        assert [each["month"] for each in own] == sorted({each["month"] for each in own})
        assert all(each["month"].day == 1 for each in own)
        assert sum(each["gpu_seconds"] for each in own) == leases[name]["gpu_seconds"]
        if leases[name]["contracted"] is None:
            assert {each["contracted"] for each in own} == {None}
        else:
            assert sum(each["contracted"] for each in own) == leases[name]["contracted"]
    flat = {each["month"]: each["contracted"] for each in months if each["lease"] == "flat"}
    assert flat[date(2026, 8, 1)] == Decimal("1000.01")
    assert flat[date(2026, 9, 1)] == Decimal("33.333666667"), "a day of thirty, to the nano-unit"


def test_capacity_is_the_worst_of_each_day_that_the_command_line_shows(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path, *WINDOW)
    found = {(each["pool"], each["day"]): each for each in rows(tmp_path, "capacity")}
    assert len(found) == 2 * 51
    watts = [each for each in read(lived, "capacity", "--site", "reno", *WINDOW) if each["id"] == "reno"]
    for pool in ("h100", "gb200"):
        stretches = read(lived, "capacity", "--pool", pool, *WINDOW)
        watts_per_gpu = read(lived, "pool", "show", pool)["computed"]["watts_per_gpu"]
        for day in (date(2026, 6, 20) + timedelta(days=i) for i in range(51)):
            begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
            here, power = on_day(stretches, begin), on_day(watts, begin)
            available = min(each["available"] for each in here)
            assert found[pool, day] == {
                "pool": pool,
                "site": "reno",
                "day": day,
                "supply_gpus": min(each["supply"] for each in here),
                "leased_gpus": max(each["demand"] for each in here),
                "available_gpus": available,
                "powered_gpus": min(available, *(max(0, each["available"]) // watts_per_gpu for each in power)),
            }
    assert found["h100", date(2026, 7, 2)]["powered_gpus"] < found["h100", date(2026, 7, 5)]["powered_gpus"]


def on_day(stretches: list[dict[str, Any]], begin: datetime) -> list[dict[str, Any]]:
    """The rows of a timeline that lie on a day, if only in part."""
    end = begin + timedelta(days=1)
    return [each for each in stretches if instant(each["from"]) < end and instant(each["until"]) > begin]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_capacity_goes_to_the_end_of_the_last_lease_in_whole_days(lived: Desk, tmp_path: Path) -> None:
    manifest = exported(lived, tmp_path, "--tables", "capacity")
    assert (manifest["capacity_from"], manifest["capacity_until"]) == ("2026-06-05", "2028-01-01")
    partly = exported(lived, tmp_path, "--tables", "capacity", "--from", "2026-06-05T13:00:00Z", "--until", "+30h")
    assert (partly["capacity_from"], partly["capacity_until"]) == ("2026-06-05", "2026-06-07")


def test_the_entries_are_those_of_the_journal(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path)
    shown = read(lived, "journal", "show", "--last", "0")
    names = ("seq", "command", "cause", "kind", "id")
    found = rows(tmp_path, "entries")
    assert [tuple(each[name] for name in names) for each in found] == [
        tuple(each[name] for name in names) for each in shown
    ]
    assert found[0]["recorded_at"] == datetime(2026, 6, 5, tzinfo=UTC)


def test_rights_notices_and_options_are_what_the_command_line_shows(lived: Desk, tmp_path: Path) -> None:
    exported(lived, tmp_path)
    [notice] = rows(tmp_path, "notices")
    assert (notice["lease"], notice["holder"], notice["kind"], notice["gpus"]) == (
        "acme-1",
        "tenant",
        "terminate",
        None,
    )
    assert notice["effect_at"] == datetime(2027, 7, 5, tzinfo=UTC) and notice["lost"] > 0
    shown = read(lived, "lease", "show", "acme-1")["computed"]["notices"][0]
    assert shown["effect"] == "2027-07-05"
    [up] = [each for each in rows(tmp_path, "leases") if each["option_kind"]]
    assert (up["id"], up["option_kind"], up["takes_capacity"], up["contracted"]) == ("up", "ramp", False, None)
    outages = {each["id"]: each for each in rows(tmp_path, "outages")}
    assert outages["fire"]["end_at"] is None and outages["check-1"]["planned"]
    assert rows(tmp_path, "rights")[-1]["serve_after_s"] == 365 * 86_400


def test_the_last_days_are_those_of_the_calendar(desk: Desk, tmp_path: Path) -> None:
    exported(desk, tmp_path)
    [right] = rows(tmp_path, "lease_rights")
    [row] = read(desk, "calendar", "--within", "1500d", "--kind", "notice")
    assert right["last_serve_at"] == datetime.fromisoformat(row["at"])


def test_what_was_known_and_another_instant_are_exported(lived: Desk, tmp_path: Path) -> None:
    early = exported(lived, tmp_path / "early", "--known-at", "14")
    assert early["journal_seq"] == 14
    assert [each["id"] for each in rows(tmp_path / "early", "leases")] == ["acme-1", "research-1"]
    assert len(rows(tmp_path / "early", "entries")) == 14
    exported(lived, tmp_path / "later", "--as-of", "2026-06-10")
    status = {each["id"]: each["status"] for each in rows(tmp_path / "later", "leases")}
    assert (status["maybe"], status["gone"]) == ("expired", "released")


def test_a_ledger_without_anything_has_all_tables(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk")
    assert desk("init", str(desk.directory)).code == 0
    manifest = exported(desk, tmp_path / "out")
    assert {table["name"]: table["rows"] for table in manifest["tables"] if table["rows"]} == {
        "terms": 4, "rights": 5, "entries": 4,
    }  # fmt: skip
    assert parquet.read_table(tmp_path / "out" / "capacity.parquet").num_rows == 0


def test_money_is_exact_to_the_last_of_its_digits() -> None:
    column = next(column for column in TABLES["leases"].columns if column.name == "contracted")
    nanos = [0, None, 1, -1, 10**38 - 1, -(10**38) + 1, 2_350_000_000]
    found = array(TABLES["leases"], column, nanos)
    found.validate(full=True)
    assert found.null_count == 1 and found.type == pa.decimal128(38, 9)
    assert found.to_pylist() == [
        None if each is None else Decimal(each).scaleb(-9, Context(prec=60)) for each in nanos
    ]


# ---- what cannot be meant ----


def refused(said: Said, words: str, code: int = 2) -> None:
    assert (said.code, said.out) == (code, ""), said
    assert words in said.err and said.err.count("\n") == 1 and said.err.startswith("neocloud: ")


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("ftp://host/path", "--to: 'ftp://host/path' is no place to export to; write a directory, file:///PATH, s3:"),
        ("s3://", "--to: 's3://' is no place to export to"),
        ("http://key:secret@host/x", "'http://host/x' is no place to export to"),
        ("file://host/path", "is no place to export to"),
        ("s3://key:secret@/path", "is no place to export to"),
        ("", "--to: '' is no directory"),
        ("{tmp}/file", "is no directory; name one, or one that does not exist yet"),
        ("file://{tmp}/file", "is no directory; name one"),
        ("a\0b", "is no directory"),
    ],
)
def test_a_place_that_is_none_is_one_clear_sentence(desk: Desk, tmp_path: Path, to: str, words: str) -> None:
    (tmp_path / "file").write_text("")
    said = desk("export", "--to", to.format(tmp=tmp_path))
    refused(said, words)
    assert "secret" not in said.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--tables leases,lease", "no table is called 'lease'; did you mean 'leases'?"),
        ("--tables=", "no table is called ''"),
        ("--until 2026-01-01", "--until: "),
        ("--from soon", "--from: 'soon' is not a time"),
        ("--known-at 99", "--known-at: there is no entry 99"),
    ],
)
def test_a_question_that_cannot_be_is_one_clear_sentence(desk: Desk, tmp_path: Path, line: str, words: str) -> None:
    refused(desk("export", "--to", str(tmp_path / "out"), *line.split()), words)
    assert not (tmp_path / "out").exists()


def test_a_manifest_of_somebody_else_is_not_overwritten(desk: Desk, tmp_path: Path) -> None:
    for content in ('{"name": "an app"}', "not json", "[]"):
        (tmp_path / "manifest.json").write_text(content)
        refused(
            desk("export", "--to", str(tmp_path)), "has a manifest.json that is of no export; name another directory"
        )
        assert (tmp_path / "manifest.json").read_text() == content


def test_a_place_that_cannot_be_written_is_the_worlds_fault(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(desk("export", "--to", str(tmp_path / "file" / "below")), "cannot be used", 1)
