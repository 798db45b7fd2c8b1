"""The door: `neocloud NOUN VERB`, in the manner of kubectl and gh.

Exit code 0: done. 2: refused, or the input is wrong. 1: the world's fault (a journal locked, a full disk).
"""

import os
import sys
from importlib import import_module
from typing import Any

import click

from neocloud import __version__
from neocloud.cli.groups import CustomersKey, Group
from neocloud.errors import Invalid, Mistaken, NeocloudError, Refused, Unavailable

_COMMANDS = {
    "init": ("neocloud.cli.init", "init", "Make a data directory with a new ledger."),
    "demo": ("neocloud.cli.demo", "demo", "Play the real story: two sites, two customers, 325,000 GPUs."),
    "apply": ("neocloud.cli.apply", "apply", "Bring the fleet, tenants, terms and leases to what a file says."),
    "import": ("neocloud.cli.importing", "import_", "Bring in a desk's sheets (.xlsx, CSV), and audit them."),
    "schema": ("neocloud.cli.apply", "schema", "Print the JSON Schema of the files that `apply` reads."),
    "site": ("neocloud.cli.outages", "site", "Data centres with power over time."),
    "pool": ("neocloud.cli.fleet", "pool", "Interchangeable GPUs at one site."),
    "delivery": ("neocloud.cli.delivery", "delivery", "Waves of GPUs on their way."),
    "outage": ("neocloud.cli.outages", "outage", "GPUs out of order, or out for maintenance."),
    "curtailment": ("neocloud.cli.outages", "curtailment", "Spans in which a site may draw less power."),
    "tenant": ("neocloud.cli.fleet", "tenant", "Customers and inside teams."),
    "terms": ("neocloud.cli.fleet", "terms", "Named sets of rights and conditions."),
    "policy": ("neocloud.cli.policy", "policy", "What a second person must approve, and what is refused."),
    "approval": (
        "neocloud.cli.approval",
        "approval",
        "What was asked of a second person: approve, decline, withdraw.",
    ),
    "lease": ("neocloud.cli.lease", "lease", "Quote, hold, book, amend and end leases."),
    "option": ("neocloud.cli.option", "option", "Grant, exercise and waive ramps, renewals, bursts, first refusals."),
    "request": ("neocloud.cli.request", "request", "What tenants want and are not yet promised; decline, withdraw."),
    "forecast": ("neocloud.cli.prices", "forecast", "Demand to come, by class, and how sure we are of it."),
    "price": ("neocloud.cli.prices", "price", "The price book: what is asked, by pool and terms."),
    "price-set": ("neocloud.cli.prices", "price_set", "What capacity is worth over time, as it was admitted."),
    "plan": ("neocloud.cli.plan", "plan", "Keep or sell: what to accept, and what capacity is worth."),
    "capacity": ("neocloud.cli.capacity", "capacity", "Supply, demand and holders over time."),
    "calendar": ("neocloud.cli.calendar", "calendar", "What must be done by a day, and what will happen on one."),
    "at-risk": ("neocloud.cli.at_risk", "at_risk", "What is short, whom it hits, and the ways out."),
    "surplus": ("neocloud.cli.surplus", "surplus", "What could be sold, from a cluster's own history."),
    "audit": ("neocloud.cli.audit", "audit", "Everything that is wrong, or that nothing is."),
    "review": ("neocloud.cli.review", "review", "What changed between two instants, and why."),
    "login": ("neocloud.cli.login", "login", "Keep a key for a server, to work with it from here."),
    "logout": ("neocloud.cli.login", "logout", "Forget the key of a server, and what was read from it."),
    "key": ("neocloud.cli.key", "key", "Who may use the API, and in which role."),
    "webhook": ("neocloud.cli.webhook", "webhook", "URLs that are sent events, signed."),
    "serve": ("neocloud.cli.serve", "serve", "Serve the ledger over HTTP."),
    "export": ("neocloud.cli.export", "export", "Tables of the ledger as Parquet, for a data warehouse."),
    "journal": ("neocloud.cli.journal", "journal", "Show, verify, export and digest the journal."),
}


class _Lazy(Group):
    """Loads a command's module only when that command is asked for: `--version` stays quick."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; where nobody reads on (`| head -1`), what was asked is done, and that is that."""
        try:
            try:
                return super().invoke(ctx)
            except CustomersKey as asked:
                from neocloud.cli.customer import answer  # noqa: PLC0415

                return answer(asked)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise click.exceptions.Exit(0) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="neocloud %(version)s")
@click.option("--data", metavar="DIR", envvar="NEOCLOUD_DATA", help="The data directory [./neocloud-data].")
@click.option("--server", metavar="URL", envvar="NEOCLOUD_SERVER", help="Work with a server instead of a directory.")
@click.option("--now", metavar="TIME", envvar="NEOCLOUD_NOW", help="Decide as at this instant [the clock].")
@click.pass_context
def neocloud(ctx: click.Context, data: str | None, server: str | None, now: str | None) -> None:
    """The ledger of an operator that owns GPU data centres: what do we have, what have we promised,
    and can we promise this?

    \b
    Start with:
      neocloud demo                                   play the real story
      neocloud init --example colossus ./colossus     its fleet, to try things on
      neocloud --data ./colossus capacity --output chart

    Shell completion: eval "$(_NEOCLOUD_COMPLETE=bash_source neocloud)"  (or zsh_source, fish_source)
    """
    ctx.obj = {"data": data, "server": server, "now": now, "typed": _typed(ctx)}


def _typed(ctx: click.Context) -> set[str]:
    """Which of the options at the door were typed, and not taken from the environment."""
    typed = click.core.ParameterSource.COMMANDLINE
    return {name for name in ctx.params if ctx.get_parameter_source(name) is typed}


def main(args: list[str] | None = None) -> int:
    """Run one command line, and say what went wrong in one sentence. Returns the exit code."""
    arguments = sys.argv[1:] if args is None else args
    try:
        return neocloud.main(args=arguments, prog_name="neocloud", standalone_mode=False) or 0
    except SystemExit as stop:  # click leaves so after printing a completion
        return int(stop.code or 0)
    except click.exceptions.NoArgsIsHelpError as help_text:
        click.echo(help_text.format_message())
        return 0
    except (NeocloudError, click.ClickException, click.Abort, KeyboardInterrupt, OSError) as error:
        return _complain(_in_our_words(error), arguments)


def _in_our_words(error: BaseException) -> NeocloudError:
    """What went wrong, as one of our own errors."""
    match error:
        case NeocloudError():
            return error
        case click.ClickException():
            return Invalid(error.format_message())
        case OSError():
            return Unavailable(f"{error.filename or 'the output'} cannot be used: {error.strerror or error}")
        case _:
            return Unavailable("interrupted; what was asked is done whole, or not at all")


def _complain(error: NeocloudError, arguments: list[str]) -> int:
    """One sentence on stderr; with `--output json`, a problem document on stdout as well."""
    from neocloud.cli.output import complain  # noqa: PLC0415

    complain(error, arguments)
    return 2 if isinstance(error, Mistaken | Refused) else 1
