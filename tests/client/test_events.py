"""Events: the stream is read whatever way its bytes come, and gone on with from the last after a break."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neocloud.client.events import Lines
from neocloud.errors import Forbidden, ServiceUnreachable, Unavailable
from tests.client.faults import Between, Handler, between, busy, said

ROW = {
    "recorded": "2026-06-05T00:00:00Z", "cause": "booked", "kind": "lease", "command": "c", "by": "", "origin": "",
    "noun": {"note": "a\u2028b\u0085c"},
}  # fmt: skip


def message(seq: int) -> str:
    row = json.dumps({"seq": seq, "id": f"l{seq}", **ROW}, ensure_ascii=False)
    return f"id: {seq}\nevent: lease.booked\ndata: {row}\n\n"


def stream(*seqs: int, also: str = ": still here\n\n", broken: str = "") -> Any:
    """A stream of events that ends after these, or in the middle of one more."""

    def fault(handler: Handler) -> bool:
        handler.send_response_only(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write((also + "".join(map(message, seqs)) + broken).encode())
        handler.close_connection = True
        return True

    return fault


@pytest.fixture
def odd() -> Iterator[Between]:
    with between() as found:
        yield found


@pytest.fixture
def follow(odd: Between) -> Any:
    """Takes so many events of a stream."""
    import asyncio  # noqa: PLC0415

    from neocloud.client import AsyncClient, Client  # noqa: PLC0415

    def waited(kind: str, many: int, **named: Any) -> list[Any]:
        if kind == "sync":
            with Client(odd.url, "nc_a_b", tries=5, pause_s=0.01) as client:
                return list(islice(client.events(**named), many))

        async def taken() -> list[Any]:
            found: list[Any] = []
            async with AsyncClient(odd.url, "nc_a_b", tries=5, pause_s=0.01) as client:
                async for each in client.events(**named):
                    found.append(each)
                    if len(found) == many:
                        break
            return found

        return asyncio.run(taken())

    return waited


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_stream_is_gone_on_with_from_the_last_event_after_a_break(odd: Between, follow: Any, kind: str) -> None:
    odd.faults = [stream(4, 5, broken="id: 6\nevent: lease.bo"), busy(503), stream(), stream(6, 7)]
    found = follow(kind, 4, after=3)
    assert [(each.seq, each.name, each.row.id) for each in found] == [
        (4, "lease.booked", "l4"), (5, "lease.booked", "l5"), (6, "lease.booked", "l6"), (7, "lease.booked", "l7"),
    ]  # fmt: skip
    assert found[0].row.noun["note"] == ROW["noun"]["note"]  # type: ignore[index]
    assert [each[2].get("last-event-id") for each in odd.seen] == ["3", "5", "5", "5"]
    assert odd.seen[0][2]["accept"] == "text/event-stream"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_without_an_entry_it_begins_now(odd: Between, follow: Any, kind: str) -> None:
    odd.faults = [stream(9)]
    assert [each.seq for each in follow(kind, 1)] == [9]
    assert "last-event-id" not in odd.seen[0][2]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_stream_that_cannot_be_is_one_sentence(odd: Between, follow: Any, kind: str) -> None:
    problem = b'{"type":"x","title":"x","status":403,"detail":"no","code":"access.forbidden"}'
    odd.faults = [said(403, problem, "application/problem+json")]
    with pytest.raises(Forbidden):
        follow(kind, 1)
    odd.faults = [said(200, b"hello", "text/html")]
    with pytest.raises(Unavailable, match="does not answer as neocloud does"):
        follow(kind, 1)
    odd.faults = [stream()] * 9
    with pytest.raises(ServiceUnreachable, match="it ended the stream"):
        follow(kind, 1)
    odd.faults = [stream(broken="id: 1\nevent: x\ndata: {}\n\n")]
    with pytest.raises(Unavailable, match="install the version"):
        follow(kind, 1)


@given(
    messages=st.lists(
        st.tuples(st.integers(0, 9), st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8")))
    ),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.integers(1, 7),
)
def test_it_does_not_matter_how_the_bytes_are_cut(messages: list[tuple[int, str]], ends: str, cuts: int) -> None:
    text = "".join(f"id: {seq}{ends}data: {said}{ends}{ends}" for seq, said in messages) + f": end{ends}"
    raw, lines = text.encode(), Lines()
    parts = [raw[i : i + cuts] for i in range(0, len(raw), cuts)]
    found = [each for part in parts for each in lines.feed(part)]
    assert found == [(str(seq), "", said) for seq, said in messages]
