"""`python -m benchmarks.peers`: two peers beside our ledger, two beside our replay, and what they got wrong.

A peer that cannot be had is named in a line. Of each pair, results and `docs/peers.md` are renewed only when both
were had.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import peer_simulators_page
from benchmarks.machine import RESULTS, save
from benchmarks.peer_blazar import blazar_rows
from benchmarks.peer_simulators import simulator_rows
from benchmarks.peer_slurm import slurm_rows

PAGE = Path(__file__).parent.parent / "docs" / "peers.md"

INTRODUCTION = """# Beside four peers

Made by `python -m benchmarks.peers`, which is a part of `make bench`; do not edit. Theirs and ours in turn, in one
run, on one machine that others use too: trust CPU more than wall time, and ratios more than either. *Ratio* is theirs
over ours: above 1 we are quicker, below 1 they are. All figures are medians unless they say p95.
"""

BLAZAR = """Its `ManagerService.create_lease` with the plugin for physical hosts, on SQLite with the settings it
comes with. Keystone, Nova and Placement are mocked and cost nothing, so a real one takes longer. One host for one
day, where each host has {per_host} leases on other days. Ours is 8 GPUs of a pool of as many 8-GPU hosts through
`Ledger.submit`, durable on SQLite (WAL, synchronous FULL) in the same file system. Blazar names the host it gives;
we promise GPUs of a pool. {leases} leases a row.
"""

RACES = """### What Blazar got wrong

