"""How a route is declared: its path, the one permission that it needs, what it reads, what it answers, an example."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import DecimalException
from functools import cache
from inspect import isawaitable
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from neocloud.api.calls import Call, Reply, Waits, read_body, read_query
from neocloud.api.credentials import token_of
from neocloud.api.guards import ROUTE, body_of
from neocloud.api.problems import Problem, problem
from neocloud.api.seen import told
from neocloud.api.service import Service
from neocloud.errors import Forbidden, Invalid, NeocloudError, Unauthenticated
from neocloud.model.keys import Key
from neocloud.operations.keys import key_of
from neocloud.rules.access import Permission, permissions
from neocloud.settings import MOST_BODY_BYTES

Handler = Callable[[Call], Any | Awaitable[Any]]
Decorated = TypeVar("Decorated", bound=Handler)

_encode = msgspec.json.Encoder().encode


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation of the API. Without a permission anybody may call it; `answer` is the type of what it answers.

    One that is `dry` needs no Idempotency-Key: it changes nothing, or nothing twice. One that is `staff_only` is not
    for customers, though their role has its permission for things of their own. `answers` are statuses of a no that
    others do not have.
    """

    method: str
    path: str
    permission: Permission | None
    handler: Handler
    query: type[Struct] = Nothing
    body: type[Struct] | None = None
    answer: Any = None
    status: int = 200
    example: Any = None
    answers: dict[int, str] = field(default_factory=dict)
    media_type: str = "application/json"
    body_type: str = "application/json"
    most_bytes: int = MOST_BODY_BYTES
    dry: bool = False
    staff_only: bool = False

    @property
    def name(self) -> str:
        """Its operation id."""
        return self.handler.__name__

    @property
    def tag(self) -> str:
        """What kind of thing it is about: the first part of its path."""
        return self.path.removeprefix("/v1").split("/")[1]

    @property
    def writes(self) -> bool:
        """Whether it may change the ledger."""
        return self.method != "GET" and not self.dry

    @property
    def names(self) -> bool:
        """Whether it is about one thing, which its path names."""
        return "{name}" in self.path

    async def respond(self, service: Service, request: Request) -> Response:
        """Answer a request, with a problem document where the answer is no."""
        request.scope[ROUTE] = self.path
        key: Key | None = None
        try:
            key = self._permitted(service, request)
            return await self._answer(service, request, key)
        except (DecimalException, OverflowError):
            return problem(Invalid("a number in here is not a plain number"))
        except NeocloudError as error:
            if key is None or not key.tenant:
                return problem(error)
            with service.world() as world:
                return problem(told(world, key.tenant, error), to_customer=True)

    async def _answer(self, service: Service, request: Request, key: Key | None) -> Response:
        if key is not None and (known := request.headers.get("if-known")) is not None:
            await service.known(_seq(known))
        is_json = self.body_type == "application/json"
        raw = await body_of(request, self.most_bytes, json=is_json) if self.method != "GET" else b""
        body = None
        if self.body is None and is_json:
            _check_empty(raw)
        elif self.body is not None:
            body = read_body(_checked(request, raw), self.body)
        query = read_query(_parameters(request, self.query), self.query)
        call = Call(service, request, key, query=query, body=body, raw=raw)
        try:
            found = self.handler(call)
            reply = await found if isawaitable(found) else found
        except Waits as waits:
            reply = Reply(waits.row(), 202, {"Location": f"/v1/approvals/{quote(waits.approval.id, safe='')}"})
        if isinstance(reply, Response):
            return reply
        return self._response(call, reply)

    def _response(self, call: Call, reply: Any) -> Response:
        if not isinstance(reply, Reply):
            reply = Reply(reply, self.status, {}, self.media_type)
        headers = {"Journal-Seq": str(call.service.seq), "Cache-Control": "no-store", **reply.headers}
        if call.again:
            headers["Idempotent-Replayed"] = "true"
        if self.method == "GET" and "ETag" in headers and _is_known(call.request, headers["ETag"]):
            return Response(None, 304, headers)
        content = reply.content if isinstance(reply.content, bytes) else _encode(reply.content)
        return Response(content, reply.status, headers, media_type=reply.media_type)

    def _permitted(self, service: Service, request: Request) -> Key | None:
        """The key that came with it, which has the permission. Raises Unauthenticated or Forbidden."""
        if self.permission is None or self.permission in service.open_to_all:
            return None
        token = token_of(request)
        key = key_of(service.shared.ledger.world, token, service.now) if token else None
        if key is None:
            raise Unauthenticated("show a key that holds: Authorization: Bearer nc_ID_SECRET")
        if self.permission not in permissions(key) or (key.once and self.name != "make_key"):
            raise Forbidden(f"this key may not: it lacks {self.permission}", permission=self.permission)
        if self.staff_only and key.tenant:
            raise Forbidden("this is for the operator's own people", permission=self.permission)
        service.note_use(key)
        return key


ROUTES: list[Route] = []
"""Every operation, in the order in which the docs show them."""


def route(method: str, path: str, permission: Permission | None, **more: Any) -> Callable[[Decorated], Decorated]:
    """Declare the function below as the operation of a path."""

    def declare(handler: Decorated) -> Decorated:
        ROUTES.append(Route(method=method, path=path, permission=permission, handler=handler, **more))
        return handler

    return declare


def _seq(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Invalid(f"{text!r} is not the number of an entry", place="If-Known")
    return int(text)


def _checked(request: Request, raw: bytes) -> bytes:
    """A body that says it is JSON. Raises a problem of status 415."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != "application/json":
        raise Problem(415, "http.content_type", f"the body must be application/json, not {said or 'without a type'}")
    return raw


def _check_empty(raw: bytes) -> None:
    """The body of a route that reads none. Raises Invalid where something was said."""
    if raw.strip() not in {b"", b"{}"}:
        raise Invalid("nothing is to be said here; leave the body out")


def _is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match names a form."""
    said = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    return etag in said or "*" in said


def _parameters(request: Request, kind: type[Struct]) -> dict[str, Any]:
    """The parameters of a query; one that may be repeated is a list. Raises Invalid for one that is not to be."""
    if not request.scope["query_string"]:
        return {}
    lists = _lists(kind)
    found: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in lists:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Invalid("it is given twice", place=name)
        else:
            found[name] = value
    return found


@cache
def _lists(kind: type[Struct]) -> frozenset[str]:
    """The parameters that may be repeated."""
    return frozenset(each.encode_name for each in msgspec.structs.fields(kind) if "list" in str(each.type))
