"""Leases and options: quote, book, hold, confirm, release, amend, end."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from neocloud.api.calls import Call, Reply
from neocloud.api.instants import with_instants
from neocloud.api.nouns import shown, tagged
from neocloud.api.quotes import floor_of, stamped
from neocloud.api.routes import route
from neocloud.documents.asked import AmendmentDocument, BookingDocument, ExerciseDocument, NoticeDocument
from neocloud.documents.leases import LeaseDocument
from neocloud.errors import Forbidden, Invalid, NotAllowed
from neocloud.model.commands import Book, Command, Confirm, Release
from neocloud.model.leases import Lease
from neocloud.operations.ledger import Answer
from neocloud.rules.customers import as_customer, check_own_name

Row = dict[str, Any]

_BOOKING = {
    "id": "deal-7",
    "tenant": "acme",
    "terms": "reserved",
    "blocks": [{"pool": "oslo-h100", "gpus": 64, "from": "2027-02-01T00:00:00Z", "until": "2027-05-01T00:00:00Z"}],
    "prices": [{"per": "gpu_hour", "amount": "2.35"}],
}
_AMENDMENT = {"gpus": 128, "at": "2027-03-01T00:00:00Z"}
_EMPTY: Row = {}


@route("POST", "/v1/quotes", "leases.write", body=BookingDocument, answer=LeaseDocument, dry=True, example=_BOOKING)
def quote(call: Call) -> Row:
    """Can we promise this? What it comes to, its floor and prices, or why not and what would fit. Books nothing."""
    with call.world() as world:
        command = _booking(call, "quote" if "quote" not in world.leases else f"quote_{uuid4().hex}")
        changes = call.service.shared.ledger.preview(command, now=call.now)[0]
        *gave_way, lease = (each.noun for each in changes if isinstance(each.noun, Lease))
        row = shown(call, world, lease)
        row["computed"]["status"] = "quoted"
        if gave_way and not call.tenant:
            row["computed"]["gave_way"] = [each.id for each in gave_way]
        if not call.tenant:
            row["computed"]["quote"] = with_instants(floor_of(call.service, world, lease, call.now))
    return row


@route("POST", "/v1/leases", "leases.write", body=BookingDocument, answer=LeaseDocument, status=201, example=_BOOKING)
async def book(call: Call) -> Reply:
    """Lease capacity, or with hold_until or hold_for only hold it: all of what is asked, or what would fit."""
    said = call.command_id()
    name = call.body.id or f"lease_{sha256(said.encode()).hexdigest()[:12]}"
    command = replace(stamped(call, _booking(call, name)), id=said)
    return _answered(call, await call.say(command), name, 201)


@route("PATCH", "/v1/leases/{name}", "leases.write", body=AmendmentDocument, answer=LeaseDocument, example=_AMENDMENT)
async def amend(call: Call) -> Reply:
    """Grow, shrink, extend, shorten, shift, move, transfer or reprice a lease; with If-Match only in that form."""
    _staff(call)
    name = _own(call)
    command = call.body.command(call.command_id(), name, call.now)
    return _answered(call, await call.say(command, unless_changed=(Lease, name)), name)


@route("POST", "/v1/leases/{name}/confirm", "leases.write", answer=LeaseDocument)
async def confirm(call: Call) -> Reply:
    """Turn a hold into a confirmed lease."""
    name = _own(call)
    return await _said(call, Confirm(id=call.command_id(), lease=name), name)


@route("POST", "/v1/leases/{name}/release", "leases.write", answer=LeaseDocument)
async def release(call: Call) -> Reply:
    """Give up a hold, or waive an option; its capacity is free at once."""
    name = _own(call)
    return await _said(call, Release(id=call.command_id(), lease=name), name)


@route(
    "POST", "/v1/leases/{name}/terminate", "leases.write", body=NoticeDocument, answer=LeaseDocument, example=_EMPTY
)
async def terminate(call: Call) -> Reply:
    """Serve notice under a right to terminate, as the operator or for the tenant; a customer only as itself."""
    name, by = _own(call), call.body.by
    if call.tenant and by == "operator":
        raise Forbidden("a tenant serves its own notice: by is tenant", permission="leases.write")
    if not call.tenant and by is None:
        raise Invalid("say who serves notice: operator or tenant", place="by")
    holder = "tenant" if call.tenant else by
    command = call.body.terminate(call.command_id(), name, call.now, holder)
    return await _said(call, command, name)


@route("POST", "/v1/leases/{name}/reclaim", "leases.write", body=NoticeDocument, answer=LeaseDocument, example=_EMPTY)
async def reclaim(call: Call) -> Reply:
    """The operator takes GPUs back under a right to reclaim."""
    _staff(call)
    name = _own(call)
    return await _said(call, call.body.reclaim(call.command_id(), name, call.now), name)


@route(
    "POST", "/v1/leases/{name}/exercise", "leases.write", body=ExerciseDocument, answer=LeaseDocument, example=_EMPTY
)
async def exercise(call: Call) -> Reply:
    """Say yes to an option: it becomes a lease (a burst, for a part and a while)."""
    name = _own(call)
    if call.tenant:
        _check_exercise(call, name)
    command = call.body.command(call.command_id(), name, call.now)
    answer = await call.say(command, unless_changed=(Lease, name))
    leases = [noun.id for _, noun in answer.changes if isinstance(noun, Lease) and noun.tenant]
    return _answered(call, answer, leases[-1] if leases else name)


def _booking(call: Call, name: str) -> Book:
    """The booking that a body asks for, as this caller may ask for it."""
    command: Book = call.body.command(name, call.now)
    if call.tenant:
        check_own_name(call.body.id, call.tenant)
        with call.world() as world:
            if name not in world.leases:  # else it is a retry, which is answered as before, or a Conflict
                return as_customer(world, command, call.tenant, call.now)
    return command


def _own(call: Call) -> str:
    """The lease of the path, if the caller may see it. Raises Unknown."""
    with call.world() as world:
        return call.named(world, Lease, "lease", call.path()).id


async def _said(call: Call, command: Command, name: str) -> Reply:
    return _answered(call, await call.say(command, unless_changed=(Lease, name)), name)


def _answered(call: Call, answer: Answer, name: str, status: int = 200) -> Reply:
    """The lease as it now is; where that was decided before, it says so."""
    with call.world() as world:
        lease = call.named(world, Lease, "lease", name)
        reply = tagged(call, world, lease, status)
    gave_way = [noun.id for cause, noun in answer.changes if cause == "reclaimed" and noun.id != name]
    if gave_way and not call.tenant:
        reply.content["computed"]["gave_way"] = gave_way
    return reply if status != 201 else reply._replace(headers={**reply.headers, "Location": f"/v1/leases/{name}"})


def _check_exercise(call: Call, name: str) -> None:
    """What a customer may say when it exercises an option. Raises Forbidden, Invalid or NotAllowed."""
    if call.body.reclaim or call.body.force:
        raise Forbidden("only the operator makes others give way", permission="leases.write")
    try:
        check_own_name(call.body.into, call.tenant)
    except Invalid as error:
        raise Invalid(error.sentence, place="into") from None
    with call.world() as world:
        option = world.leases[name].option
        base = None if option is None else world.leases.get(option.of)
        if base is not None and base.tenant != call.tenant:
            raise NotAllowed(f"option {name} is of a lease that is not yours any more; ask your account manager")


def _staff(call: Call) -> None:
    """Only the operator's own people may. Raises Forbidden."""
    if call.tenant:
        raise Forbidden("only the operator may; ask your account manager", permission="leases.write")
