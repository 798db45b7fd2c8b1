"""One try to send an event to a URL: where it leads is looked up and checked each time, and no redirect is followed.

What is connected to is the very address that was checked: a name that leads elsewhere a moment later changes nothing.
"""

import asyncio
import socket
import ssl
from ipaddress import ip_address
from typing import NamedTuple

import certifi
import httpx

from neocloud import __version__
from neocloud.model.webhooks import parts_of
from neocloud.operations.webhooks import is_public_address

_MOST_ADDRESSES = 3
_REDIRECTS = range(300, 400)
GONE = 410
"""The status by which a receiver says that there is nothing any more to send to."""


class Outcome(NamedTuple):
    """What came of a try: the status of the answer, 0 without one, and what was wrong."""

    status: int
    error: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver says that it wants nothing any more."""
        return self.status == GONE


class Poster:
    """Sends bodies to URLs; with `private`, also to addresses that are not on the public internet."""

    def __init__(self, *, private: bool, timeout_s: float) -> None:
        self._private = private
        self._timeout_s = timeout_s
        trust = ssl.create_default_context()
        trust.load_verify_locations(certifi.where())
        self._client = httpx.AsyncClient(
            verify=trust, trust_env=False, follow_redirects=False, timeout=timeout_s,
            # A connection is to an address, and would be used for another host at the same one.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )  # fmt: skip

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """Try once. Whatever goes wrong is told, and not raised."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(url, headers, body)
        except TimeoutError:
            return Outcome(0, f"it did not answer within {self._timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Outcome(0, _said_plainly(error))

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        scheme, host, port, path = parts_of(url)
        if scheme != "https" and not self._private:
            return Outcome(0, "it is not https, and this service sends to no other")
        found = await self._addresses(host, port)
        if not found:
            return Outcome(0, f"{host} leads to an address that is not on the public internet")
        for address in found[:-1]:
            try:
                return await self._post_to(address, (scheme, host, port, path), headers, body)
            except httpx.ConnectError:
                continue
        return await self._post_to(found[-1], (scheme, host, port, path), headers, body)

    async def _addresses(self, host: str, port: int) -> list[str]:
        """Where a host leads; nothing if any of that is private, where that is not allowed."""
        rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        if not self._private and not all(is_public_address(ip_address(each.partition("%")[0])) for each in found):
            return []
        return found[:_MOST_ADDRESSES]

    async def _post_to(
        self, address: str, parts: tuple[str, str, int, str], headers: dict[str, str], body: bytes
    ) -> Outcome:
        scheme, host, port, path = parts
        name = f"[{host}]" if ":" in host else host
        at = f"[{address}]" if ":" in address else address
        request = self._client.build_request(
            "POST", f"{scheme}://{at}:{port}{path}", content=body, extensions={"sni_hostname": host},
            headers={
                "host": name if port == (443 if scheme == "https" else 80) else f"{name}:{port}",
                "content-type": "application/json", "user-agent": f"neocloud/{__version__}", **headers,
            },
        )  # fmt: skip
        answer = await self._client.send(request, stream=True)  # its body is nobody's business, however long
        await answer.aclose()
        if answer.status_code in _REDIRECTS:
            return Outcome(answer.status_code, "it redirects, and no redirect is followed")
        return Outcome(answer.status_code, "" if answer.is_success else f"it answered {answer.status_code}")


def _said_plainly(error: Exception) -> str:
    """What went wrong, without what it says of our network."""
    match error:
        case socket.gaierror():
            return "its name leads nowhere"
        case httpx.ConnectError():
            return "it cannot be connected to" + (", or not trusted" if "CERTIFICATE" in str(error).upper() else "")
        case httpx.TimeoutException():
            return "it did not answer in time"
        case _:
            return "the connection broke off"
