"""What a request shows of who asks: a key in its Authorization, or that of a session in a cookie."""

from base64 import b64decode
from urllib.parse import urlsplit

from starlette.requests import Request

from neocloud.errors import Forbidden

COOKIE = "neocloud_key"


def token_of(request: Request) -> str:
    """The token that a request shows: in its Authorization (as a password, where a calendar knows no other way), or
    in the cookie of a session.

    Raises Forbidden where a cookie comes with a change from somebody else's page.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    if scheme.lower() == "basic":
        return _password(token)
    token = request.cookies.get(COOKIE, "")
    if token and request.method not in {"GET", "HEAD"} and not _ours(request):
        raise Forbidden("a change by a session's cookie must come from a page of this service")
    return token


def shows(request: Request) -> bool:
    """Whether a request shows anything at all of who asks: a key, a session, or what signing in began with."""
    return bool(request.headers.get("authorization")) or "neocloud_" in request.headers.get("cookie", "")


def _password(encoded: str) -> str:
    """The password of a Basic authorization; nothing where it is none."""
    try:
        return b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _ours(request: Request) -> bool:
    """Whether a browser says that the request comes from a page of this very service."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")
