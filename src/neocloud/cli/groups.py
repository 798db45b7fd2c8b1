"""Groups of commands: an unknown name is answered with the nearest, a mistake with the option that holds it."""

from typing import Any

import click

from neocloud.errors import Invalid, Unknown


class Command(click.Command):
    """A click command that says of which of its options a mistake is: the rules know fields, not options."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; a mistake in a field is one in the option of that name."""
        try:
            return super().invoke(ctx)
        except Invalid as error:
            option = f"--{error.place.replace('_', '-')}"
            in_a_block = ctx.params.get("block") or ctx.params.get("add")
            if not in_a_block and any(option in each.opts for each in self.params):
                raise Invalid(error.sentence, place=option, **error.facts) from None
            raise


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