Two writers start from a barrier and ask for the only host on the same day, a free day for each trial. Between
Blazar's search for a free host and the row that takes it there is no lock, so both may find it free. Rows *left*
take the host for a lease that failed or was never finished (SQLite says that it is locked, and what was
committed before stays).
"""

SLURM = """Reservations by name on a cluster of {nodes} nodes of 8 GPUs, all its daemons on this machine:
`scontrol create reservation Nodes=`, node by node and day by day, root's. Ours is the same sequence as bookings: in
process by `Ledger.submit`, and as a whole `neocloud lease book`, which starts Python, reads the journal, books and
shows the lease. {creates} of each a row, in turn.
"""

FLOORS = """As a whole command `scontrol` is {quicker} times quicker than ours with {live:,} live: it is a small C
program that asks a server, ours starts Python and reads the journal. What either costs before it does anything is
in the last two columns, measured in the same turns. Their CPU is that of `scontrol` and of the controller.
"""


def main() -> None:
    """Measure what can be had."""
    found = {"Blazar": blazar_rows(), "Slurm": slurm_rows()}
    for name, rows in found.items():
        print(f"{name} is not measured: {rows}" if isinstance(rows, str) else f"{name}: {len(rows)} rows")
    had = [rows for rows in found.values() if not isinstance(rows, str)]
    if len(had) == len(found):
        save("peers", [row for rows in had for row in rows])
    simulated = simulator_rows()
    if isinstance(simulated, str):
        print(f"Simulators are not measured: {simulated}")
    else:
        save("peer-simulators", simulated)
    write_page()


def write_page() -> None:
    """Renew the page from what lies in `benchmarks/results`."""
    result = json.loads((RESULTS / "peers.json").read_text())
    rows, m = result["rows"], result["machine"]
    names = list(dict.fromkeys(row["peer"] for row in rows if "load" in row))
    made = (
        f"{result['date']}, commit {result['commit']}: {m['cores']} cores of {m['cpu']}, Python {m['python']}, "
        f"SQLite {m['sqlite']}; {', '.join(names)}. Load from {min(_loads(rows))} to {max(_loads(rows))}.\n"
    )
    simulated = json.loads((RESULTS / "peer-simulators.json").read_text())
    parts = [*_blazar(rows), *_slurm(rows), *peer_simulators_page.section(simulated)]
    PAGE.write_text("\n".join([INTRODUCTION, made, *parts]))


def _loads(rows: Sequence[dict[str, Any]]) -> list[float]:
    return [row["load"] for row in rows if "load" in row]


def _blazar(rows: Sequence[dict[str, Any]]) -> list[str]:
    sizes = [row for row in rows if "hosts" in row]
    head = (
        "hosts",
        "live leases",
        "SQL statements, theirs",
        "CPU, theirs",
        "CPU, ours",
        "ratio",
        "wall, theirs",
        "wall, ours",
    )
    lines = [
        [
            *(f"{row[key]:,}" for key in ("hosts", "live", "statements")),
            *_pair(row, "their_cpu_s", "our_cpu_s"),
            *_pair(row, "their_wall_s", "our_wall_s"),
        ]
        for row in sizes
    ]
    keys = ("hosts", "live", "statements", "their_cpu_s", "our_cpu_s", "", "their_wall_s", "our_wall_s", "")
    text = BLAZAR.format(per_host=sizes[0]["live"] // sizes[0]["hosts"], leases=sizes[0]["leases"])
    table = _table([*head, "ratio"], [*lines, _growth(sizes, keys)])
    return ["## OpenStack Blazar\n", text, table, RACES, _races([row for row in rows if "race" in row])]


def _races(rows: Sequence[dict[str, Any]]) -> str:
    head = ("two writers", "trials", "theirs: **both got it**", "one did", "neither did", "rows left")
    lines = []
    for row in rows:
        theirs, ours = row["theirs"], row["ours"]
        cells = [f"{row['race']}", str(theirs["trials"]), f"**{theirs['two']}**", str(theirs["one"])]
        cells += [str(theirs["none"]), str(theirs["left"])]
        lines.append([*cells, str(ours["two"]), str(ours["one"]), str(ours["none"])])
    return _table([*head, "ours: both got it", "one did", "neither did"], lines)


def _slurm(rows: Sequence[dict[str, Any]]) -> list[str]:
    sizes = [row for row in rows if "creates" in row]
    for row in sizes:
        row["their_whole_cpu_s"] = row["their_cpu_s"] + row["controller_cpu_s"]
    slower = sizes[-1]["our_command_p50_s"] / sizes[-1]["their_p50_s"]
    first, last = sizes[0], {row["wrong"]: row for row in rows if "wrong" in row}
    return [
        "## Slurm\n",
        SLURM.format(nodes=first["nodes"], creates=first["creates"]),
        _walls(sizes),
        FLOORS.format(quicker=round(slower), live=sizes[-1]["live"]),
        _cpus(sizes),
        "### What Slurm got wrong\n",
        _wrong(first["nodes"], last),
    ]


def _walls(rows: Sequence[dict[str, Any]]) -> str:
    head = ["live", "`scontrol` p50", "p95", "in process p50", "p95", "ratio", "our command p50", "p95", "ratio"]
    lines = []
    for row in rows:
        theirs, ours, ratio = _pair(row, "their_p50_s", "our_p50_s")
        _, command, slower = _pair(row, "their_p50_s", "our_command_p50_s")
        cells = [f"{row['live']:,}", theirs, _ms(row["their_p95_s"]), ours, _ms(row["our_p95_s"]), ratio]
        lines.append([*cells, command, _ms(row["our_command_p95_s"]), slower])
    keys = ("live", "their_p50_s", "their_p95_s", "our_p50_s", "our_p95_s", "", "our_command_p50_s")
    return _table(head, [*lines, _growth(rows, (*keys, "our_command_p95_s", ""))])


def _cpus(rows: Sequence[dict[str, Any]]) -> str:
    head = ["live", "CPU, theirs", "of it the controller", "in process", "ratio", "our command", "ratio"]
    lines = []
    for row in rows:
        theirs, ours, ratio = _pair(row, "their_whole_cpu_s", "our_cpu_s")
        _, command, slower = _pair(row, "their_whole_cpu_s", "our_command_cpu_s")
        cells = [f"{row['live']:,}", theirs, _ms(row["controller_cpu_s"]), ours, ratio, command, slower]
        lines.append([*cells, _ms(row["their_floor_p50_s"]), _ms(row["our_floor_p50_s"])])
    keys = ("live", "their_whole_cpu_s", "controller_cpu_s", "our_cpu_s", "", "our_command_cpu_s", "")
    growth = _growth(rows, (*keys, "their_floor_p50_s", "our_floor_p50_s"))
    return _table([*head, "`scontrol ping`, wall", "`neocloud --version`, wall"], [*lines, growth])


def _wrong(nodes: int, found: dict[str, Any]) -> str:
    fewer, gpus, killed = found["fewer"], found["gpus"]["theirs"], found["killed"]
    theirs, ours = fewer["theirs"], fewer["ours"]
    return (
        f"- **Fewer than asked, without a word.** {nodes - 2} of {nodes} nodes are taken and `NodeCnt=3` is asked "
        f'for: {theirs["created"]} of {theirs["trials"]} times it answered "Reservation created", and '
        f"**{theirs['fewer']} of {theirs['trials']}** reserved fewer than three. Ours refused {ours['refused']} of "
        f"{ours['trials']}, and {ours['said_two']} times said that 16 GPUs would fit.\n"
        f"- **No reservation by GPU.** {'It was refused' if gpus['refused'] else 'It was taken'}: "
        f"`{gpus['said']}`.\n"
        f"- **Answered before it is on disk.** The controller is killed (SIGKILL) right after it has answered "
        f'{killed["theirs"]["answered"] // killed["theirs"]["trials"]} times "Reservation created", and started '
        f"again; {killed['theirs']['trials']} trials. **{killed['theirs']['lost']} of "
        f"{killed['theirs']['answered']}** reservations were gone: its state file was up to five seconds "
        f"behind its answers when we looked. Of ours, killed likewise after as many answers, "
        f"{killed['ours']['lost']} of {killed['ours']['answered']} were gone.\n"
        f"- What it got right: asked by name (`Nodes=`) for a node that is taken, it refused "
        f"{theirs['trials'] - theirs['twice']} of {theirs['trials']} times.\n"
    )


def _pair(row: dict[str, Any], theirs: str, ours: str) -> list[str]:
    """Both figures, and theirs over ours."""
    ratio = row[theirs] / row[ours]
    return [_ms(row[theirs]), _ms(row[ours]), f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"]


def _growth(rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> list[str]:
    """How much each figure grew from the first row to the last."""
    grown = [f"x{rows[-1][key] / rows[0][key]:.2g}" if key else "" for key in keys]
    return [f"growth, {grown[0]}", *grown[1:]]


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds >= 0.1 else f"{1000 * seconds:.2f} ms"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---:"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows) + "\n"


if __name__ == "__main__":
    main()
