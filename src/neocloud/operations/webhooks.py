"""Secrets of webhooks, and what is signed with them, by the Standard Webhooks scheme; and where they may lead.

A secret is in no file and no journal: it is the HMAC of the webhook's id and the number of its secret, by the
service's own secret. Processes that share a journal share that too; a webhook's digest tells whether they do.
"""

import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from hmac import digest
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import NamedTuple

from neocloud.errors import Invalid, Unavailable
from neocloud.model.commands import ChangeWebhook, MakeWebhook
from neocloud.model.webhooks import Webhook, parts_of
from neocloud.settings import SERVICE_SECRET_FILE, WEBHOOK_ROTATION_S

_PREFIX = "whsec_"
_SECRET_BYTES = 32
_LEAST_SECRET = 32
_ID_BYTES = 5
_NAT64 = ip_network("64:ff9b::/96")


class NewWebhook(NamedTuple):
    """A webhook that is to be made or changed, and the secret that then signs: it is told here."""

    command: MakeWebhook | ChangeWebhook
    secret: str


def service_secret(directory: Path, given: str | None = None) -> bytes:
    """The service's secret: as given, or that of the data directory, where one is made if there is none.

    Raises Invalid for one that is too short.
    """
    secret = (given or _kept(directory / SERVICE_SECRET_FILE)).strip()
    if len(secret) < _LEAST_SECRET:
        place = "NEOCLOUD_SERVICE_SECRET" if given else str(directory / SERVICE_SECRET_FILE)
        raise Invalid(f"a service's secret has at least {_LEAST_SECRET} characters, as openssl rand -hex 32 makes",
                      place=place)  # fmt: skip
    return secret.encode()


def _kept(file: Path) -> str:
    """What a file says that only its owner may read; made whole at once, so that two who begin agree."""
    try:
        return file.read_text("utf-8") if file.exists() else _made(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be used, and it holds the service's secret: {error.strerror}") from error


def _made(file: Path) -> str:
    begun = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_hex(_SECRET_BYTES) + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        with suppress(FileExistsError):  # another process was quicker, and its secret counts
            os.link(begun, file)
    finally:
        begun.unlink()
    return file.read_text("utf-8")


def new_webhook(
    service: bytes, url: str, *, private: bool, kinds: Iterable[str] = (), tenant: str = "", note: str = "",
    name: str | None = None,
) -> NewWebhook:  # fmt: skip
    """A webhook with its first secret. Raises Invalid for an id, or a URL, that cannot be."""
    name = f"{tenant or 'webhook'}-{secrets.token_hex(_ID_BYTES)}" if name is None else name
    check_url(url, private=private)
    secret = secret_of(service, name, 1)
    webhook = Webhook(
        id=name, url=url, digest=digest_of(secret), kinds=tuple(dict.fromkeys(kinds)), tenant=tenant, note=note
    )
    return NewWebhook(MakeWebhook(id=f"webhook:{name}", webhook=webhook), secret)


def rotated_webhook(service: bytes, webhook: Webhook) -> NewWebhook:
    """The change of a webhook to its next secret."""
    version = webhook.secret_version + 1
    secret = secret_of(service, webhook.id, version)
    command = ChangeWebhook(
        id=f"rotate:{webhook.id}:{version}", webhook=webhook.id, to="rotated", secret_version=version,
        digest=digest_of(secret),
    )  # fmt: skip
    return NewWebhook(command, secret)


def secret_of(service: bytes, name: str, version: int) -> str:
    """The secret of a webhook, as its receiver is told it."""
    return _PREFIX + b64encode(digest(service, f"webhook:{name}:{version}".encode(), "sha256")).decode()


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def signed(service: bytes, webhook: Webhook, message: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that say which message it is, when it was sent, and that it is ours.

    For a while after a rotation there are two signatures, so that a receiver may change its secret in peace.
    """
    versions = [webhook.secret_version]
    if webhook.rotated_at is not None and at < webhook.rotated_at + WEBHOOK_ROTATION_S:
        versions.append(webhook.secret_version - 1)
    signatures = [signature(secret_of(service, webhook.id, each), message, at, body) for each in versions]
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}


def signature(secret: str, message: str, at: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over id, timestamp and body, in base 64."""
    key = b64decode(secret.removeprefix(_PREFIX))
    return f"v1,{b64encode(digest(key, f'{message}.{at}.'.encode() + body, 'sha256')).decode()}"


def check_url(url: str, *, private: bool) -> None:
    """Where a webhook may lead, as far as its URL says so: HTTPS, and no private address. Raises Invalid."""
    scheme, host, _, _ = parts_of(url)
    if private:
        return
    if scheme != "https":
        raise Invalid("it must begin with https://; http is for tests, with NEOCLOUD_WEBHOOK_PRIVATE=1", place="url")
    try:
        is_public = is_public_address(ip_address(host))
    except ValueError:
        is_public = host != "localhost" and not host.endswith(".localhost")
    if not is_public:
        raise Invalid(f"{host} is not on the public internet; name a host that is", place="url")


def is_public_address(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, and stands for no other that is not."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public_address(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            return is_public_address(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
