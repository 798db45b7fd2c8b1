"""`neocloud init`: a data directory with a new ledger."""

from pathlib import Path

import click

from neocloud.cli.places import check_here
from neocloud.cli.session import now_option
from neocloud.operations.directory import create_directory


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--example", metavar="NAME", help="Start with the fleet of an example: colossus.")
@click.option("--journal", metavar="URL", help="Keep the journal there: sqlite:PATH or postgresql://HOST/DB.")
def init(directory: Path, example: str | None, journal: str | None) -> None:
    """Make a data directory with a new ledger: its settings, its journal, and the shipped terms.

    \b
    Examples:
      neocloud init ./neocloud-data
      neocloud init --example colossus ./colossus
      neocloud init --journal postgresql:///neocloud ./desk
    """
    from neocloud.cli.story import example_files, load_fleet  # noqa: PLC0415

    options = click.get_current_context().obj
    check_here(options, "a new ledger is made")
    now = now_option(options)
    if example is not None:
        story = example_files(example)
        ledger = create_directory(directory, journal=journal, now=min(now, story.first_at))
        try:
            load_fleet(ledger, story)
        finally:
            ledger.journal.close()
        click.echo(f"{directory} holds the fleet of example {example}; look at it with:")
        click.echo(f"  neocloud --data {directory} capacity --output chart")
        return
    ledger = create_directory(directory, journal=journal, now=now)
    ledger.journal.close()
    click.echo(f"{directory} holds a new ledger with the terms reserved, reclaimable-90d, on-demand and spot. Next:")
    click.echo(f"  neocloud --data {directory} apply -f FLEET.yaml      (see `neocloud schema`)")
