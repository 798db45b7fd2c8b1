"""One try over TLS: the certificate is that of the name, and what is connected to the address that was checked."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from neocloud.api.posting import Outcome, Poster
from tests.events.receiver import Receiver


def certificate(folder: Path, name: str) -> Path:
    """A certificate of a name, by itself, and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver over TLS with a certificate of localhost, which is trusted."""
    file = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    made = Receiver()
    made.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.tls.load_cert_chain(file)
    made.secret = "whsec_AAAA"
    made.start()
    yield made
    made.stop()


def post(url: str, *, private: bool = True) -> Outcome:
    async def once() -> Outcome:
        poster = Poster(private=private, timeout_s=5)
        try:
            headers = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
            return await poster.post(url, headers, b'{"data": {"seq": 1}}')
        finally:
            await poster.close()

    return asyncio.run(once())


def test_a_trusted_certificate_of_the_name_is_taken(secure: Receiver) -> None:
    assert post(secure.url.replace("127.0.0.1", "localhost")) == Outcome(204)
    assert secure.got[0].host.startswith("localhost:"), "it is asked by its name"


def test_a_certificate_of_another_name_is_not(secure: Receiver) -> None:
    assert post(secure.url).error == "it cannot be connected to, or not trusted"
    assert secure.got == []


def test_a_name_that_leads_inside_is_not_connected_to(secure: Receiver) -> None:
    outcome = post(secure.url.replace("127.0.0.1", "localhost"), private=False)
    assert (outcome.status, secure.got) == (0, [])
    assert "not on the public internet" in outcome.error


def test_a_name_of_which_one_address_is_private_is_not_connected_to(
    secure: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (address, 443)) for address in ("8.8.8.8", "169.254.169.254")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", both)
    assert "not on the public internet" in post("https://example.com/hook", private=False).error


def test_a_name_that_leads_nowhere_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", nowhere)
    assert post("https://nowhere.invalid/").error == "its name leads nowhere"
