"""A service on a real socket, in a thread of this process or as a process of its own that can be killed.

`python -m tests.events.serving DIRECTORY JOURNAL` is such a process; it says its port.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import uvicorn

from neocloud.api.app import create_app
from neocloud.api.courier import Pace
from neocloud.api.server import Server, run
from neocloud.api.service import Service
from neocloud.model.keys import Role
from neocloud.operations.keys import new_key
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from tests.contracts.scene import NOW

QUICK = Pace(
    timeout_s=1.0, first_retry_s=0.05, longest_retry_s=0.2, tries=4, give_up_s=60, progress_s=0.3, look_s=0.1
)
"""Webhooks are tried again within a moment, and given up after four tries."""


def key_for(ledger: Ledger, role: Role, tenant: str = "") -> str:
    """A key of a role, as its holder says it."""
    made = new_key(role, tenant=tenant, name=f"{role}-{tenant or 'desk'}")
    ledger.submit(made.command, now=NOW)
    return made.token


class Served:
    """A service that runs, and how to ask it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=20, trust_env=False)


class InThread(Served):
    """A service in a thread of this process."""

    def __init__(self, directory: Path, url: str, pace: Pace = QUICK) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        super().__init__(self._listening.getsockname()[1])
        self.service = Service(Ledger(open_journal(url)), url, directory, lambda: NOW)
        config = uvicorn.Config(create_app(self.service, pace), log_config=None, access_log=False, lifespan="on")
        self.server = Server(config, self.service)
        self._thread = Thread(target=lambda: asyncio.run(self.server.serve(sockets=[self._listening])))
        self._thread.start()
        while not self.server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)

    def stop(self) -> float:
        """Stop, and say how long that took (seconds)."""
        began_s = time.monotonic()
        self.server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()
        return time.monotonic() - began_s


@contextmanager
def served(directory: Path, url: str, pace: Pace = QUICK) -> Iterator[InThread]:
    """A service for as long as it is needed."""
    service = InThread(directory, url, pace)
    try:
        yield service
    finally:
        service.stop()


class Process(Served):
    """A service as a process of its own."""

    def __init__(self, directory: Path, url: str) -> None:
        command = [sys.executable, "-m", "tests.events.serving", str(directory), url]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert self._process.stdout is not None
        super().__init__(int(self._process.stdout.readline()))

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._wait()

    def stop(self) -> None:
        """Have it stop in good order."""
        self._process.terminate()
        self._wait()

    def _wait(self) -> None:
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Stream:
    """A stream of events that is listened to."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, Any] | None:
        """The next event; None where the stream has ended. Comments are passed over."""
        found: dict[str, Any] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if line and name in {"id", "event", "data"}:
                found[name] = json.loads(value) if name == "data" else value
            elif not line and "data" in found:
                return found
        return None

    def take(self, number: int) -> list[dict[str, Any]]:
        """So many events; fewer where it ended before."""
        return [event for _ in range(number) if (event := self.next()) is not None]

    def beat(self) -> str:
        """The next line that is a comment."""
        return next(line for line in self._lines if line.startswith(":"))


@contextmanager
def listening(client: httpx.Client, path: str = "/v1/events", **headers: str) -> Iterator[Stream]:
    """A stream that has begun."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with client.stream("GET", path, headers=sent) as answer:
        stream = Stream(answer)
        if answer.status_code == 200:
            assert next(stream._lines).startswith("retry:")
        yield stream


def main(directory: str, url: str) -> None:
    """Serve until told to stop, and say at which port."""
    listening = socket.create_server(("127.0.0.1", 0))
    with closing(open_journal(url)) as journal:
        service = Service(Ledger(journal), url, Path(directory), lambda: NOW)
        config = uvicorn.Config(create_app(service, QUICK), log_config=None, access_log=False, lifespan="on")
        print(listening.getsockname()[1], flush=True)  # noqa: T201
        run(config, service, listening)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
