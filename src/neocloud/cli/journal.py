"""`neocloud journal show|verify|digest|export|copy`."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec

from neocloud.cli.groups import Group
from neocloud.cli.output import fields, note, output_option, print_one, print_rows
from neocloud.cli.session import Bar, bare_stores, session
from neocloud.documents.plain import plain
from neocloud.errors import Invalid, Unavailable
from neocloud.model.entries import EMPTY, Entry, Head, kind_of, read
from neocloud.model.leases import Lease
from neocloud.operations.changed import named
from neocloud.operations.copying import Copy, copy_journal, digest_of
from neocloud.operations.journal import verify as verify_chain
from neocloud.rules.change import lease_named
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from neocloud.units import format_instant


@click.group(cls=Group)
def journal() -> None:
    """The journal: every change, in order, in a hash chain."""


@journal.command()
@click.option("--last", type=click.IntRange(min=0), default=20, show_default=True, metavar="N", help="0 for all.")
@click.option("--lease", metavar="ID", help="Only the entries of one lease.")
@output_option()
def show(last: int, lease: str | None, output: str) -> None:
    """List entries: what changed, when, and why.

    \b
    Example:
      neocloud journal show --lease anthropic --last 0
    """
    with session() as opened:
        wanted = None if lease is None else lease_named(opened.ledger.world, lease).id
        found = [
            entry
            for entries, _ in read(EMPTY, opened.ledger.journal.batches())
            for entry in entries
            if wanted is None or (isinstance(entry.noun, Lease) and entry.noun.id == wanted)
        ]
    found = found[-last:] if last else found
    rows = [_row(entry) | ({"id": named(entry.noun)} if output == "table" else {}) for entry in found]
    print_rows(rows, output, ("seq", "recorded", "cause", "kind", "id", "command"))


@journal.command()
@click.option("--head", metavar="SEQ:CHAIN", help="A head that was noted before: the journal must pass through it.")
def verify(head: str | None) -> None:
    """Check the hash chain from the first entry on.

    Without a noted head, a journal whose end was cut off looks whole: note heads elsewhere.

    \b
    Example:
      neocloud journal verify --head 1204:9f2c...
    """
    noted = None if head is None else _head(head)
    with session() as opened:
        found = verify_chain(opened.ledger.journal, noted, Bar("checking the chain"))
    click.echo(f"the chain holds over {found.seq:,} entries; head {found}")
    if noted is None:
        click.echo("a cut tail cannot be excluded without a noted head (--head SEQ:CHAIN)")


@journal.command()
@output_option()
def digest(output: str) -> None:
    """The head of the journal and the digest of the world: equal journals give equal digests.

    \b
    Example:
      neocloud journal digest --output json
    """
    with session() as opened:
        world = opened.ledger.world
        shown = {"id": "journal", "seq": world.head.seq, "head": str(world.head), "world": world.digest()}
    print_one(shown, output, lambda: f"head   {shown['head']}\nworld  {shown['world']}")


@journal.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("-"))
def export(file: Path) -> None:
    """Write every entry as JSON, a line each, to a file or to standard output.

    \b
    Example:
      neocloud journal export journal.jsonl
    """
    with session() as opened, click.open_file(str(file), "wb", atomic=str(file) != "-") as out:
        for batch in opened.ledger.journal.batches():
            out.write(batch.body + b"\n")


@journal.command()
@click.option("--to", "url", required=True, metavar="URL", help="sqlite:PATH (from here) or postgresql://HOST/DB.")
@output_option()
def copy(url: str, output: str) -> None:
    """Copy the journal to another store: the same bytes, chain and digest, checked on the way and at the end.

    An interrupted copy is gone on with by the same command; where all is copied, it changes nothing. What is
    recorded meanwhile is left for the next time. A ledger uses the copy when its neocloud.toml names it.

    \b
    Examples:
      neocloud journal copy --to postgresql://localhost/desk
      neocloud journal copy --to sqlite:./journal-copy.sqlite --output json
    """
    try:
        with bare_stores() as (source, _, _), closing(_target(url)) as target:
            copied = copy_journal(source, target, Bar("copying"))
            _say(copied)
            rows = [
                _copy_row("source", source, copied, digest_of(source, copied.head, Bar("reading the source"))),
                _copy_row("target", target, copied, digest_of(target, copied.head, Bar("reading the copy"))),
            ]
    except KeyboardInterrupt:
        raise Unavailable("interrupted; what is copied stays, and the same command goes on from there") from None
    if output == "table":
        for row in rows:
            click.echo(fields([(row["id"], row["journal"]), ("head", row["head"]), ("world", row["world"])]))
    else:
        print_rows(rows, output)


def _target(url: str) -> Journal:
    try:
        return open_journal(url, create=True)
    except Invalid as error:
        raise error.at("--to") from None


def _say(copied: Copy) -> None:
    note(
        f"copied {copied.entries:,} of {copied.head.seq:,} entries" if copied.entries else "it was all there already"
    )
    if copied.later:
        note(f"{copied.later:,} more came meanwhile; the same command copies them too")


def _copy_row(name: str, journal: Journal, copied: Copy, digest: str) -> dict[str, Any]:
    return {"id": name, "journal": journal.url, "head": str(copied.head), "world": digest}


def _row(entry: Entry) -> dict[str, Any]:
    noun: Any = plain(msgspec.to_builtins(entry.noun))
    return {
        "seq": entry.seq,
        "recorded": format_instant(entry.recorded_at),
        "cause": entry.cause,
        "kind": kind_of(entry.noun),
        "id": entry.noun.id,
        "command": entry.command,
        "by": entry.by,
        "origin": entry.origin,
        "noun": noun,
    }


def _head(text: str) -> Head:
    seq, _, chain = text.partition(":")
    try:
        return Head(int(seq), bytes.fromhex(chain), 0)
    except ValueError:
        raise Invalid(
            f"{text!r} is not a head; `neocloud journal digest` prints one, such as 1204:9f2c...", place="--head"
        ) from None
