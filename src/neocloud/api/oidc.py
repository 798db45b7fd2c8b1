"""An OpenID provider: what it says of itself, and of a person, checked."""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct
from msgspec.structs import replace

from neocloud.documents.complaints import said_plainly
from neocloud.errors import Unauthenticated, Unavailable
from neocloud.model.keys import Role
from neocloud.operations.directory import SETTINGS_FILE, read_settings

_TIMEOUT_S = 10
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_LEEWAY_S = 60

_STRONGEST: tuple[Role, ...] = ("admin", "operator", "finance", "sales", "viewer")


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sign_in]` of neocloud.toml: the provider, and which of its groups has which role."""

    issuer: str
    client_id: str
    client_secret: str = ""
    scope: str = "openid email profile"
    groups_claim: str = "groups"
    name_claim: str = "email"
    roles: dict[Role, list[str]] = {}

    def role_of(self, groups: frozenset[str]) -> Role | None:
        """The strongest role that one of the groups has; None without one."""
        return next((role for role in _STRONGEST if groups & frozenset(self.roles.get(role, ()))), None)


def sign_in_settings(directory: Path, secret: str | None = None) -> SignIn | None:
    """What a data directory says of signing in; None where it says nothing. Raises Invalid with the field.

    `secret` is the client's, where it is not to be in a file.
    """
    said = read_settings(directory).get("sign_in")
    if said is None:
        return None
    try:
        found = msgspec.convert(said, SignIn)
    except msgspec.ValidationError as error:
        place = f"{directory / SETTINGS_FILE} [sign_in]"
        raise said_plainly(error, SignIn, "docs/api.md").at(place) from None
    return found if secret is None else replace(found, client_secret=secret)


class Claims(NamedTuple):
    """What the provider says of a person."""

    person: str
    groups: frozenset[str]


class Provider:
    """An OpenID provider that people sign in at."""

    def __init__(self, settings: SignIn) -> None:
        self.settings = settings
        self._about: dict[str, Any] = {}
        self._lock = asyncio.Lock()

    async def endpoint(self, name: str) -> str:
        """An address of the provider, by its name in what it says of itself. Raises Unavailable."""
        async with self._lock:
            if not self._about:
                self._about = await self._get(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        return str(self._about[name])

    async def exchange(self, code: str, verifier: str, nonce: str, callback: str, *, now: int) -> Claims:
        """Who a code is of. Raises Unauthenticated where what the provider says does not hold, or Unavailable."""
        said = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier,
            "client_id": self.settings.client_id,
        }  # fmt: skip
        if self.settings.client_secret:
            said["client_secret"] = self.settings.client_secret
        found = await self._post(await self.endpoint("token_endpoint"), said)
        keys = KeySet.import_key_set(await self._get(await self.endpoint("jwks_uri")))  # type: ignore[arg-type]
        return self._claims(str(found.get("id_token", "")), keys, nonce, now)

    def _claims(self, token: str, keys: KeySet, nonce: str, now: int) -> Claims:
        rules = jwt.JWTClaimsRegistry(
            now=now, leeway=_LEEWAY_S, iss={"essential": True, "value": self._about["issuer"]},
            aud={"essential": True, "value": self.settings.client_id}, exp={"essential": True},
            sub={"essential": True}, nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            raise Unauthenticated("what the provider says of you does not hold; begin again") from error
        named = claims.get(self.settings.name_claim) or claims["sub"]
        groups = claims.get(self.settings.groups_claim) or []
        return Claims(str(named), frozenset(map(str, groups if isinstance(groups, list) else [groups])))

    async def _get(self, url: str) -> dict[str, Any]:
        return await self._json("GET", url, None)

    async def _post(self, url: str, said: dict[str, str]) -> dict[str, Any]:
        return await self._json("POST", url, said)

    async def _json(self, method: str, url: str, said: dict[str, str] | None) -> dict[str, Any]:
        """What the provider answers. A 4xx is about the person, all else about the provider."""
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
                answer = await client.request(method, url, data=said)
                if answer.is_client_error and said is not None:
                    raise Unauthenticated("the provider does not know this sign-in; begin again at /v1/sign-in")
                answer.raise_for_status()
                return dict(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable("the OpenID provider cannot be reached; try again") from error
