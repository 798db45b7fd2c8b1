"""`neocloud audit`: everything that is wrong, or that nothing is."""

import click

from neocloud.cli.output import note, output_option, print_rows
from neocloud.cli.session import Bar, session
from neocloud.cli.travel import travel_options
from neocloud.operations.audit import audit as run_audit


@click.command()
@click.option("--exit-code", is_flag=True, help="Exit with 2 when anything is found.")
@travel_options
@output_option()
def audit(exit_code: bool, output: str) -> None:
    """Check the law at every instant from now on, in a world built anew from its nouns.

    \b
    Example:
      neocloud audit --output json --exit-code
    """
    with session() as opened, opened.world() as world:
        result = run_audit(world, opened.now, Bar("checking the law"))
    rows = [finding._asdict() for finding in result.findings]
    if rows or output != "table":
        print_rows(rows, output, ("code", "about", "sentence"))
    if output == "table":
        click.secho(result.verdict, fg="red" if rows else "green")
    else:
        note(result.verdict)
    if rows and exit_code:
        click.get_current_context().exit(2)
