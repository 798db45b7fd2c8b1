"""The real process: `neocloud serve` on SQLite and PostgreSQL, stopped in the middle, cut off, over TLS."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2 as httpx
import pytest

from neocloud.client import Client
from neocloud.model.entries import decode
from neocloud.model.leases import Lease
from neocloud.settings import CUSTOMER_BURST
from neocloud.store import open_journal
from tests import conftest as shared
from tests.api.desk import settled

BLOCK = {"pool": "oslo-h100", "gpus": 8, "from": "2028-02-01", "until": "2028-05-01"}
CLIENTS = 32


class Process:
    """A process that serves, and what is said to show its admin's key."""

    def __init__(self, process: subprocess.Popen[str], where: str, log: Path, admin: str, trust: Any = True) -> None:
        self.process, self.where, self.log = process, where, log
        self.client = httpx.Client(
            base_url=where, headers={"Authorization": f"Bearer {admin}"}, verify=trust, timeout=60
        )

    def book(self, name: str) -> httpx.Response:
        """Book a lease of a name."""
        body = {"id": name, "tenant": "acme", "blocks": [BLOCK], "prices": [{"per": "gpu_hour", "amount": "2.35"}]}
        return self.client.post("/v1/leases", json=body, headers={"Idempotency-Key": name})

    def stop(self) -> int:
        """Ask it to stop, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def serving(directory: Path, admin: str, *options: str, trust: Any = True) -> Iterator[Process]:
    """A process on a free port; killed at the end if it has not stopped."""
    log = directory.parent / f"log-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "neocloud", "--data", str(directory), "serve", "--port", "0", *options]
    with log.open("w") as out, subprocess.Popen(command, stderr=out, stdout=out, text=True) as process:
        try:
            with Process(process, _where(process, log), log, admin, trust).client as client:
                found = Process(process, str(client.base_url), log, admin, trust)
                until(lambda: found.client.get("/readyz").status_code == 200)
                yield found
                found.client.close()
        finally:
            process.kill()


def _where(process: subprocess.Popen[str], log: Path) -> str:
    def said() -> str | None:
        assert process.poll() is None, log.read_text()
        found = re.search(r"serving \S+ at (\S+),", log.read_text())
        return found[1] if found else None

    return str(until(said))


def until(what: Callable[[], Any], wait_s: float = 60) -> Any:
    """What is, as soon as it is."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            if found := what():
                return found
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settled_on(request: pytest.FixtureRequest, template: Any, tmp_path: Path) -> tuple[Path, str]:
    """A data directory with the desk in it, on a journal of each kind, and its admin's key."""
    directory = tmp_path / "desk"
    if request.param == "sqlite":
        shutil.copytree(template[0], directory)
        return directory, template[1]["admin"]
    said = settled(directory, journal=request.getfixturevalue("postgres_url"))
    return directory, said["admin"]


def booked(directory: Path) -> set[str]:
    """The leases in a journal."""
    journal = open_journal(_url(directory))
    found = {entry.noun.id for batch in journal.batches() for entry in decode(batch) if isinstance(entry.noun, Lease)}
    journal.close()
    return found


def _url(directory: Path) -> str:
    from neocloud.operations.directory import journal_url  # noqa: PLC0415

    return journal_url(directory)


def test_whatever_was_answered_is_in_the_journal_when_it_stops_in_the_middle(settled_on: tuple[Path, str]) -> None:
    directory, admin = settled_on
    with serving(directory, admin) as served, ThreadPoolExecutor(CLIENTS) as pool:
        answered: set[str] = set()

        def client(number: int) -> None:
            with httpx.Client(base_url=served.where, headers=dict(served.client.headers), timeout=60) as own:
                for i in range(1_000):
                    name = f"c{number}-{i}"
                    body = {"id": name, "tenant": "acme", "blocks": [BLOCK | {"gpus": 8}],
                            "prices": [{"per": "gpu_hour", "amount": "2.35"}]}  # fmt: skip
                    try:
                        answer = own.post("/v1/leases", json=body, headers={"Idempotency-Key": name})
                    except httpx.TransportError:
                        return
                    if answer.status_code == 201:
                        answered.add(name)
                    assert answer.status_code in {201, 409, 503}, answer.text

        clients = [pool.submit(client, number) for number in range(CLIENTS)]
        until(lambda: len(answered) >= CLIENTS)
        served.stop()
        for each in clients:
            each.result(60)
        log = served.log.read_text()
    assert "Traceback" not in log, log
    assert answered <= booked(directory)


def test_two_processes_of_one_journal_know_what_the_other_wrote(settled_on: tuple[Path, str]) -> None:
    directory, admin = settled_on
    with serving(directory, admin) as one, serving(directory, admin) as other:
        answer = one.book("a")
        seen = other.client.get("/v1/leases/a", headers={"If-Known": answer.headers["journal-seq"]})
        assert (seen.status_code, seen.headers["etag"]) == (200, answer.headers["etag"])
        again = other.book("a")
        assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")


