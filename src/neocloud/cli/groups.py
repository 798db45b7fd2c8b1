"""Groups of commands: an unknown name is answered with the nearest, a mistake with the option that holds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from neocloud.errors import Invalid, Unknown


class CustomersKey(Exception):
    """The key of a customer, who follows no journal: `cli/customer.py` answers what was asked with it."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url)
        self.url, self.key = url, key
        self.context = click.get_current_context()


@contextmanager
def in_options(context: click.Context) -> Iterator[None]:
    """A mistake in a field is one in the option of that name."""
    try:
        yield
    except Invalid as error:
        option = f"--{error.place.replace('_', '-')}"
        in_a_block = context.params.get("block") or context.params.get("add")
        if not in_a_block and any(option in each.opts for each in context.command.params):
            raise Invalid(error.sentence, place=option, **error.facts) from None
        raise


class Command(click.Command):
    """A click command that says of which of its options a mistake is: the rules know fields, not options."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; a mistake in a field is one in the option of that name."""
        with in_options(ctx):
            return super().invoke(ctx)


class Group(click.Group):
    """A click group that refuses an unknown command as everything else unknown is refused."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name, or Unknown with the nearest."""
        names = self.list_commands(ctx)
        if not args[0].startswith("-") and args[0] not in names and not ctx.resilient_parsing:
            raise Unknown("command", args[0], names)
        return super().resolve_command(ctx, args)
