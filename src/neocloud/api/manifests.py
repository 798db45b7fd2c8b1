"""Manifests: many documents at once, all of them or none, as `neocloud apply -f` reads them from a file."""

from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import replace

from neocloud.api.calls import Call
from neocloud.api.commands import check_allowed
from neocloud.api.past import KnownLedger
from neocloud.api.problems import pointer
from neocloud.api.routes import route
from neocloud.cli.apply import change_row, is_there
from neocloud.documents.answers import AppliedManifest
from neocloud.documents.manifest import Manifest, placed_commands
from neocloud.documents.text import Paths
from neocloud.errors import Conflict, Invalid, Mistaken, Refused
from neocloud.model.commands import Apply, Book
from neocloud.model.entries import Batch, decode
from neocloud.operations.ledger import Ledger, Said
from neocloud.rules.change import Change
from neocloud.settings import MOST_UPLOAD_BYTES

Row = dict[str, Any]

_MANIFEST = {
    "sites": [{"id": "bergen", "power_mw": 6}],
    "pools": [{"id": "bergen-h200", "site": "bergen", "gpu": "H200", "it_watts_per_gpu": 1300,
               "installed_gpus": 1024}],
    "tenants": [{"id": "initech", "kind": "customer"}],
    "leases": [{"id": "initech-run", "tenant": "initech", "prices": [{"per": "gpu_hour", "amount": "3.10"}],
                "blocks": [{"pool": "bergen-h200", "gpus": 512, "from": "2027-02-01", "until": "2027-08-01"}]}],
}  # fmt: skip


class How(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether it is to be done, or only shown."""

    dry_run: Annotated[bool, Meta(description="show what would change, and change nothing")] = False


class _Tried(NamedTuple):
    """What is to be said, and what comes of it."""

    said: list[Said]
    changes: list[Row]
    seq: int


@route("POST", "/v1/manifests", "journal.read", query=How, body=Manifest, answer=AppliedManifest, staff_only=True,
       most_bytes=MOST_UPLOAD_BYTES, yaml=True, example=_MANIFEST)  # fmt: skip
async def apply_manifest(call: Call) -> Row:
    """Bring the ledger to what a manifest says, all of it or nothing, with the write permission of every kind in it.

    What it leaves out stays as it is. A lease that is there already is amended by itself, not here. The body is what
    `neocloud apply` reads, as JSON or YAML.
    """
    if call.query.dry_run:
        tried = await call.apart(lambda ledger, now: _tried(call, ledger, now))
        return {"changes": tried.changes, "dry_run": True, "journal_seq": tried.seq}
    found = await call.service.read_batches_of([call.command_id()])
    if found:
        return {"changes": await _before(call, found[0]), "dry_run": False, "journal_seq": call.service.seq}
    tried = await call.apart(lambda ledger, now: _tried(call, ledger, now))
    if tried.said:
        await call.service.say_all(tried.said)
    return {"changes": tried.changes, "dry_run": False, "journal_seq": call.service.seq}


def _tried(call: Call, ledger: Ledger, now: int) -> _Tried:
    """Every document decided, one after the other; where one cannot be, its place is told."""
    placed = placed_commands(call.body, now, Paths(), tenants=ledger.world.tenants)
    commands: list[Apply | Book] = []
    changes: list[Change] = []
    with ledger.tried(now, call.author) as decide:
        for path, command in placed:
            try:
                check_allowed(call.key, command)
                made = [] if is_there(ledger, command, now) else decide(command)
            except (Mistaken, Refused) as error:
                raise _at(error, path) from None
            changes += made
            commands += [command] if made else []
    with ledger.at(now) as world:
        rows = [change_row(world, each) for each in changes]
        return _Tried([] if call.query.dry_run else _said(call, commands), rows, world.head.seq)


def _said(call: Call, commands: list[Apply | Book]) -> list[Said]:
    """The commands as this call says them. One has the id of the call, by which the same again is known.

    A booking keeps its own, by which the same file finds the lease there, as long as there is anything else.
    """
    name, content = call.command_id(), call.content()
    found = []
    for i, each in enumerate(commands):
        if i and isinstance(each, Book):
            found.append(Said(each, call.author))
        else:
            found.append(Said(replace(each, id=f"{name}:{i}" if i else name), call.author, None, content))
    return found


def _at(error: Mistaken | Refused, path: str) -> Mistaken | Refused:
    """A no, with the place of the document that it is about."""
    if isinstance(error, Invalid):
        return error.at(path)
    error.facts["pointer"] = pointer(path)
    return error


async def _before(call: Call, batch: Batch) -> list[Row]:
    """What the same manifest came to before, as it was told then. Raises Conflict where it was another."""
    said = [entry for entry in decode(batch) if entry.content]  # without holds that ran out: nobody said that
    first = next(entry for entry in said if entry.command == call.command_id())
    if first.content != call.content():
        raise Conflict("this Idempotency-Key came with something else before; choose another")
    call.again = True

    def rows(then: KnownLedger) -> list[Row]:
        with then.ledger.at(batch.recorded_at) as world:
            return [change_row(world, Change(entry.cause, entry.noun, {})) for entry in said]

    return await call.service.past.look(str(batch.first_seq - 1), call.now, rows)
