"""A real `neocloud serve` in a process of its own, on a ledger in a folder, with an admin's key."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_SAID = re.compile(r"serving .* at https?://[^:]+:(\d+),")


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Served:
    """One process. It may be killed and started again, at the same port."""

    def __init__(self, folder: Path, *options: str, journal: str | None = None, log: Path | None = None) -> None:
        self.folder = folder
        self._options = [*options, *([] if journal is None else ["--journal", journal])]
        self._log = log or folder.parent / f"{folder.name}.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0  # how long its log was when it was started last

    def start(self) -> None:
        """Start it, and do not wait for it."""
        command = [sys.executable, "-m", "neocloud", "--data", str(self.folder), "serve", "--port", str(self.port)]
        self._said_before = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*command, *self._options], cwd=ROOT, stdout=log, stderr=log)

    def wait(self) -> None:
        """Until it listens."""
        deadline = monotonic() + 120
        while monotonic() < deadline:
            said = self._log.read_bytes()[self._said_before :].decode()
            if found := _SAID.search(said):
                self.port = int(found[1])
                return
            assert self._process is not None and self._process.poll() is None, said
            sleep(0.02)
        raise AssertionError(f"it does not listen: {self._log.read_text()}")

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def kill(self) -> None:
        """End it at once, in whatever it does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as systemd would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, how)
        if self._process is not None:
            self._process.wait(60)

    def ask(self, method: str, path: str, token: str, body: Any = None, headers: Mapping[str, str] = {},
            timeout_s: float = 30) -> Answer:  # fmt: skip
        """One request by a connection of its own. Raises OSError or HTTPException where it breaks off."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            said = {"Authorization": f"Bearer {token}", **headers}
            raw = None if body is None else json.dumps(body).encode()
            connection.request(
                method, path, raw, said | ({} if raw is None else {"Content-Type": "application/json"})
            )
            found = connection.getresponse()
            return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
        finally:
            connection.close()


def neocloud(folder: Path, *words: str) -> str:
    """A command of neocloud on a data directory; what it prints."""
    command = [sys.executable, "-m", "neocloud", "--data", str(folder), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def new_key(folder: Path, *words: str) -> str:
    """A key made by the command line: its token."""
    token: str = json.loads(neocloud(folder, "key", "create", "--output", "json", *words))["token"]
    return token


@contextmanager
def serving(*processes: Served) -> Iterator[Sequence[Served]]:
    """Processes that are started, and stopped at the end."""
    try:
        for each in processes:
            each.start()
        for each in processes:
            each.wait()
        yield processes
    finally:
        for each in processes:
            each.stop()
