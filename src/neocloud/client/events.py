"""Events as they happen: the stream of `/v1/events` (server-sent events), gone on with after a break."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import msgspec

from neocloud.client.asks import Heard, Query
from neocloud.client.problems import said_no
from neocloud.client.trying import AGAIN, Patience, Tries, asked_for, may_help, unreachable
from neocloud.documents.answers import EntryRow
from neocloud.errors import NeocloudError, Unavailable
from neocloud.settings import EVENTS_SILENCE_S

_LIVED_S = 10.0
"""A stream that was open for so long has not failed: it is tried for again from the beginning."""


@dataclass(frozen=True)
class Event:
    """Something that happened: entry `seq` of the journal, its name (`lease.booked`), and its row."""

    seq: int
    name: str
    row: EntryRow


@dataclass(frozen=True, kw_only=True)
class Following:
    """What is followed: all that comes after an entry, or (without one) from now on."""

    path: str = "/v1/events"
    after: int | None = None
    query: Query = ()


class _State:
    """Where a stream of events stands: what was heard last, and how often it was tried in vain."""

    def __init__(self, ask: Following, patience: Patience, where: str) -> None:
        self._ask, self._patience, self._where = ask, patience, where
        self._last = None if ask.after is None else str(ask.after)
        self._tries = Tries(patience)
        self._lines = Lines()
        self._opened_s = monotonic()

    def request(self) -> dict[str, Any]:
        """What is sent, as httpx takes it: from after the event that was heard last."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last is not None:
            headers["Last-Event-ID"] = self._last
        self._lines = Lines()
        timeout = (None, EVENTS_SILENCE_S, None, None)
        return {"headers": headers, "params": list(self._ask.query) or None, "timeout": timeout}

    def opened(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the answer is a stream of events."""
        self._opened_s = monotonic()
        return status == 200 and headers.get("content-type", "").startswith("text/event-stream")

    def refused(self, heard: Heard) -> float:
        """How long to wait after an answer that is none. Raises what it says no with."""
        pause_s = self._tries.pause(asked_for(heard)) if heard.status in AGAIN else None
        if pause_s is None:
            raise said_no(heard, self._where + self._ask.path)
        return pause_s

    def heard(self, part: bytes) -> Iterator[Event]:
        """The events that end in a part of the stream."""
        for last, name, data in self._lines.feed(part):
            self._tries = Tries(self._patience)
            self._last = last or self._last
            if data:
                yield _event(last, name, data)

    def after_end(self) -> float:
        """How long to wait before asking anew, where the service has ended the stream."""
        return self._again(Unavailable("it ended the stream"))

    def after_silence(self, error: Exception) -> float:
        """The same where the connection broke. Raises ServiceUnreachable after too many tries in a row."""
        return self._again(error)

    def _again(self, error: Exception) -> float:
        if monotonic() - self._opened_s > _LIVED_S:
            self._tries = Tries(self._patience)
        pause_s = self._tries.pause() if may_help(error) else None
        if pause_s is None:
            raise unreachable(error, self._where, None) from None
        return pause_s


def following(ask: Following, patience: Patience, where: str) -> _State:
    """The beginning of a stream."""
    return _State(ask, patience, where)


class Lines:
    """Bytes of a stream cut into messages (WHATWG HTML, 9.2.6): an id, a name and the data of each.

    Only LF, CR and CRLF end a line: JSON may hold what else Python takes for the end of one.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._id = self._name = ""
        self._data: list[str] = []

    def feed(self, part: bytes) -> Iterator[tuple[str, str, str]]:
        """The messages that are complete with this part."""
        text = self._rest + part
        held = b"\r" if text.endswith(b"\r") else b""  # its LF may be still to come
        text = text.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = text.split(b"\n")
        self._rest = rest + held
        for line in lines:
            if line:
                self._field(line.decode("utf-8", "replace"))
            elif self._data or self._name:
                yield self._id, self._name, "\n".join(self._data)
                self._name, self._data = "", []

    def _field(self, line: str) -> None:
        field, _, said = line.partition(":")
        said = said.removeprefix(" ")
        match field:
            case "id" if "\0" not in said:
                self._id = said
            case "event":
                self._name = said
            case "data":
                self._data.append(said)


def _event(last: str, name: str, data: str) -> Event:
    try:
        row = msgspec.json.decode(data, type=EntryRow)
        return Event(int(last), name, row)
    except (msgspec.DecodeError, ValueError) as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> NeocloudError:
    return Unavailable(f"an event is not one that is read here: {error}; install the version that the server has")
