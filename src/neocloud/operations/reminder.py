"""Reminders: the deadlines ahead as an e-mail message, plain text with the same as HTML beside it. No I/O."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from html import escape
from itertools import groupby

from neocloud.errors import Invalid
from neocloud.rules.deadlines import MUST, Deadline
from neocloud.timeline import Span
from neocloud.units import format_instant

NOBODY = "neocloud@localhost"
"""Who a message is from where nobody is named."""

_GROUPS = ((True, "To be done"), (False, "What happens"))


def reminder(
    found: Sequence[Deadline], within: Span, *, sender: str = NOBODY, to: Sequence[str] = ()
) -> EmailMessage:
    """A message with the deadlines of a span, dated its start; the same again is the same to the byte.

    Raises Invalid for what is no address.
    """
    message = EmailMessage(SMTP)
    message["From"] = address(sender)
    if to:
        message["To"] = ", ".join(map(address, to))
    message["Subject"] = subject(found, within)
    message["Date"] = datetime.fromtimestamp(within.start_at, UTC)
    plain, page = as_text(found, within), as_html(found, within)
    mark = sha256(repr((within, sender, *to, plain)).encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{mark}@neocloud>"
    message.set_content(plain)
    message.add_alternative(page, subtype="html")
    message.set_boundary(f"neocloud-{mark}")  # or it is drawn by chance
    return message


def address(text: str) -> str:
    """An address, checked: `desk@example.com`. Raises Invalid."""
    name, at, host = text.partition("@")
    if not (name and at and host) or not text.isascii() or any(each in ' \t\r\n,;<>"()\\' for each in text):
        raise Invalid(f"{text!r} is no address; write one such as desk@example.com")
    return text


def subject(found: Sequence[Deadline], within: Span) -> str:
    """How many, and how many of them somebody must do something about."""
    until = format_instant(within.end_at)
    if not found:
        return f"neocloud: nothing is due until {until}"
    must = sum(each.kind in MUST for each in found)
    number = f"{len(found):,} deadline{'' if len(found) == 1 else 's'}"
    return f"neocloud: {number} until {until}, {must:,} to be done"


def as_text(found: Sequence[Deadline], within: Span) -> str:
    """The same for people, as lines: what must be done first, then what happens, each day by day."""
    parts = [f"{_title(within)}\n"]
    for name, days in _grouped(found):
        parts.append(f"{name}\n{'-' * len(name)}\n")
        for day, each in days:
            parts.append("\n".join([f"{day} ({_in_days(each[0])})", *(f"  - {one.sentence}." for one in each), ""]))
    return "\n".join(parts if found else [*parts, "Nothing is due.\n"])


def as_html(found: Sequence[Deadline], within: Span) -> str:
    """The same as a page that fetches nothing; all that comes from outside is escaped."""
    parts = [f"<h1>{escape(_title(within))}</h1>"]
    for name, days in _grouped(found):
        rows = "\n".join(_row(one) for _, each in days for one in each)
        head = "<tr><th>Day</th><th>In</th><th>What</th></tr>"
        parts.append(f"<h2>{escape(name)}</h2>\n<table cellpadding='6'>\n{head}\n{rows}\n</table>")
    body = "\n".join(parts if found else [*parts, "<p>Nothing is due.</p>"])
    return f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"></head>\n<body>\n{body}\n</body></html>\n'


def _row(each: Deadline) -> str:
    cells = "".join(f"<td valign='top'>{escape(text)}</td>" for text in (each.day, _in_days(each), each.sentence))
    return f"<tr>{cells}</tr>"


def _grouped(found: Sequence[Deadline]) -> list[tuple[str, list[tuple[str, list[Deadline]]]]]:
    """What must be done, then what happens: each by day."""
    result = []
    for must, name in _GROUPS:
        some = [each for each in found if (each.kind in MUST) is must]
        if some:
            result.append((name, [(day, list(each)) for day, each in groupby(some, lambda one: one.day)]))
    return result


def _title(within: Span) -> str:
    return f"Deadlines from {format_instant(within.start_at)} to {format_instant(within.end_at)}"


def _in_days(deadline: Deadline) -> str:
    return {0: "today", 1: "tomorrow"}.get(deadline.days, f"in {deadline.days:,} days")
