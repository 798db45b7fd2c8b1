"""`--as-of` and `--known-at`: another instant of the world, and the world as it was known then.

Known at folds a prefix of the journal. As of looks at an instant of that world. Each stands for itself;
together they answer what was thought then of another instant.
"""

from typing import Any

import click

from neocloud.cli.asking import at
from neocloud.errors import Invalid
from neocloud.operations import known
from neocloud.operations.known import KnownAt
from neocloud.store.journal import Journal


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
        return known.known_at(journal, text, now)
    except Invalid as error:
        raise error.at("--known-at") from None


def _given(name: str) -> str | None:
    text: str | None = click.get_current_context().meta.get(f"neocloud.{name}")
    return text
