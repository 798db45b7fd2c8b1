"""GPUs and time limits as Slurm writes them, read all at once, are what a slow reading of each text says."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from neocloud.traces.reading import read_history
from tests.traces.written import left_out, listed, row, sacct

TYPES = st.sampled_from(["h100", "a100", "l40s", "mi300x", "nvidia_h100_80gb"])
COUNTS = st.integers(0, 10_000)
ITEMS = st.one_of(
    COUNTS.map("gres/gpu={}".format),
    st.tuples(TYPES, COUNTS).map(lambda both: f"gres/gpu:{both[0]}={both[1]}"),
    COUNTS.map("cpu={}".format),
    COUNTS.map("gres/gpumem={}M".format),
    COUNTS.map("gres/gpuutil={}".format),
    COUNTS.map("gres/shard:gpu={}".format),
    COUNTS.map("billing={}".format),
)
TRES = st.lists(ITEMS, min_size=1, max_size=6, unique_by=lambda item: item.partition("=")[0])
NUMBERS = st.integers(0, 99)
LIMITS = st.one_of(
    st.sampled_from(["UNLIMITED", "Partition_Limit", "", "1x", "ten", "1-", "5"]),
    st.tuples(NUMBERS, NUMBERS).map(lambda parts: "{:02}:{:02}".format(*parts)),
    st.tuples(NUMBERS, NUMBERS, NUMBERS).map(lambda parts: "{:02}:{:02}:{:02}".format(*parts)),
    st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS).map(lambda parts: "{}-{:02}:{:02}:{:02}".format(*parts)),
)


def gpus_said(items: list[str]) -> tuple[int, str]:
    """GPUs and their type, item by item."""
    plain, typed = None, {}
    for item in items:
        name, _, count = item.partition("=")
        if name == "gres/gpu":
            plain = int(count)
        elif name.startswith("gres/gpu:") and int(count):
            typed[name.removeprefix("gres/gpu:")] = int(count)
    return sum(typed.values()) if plain is None else plain, next(iter(typed)) if len(typed) == 1 else ""


def seconds_said(limit: str) -> int | None:
    """Seconds of a time limit, part by part; 0 for none, None for what is no limit."""
    if limit in {"", "UNLIMITED", "Partition_Limit"}:
        return 0
    days, dash, rest = limit.rpartition("-")
    parts = rest.split(":")
    if len(parts) not in {2, 3} or (dash and len(parts) != 3):
        return None
    seconds = int(days or 0)
    for unit, part in zip([24, 60, 60], [0, *map(int, parts)][-3:], strict=True):
        seconds = seconds * unit + part
    return seconds


@given(rows=st.lists(st.tuples(TRES, LIMITS), min_size=1, max_size=30))
def test_gpus_and_limits_of_many_rows_are_those_of_each(rows: list[tuple[list[str], str]]) -> None:
    lines = [row(str(i), tres=",".join(tres), limit=limit) for i, (tres, limit) in enumerate(rows)]
    said = [(str(i), *gpus_said(tres), seconds_said(limit)) for i, (tres, limit) in enumerate(rows)]
    used = [each for each in said if each[1] and each[3] is not None]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history"
        path.write_text(sacct(*lines, row("last")))
        reading = read_history(path)
    assert listed(reading, "job_ids", "gpus", "gpu_type", "limit_s")[: len(used)] == used
    assert reading.rows_used == len(used) + 1
    gone = {reason: count for reason, (count, _) in left_out(reading).items()}
    unread = sum(each[3] is None for each in said)
    nothing = sum(each[3] is not None and not each[1] for each in said)
    expected = {"Timelimit cannot be read": unread, "held no GPU": nothing}
    assert gone == {reason: count for reason, count in expected.items() if count}
