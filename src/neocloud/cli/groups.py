"""Groups of commands: a name that is not there is answered with the nearest that is."""

import click

from neocloud.errors import Unknown


class Group(click.Group):
    """A click group that refuses an unknown command as everything else unknown is refused."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name, or Unknown with the nearest."""
        names = self.list_commands(ctx)
        if not args[0].startswith("-") and args[0] not in names and not ctx.resilient_parsing:
            raise Unknown("command", args[0], names)
        return super().resolve_command(ctx, args)
