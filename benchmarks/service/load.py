"""wrk on loopback: so many clients, each asking again as soon as it has its answer, or after a while."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(__file__).with_name("load.lua")
CLIENTS = 32


class Wanted(NamedTuple):
    """What is asked. `{n}` in path and body becomes a number from 1 to `names`."""

    method: str
    path: str
    body: str = ""
    names: int = 1


class Load(NamedTuple):
    """What came of it: answers a second, and how long they took (milliseconds)."""

    per_s: float
    p50_ms: float
    p99_ms: float
    most_ms: float
    wrong: int
    answers: int


def has_wrk() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(port: int, token: str, wanted: Wanted, *, seconds: float, clients: int = CLIENTS, per_s: float = 0) -> Load:
    """Ask for some seconds; with `per_s`, about so often, by each client's waiting between two requests."""
    wait_ms = round(1000 * clients / per_s) if per_s else 0
    command = ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(SCRIPT)]
    arguments = [wanted.method, wanted.path, wanted.body, token, str(wait_ms), str(wanted.names)]
    command += [f"http://127.0.0.1:{port}", "--", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    rate = found["requests"] / found["duration_s"]
    return Load(rate, found["p50_ms"], found["p99_ms"], found["most_ms"], found["wrong"], found["requests"])
