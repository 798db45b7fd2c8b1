"""Slurm, on a cluster that the script named by NEOCLOUD_SLURM_LAB starts, and our ledger: one after the other.

The script is not a part of this project. It must know `up NODES`, `down` and `env` (which prints the exports that a
shell needs), keep all it makes in SLURM_LAB_DIR, call its nodes n01, n02 and so on, and give each as many GPUs as
SLURM_LAB_GPUS says.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.ledger import NOW, folder
from benchmarks.peer_desk import GPUS, booking, desk, killed, middle, run, spent
from neocloud.errors import Oversold
from neocloud.operations.ledger import Ledger
from neocloud.units import DAY_S

NODES, LIVE, CREATES, TRIALS, KILLS, BEFORE_A_KILL = 16, (100, 500, 1_000), 40, 20, 3, 5
NEOCLOUD = Path(sys.executable).parent / "neocloud"

NO_LAB = "no Slurm can be started: it needs root, slurmctld (or NEOCLOUD_INSTALL=1), and NEOCLOUD_SLURM_LAB"

Cluster = dict[str, str]
"""The environment in which scontrol finds the cluster."""


def slurm_rows() -> list[dict[str, Any]] | str:
    """A row for each number of live reservations, and rows of what went wrong; or why Slurm cannot be had."""
    script = lab_script()
    if script is None:
        return NO_LAB
    try:
        with cluster_of(script, NODES) as cluster, folder() as path:
            return _rows(script, cluster, path)
    except subprocess.CalledProcessError as error:
        return f"the cluster does not start: {str(error.stderr).strip().splitlines()[-1:]}"


def lab_script() -> str | None:
    """The script that starts a cluster, if one is named, and Slurm is there or may be installed by it."""
    script = os.environ.get("NEOCLOUD_SLURM_LAB")
    wanted = "true" in os.environ.get("CI", "") or os.environ.get("NEOCLOUD_INSTALL") == "1"
    there = os.geteuid() == 0 and (wanted or shutil.which("slurmctld") is not None)
    return script if script and Path(script).is_file() and there else None


@contextmanager
def cluster_of(script: str, nodes: int, gpus_each: int = GPUS) -> Iterator[Cluster]:
    """A cluster of so many nodes in a folder of its own; its daemons are stopped and all it made is removed."""
    path = Path(tempfile.mkdtemp(prefix="slurm-"))
    path.chmod(0o755)  # its daemons run as users of their own
    cluster = {**os.environ, "SLURM_LAB_DIR": str(path), "SLURM_LAB_TENANTS": "", "SLURM_LAB_GPUS": str(gpus_each)}
    try:
        _lab(script, cluster, "up", str(nodes))
        cluster |= dict(re.findall(r"export (\w+)=(.*)", _lab(script, cluster, "env")))
        yield cluster
    finally:
        with suppress(subprocess.CalledProcessError):
            _lab(script, cluster, "down")
        shutil.rmtree(path, ignore_errors=True)


def _lab(script: str, cluster: Cluster, *verb: str) -> str:
    with tempfile.TemporaryFile("w+") as printed:  # its daemons keep a pipe open
        command = [str(Path(script).absolute()), *verb]
        done = subprocess.run(command, env=cluster, stdout=printed, stderr=subprocess.STDOUT, check=False)
        printed.seek(0)
        text = printed.read()
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, "slurm lab", stderr=text)
    return text


def _rows(script: str, cluster: Cluster, path: Path) -> list[dict[str, Any]]:
    version = run(["scontrol", "--version"], cluster)[1]
    inside, outside = desk(path / "inside", NODES), desk(path / "outside", NODES)
    rows, made = [], 0
    for live in LIVE:
        controller_cpu_s = _fill(cluster, made, live)
        both = [booking(f"r{i}", 1 + i // NODES) for i in range(made, live)]
        for ledger in (inside, outside):
            ledger.submit_each(both, NOW)
        row = {"peer": version, "nodes": NODES, "live": live, "controller_cpu_s": controller_cpu_s}
        rows.append({**row, **_turns(cluster, inside, path / "outside", live)})
        print("slurm", rows[-1])
        made = live + CREATES
        outside.catch_up()
    rows.append({"peer": version, "wrong": "fewer", "theirs": _fewer(cluster), "ours": _we_refuse(inside)})
    rows.append({"peer": version, "wrong": "gpus", "theirs": _by_gpu(cluster)})
    theirs = _controller_killed(script, cluster)
    rows.append({"peer": version, "wrong": "killed", "theirs": theirs, "ours": killed(KILLS, BEFORE_A_KILL)})
    for ledger in (inside, outside):
        ledger.journal.close()
    return rows


def _fill(cluster: Cluster, made: int, live: int) -> float:
    """Reservations up to so many, node by node and day by day; what each took of the controller's CPU."""
    began_s = _controller_cpu_s(cluster)
    for i in range(made, live):
        code, printed, _ = _reserve(cluster, i)
        assert code == 0, printed
    return (_controller_cpu_s(cluster) - began_s) / (live - made)


