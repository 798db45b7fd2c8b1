"""Small histories in every format, written here, and what they come to in plain values."""

import json
from pathlib import Path
from typing import Any

from neocloud.model.traces import Reading

SAMPLES = Path(__file__).parent / "samples"

SACCT_HEAD = "JobID|User|Account|Submit|Start|End|State|AllocTRES|ReqTRES|Timelimit|NNodes|QOS"
HELIOS_HEAD = "job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue"
ACME_HEAD = "job_id,user,node_num,gpu_num,cpu_num,type,state,submit_time,start_time,end_time,duration,queue,gpu_time"
HELIOS = f"""{HELIOS_HEAD}
11,u1,vc1,8,32,1,COMPLETED,2020-04-01 00:08:45,2020-04-01 00:09:00,2020-04-01 01:09:00,3600,15
12,u2,vc2,16,32,2,FAILED,2020-04-01 00:08:40,2020-04-01 00:08:40,2020-04-01 00:08:50,10,0
13,u2,vc2,0,32,2,COMPLETED,2020-04-01 00:08:40,2020-04-01 00:08:40,2020-04-01 00:08:50,10,0
14,u2,vc2,1,4,1,CANCELLED,2020-04-01 00:10:00,,,0,0
"""
ACME = f"""{ACME_HEAD}
a1,u1,1,8,32,train,OK,2023-03-01 08:00:00+08:00,2023-03-01 08:00:10+08:00,2023-03-01 09:00:10+08:00,3600,10,28800
a2,u2,4,32,9,eval,RUNNING,2023-03-01 08:30:00+08:00,2023-03-01 08:30:10+08:00,,,10,0
"""
SWF = """; Version: 2.2
; UnixStartTime: 1000000000
; TimeZoneString: Europe/Berlin
  1   0  10  60   4 -1 -1   4  100 -1 1  3  1 -1 1 1 -1 -1
  2   5  -1  -1  -1 -1 -1   2   50 -1 5  3  1 -1 1 1 -1 -1
  3  50   0  30  -1 -1 -1   2   -1 -1 0 -1 -1 -1 1 1 -1 -1
"""


def philly_job(
    name: str, submitted: str | None, *attempts: tuple[str | None, str | None, int], status: str = "Pass"
) -> dict[str, Any]:
    """A job as Philly writes it; each attempt has a start, an end and GPUs."""
    return {
        "status": status,
        "vc": "vc1",
        "jobid": name,
        "user": "u",
        "submitted_time": submitted,
        "attempts": [
            {"start_time": a, "end_time": b, "detail": [{"ip": "m1", "gpus": [f"gpu{i}" for i in range(gpus)]}]}
            for a, b, gpus in attempts
        ],
    }


PHILLY = [
    philly_job("application_1", "2017-10-09 07:00:12", ("2017-10-09 07:01:33", "2017-10-09 08:01:33", 2)),
    philly_job(
        "application_2",
        "2017-10-09 07:00:00",
        ("2017-10-09 07:10:00", "2017-10-09 07:20:00", 1),
        ("2017-10-09 08:00:00", "2017-10-09 08:05:00", 4),
    ),
    philly_job("application_3", "2017-10-09 07:00:00", (None, None, 1)),
    philly_job(
        "application_4",
        "2017-10-09 07:00:00",
        ("2017-10-09 07:10:00", "2017-10-09 07:20:00", 1),
        ("2017-10-09 08:00:00", None, 1),
        status="Running",
    ),
]
FILES = {
    "helios": HELIOS,
    "acme": ACME,
    "swf": SWF,
    "philly": json.dumps(PHILLY),
    "sacct": (SAMPLES / "sacct-narrow.txt").read_text("utf-8"),
    "sacct-json": (SAMPLES / "sacct.json").read_text("utf-8"),
}


def sacct(*rows: str) -> str:
    """A history of sacct."""
    return "\n".join([SACCT_HEAD, *rows]) + "\n"


def row(
    job: str = "1",
    submit: str = "00:00:00",
    start: str = "00:00:10",
    end: str = "00:01:00",
    state: str = "COMPLETED",
    tres: str = "billing=8,cpu=8,gres/gpu:h100=8,gres/gpu=8,mem=64G,node=1",
    limit: str = "01:00:00",
) -> str:
    """A row of sacct, on 1 May 2026."""
    day = [each if each in {"Unknown", "None", "soon"} else f"2026-05-01T{each}" for each in (submit, start, end)]
    return "|".join([job, "u", "team", *day, state, tres, "billing=8,gres/gpu=8", limit, "1", "normal"])


def left_out(reading: Reading) -> dict[str, tuple[int, str]]:
    """Rows and the place of the first, by reason."""
    return {each.reason: (each.rows, each.first) for each in reading.left_out}


def listed(reading: Reading, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of the jobs of a trace, with words for numbers where there are."""
    trace = reading.trace
    words = {"team": trace.teams, "gpu_type": trace.gpu_types, "outcome": trace.outcomes}
    values = [
        [words[name][each] for each in getattr(trace, name)] if name in words else getattr(trace, name).tolist()
        for name in columns
    ]
    return list(zip(*values, strict=True))
