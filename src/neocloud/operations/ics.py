"""Deadlines as iCalendar text (RFC 5545), for a file or a feed that a calendar subscribes to. No I/O."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from neocloud.rules.deadlines import Deadline
from neocloud.rules.moments import DeadlineKind
from neocloud.settings import NOTICE_SOON_DAYS

MEDIA_TYPE = "text/calendar; charset=utf-8"

_MOST_OCTETS = 75
"""Of a line, its CRLF apart (RFC 5545, 3.1)."""

_TITLES: dict[DeadlineKind, str] = {
    "notice": "Last day for notice",
    "option": "Last day to exercise",
    "hold": "Last day to confirm",
    "delivery": "Delivery",
    "start": "Start",
    "end": "End",
    "leave": "To be left",
    "curtailment": "Curtailment",
    "maintenance": "Maintenance",
}
_WARNED: frozenset[DeadlineKind] = frozenset({"notice", "option"})


def calendar_text(found: Sequence[Deadline], *, now: int, ledger: str, revision: int) -> str:
    """A calendar with an event for each deadline, lines ended by CRLF.

    `ledger` tells the events of one ledger from another's (the chain of its first batch does), and `revision` never
    falls (the journal's number does not): so a calendar that is read again moves its events, and doubles none.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//neocloud//deadlines//EN", "CALSCALE:GREGORIAN"]
    lines.append("X-WR-CALNAME:neocloud deadlines")
    for deadline in found:
        lines += _event(deadline, now, ledger, revision)
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(deadline: Deadline, now: int, ledger: str, revision: int) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{deadline.key}@{ledger}.neocloud"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"SEQUENCE:{revision}"
    yield f"DTSTART;VALUE=DATE-TIME:{_utc(deadline.at)}"
    whose = f" ({deadline.tenant})" if deadline.tenant else ""
    yield f"SUMMARY:{escaped(f'{_TITLES[deadline.kind]}: {deadline.noun} {deadline.id}{whose}')}"
    yield f"DESCRIPTION:{escaped(deadline.sentence)}"
    if deadline.sites:
        yield f"LOCATION:{escaped(', '.join(deadline.sites))}"
    yield f"CATEGORIES:{escaped(deadline.kind)}"
    yield "TRANSP:TRANSPARENT"
    if deadline.kind in _WARNED:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-P{NOTICE_SOON_DAYS}D")
        yield f"DESCRIPTION:{escaped(deadline.sentence)}"
        yield "END:VALARM"
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """A value of type TEXT: its own marks behind a backslash, and no control characters."""
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    text = text.replace("\r\n", "\n").replace("\n", "\\n")
    return "".join(each for each in text if each == "\t" or (each >= " " and each != "\x7f"))


def folded(line: str) -> str:
    """A line in parts of at most 75 octets, none of which ends inside a character."""
    rest, parts, room = line.encode(), [], _MOST_OCTETS
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == 0x80:  # a byte that goes on with a character of UTF-8
            cut -= 1
        parts.append(rest[:cut])
        rest, room = rest[cut:], _MOST_OCTETS - 1  # the space that goes before it
    return b"\r\n ".join([*parts, rest]).decode()


def _utc(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant, UTC):%Y%m%dT%H%M%SZ}"