def test_it_serves_again_what_was_there_when_it_is_started_again(settled_on: tuple[Path, str]) -> None:
    directory, admin = settled_on
    with serving(directory, admin) as served:
        first = served.book("a")
        assert first.status_code == 201
        assert served.stop() in {0, -signal.SIGTERM}
        assert "nc_" not in served.log.read_text(), "a ledger with keys tells none"
    with serving(directory, admin) as served:
        again = served.book("a")
        assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (201, first.json(), "true")


def test_the_first_admin_is_made_by_a_key_that_is_told_once(tmp_path: Path) -> None:
    directory = tmp_path / "desk"
    subprocess.run([sys.executable, "-m", "neocloud", "init", str(directory)], check=True, capture_output=True)
    with serving(directory, "none") as served:
        (token,) = set(re.findall(r"nc_first_\S{43}", served.log.read_text()))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "first"}
        made = served.client.post("/v1/keys", json={"role": "admin"}, headers=headers)
        assert made.status_code == 201
        headers = {"Authorization": f"Bearer {made.json()['token']}"}
        assert served.client.get("/v1/keys", headers=headers).status_code == 200
        served.stop()
    with serving(directory, made.json()["token"]) as served:
        assert "nc_" not in served.log.read_text()


def test_a_customers_program_that_asks_too_often_waits_as_it_is_told_and_is_answered(
    template: Any, tmp_path: Path
) -> None:
    directory = shutil.copytree(template[0], tmp_path / "desk")
    with serving(directory, template[1]["admin"]) as served, Client(served.where, template[1]["customer"]) as client:
        asked_s: list[float] = []
        while not asked_s or max(asked_s) < 0.9:
            began_s = time.monotonic()
            assert client.leases.get("acme-run").noun.id == "acme-run"
            asked_s.append(time.monotonic() - began_s)
            assert len(asked_s) < 5_000
        counted = served.client.get("/metrics").text
    assert re.search(r'http_requests_total{method="GET",route="/v1/leases/{name}",status="429"} [1-9]', counted)
    assert len(asked_s) >= CUSTOMER_BURST and max(asked_s) < 5


def test_it_serves_over_tls_with_a_certificate_of_its_own(settled_on: tuple[Path, str], tmp_path: Path) -> None:
    directory, admin = settled_on
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert, "-days", "2"],
                   check=True, capture_output=True)  # fmt: skip
    trust = ssl.create_default_context(cafile=cert)
    with serving(directory, admin, "--tls-cert", str(cert), "--tls-key", str(key), trust=trust) as served:
        assert served.where.startswith("https://")
        assert served.client.get("/v1/leases").status_code == 200


@pytest.mark.postgres
def test_the_database_goes_away_and_comes_back_and_nothing_is_lost(tmp_path: Path) -> None:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not programs:
        pytest.skip("there is no PostgreSQL here to be stopped")
    with shared._server(programs[-1].parent) as url, ExitStack() as running:
        folder = unquote(urlsplit(url).hostname or "") or unquote(urlsplit(url).netloc.rpartition("@")[2])

        def pg(*arguments: str) -> None:
            subprocess.run([str(programs[-1]), "-D", f"{folder}/data", *arguments], user=shared.unprivileged_user(),
                           cwd=folder, check=True, stdout=subprocess.DEVNULL)  # fmt: skip

        said = settled(tmp_path / "desk", journal=url)
        served = running.enter_context(serving(tmp_path / "desk", said["admin"]))
        assert served.book("before").status_code == 201
        pg("stop", "-m", "immediate")
        away = served.book("away")
        assert (away.status_code, away.json()["code"]) == (503, "journal.unreachable"), away.text
        assert int(away.headers["retry-after"]) > 0
        until(lambda: served.client.get("/readyz").status_code == 503)
        assert served.client.get("/healthz").status_code == 200
        assert served.client.get("/v1/leases/before").status_code == 200, "what is known can be read"
        pg("start", "-w", "-l", f"{folder}/log", "-o", f"-c listen_addresses='' -c fsync=off -k {folder}")
        until(lambda: served.client.get("/readyz").status_code == 200)
        assert served.book("away").status_code == 201
        assert served.book("before").headers["idempotent-replayed"] == "true"
        served.stop()
        assert {"before", "away"} <= booked(tmp_path / "desk")


def test_a_port_that_is_taken_is_told_in_a_sentence(template: Any, tmp_path: Path) -> None:
    directory = shutil.copytree(template[0], tmp_path / "desk")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "neocloud", "--data", str(directory), "serve", "--port",
                   str(taken.getsockname()[1])]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ})
    assert done.returncode == 1 and "cannot be listened at" in done.stderr and "Traceback" not in done.stderr
