"""Who speaks HTTP badly: heads without end, or slowly; bodies that are never ended; answers that are not taken."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
import uvicorn

from neocloud.api.app import create_app
from neocloud.api.guards import SECURE
from neocloud.api.protocol import Bounded
from neocloud.api.server import Server
from neocloud.api.service import Service
from neocloud.operations.directory import journal_url, open_stores
from neocloud.operations.ledger import Ledger
from neocloud.settings import MOST_HEAD_BYTES, MOST_HEADERS, MOST_URL_BYTES
from tests.api.desk import NOW, copied
from tests.api.test_served import serving

HEAD_S, STALL_S = 0.6, 1.0


class Quick(Bounded):
    """The same, that waits for less long."""

    head_timeout_s = HEAD_S
    stall_s = STALL_S


class Listening(NamedTuple):
    """A service on a real socket of this process."""

    port: int
    tokens: dict[str, str]
    server: Server

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def head(self, method: str, path: str, *more: str) -> bytes:
        """A whole head of a viewer's request."""
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.tokens['viewer']}", *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.fixture(scope="module")
def listening(template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A desk served on uvloop, as `serve` does it, with little patience."""
    directory = copied(template[0], tmp_path_factory.mktemp("connections") / "desk")
    ledger = Ledger(*open_stores(directory, warn=print))
    service = Service(ledger, journal_url(directory), directory, lambda: NOW)
    config = uvicorn.Config(create_app(service), http=Quick, ws="none", loop="uvloop", log_config=None,
                            access_log=False, lifespan="on", timeout_keep_alive=1)  # fmt: skip
    server, sockets = Server(config, service), [socket.create_server(("127.0.0.1", 0))]

    def run() -> None:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(server.serve(sockets=sockets))

    thread = Thread(target=run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Listening(sockets[0].getsockname()[1], template[1], server)
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


class Answer(NamedTuple):
    """What came back, up to the end of the connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other side hangs up."""
    parts = []
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def answered(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), headers, body)


def said(listening: Listening, *pieces: bytes, pause_s: float = 0.0) -> Answer:
    """What is answered to pieces of a request, each sent by itself."""
    with listening.connect() as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause_s)
        except OSError:
            pass
        return answered(rest(connection))


# ---- too much ----


MUCH = 64 * 1024 * 1024
"""More bytes than lie in buffers on the way, so that whoever sent all of them was read."""

FILLER = f"X: {'a' * 1_000}"


@pytest.mark.parametrize(
    ("path", "more", "status", "code"),
    [
        (f"/v1/leases?cursor={'a' * MOST_URL_BYTES}", (), 414, "http.url_too_long"),
        ("/v1/leases", (f"X: {'a' * MOST_HEAD_BYTES}",), 431, "http.head_too_large"),
        ("/v1/leases", (FILLER,) * 33, 431, "http.head_too_large"),
        ("/v1/leases", ("X: 1",) * (MOST_HEADERS - 1), 431, "http.head_too_large"),
    ],
)
@pytest.mark.parametrize("pieces", [1, 40])
def test_a_head_that_is_too_large_is_refused_and_the_connection_ends(
    listening: Listening, path: str, more: tuple[str, ...], status: int, code: str, pieces: int
) -> None:
    raw = listening.head("GET", path, *more)
    size = -(-len(raw) // pieces)
    answer = said(listening, *(raw[i : i + size] for i in range(0, len(raw), size)), pause_s=0.002)
    assert (answer.status, answer.code, answer.headers["connection"]) == (status, code, "close")
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.body) == int(answer.headers["content-length"])
    assert set(answer.headers) >= {name.decode() for name, _ in SECURE}


@pytest.mark.parametrize("more", [(FILLER,) * 31, ("X: 1",) * (MOST_HEADERS - 3)])
def test_a_head_that_is_just_not_too_large_is_answered(listening: Listening, more: tuple[str, ...]) -> None:
    raw = listening.head("GET", "/v1/leases?limit=1", *more, "Connection: close")
    assert said(listening, raw).status == 200
    assert said(listening, raw[:20_000], raw[20_000:], pause_s=0.01).status == 200


@pytest.mark.parametrize("begin", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\nX", b"\r\n\r\n"])
def test_a_head_without_end_is_cut_off_before_it_fills_anything(listening: Listening, begin: bytes) -> None:
    more = (b"\r\n" if begin.startswith(b"\r") else b"a") * 8_192
    with listening.connect() as connection:
        connection.sendall(begin)
        sent = 0
        try:
            while sent < MUCH:
                connection.sendall(more)
                sent += len(more)
        except OSError:
            pass
    assert sent < MUCH


@pytest.mark.parametrize("piece", [b"1;" + b"e" * 1_000 + b"\r\n{\r\n", b"0\r\n", b"T: " + b"t" * 1_000 + b"\r\n"])
def test_a_chunked_body_is_not_a_way_around_it(listening: Listening, piece: bytes) -> None:
    head = listening.head("POST", "/v1/leases", "Transfer-Encoding: chunked", "Content-Type: application/json")
    begin = b"0\r\n" if piece.startswith(b"T") else b""
    with listening.connect() as connection:
        connection.sendall(head + begin)
        sent = 0
        try:
            while sent < MUCH:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        rest(connection)
    assert sent < MUCH


def test_a_body_in_the_smallest_chunks_is_read(listening: Listening) -> None:
    body = json.dumps({"note": "x" * 8_000}).encode()
    head = listening.head("POST", "/v1/approvals/none/approve", "Transfer-Encoding: chunked", "Idempotency-Key: a",
                          "Content-Type: application/json", "Connection: close")  # fmt: skip
    chunks = b"".join(b"1\r\n" + bytes([each]) + b"\r\n" for each in body) + b"0\r\n\r\n"
    answer = said(listening, head, chunks)
    assert (answer.status, answer.code) == (403, "access.forbidden"), answer.body


def test_many_requests_in_one_piece_are_all_answered_and_a_large_one_among_them_is_not(listening: Listening) -> None:
    one = listening.head("GET", "/healthz")
    last = listening.head("GET", "/healthz", "Connection: close")
    with listening.connect() as connection:
        connection.sendall(one * 400 + last)
        assert rest(connection).count(b"HTTP/1.1 200") == 401
    large = listening.head("GET", "/healthz", *[FILLER] * 40)
    with listening.connect() as connection:
        connection.sendall(one + large + one)
        assert b"HTTP/1.1 200" not in rest(connection).partition(b"\r\n\r\n")[2]


def test_what_is_not_http_is_told_so_in_a_document(listening: Listening) -> None:
    answer = said(listening, b"\x16\x03\x01 this is TLS\r\n\r\n")
    assert (answer.status, answer.code) == (400, "http.malformed")


# ---- too slowly ----


def test_a_head_that_comes_slowly_is_not_waited_for(listening: Listening) -> None:
    began_s = time.monotonic()
    answer = said(listening, *[b"GET / HTTP/1.1\r\nHost: x\r\nX: ", *[b"a"] * 40], pause_s=0.05)
    assert (answer.status, answer.code) == (408, "http.too_slow")
    assert time.monotonic() - began_s < 3


def test_who_says_nothing_is_hung_up_on_without_a_word(listening: Listening) -> None:
    began_s = time.monotonic()
    with listening.connect() as connection:
        assert rest(connection) == b""
    assert HEAD_S <= time.monotonic() - began_s < 3


def test_a_second_head_that_comes_slowly_is_not_waited_for_either(listening: Listening) -> None:
    with listening.connect() as connection:
        connection.sendall(listening.head("GET", "/healthz"))
        time.sleep(0.7)  # longer than a head may take, less than a connection may be idle
        connection.sendall(b"GET /hea")
        time.sleep(0.1)
        connection.sendall(b"lthz HTTP/1.1\r\nHost: x\r\n")
        time.sleep(0.1)
        connection.sendall(b"\r\n")
        time.sleep(0.1)
        connection.sendall(b"GET /hea")
        raw = rest(connection)
    assert raw.count(b"HTTP/1.1 200") == 2 and b"HTTP/1.1 408" in raw


def test_a_body_that_trickles_in_after_its_answer_does_not_keep_the_connection(listening: Listening) -> None:
    head = b"POST /v1/leases HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    began_s, sent = time.monotonic(), 0
    with listening.connect() as connection:
        connection.sendall(head)
        try:
            while time.monotonic() - began_s < 10:
                connection.sendall(b" ")
                sent += 1
                time.sleep(0.05)
        except OSError:
            pass
        assert b" 401 " in rest(connection)
    assert time.monotonic() - began_s < 5


def test_who_takes_nothing_of_an_answer_is_cut_off_and_others_are_answered(listening: Listening) -> None:
    with socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        greedy.connect(("127.0.0.1", listening.port))
        greedy.sendall(listening.head("GET", "/openapi.json") * 60)
        began_s = time.monotonic()
        connections = listening.server.server_state.connections
        until_s = began_s + 10
        while connections and time.monotonic() < until_s:
            time.sleep(0.05)
            if time.monotonic() - began_s < STALL_S / 2:
                assert said(listening, listening.head("GET", "/healthz", "Connection: close")).status == 200
        assert not connections, "it is still held"


def test_an_answer_that_is_taken_slowly_is_taken_whole(listening: Listening) -> None:
    with listening.connect() as slow:
        slow.sendall(listening.head("GET", "/openapi.json", "Connection: close"))
        found = b""
        while part := slow.recv(8_192):
            found += part
            time.sleep(0.02)
    answer = answered(found)
    assert len(answer.body) == int(answer.headers["content-length"]) > 100_000


# ---- the real thing ----


def test_serve_speaks_so(template: Any, tmp_path: Path) -> None:
    with serving(copied(template[0], tmp_path / "desk"), template[1]["admin"]) as served:
        port = int(served.where.rpartition(":")[2])
        here = Listening(port, template[1], None)  # type: ignore[arg-type]
        assert said(here, here.head("GET", "/v1/leases", *[FILLER] * 40)).code == "http.head_too_large"
        upgrade = here.head("GET", "/v1/me", "Connection: close, upgrade", "Upgrade: websocket")
        assert said(here, upgrade).status == 200, "nobody speaks anything else here"
