"""`--as-of` and `--known-at`: another instant of the world, and the world as it was known then.

Known at folds a prefix of the journal. As of looks at an instant of that world. Each stands for itself;
together they answer what was thought then of another instant.
"""

import re
from typing import Any, NamedTuple

import click

from neocloud.cli.asking import at
from neocloud.errors import Invalid
from neocloud.model.entries import Head
from neocloud.operations.known import head_at, head_of
from neocloud.store.journal import Journal
from neocloud.units import format_instant, parse_instant

_MOST_DIGITS = 18


class KnownAt(NamedTuple):
    """The head of what was known, and the instant at which it was."""

    head: Head
    at: int


def travel_options(command: Any) -> Any:
    """`--as-of` and `--known-at` on a command that reads; `session` looks at them."""
    for name, metavar, text in (
        ("known_at", "TIME|SEQ", "What was known then: all that was recorded by a time, or up to an entry [all]."),
        ("as_of", "TIME", "Look at this instant of it [now]."),
    ):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, metavar=metavar, expose_value=False, callback=_note, help=text)(command)
    return command


def _note(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    context.meta[f"neocloud.{parameter.name}"] = value


def as_of(now: int) -> int | None:
    """The instant of `--as-of`, if it was given."""
    text = _given("as_of")
    return None if text is None else at(text, now, "--as-of")


def known_at(journal: Journal, now: int) -> KnownAt | None:
    """What `--known-at` names, if it was given."""
    text = _given("known_at")
    if text is None:
        return None
    try:
        if re.fullmatch(r"[+-]?[0-9]+", text):
            head = head_of(journal, int(text[: _MOST_DIGITS + 2]))
            return KnownAt(head, head.recorded_at)
        instant = _instant(text, journal, now)
        return KnownAt(head_at(journal, instant), instant)
    except Invalid as error:
        raise error.at("--known-at") from None


def _given(name: str) -> str | None:
    text: str | None = click.get_current_context().meta.get(f"neocloud.{name}")
    return text


def _instant(text: str, journal: Journal, now: int) -> int:
    try:
        instant = parse_instant(text, now=now)
    except Invalid as error:
        raise Invalid(f"{error.sentence}, or the number of an entry from 1 to {journal.head().seq:,}") from None
    if instant > now:
        raise Invalid(
            f"what will be known at {format_instant(instant)} is not known yet; say a time up to "
            f"{format_instant(now)}, or leave it out for all that is known"
        )
    return instant
