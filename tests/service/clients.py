"""Clients of several processes on one ledger: they book, retry until they are answered, and check what they read."""

import random
import time
from http.client import HTTPException
from threading import Event, Lock
from typing import Any

from benchmarks.service.served import Answer, Served

from neocloud.units import HOUR_S, format_instant

START_AT = 1_893_456_000
"""2030-01-01, from when on hours are leased."""

PATIENCE_S = 100
"""How long a client asks for one answer."""


class Market:
    """What is wanted of a pool hour by hour, and what was promised: noted outside of whoever is killed."""

    def __init__(self, processes: list[Served], token: str, slots: int) -> None:
        self.processes, self.token, self.slots = processes, token, slots
        self.promised: dict[str, str] = {}
        """The lease of each key that was answered yes."""
        self.refused: set[str] = set()
        self.retries = self.replayed = self.again = 0
        self.wrong: list[str] = []
        self.ended = Event()
        self._lock = Lock()

    def client(self, name: str) -> None:
        """Book one hour after the other, until the end; whatever goes wrong unforeseen is noted."""
        chance, tries = random.Random(name), 0
        try:
            while not self.ended.is_set():
                tries += 1
                self._book(chance, f"{name}-{tries}")
        except Exception as error:
            self.wrong.append(f"{name}: {error!r}")

    def _book(self, chance: random.Random, key: str) -> None:
        at = START_AT + chance.randrange(self.slots) * HOUR_S
        block = {"pool": "h100", "gpus": 1, "from": format_instant(at), "until": format_instant(at + HOUR_S)}
        price = {"per": "gpu_hour", "amount": "2.50"}
        body = {"tenant": "acme", "terms": "on-demand", "blocks": [block], "prices": [price]}
        answer = self._until_answered(chance, "POST", "/v1/leases", body, {"Idempotency-Key": key})
        if answer.status == 409:
            self.refused.add(key)
            return
        assert answer.status in {200, 201}, answer
        self._note(key, answer)
        if chance.random() < 0.3:
            self._ask_again(chance, key, body, answer)

    def _note(self, key: str, answer: Answer) -> None:
        with self._lock:
            self.promised[key] = answer.json["id"]
            self.replayed += "idempotent-replayed" in answer.headers

    def _ask_again(self, chance: random.Random, key: str, body: Any, first: Answer) -> None:
        """Elsewhere the same is answered to the same, and who says what it knows is shown no less."""
        second = self._until_answered(chance, "POST", "/v1/leases", body, {"Idempotency-Key": key})
        known = {"If-Known": first.headers["journal-seq"]}
        shown = self._until_answered(chance, "GET", f"/v1/leases/{first.json['id']}", None, known)
        with self._lock:
            self.again += 1
            if "idempotent-replayed" not in second.headers or second.json["id"] != first.json["id"]:
                self.wrong.append(f"{key} again: {second}")
            if shown.status != 200:
                self.wrong.append(f"{key} is not shown: {shown}")

    def _until_answered(
        self, chance: random.Random, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> Answer:
        """Ask any process, until one says yes or no: where one breaks off or cannot now, another."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            process = chance.choice(self.processes)
            try:
                answer = process.ask(method, path, self.token, body, headers, timeout_s=20)
            except (OSError, HTTPException):
                time.sleep(0.02)
            else:
                if answer.status < 500:
                    return answer
                assert answer.status == 503, answer
            with self._lock:
                self.retries += 1
        raise AssertionError(f"{method} {path} was never answered")
