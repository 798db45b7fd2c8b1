"""The law of a reading: rows read are rows used and rows left out, whatever is in the file."""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neocloud.errors import Invalid, Mistaken
from neocloud.traces import text
from neocloud.traces.reading import read_history
from tests.traces.written import FILES, SACCT_HEAD

CELLS = {
    "JobID": st.sampled_from(["1", "2", "2.batch", "3_1", ""]),
    "User": st.just("u"),
    "Account": st.sampled_from(["", "a", "b"]),
    "Submit": st.sampled_from(["2026-05-01T00:00:00", "2026-05-01T00:01:30", "Unknown", "soon"]),
    "Start": st.sampled_from(["2026-05-01T00:01:00", "2026-05-01T00:02:00", "Unknown", "None", "2026-13-01"]),
    "End": st.sampled_from(["2026-05-01T00:01:00", "2026-05-01T00:03:00", "Unknown", "", "x"]),
    "State": st.sampled_from(["COMPLETED", "RUNNING", "CANCELLED by 5", "PENDING", ""]),
    "AllocTRES": st.sampled_from(["gres/gpu=8", "gres/gpu:a=2", "cpu=1", "", "gres/gpu=0"]),
    "ReqTRES": st.sampled_from(["gres/gpu=1", ""]),
    "Timelimit": st.sampled_from(["1-00:00:00", "UNLIMITED", "later", ""]),
    "NNodes": st.sampled_from(["1", "-3", "1.5", "x", ""]),
    "QOS": st.just("q"),
}
ROWS = st.one_of(st.tuples(*CELLS.values()).map("|".join), st.sampled_from(["", "|", "a|b", "x" * 40]))


@given(st.lists(ROWS, max_size=30), st.booleans(), st.sampled_from([64, 400, 10_000]))
def test_the_rows_of_any_file_add_up(rows: list[str], ends: bool, block: int) -> None:
    content = "\n".join([SACCT_HEAD, *rows]) + ("\n" if ends else "")
    try:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(text, "READ_BLOCK_BYTES", block)
            path = Path(folder) / "history"
            path.write_text(content, "utf-8")
            reading = read_history(path)
    except Invalid as refusal:
        assert "none of its" in str(refusal) or "no rows" in str(refusal) or "longer than" in str(refusal)
        return
    trace = reading.trace
    assert reading.rows_read == len([row for row in rows if row])
    assert reading.rows_read == reading.rows_used + sum(each.rows for each in reading.left_out)
    lines = content.split("\n")
    for each in reading.left_out:
        assert lines[int(each.first.removeprefix("line ")) - 1], "the place of the first is that of a row"
    kept = Counter(row.split("|")[0] for row in rows)
    assert not Counter(trace.job_ids.tolist()) - kept
    assert (trace.submit_s[:1] == 0).all()
    assert (trace.submit_s[1:] >= trace.submit_s[:-1]).all()
    assert (trace.duration_s >= 0).all()
    assert (trace.gpus >= 1).all()
    assert (trace.waited_s >= -1).all()


def test_asking_for_nothing_loads_neither_numpy_nor_arrow() -> None:
    program = "import sys, neocloud.traces.reading; sys.exit(bool({'numpy', 'pyarrow'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


DAMAGE = st.lists(st.tuples(st.integers(0, 30_000), st.binary(max_size=6), st.integers(0, 8)), max_size=4)


@given(st.sampled_from(sorted(FILES)), DAMAGE, st.booleans())
def test_a_damaged_history_is_read_with_a_whole_account_or_refused_in_a_sentence(
    form: str, damage: list[tuple[int, bytes, int]], strict: bool
) -> None:
    content = FILES[form].encode()
    for place, put, taken in damage:
        at = place % len(content)
        content = content[:at] + put + content[at + taken :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history"
        path.write_bytes(content)
        try:
            reading = read_history(path, gpus_are_processors=True, strict=strict)
        except Mistaken as refusal:
            assert str(refusal).startswith(str(path))
            assert "\n" not in str(refusal)
            return
    assert reading.rows_read == reading.rows_used + sum(each.rows for each in reading.left_out)
    assert (reading.trace.duration_s >= 0).all()
    assert (reading.trace.limit_s >= 0).all()
