"""`neocloud import`: the sheets that a desk lives in, brought in; and the audit of what they promise."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from neocloud.cli.apply import ask
from neocloud.cli.import_shown import answer_document, show, show_audit, show_changes
from neocloud.cli.output import counted, note, print_value
from neocloud.cli.session import Bar, Session, session
from neocloud.errors import Invalid
from neocloud.operations.importing import Plan, audit_of, changes_of, plan
from neocloud.rules.change import Change
from neocloud.sheets.cells import Sheet
from neocloud.sheets.dates import DateOrder
from neocloud.sheets.files import read_sheets
from neocloud.sheets.reading import Reading, read_tables

_MANY_COMMANDS = 5_000


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--map", "map_path", type=click.Path(path_type=Path), metavar="FILE", help="How to read it; YAML.")
@click.option("--map-out", type=click.Path(path_type=Path), metavar="FILE", help="Write the mapping there.")
@click.option("--sheet", "only", multiple=True, metavar="NAME", help="Read this sheet alone; may be repeated.")
@click.option(
    "--dates",
    type=click.Choice(["day-first", "month-first"]),
    help="How to read 1/5/26 where nothing shows it.",
)
@click.option("--template", type=click.Path(path_type=Path), metavar="FILE", help="Write an empty workbook.")
@click.option("--dry-run", is_flag=True, help="Show everything, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--output", "-o", type=click.Choice(["table", "json", "yaml"]), default="table", show_default=True)
def import_(
    files: tuple[Path, ...],
    map_path: Path | None,
    map_out: Path | None,
    only: tuple[str, ...],
    dates: DateOrder | None,
    template: Path | None,
    dry_run: bool,
    yes: bool,
    output: str,
) -> None:
    """Bring in the sheets that a desk lives in (.xlsx or CSV), and audit what they promise.

    It proposes which column means what, shows what it understood, and lists every row that it did not, with
    the reason. All of it happens, or nothing; importing twice changes nothing. A contract that does not fit is
    a promise that was made: it is recorded, and the audit names it.

    \b
    Example:
      neocloud import contracts.xlsx --dry-run
      neocloud import contracts.xlsx --map-out map.yaml --dry-run
      neocloud import contracts.xlsx --map map.yaml --yes
      neocloud import --template desk.xlsx
    """
    if template is not None:
        _write_template(template)
        return
    if not files:
        raise Invalid("name a file of sheets (.xlsx or CSV); or write an empty one with --template desk.xlsx")
    with session() as opened:
        done = plan(opened.ledger, _read(files, map_path, only, dates), _power, Bar("placing the rows"))
        if map_out is not None:
            _write_mapping(map_out, done.reading)
        _say_long("working out", done)
        changes = changes_of(opened.ledger, done.commands, opened.now)
        for_people = output == "table"
        if for_people:
            show(files, done)
            show_changes(opened, done, changes)
        if not dry_run and changes:
            _make(opened, done, changes, yes=yes)
        result = audit_of(opened.ledger.world, changes if dry_run else (), opened.now)
        if for_people:
            show_audit(result, dry_run=dry_run and bool(changes))
        else:
            print_value(answer_document(files, done, changes, result, opened), output)


def _read(files: Sequence[Path], map_path: Path | None, only: Sequence[str], dates: DateOrder | None) -> Reading:
    mappings = []
    if map_path is not None:
        from neocloud.documents.mapping import read_mapping  # noqa: PLC0415

        mappings = read_mapping(map_path)
    sheets: list[Sheet] = []
    for path in files:
        bar = Bar(f"reading {path.name}, bytes")
        sheets += read_sheets(path, bar)
        bar(1, 1)
    bar = Bar("understanding the rows")
    return read_tables(_apart(sheets, len(files)), mappings=mappings, only=only, dates=dates, progress=bar)


def _apart(sheets: Sequence[Sheet], files: int) -> list[Sheet]:
    """Sheets of several files, each under a name of its own."""
    twice = Counter(sheet.name for sheet in sheets)
    return [
        sheet._replace(name=f"{sheet.file}:{sheet.name}") if files > 1 and twice[sheet.name] > 1 else sheet
        for sheet in sheets
    ]


def _power(text: str) -> int:
    """Watts of `1.3 kW`, as a mapping says a default."""
    from neocloud.sheets.columns import Problem, reader  # noqa: PLC0415
    from neocloud.sheets.mapping import TableMapping, field_named, mapped  # noqa: PLC0415

    field = field_named("pools", "gpu_power")
    assert field is not None
    try:
        watts: int = reader(mapped(0, field, ""), TableMapping("", "pools", (1, 1)))(str(text))
    except Problem as problem:
        raise Invalid(str(problem), place="defaults.gpu_power") from None
    return watts


def _write_template(path: Path) -> None:
    from neocloud.sheets.template import template_bytes  # noqa: PLC0415

    _write(path, template_bytes())
    click.echo(f"wrote {path}: fill it in, and bring it in with `neocloud import {path}`", err=True)


def _write_mapping(path: Path, reading: Reading) -> None:
    import yaml  # noqa: PLC0415

    from neocloud.documents.mapping import mapping_document  # noqa: PLC0415

    document = mapping_document([each.table.mapping for each in reading.understood])
    text = "# How `neocloud import` reads these sheets; change what is wrong, and give it back with --map.\n"
    _write(path, (text + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)).encode())
    note(f"wrote the mapping to {path}; change what is wrong, and give it back with --map {path}")


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise Invalid(f"{path} is there already; name a file that is not, or remove it first") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}") from None


def _say_long(work: str, done: Plan) -> None:
    """On a terminal, what takes more than a moment."""
    if len(done.commands) > _MANY_COMMANDS and sys.stderr.isatty():
        note(f"{work} {counted(len(done.commands), 'change')} ...")


def _make(opened: Session, done: Plan, changes: Sequence[Change], *, yes: bool) -> None:
    if not yes:
        ask(f"make {counted(len(changes), 'change')}?", "import")
    _say_long("writing", done)
    opened.ledger.submit(*done.commands, now=opened.now)
    head = opened.ledger.world.head
    click.echo(f"{counted(len(changes), 'change')} made, up to entry {head.seq}\n", err=True)
