"""`neocloud export`: tables of the ledger as Parquet, for a data warehouse."""

import click

from neocloud.cli.asking import at
from neocloud.cli.groups import Command
from neocloud.cli.output import counted, note, output_option, print_rows, print_value
from neocloud.cli.session import Bar, session
from neocloud.cli.travel import travel_options
from neocloud.errors import Invalid, Unknown
from neocloud.model.checks import check_span


@click.command(cls=Command)
@click.option(
    "--to", "to", required=True, metavar="DIR|URL", help="A directory, or s3://BUCKET/PATH, gs://BUCKET/PATH."
)
@click.option("--tables", metavar="A,B,...", help="Only these; docs/export.md has them all.")
@click.option("--from", "from_", default="now", show_default=True, metavar="TIME", help="The first day of capacity.")
@click.option("--until", metavar="TIME", help="Its last day is the one before [the end of the last lease].")
@travel_options
@output_option()
def export(to: str, tables: str | None, from_: str, until: str | None, output: str) -> None:
    """Write the ledger as Parquet tables, each in a file of its own, with a manifest: whole, or not at all.

    Their names, columns and types are a promise. The same journal at the same instant gives the same bytes.

    \b
    Examples:
      neocloud export --to ./warehouse
      neocloud export --to s3://finance/neocloud --tables leases,lease_months,capacity --output json
      neocloud export --to ./may --known-at 2026-06-01 --as-of 2026-06-01
    """
    from neocloud.operations.export_place import place_named  # noqa: PLC0415
    from neocloud.operations.exporting import TABLES, Source, days_of  # noqa: PLC0415
    from neocloud.operations.exporting import export as write  # noqa: PLC0415

    wanted = list(TABLES) if tables is None else [each.strip() for each in tables.split(",")]
    for name in wanted:
        if name not in TABLES:
            raise Unknown("table", name, TABLES)
    try:
        place = place_named(to)
    except Invalid as error:
        raise error.at("--to") from None
    with session() as opened, opened.world() as world:
        start_at = at(from_, opened.now, "--from")
        end_at = None if until is None else at(until, opened.now, "--until")
        if end_at is not None:
            check_span(start_at, end_at, "--until")
        source = Source(world, opened.ledger.journal, world.head, opened.now, days_of(world, start_at, end_at))
        chosen = [table for name, table in TABLES.items() if name in wanted]
        manifest = write(source, chosen, place, Bar("exporting"))
    if output in {"json", "yaml"}:
        print_value({"id": "export", **manifest}, output)
        return
    print_rows([{"id": each["name"], **each} for each in manifest["tables"]], output, ("name", "rows", "file"))
    note(f"{counted(len(chosen), 'table')} at entry {world.head.seq:,} in {place.shown}")
