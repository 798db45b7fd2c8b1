"""Signing in with OpenID Connect: the code flow with PKCE; a person's groups give a role, and a key for half a day.

The key is kept in a cookie that scripts cannot read. A request that changes something by that cookie must come from
our own pages.
"""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from neocloud.api.calls import Call, author_of
from neocloud.api.credentials import COOKIE
from neocloud.api.instants import with_instants
from neocloud.api.nouns import shown
from neocloud.api.oidc import Claims, Provider
from neocloud.api.problems import Problem
from neocloud.api.routes import route
from neocloud.documents.keys import KeyDocument
from neocloud.errors import Forbidden, Invalid, Unauthenticated
from neocloud.model.commands import RevokeKey
from neocloud.operations.keys import new_key
from neocloud.operations.ledger import Said
from neocloud.settings import SESSION_S, SIGN_IN_S
from neocloud.units import format_instant

_BEGUN = "neocloud_sign_in"


class Return(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to go when it is done."""

    to: Annotated[str, Meta(description="a path of this service")] = "/v1/me"


class Answered(Struct, frozen=True, kw_only=True):
    """What the provider sends back; it may say more."""

    code: str = ""
    state: str = ""
    error: str = ""


@route("GET", "/v1/sign-in", None, query=Return, status=303, media_type="text/html")
async def sign_in(call: Call) -> Response:
    """Sign in at the operator's OpenID provider."""
    provider = _provider(call)
    if not call.query.to.startswith("/") or call.query.to.startswith(("//", "/\\")):
        raise Invalid("it is a path of this service, such as /v1/me", place="to")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    said = {
        "response_type": "code", "client_id": provider.settings.client_id, "redirect_uri": _callback(call.request),
        "scope": provider.settings.scope, "state": state, "nonce": nonce, "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    answer = RedirectResponse(f"{await provider.endpoint('authorization_endpoint')}?{urlencode(said)}", 303)
    begun = urlencode({"s": state, "n": nonce, "v": verifier, "to": call.query.to})
    _set(call.request, answer, _BEGUN, begun, SIGN_IN_S)
    return answer


@route("GET", "/v1/sign-in/callback", None, query=Answered, status=303, media_type="text/html",
       answers={401: "who it is was not shown", 403: "no group of theirs has a role",
                429: "that was so too often; Retry-After says when to ask again"})  # fmt: skip
async def signed_in(call: Call) -> Response:
    """Where the provider sends people back to: checks who it is, and makes a key for half a day."""
    provider = _provider(call)
    begun = _begun(call.request)
    if call.query.error:
        raise Unauthenticated("the provider did not sign you in; begin again at /v1/sign-in")
    if not begun or not secrets.compare_digest(begun["s"], call.query.state):
        raise Unauthenticated("this sign-in was not begun here, or long ago; begin again at /v1/sign-in")
    claims = await provider.exchange(call.query.code, begun["v"], begun["n"], _callback(call.request), now=call.now)
    made = _key(provider, claims, call.now)
    author = author_of(made.command.key, call.request)
    await call.service.say(Said(made.command, author))
    answer = RedirectResponse(begun["to"], 303)
    answer.delete_cookie(_BEGUN, path="/v1/sign-in")
    _set(call.request, answer, COOKIE, made.token, SESSION_S)
    return answer


@route("POST", "/v1/sign-out", "me.read", status=204, dry=True)
async def sign_out(call: Call) -> Response:
    """Sign out: the key of this session is of no use any more. A program's key stays."""
    if not call.key.person:
        raise Forbidden("this is a program's key; POST /v1/keys/KEY/revoke takes it back")
    await call.say(RevokeKey(id=f"sign-out:{call.key.id}", key=call.key.id))
    answer = Response(None, 204)
    answer.delete_cookie(COOKIE)
    return answer


@route("GET", "/v1/me", "me.read", answer=KeyDocument)
def me(call: Call) -> dict[str, Any]:
    """Who asks: the key that was shown, its role and what it may do; and what time it is here."""
    with call.world() as world:
        found = shown(call, world, call.key)
    found["computed"]["now"] = with_instants(format_instant(call.now))
    return found


def _key(provider: Provider, claims: Claims, now: int) -> Any:
    role = provider.settings.role_of(claims.groups)
    if role is None:
        raise Forbidden("you are signed in, but none of your groups has a role here; ask the operator's admin")
    return new_key(role, person=claims.person, note="signed in", expires_at=now + SESSION_S)


def _provider(call: Call) -> Provider:
    provider = call.service.provider
    if provider is None:
        raise Problem(404, "sign_in.none", "nobody signs in here: neocloud.toml names no [sign_in]; use a key")
    return provider


def _callback(request: Request) -> str:
    return str(request.url.replace(path="/v1/sign-in/callback", query=""))


def _begun(request: Request) -> dict[str, str]:
    found = dict(parse_qsl(request.cookies.get(_BEGUN, "")))
    return found if {"s", "n", "v", "to"} <= found.keys() else {}


def _set(request: Request, answer: Response, name: str, value: str, age_s: int) -> None:
    path = "/v1/sign-in" if name == _BEGUN else "/"
    answer.set_cookie(name, value, max_age=age_s, path=path, secure=request.url.scheme == "https", httponly=True,
                      samesite="lax")  # fmt: skip
