"""`neocloud apply`: bring the ledger to what a file says; and `neocloud schema`, what such a file may say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec.structs import replace

from neocloud.cli.output import cell, counted, note, output_option, print_rows, print_value
from neocloud.cli.session import Session, session
from neocloud.documents.leases import LeaseDocument
from neocloud.documents.manifest import read_manifest
from neocloud.documents.shown import document
from neocloud.errors import Conflict, Invalid
from neocloud.model.approvals import Approval
from neocloud.model.capacity import Resource
from neocloud.model.commands import Apply, Book
from neocloud.model.entries import Noun, kind_of
from neocloud.model.leases import Lease
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.operations.changed import wanted
from neocloud.operations.ledger import Ledger
from neocloud.rules.approvals import asked_already
from neocloud.rules.change import Change
from neocloud.rules.law import Shortage, shortfalls
from neocloud.timeline import FOREVER, Span

_SAID = {"asks": "blocks"}
_SAID |= {name: name for name in ("tenant", "terms", "prices", "value", "rank", "protected")}
_SAID |= {name: name for name in ("header", "request", "sources")}
"""What a file says of a lease, by its name in a booking."""

_NOT_SAID = {"id", "sources"}
_COLUMNS = ("change", "kind", "id", "what")


@click.command()
@click.option("--file", "-f", "path", type=click.Path(path_type=Path), required=True, help="YAML or JSON.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@click.option("--recorded", metavar="REASON", help="Why leases in the file may start in the past.")
@output_option()
def apply(path: Path, yes: bool, dry_run: bool, recorded: str | None, output: str) -> None:
    """Bring the fleet, tenants, terms, prices, forecasts, requests and leases to what a file says.

    All of it happens, or nothing. What the file leaves out stays as it is; applying it twice changes
    nothing. A lease that is there is amended by `lease amend`, not here.

    \b
    Example:
      neocloud apply -f fleet.yaml --dry-run
    """
    with session() as opened:
        known = opened.ledger.world.tenants
        said = read_manifest(path, opened.now, recorded=recorded, tenants=known)
        commands = [each for each in said if not is_there(opened.ledger, each, opened.now)]
        changes = opened.ledger.preview(*commands, now=opened.now, approved=False) if commands else []
        rows = [change_row(opened.ledger.world, change) for each in changes for change in each]
        print_rows(rows, output, _COLUMNS, empty="nothing to change")
        _say_asked(opened, commands)
        if dry_run or not rows:
            return
        asked = sum(row["change"] == "ask" for row in rows)
        if not yes:
            ask(f"{_made(len(rows), asked, done=False)}?", "apply")
        before = _all_shortfalls(opened)
        opened.ledger.submit(*commands, now=opened.now)
        for shortage in _all_shortfalls(opened):
            if shortage not in before:
                note(f"shortfall: {shortage}")
        click.echo(f"{_made(len(rows), asked, done=True)}, up to entry {opened.ledger.world.head.seq}", err=True)


@click.command()
@click.option("--output", "-o", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
def schema(output: str) -> None:
    """Print the JSON Schema (2020-12) of the files that `neocloud apply` reads.

    \b
    Example:
      neocloud schema > neocloud.schema.json
    """
    from neocloud.documents.manifest import schema as manifest_schema  # noqa: PLC0415

    print_value(manifest_schema(), output)


def _made(rows: int, asked: int, *, done: bool) -> str:
    """What is to be done, or was: changes made, and what only a second person makes of others."""
    changes, approvals = counted(rows - asked, "change"), counted(asked, "approval")
    parts = [f"{changes} made" if done else f"make {changes}"] * (rows > asked)
    parts += [f"{approvals} asked for: `neocloud approval list`" if done else f"ask for {approvals}"] * bool(asked)
    return " and ".join(parts)


def _say_asked(opened: Session, commands: Sequence[Apply | Book]) -> None:
    """What the file says and somebody was asked about before, as it stands by now."""
    for command in commands:
        known = asked_already(opened.ledger.world, command, opened.now)
        if known is not None:
            note(f"{known.kind} {known.about} was asked for before: {known.status_at(opened.now)} ({known.id})")


def ask(question: str, verb: str) -> None:
    """Ask whether to do it; Invalid if nobody says yes."""
    try:
        said_yes = click.confirm(question, err=True)
    except click.Abort:
        raise Invalid(
            f"nobody said yes, and nothing has changed; to {verb} without being asked, give --yes"
        ) from None
    if not said_yes:
        raise Invalid("nothing has changed")


def is_there(ledger: Ledger, command: Apply | Book, now: int) -> bool:
    """Whether it is a lease that is there already, as this file says it, or said it when it was booked.

    Raises Invalid for one that is there with something else.
    """
    lease = ledger.world.leases.get(command.lease) if isinstance(command, Book) else None
    if lease is None or not isinstance(command, Book):
        return False
    terms = ledger.world.terms_named(command.terms)
    asked = replace(command, recorded=lease.recorded, terms=terms.id if terms else command.terms)
    stands = LeaseDocument.of(lease).command(now)
    other = [word for name, word in _SAID.items() if getattr(asked, name) != getattr(stands, name)]
    if other and not _was_booked_so(ledger, replace(command, recorded=lease.recorded)):
        raise Invalid(
            f"lease {lease.id} is there already, with other {' and '.join(other)}; "
            f"change it by `neocloud lease amend {lease.id}`"
        )
    return True


def _was_booked_so(ledger: Ledger, command: Book) -> bool:
    try:
        return ledger.answered(command) is not None
    except Conflict:
        return False


def change_row(world: World, change: Change) -> dict[str, Any]:
    """A change as a row: what is added, or how it differs."""
    noun = change.noun
    if isinstance(noun, Approval):
        why = ", ".join(f"{name} ({reason})" for name, reason in noun.policies.items())
        what = f"{noun.tenant}: a second person must approve it: {why}"
        return {"change": "ask", "kind": noun.kind, "id": noun.about, "what": what}
    old = world.find(type(noun), noun.id) if not _is_new_version(world, noun) else None
    return {
        "change": "add" if old is None else "change",
        "kind": kind_of(noun),
        "id": noun.id,
        "what": _summary(world, noun) if old is None else _difference(world, old, noun),
    }


def _is_new_version(world: World, noun: Noun) -> bool:
    return noun.id not in world.tables[type(noun)]


def _summary(world: World, noun: Noun) -> str:
    if isinstance(noun, Lease):
        return f"{noun.tenant}: {noun.gpus_at(noun.start_at):,} GPUs in {counted(len(noun.blocks), 'block')}"
    if isinstance(noun, Request):
        return f"{noun.tenant}: {wanted(noun.ways)}"
    shown = msgspec.to_builtins(document(world, noun))
    return cut(", ".join(f"{name} {cell(value)}" for name, value in shown.items() if name not in _NOT_SAID), 100)


def _difference(world: World, old: Noun, new: Noun) -> str:
    before, after = (msgspec.to_builtins(document(world, each)) for each in (old, new))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return cut("; ".join(f"{name}: {cell(before.get(name))} → {cell(after.get(name))}" for name in names), 200)


def cut(text: str, most: int) -> str:
    """A text, its end left out where it is too long."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _all_shortfalls(opened: Session) -> list[Shortage]:
    with opened.world() as world:
        resources = [Resource("watts", site) for site in world.sites] + [Resource("gpus", p) for p in world.pools]
        within = Span(opened.now, FOREVER)
        return [shortage for resource in resources for shortage in shortfalls(world, resource, within)]
