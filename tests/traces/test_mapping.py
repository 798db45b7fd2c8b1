"""Any table is read by a mapping file; every mistake in the file is one sentence with its line and field."""

from pathlib import Path

import pytest

from neocloud.errors import Invalid
from neocloud.traces.reading import read_history
from tests.traces.test_formats import instant, written
from tests.traces.written import HELIOS, left_out, listed, row, sacct

MAPPING = """columns:
  {job_id: id, submit: submitted, start: started, duration: took, gpus: n_gpu, team: group,
   limit: walltime, nodes: nodes, gpu_type: model, rank: qos, outcome: state}
times: {format: "%d/%m/%Y %H:%M:%S", zone: Europe/Berlin}
duration_unit: m
ranks: {prod: 1, batch: 2}
quotas: {team-a: 64}
separator: ";"
"""
TABLE = """id;submitted;started;took;n_gpu;group;walltime;nodes;model;qos;state
j1;01/05/2026 12:00:00;01/05/2026 12:05:00;90;8;team-a;120;1;h100;prod;done
"j2";01/05/2026 12:00:00;01/05/2026 12:00:00;1.5;2.5;team-b;;;a100;batch;"done; twice"
j3;01/05/2026 12:00:00;01/05/2026 12:00:00;1;2;team-b;;;a100;other;done
"""


def read(folder: Path, table: str, mapping: str, *, strict: bool = False) -> object:
    """The reading of a table by a mapping."""
    path = written(folder, mapping, "mapping.yaml")
    return read_history(written(folder, table), mapping=path, strict=strict)


def test_a_table_is_read_as_its_mapping_says(tmp_path: Path) -> None:
    reading = read_history(written(tmp_path, TABLE), mapping=written(tmp_path, MAPPING, "mapping.yaml"))
    columns = (
        "job_ids",
        "submit_s",
        "waited_s",
        "duration_s",
        "gpus",
        "team",
        "limit_s",
        "gpu_type",
        "rank",
        "outcome",
    )
    assert listed(reading, *columns) == [
        ("j1", 0, 300, 5400, 8, "team-a", 7200, "h100", 1, "done"),
        ("j2", 0, 0, 90, 3, "team-b", 0, "a100", 2, "done; twice"),
    ]
    assert reading.trace.begins_at == instant("2026-05-01T12:00:00+02:00")
    assert reading.quotas == (("team-a", 64),)
    assert left_out(reading) == {"qos cannot be read": (1, "line 4")}


def test_a_rank_that_the_mapping_does_not_know_is_refused_when_strict(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"line 4, qos: 'other' cannot be read; one of the mapping's ranks \(prod"):
        read(tmp_path, TABLE, MAPPING, strict=True)


@pytest.mark.parametrize(
    ("form", "submit"), [("epoch", "1000000000"), ("epoch_ms", "1000000000000"), ("iso", "2001-09-09T01:46:40Z")]
)
def test_times_may_be_seconds_milliseconds_or_iso(form: str, submit: str, tmp_path: Path) -> None:
    mapping = f"columns: {{submit: s, duration: d, gpus: g}}\ntimes: {{format: {form}}}\n"
    reading = read_history(
        written(tmp_path, f"s,d,g\n{submit},60,1\n"), mapping=written(tmp_path, mapping, "mapping.yaml")
    )
    assert reading.trace.begins_at == 1_000_000_000
    assert listed(reading, "job_ids", "duration_s", "waited_s") == [("2", 60, -1)]


def test_the_ranks_of_a_mapping_serve_the_qos_of_sacct(tmp_path: Path) -> None:
    mapping = written(tmp_path, "ranks: {normal: 4}\nquotas: {team: 8}\n", "mapping.yaml")
    reading = read_history(written(tmp_path, sacct(row())), mapping=mapping)
    assert (reading.format, listed(reading, "rank"), reading.quotas) == ("sacct", [(4,)], (("team", 8),))
    with pytest.raises(Invalid, match="ranks are for sacct and mapped columns; helios has no column"):
        read_history(written(tmp_path, HELIOS), mapping=mapping)


MINIMAL = "columns: {submit: s, duration: d, gpus: g}\n"


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("", "a mapping has fields, such as columns"),
        ("- a\n", "a mapping has fields"),
        ("columns: {a: b", "line 1: it is not YAML|line 2: it is not YAML"),
        ("columns: {submit: s, duration: d}", "line 1, columns: it lacks gpus"),
        ("columns: {submit: s, gpus: g, start: t}", r"columns: it lacks duration \(or start and end\)"),
        ("columns: {submit: s, duration: d, gpus: g, when: w}", "line 1, columns.when: there is no field 'when'"),
        ("columns: {submit: s, duration: d, gpus: 3}", "line 1, columns.gpus: '3' cannot be; a heading is wanted"),
        ("columns: [a]", "line 1, columns: names, each with a heading"),
        (MINIMAL + "time: {}", "line 2, time: there is no field 'time' here"),
        (MINIMAL + "times: {format: american}", "line 2, times.format: 'american' is no format"),
        (MINIMAL + "times: {zone: Mars}", "line 2, times.zone: there is no zone 'Mars'"),
        (MINIMAL + "duration_unit: days", "line 2, duration_unit: 'days' is no unit; write s, m or h"),
        (MINIMAL + "ranks: {prod: 0}", "line 2, ranks.prod: '0' cannot be; a rank from 1"),
        (MINIMAL + "quotas: {a: many}", "line 2, quotas.a: 'many' cannot be; a number of GPUs"),
        (MINIMAL + "separator: ab", "line 2, separator: one character is wanted"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_mapping_is_one_sentence_with_its_place(mapping: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=says) as refusal:
        read(tmp_path, "s,d,g\n1,1,1\n", mapping)
    assert str(refusal.value).startswith(str(tmp_path / "mapping.yaml"))


def test_columns_that_the_table_lacks_are_named_with_those_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"history, line 1: .* lacks d and g; it has s, x"):
        read(tmp_path, "s,x\n1,1\n", MINIMAL)


def test_a_mapping_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"none.yaml: it cannot be read"):
        read_history(written(tmp_path, TABLE), mapping=tmp_path / "none.yaml")
    with pytest.raises(Invalid, match="a table is read by a mapping with columns; give one"):
        read_history(written(tmp_path, TABLE), format="mapped")
    with pytest.raises(Invalid, match="columns are for the format mapped, not for helios"):
        read_history(written(tmp_path, HELIOS), format="helios", mapping=written(tmp_path, MAPPING, "mapping.yaml"))