def _reserve(cluster: Cluster, i: int) -> tuple[int, str, dict[str, float]]:
    return _create(cluster, f"r{i}", i // NODES, f"Nodes=n{i % NODES + 1:02}")


def _create(cluster: Cluster, name: str, day: int, what: str) -> tuple[int, str, dict[str, float]]:
    when = f"StartTime={_date(day)}T00:00:00", "Duration=1-00:00:00"
    return run(["scontrol", "create", "reservation", f"ReservationName={name}", *when, what, "Users=root"], cluster)


def _date(day: int) -> str:
    """Both sides start tomorrow as our ledger counts, which is in 2027."""
    return f"{datetime.fromtimestamp(NOW + (1 + day) * DAY_S, UTC):%Y-%m-%d}"


def _turns(cluster: Cluster, inside: Ledger, outside: Path, live: int) -> dict[str, Any]:
    """Theirs, ours in process, ours as a command, and what it costs to start either program."""
    found: dict[str, list[dict[str, float]]] = {}
    for i in range(live, live + CREATES):
        code, printed, theirs = _reserve(cluster, i)
        assert code == 0, printed
        command = booking(f"r{i}", 1 + i // NODES)
        turn = {"their": theirs, "our": spent(partial(inside.submit, command, now=NOW))}
        turn |= {"our_command": _command(outside, f"r{i}", i // NODES)}
        turn |= {"their_floor": run(["scontrol", "ping"], cluster)[2], "our_floor": run([NEOCLOUD, "--version"])[2]}
        for name, took in turn.items():
            found.setdefault(name, []).append(took)
    row: dict[str, Any] = {"creates": CREATES}
    for name, figures in found.items():
        row |= {f"{name}_p50_s": middle(figures, "wall_s"), f"{name}_p95_s": middle(figures, "wall_s", 0.95)}
        row[f"{name}_cpu_s"] = middle(figures, "cpu_s")
    return row | {"load": round(os.getloadavg()[0], 1)}


def _command(path: Path, name: str, day: int) -> dict[str, float]:
    asked = ["--tenant", "acme", "--pool", "hosts", "--gpus", str(GPUS), "--price", "2.35", "--id", name]
    when = ["--from", _date(day), "--until", _date(day + 1)]
    env = {**os.environ, "NEOCLOUD_NOW": _date(-1)}
    code, printed, took = run([NEOCLOUD, "--data", path, "lease", "book", *asked, *when], env)
    assert code == 0, printed
    return took


def _controller_cpu_s(cluster: Cluster) -> float:
    fields = Path(f"/proc/{_controller(cluster)}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _controller(cluster: Cluster) -> int:
    return int((Path(cluster["SLURM_LAB_DIR"]) / "run" / "slurmctld.pid").read_text())


def _fewer(cluster: Cluster) -> dict[str, int]:
    """Two nodes are free, three are asked for by count, and one that is taken by name: how often it says yes."""
    found = {"trials": TRIALS, "created": 0, "fewer": 0, "twice": 0}
    for day in range(200, 200 + TRIALS):
        assert _create(cluster, f"most-{day}", day, f"Nodes=n[01-{NODES - 2:02}]")[0] == 0
        code, printed, _ = _create(cluster, f"three-{day}", day, "NodeCnt=3")
        shown = run(["scontrol", "-o", "show", "reservation", f"three-{day}"], cluster)[1]
        nodes = re.search(r"NodeCnt=(\d+)", shown)
        found["created"] += code == 0 and "Reservation created" in printed
        found["twice"] += _create(cluster, f"again-{day}", day, "Nodes=n01")[0] == 0
        found["fewer"] += nodes is not None and int(nodes[1]) < 3
    return found


def _we_refuse(ledger: Ledger) -> dict[str, int]:
    """The same of our ledger: how often it refuses, and says how many are free."""
    found = {"trials": TRIALS, "refused": 0, "said_two": 0}
    for day in range(200, 200 + TRIALS):
        ledger.submit(booking(f"most-{day}", day, NODES - 2), now=NOW)
        try:
            ledger.submit(booking(f"three-{day}", day, 3), now=NOW)
        except Oversold as refusal:
            found["refused"] += 1
            found["said_two"] += f"{2 * GPUS} GPUs" in str(refusal)
    return found


def _by_gpu(cluster: Cluster) -> dict[str, Any]:
    code, printed, _ = _create(cluster, "by-gpu", 190, f"TRES=gres/gpu={GPUS}")
    return {"refused": code != 0, "said": printed.splitlines()[0]}


def _controller_killed(script: str, cluster: Cluster) -> dict[str, int]:
    """The controller that has answered so many is killed at once and started again: how many it then knows."""
    lost = 0
    for trial in range(KILLS):
        names = [f"kept-{trial}-{i}" for i in range(BEFORE_A_KILL)]
        for i, name in enumerate(names):
            code, printed, _ = _create(cluster, name, 300 + trial, f"Nodes=n{i + 1:02}")
            assert code == 0, printed
        os.kill(_controller(cluster), signal.SIGKILL)
        _lab(script, cluster, "up", str(NODES))
        shown = run(["scontrol", "-o", "show", "reservation"], cluster)[1]
        lost += sum(f"ReservationName={name} " not in shown for name in names)
    return {"trials": KILLS, "answered": KILLS * BEFORE_A_KILL, "lost": lost}
