"""An event reaches all who listen: from the request that makes it to the last byte at the last listener.

Ours is the whole way: a tenant is put, decided, committed to SQLite, encoded and sent. The peer beside it, on the
same server in the same minute, commits nothing: it hands the same bytes to a queue for each listener
(`benchmarks.peer_events`). Server and listeners share the machine, on loopback.
"""

import asyncio
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.machine import machine, save

SIZES = (10, 100, 1_000)
ROUNDS = 15
GOAL_LISTENERS, GOAL_S = 1_000, 1.0


class Peer(NamedTuple):
    """A server: where it listens, what is asked there, and how an event is made."""

    port: int
    listen: str
    make: str
    headers: str


class _Listener(asyncio.Protocol):
    """Counts events that came."""

    def __init__(self, counting: "_Counting", request: bytes) -> None:
        self._counting = counting
        self._request = request
        self._begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self._begun and b"retry:" in data:
            self._begun = True
            self._counting.count()
        if b"event: tenant.added" in data:
            self._counting.count()


class _Counting:
    """Waits for a number of things."""

    def __init__(self) -> None:
        self._left = 0
        self._done = asyncio.Event()

    def expect(self, number: int) -> None:
        """So many from now on."""
        self._left = number
        self._done.clear()

    def count(self) -> None:
        """One came."""
        self._left -= 1
        if self._left == 0:
            self._done.set()

    async def done(self) -> None:
        """All came."""
        async with asyncio.timeout(60):
            await self._done.wait()


def event_rows(sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """A row for each number of listeners."""
    _many_files(2 * max(sizes) + 200)
    rows = []
    for listeners in sizes:
        with ours() as server:
            found = asyncio.run(measured(server, listeners, rounds))
        with peer() as server:
            beside = asyncio.run(measured(server, listeners, rounds))
        rows.append({
            "listeners": listeners, "rounds": rounds, "s": median(found), "worst_s": max(found),
            "peer_s": median(beside), "peer_worst_s": max(beside), "ratio": median(found) / median(beside),
        })  # fmt: skip
        print("events", {name: round(value, 4) for name, value in rows[-1].items()})
    return rows


async def measured(server: Peer, listeners: int, rounds: int) -> list[float]:
    """How long each of some events took to reach all listeners (seconds)."""
    loop, counting = asyncio.get_running_loop(), _Counting()
    request = f"GET {server.listen} HTTP/1.1\r\nHost: localhost\r\n{server.headers}\r\n".encode()
    counting.expect(listeners)
    made = [
        await loop.create_connection(lambda: _Listener(counting, request), "127.0.0.1", server.port)
        for _ in range(listeners)
    ]
    await counting.done()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    found = []
    for number in range(rounds):
        counting.expect(listeners)
        began = time.perf_counter()
        writer.write(_made(server, number))
        await counting.done()
        found.append(time.perf_counter() - began)
        await reader.read(65_536)
    for transport, _ in made:
        transport.abort()
    writer.close()
    return found


def _made(server: Peer, number: int) -> bytes:
    body = json.dumps({"id": f"t{number}", "kind": "customer", "name": "A customer " * 20}).encode()
    head = f"PUT {server.make.format(number)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n{server.headers}\r\n".encode() + body


@contextmanager
def ours() -> Iterator[Peer]:
    """The service on a new ledger."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _process("benchmarks.service_events", "serve", f"{folder}/desk") as said,
    ):
        port, token = said.split()
        key = f"Authorization: Bearer {token}\r\n"
        yield Peer(int(port), "/v1/events?kind=tenant", "/v1/tenants/t{}", key)


@contextmanager
def peer() -> Iterator[Peer]:
    """The plain one."""
    with _process("benchmarks.peer_events") as said:
        yield Peer(int(said), "/events", "/event", "")


@contextmanager
def _process(*words: str) -> Iterator[str]:
    """A server in a process of its own; what it said first."""
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            process.terminate()


def _many_files(number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard), hard))


def serve(folder: str) -> None:
    """The service on a new ledger, until ended; it says its port and a key."""
    import uvicorn  # noqa: PLC0415

    from neocloud.api.app import create_app  # noqa: PLC0415
    from neocloud.api.server import run  # noqa: PLC0415
    from neocloud.api.service import Service  # noqa: PLC0415
    from neocloud.operations.directory import create_directory  # noqa: PLC0415
    from neocloud.operations.keys import new_key  # noqa: PLC0415

    _many_files(2 * max(SIZES) + 200)
    ledger = create_directory(Path(folder), journal=None, now=int(time.time()))
    made = new_key("admin")
    ledger.submit(made.command, now=int(time.time()))
    service = Service(ledger, f"sqlite:{folder}/journal.sqlite", Path(folder), lambda: int(time.time()))
    listening = socket.create_server(("127.0.0.1", 0), backlog=2_048)
    print(listening.getsockname()[1], made.token, flush=True)
    config = uvicorn.Config(create_app(service), log_config=None, access_log=False, timeout_graceful_shutdown=1)
    run(config, service, listening)


def section(result: dict[str, Any]) -> str:
    """The figures as a part of the page."""
    head = f"{result['date']}, commit {result['commit']}, load {result['machine']['load']} at the end."
    lines = [
        "## An event reaches all who listen\n",
        f"{head} From the request that makes it to the last byte at the last listener, on loopback, server and",
        "listeners on the same cores; median and worst of the rounds. Ours decides and commits the change first; the",
        "peer is Starlette's StreamingResponse with a queue for each listener, on the same uvicorn, and commits",
        "nothing. Goal: 1,000 listeners in under 1 s.\n",
        "| listeners | ours | worst | peer | worst | ours over peer |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        met = ""
        if row["listeners"] == GOAL_LISTENERS:
            met = ": met" if row["worst_s"] < GOAL_S else ": **missed**"
        ours_, worst, peer_, peer_worst = (
            f"{row[name]:.3f} s" for name in ("s", "worst_s", "peer_s", "peer_worst_s")
        )
        lines.append(
            f"| {row['listeners']:,} | {ours_} | {worst}{met} | {peer_} | {peer_worst} | x{row['ratio']:.2f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        print(machine())
        found = event_rows()
        if "--save" in sys.argv:
            save("service-events", found)
