"""One call of a route: who asks, what was said in path, query and body, and how a command is said for it."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import msgspec
from msgspec import Struct
from starlette.requests import Request

from neocloud.api.service import Service
from neocloud.documents.complaints import said_plainly
from neocloud.errors import Conflict, Invalid, Unknown
from neocloud.model.approvals import Approval
from neocloud.model.commands import Command
from neocloud.model.entries import Author, Noun
from neocloud.model.keys import Key
from neocloud.model.terms import Terms
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.operations.ledger import Answer, Said
from neocloud.rules.customers import sees

Kind = TypeVar("Kind", bound=Struct)

_KEY = re.compile(r"[!-~]{1,200}")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


class Waits(Exception):
    """What was said waits for a second person."""

    def __init__(self, approval: Approval) -> None:
        super().__init__(approval.id)
        self.approval = approval

    def row(self) -> dict[str, str]:
        """What is told of it, to whoever asked."""
        return {"approval": self.approval.id, "status": self.approval.status, "about": self.approval.about}


class Reply(NamedTuple):
    """What a route answers: content (made JSON), or bytes of a media type as they are."""

    content: Any
    status: int = 200
    headers: dict[str, str] = {}
    media_type: str = "application/json"


class Call:
    """What a route is called with; `key` is who asks."""

    def __init__(
        self, service: Service, request: Request, key: Key | None, query: Any, body: Any, raw: bytes
    ) -> None:
        self.service = service
        self.request = request
        self._key = key
        self.query = query
        self.body = body
        self.raw = raw
        self.again = False
        """Whether what it said was accepted before, under the same Idempotency-Key."""

    @property
    def key(self) -> Key:
        """The key that was shown."""
        assert self._key is not None, "a route without a permission is nobody's"
        return self._key

    @property
    def tenant(self) -> str:
        """Of a customer its tenant, whose things are all that it sees; of others nothing."""
        return "" if self._key is None else self._key.tenant

    @property
    def now(self) -> int:
        """The instant at which is asked and decided (UTC seconds)."""
        return self.service.now

    def world(self) -> AbstractContextManager[World]:
        """The world as a decision now would see it."""
        return self.service.world()

    def path(self, name: str = "name") -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    @property
    def author(self) -> Author:
        """Who says it, and from where."""
        return author_of(self.key, self.request)

    def command_id(self) -> str:
        """The id of the command: the caller's Idempotency-Key, apart for each tenant. Raises Invalid without one."""
        said = self.request.headers.get("idempotency-key")
        if said is None and self.request.method in {"PUT", "DELETE"}:
            return f"api:{uuid4().hex}"  # what is so already may be made so again
        if said is None or not _KEY.fullmatch(said):
            raise Invalid(
                "send one of 1 to 200 plain characters, without spaces: the same again gives the same answer",
                place="Idempotency-Key",
            )
        return f"api:{self.tenant}:{said}"

    async def say(self, command: Command, *, unless_changed: tuple[type[Noun], str] | None = None) -> Answer:
        """Have a command decided and written for this call; with If-Match, only while a noun has that form.

        With `If-None-Match: *` only while there is no such noun. Raises Mistaken, Refused or Unavailable.
        """
        seen = None if unless_changed is None else self._form(unless_changed)
        try:
            answer = await self.service.say(Said(command, self.author, seen, self._content()))
        except Conflict as error:
            if error.facts.get("command") != command.id:
                raise
            raise Conflict("this Idempotency-Key came with something else before; choose another") from None
        self.again = answer.again
        waits = [noun for cause, noun in answer.changes if cause == "asked" and isinstance(noun, Approval)]
        if waits:
            raise Waits(waits[-1])
        return answer

    def _form(self, noun: tuple[type[Noun], str]) -> tuple[type[Noun], str, str] | None:
        """The form in which a noun is to be: that of the ETag in If-Match; none at all. Raises Invalid."""
        match = self.request.headers.get("if-match", "*").strip()
        if self.request.headers.get("if-none-match", "").strip() == "*":
            return (*noun, "")
        if match == "*":
            return None
        if (tag := _TAG.fullmatch(match)) is None:
            raise Invalid('send one ETag as it came, in quotes: "0123456789abcdef"', place="If-Match")
        return (*noun, tag[1])

    def _content(self) -> str:
        """What was said, as a digest: the route and the body, whatever the order of its fields."""
        body = msgspec.json.encode(msgspec.json.decode(self.raw), order="sorted") if self.raw else b""
        said = b"\n".join([self.request.method.encode(), self.request.scope["path"].encode(), body])
        return sha256(said).hexdigest()[:32]

    def sees(self, world: World) -> Callable[[Noun], bool]:
        """Says of a noun whether it is the caller's business."""
        if self.tenant:
            return sees(world, self.tenant)
        return lambda noun: not isinstance(noun, Webhook) or noun.stands

    def named(self, world: World, kind: type[Kind], what: str, name: str) -> Kind:
        """The noun with an id that the caller may see, or Unknown."""
        table: Any = world.tables[kind]  # type: ignore[index]
        noun: Any = world.terms_named(name) if kind is Terms else table.get(name)
        if noun is None or not self.sees(world)(noun):
            raise Unknown(what, name, [] if self.tenant else table)
        return noun  # type: ignore[no-any-return]


def author_of(key: Key, request: Request) -> Author:
    """Who says something with a key, and from which address."""
    by = f"person:{key.person}" if key.person else f"key:{key.id}"
    return Author(by, "" if request.client is None else request.client.host)


def read_body(raw: bytes, kind: type[Kind]) -> Kind:
    """A JSON body as a document. Raises Invalid with the place."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise said_plainly(error, kind, "the schema at /openapi.json") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"this is not JSON: {error}") from None


def read_query(said: dict[str, Any], kind: type[Kind]) -> Kind:
    """The parameters of a query as a struct. Raises Invalid with the parameter's name."""
    try:
        return msgspec.convert(said, kind, strict=False)
    except msgspec.ValidationError as error:
        raise said_plainly(error, kind, "the schema at /openapi.json") from None
