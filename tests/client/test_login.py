"""Keys of servers: asked for, checked, kept for their owner; and the ways in which a server cannot be worked with."""

import io
import json
import stat
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pytest

from neocloud import __version__
from neocloud.client.talking import checked_url
from neocloud.client.trying import Patience
from neocloud.errors import Invalid
from tests.cli.conftest import Desk, Said, run
from tests.client.conftest import Served, serving
from tests.client.faults import between, said


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test does not wait for a server that is away."""
    monkeypatch.setattr("neocloud.cli.remote.Patience", lambda: Patience(tries=2, pause_s=0.01))


def refused(said: Said, words: str, code: int = 2) -> None:
    assert (said.code, said.out) == (code, ""), said
    assert words in said.err and said.err.count("\n") == 1 and said.err.startswith("neocloud: "), said.err


def kept(tmp_path: Path) -> Path:
    return tmp_path / "config" / "neocloud" / "keys.json"


def log_in(served: Served, tmp_path: Path, key: str) -> Said:
    file = tmp_path / "key.txt"
    file.write_text(f"{key}\n")
    return run("login", served.url, "--key-file", str(file))


def test_a_key_is_kept_for_its_owner_alone_and_used(served: Served, tmp_path: Path) -> None:
    refused(run("--server", served.url, "lease", "list"), "no key is kept for")
    told = log_in(served, tmp_path, served.key("operator"))
    assert (
        told.code == 0 and f"the key for {served.url} is kept" in told.out and served.key("operator") not in told.out
    )
    assert stat.S_IMODE(kept(tmp_path).stat().st_mode) == 0o600
    assert json.loads(kept(tmp_path).read_text()) == {served.url: served.key("operator")}
    assert "acme-1" in run("--server", served.url + "/", "lease", "list").out
    assert stat.S_IMODE((tmp_path / "cache" / "neocloud").stat().st_mode) == 0o700
    assert run("logout", served.url).code == 0
    refused(run("logout", served.url), "no key is kept for")
    refused(run("--server", served.url, "lease", "list"), "no key is kept for")


def test_the_environment_goes_before_what_is_kept(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log_in(served, tmp_path, served.key("operator")).code == 0
    monkeypatch.setenv("NEOCLOUD_KEY", "nc_no_one")
    monkeypatch.setenv("NEOCLOUD_SERVER", served.url)
    refused(run("lease", "list"), "show a key that holds")


def test_a_key_is_read_from_standard_input_or_asked_for_without_an_echo(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(served.key("operator") + "\n"))
    assert run("login", served.url).code == 0
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    asked: list[bool] = []

    def prompt(text: str, *, hide_input: bool, err: bool) -> str:
        asked.append(hide_input and err)
        return served.key("admin")

    monkeypatch.setattr("click.prompt", prompt)
    assert run("login", served.url).code == 0 and asked == [True]
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    refused(run("login", served.url), "no key was given")


def test_a_key_that_does_not_hold_is_not_kept(served: Served, tmp_path: Path) -> None:
    refused(log_in(served, tmp_path, "nc_no_one"), "does not know this key, or it no longer holds; nothing is kept")
    assert not kept(tmp_path).exists()
    refused(run("login", served.url, "--key-file", str(tmp_path / "none")), "cannot be read")


def test_a_customers_key_is_kept_and_told_what_it_is_for(served: Served, tmp_path: Path) -> None:
    told = log_in(served, tmp_path, served.key("customer", "acme"))
    assert told.code == 0 and told.err.startswith("it is a key of acme, a customer, and works with capacity, ")
    assert run("--server", served.url, "lease", "list").out.count("acme-1") == 1
    for line in ("audit", "pool list", "at-risk"):
        refused(run("--server", served.url, *line.split()), f"`neocloud {line}` is for the operator's own people")


def test_a_file_of_keys_that_is_damaged_is_named(served: Served, tmp_path: Path) -> None:
    kept(tmp_path).parent.mkdir(parents=True)
    kept(tmp_path).write_text("[")
    refused(run("--server", served.url, "lease", "list"), "this is not the file of keys")


# ---- servers that cannot be worked with ----


def test_a_server_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_KEY", "nc_a_b")
    refused(run("--server", "http://127.0.0.1:9", "lease", "list"), "http://127.0.0.1:9 cannot be reached", 1)
    for url in ("desk", "ftp://desk", "https://"):
        refused(run("--server", url, "lease", "list"), "--server: ")


def test_a_server_of_something_else_or_another_version_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_KEY", "nc_a_b")
    head = {"seq": 0, "head": "0:" + "0" * 64, "recorded": "1970-01-01T00:00:00Z", "now": "2026-06-05T00:00:00Z"}
    with between() as odd:
        for answer, words in (
            (said(200, b"<html>", "text/html"), "install the version that the server has"),
            (said(404, b"<html>", "text/html"), "check the URL"),
            (said(200, json.dumps({**head, "version": "9.9.0"}).encode(), "application/json"),
             f"runs neocloud 9.9.0, and this is {__version__}"),
        ):  # fmt: skip
            odd.faults = [answer]
            refused(run("--server", odd.url, "lease", "list"), words, 1)


def test_a_wrong_certificate_and_a_wrong_scheme_are_one_sentence(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, private = _certificate(tmp_path)
    with serving(desk.directory, ssl_certfile=str(certificate), ssl_keyfile=str(private)) as served:
        monkeypatch.setenv("NEOCLOUD_KEY", served.key("admin"))
        refused(run("--server", served.url, "lease", "list"), "is not to be trusted: self-signed certificate", 1)
        refused(run("--server", served.url.replace("https", "http"), "lease", "list"), "cannot be reached", 1)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert run("--server", served.url, "lease", "list").code == 0
    with serving(desk.directory) as served:
        refused(run("--server", served.url.replace("http", "https"), "lease", "list"), "does it want http://?", 1)


def _certificate(folder: Path) -> tuple[Path, Path]:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "desk")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, private


# ---- what a command line may not mix ----


def test_what_is_done_on_this_machine_is_not_done_with_a_server(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("admin"))
    here = ("--server", served.url)
    refused(run(*here, "init", "x"), "a new ledger is made on this machine; leave --server out")
    refused(run(*here, "demo"), "the story is played on this machine; leave --server out")
    refused(run(*here, "serve"), "this is done where the ledger is")
    refused(run(*here, "--data", "x", "lease", "list"), "give --data DIR or --server URL, one of the two")
    assert run(*here, "schema").code == 0


def test_what_is_typed_goes_before_the_environment(
    served: Served, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("admin"))
    monkeypatch.setenv("NEOCLOUD_SERVER", "http://127.0.0.1:9")
    assert desk("lease", "list").code == 0
    monkeypatch.setenv("NEOCLOUD_DATA", str(desk.directory))
    refused(run("lease", "list"), "one of the two")
    assert run("--server", served.url, "lease", "list").code == 0


def test_a_server_decides_at_its_own_clock(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("admin"))
    words = ("--server", served.url, "--now", "2026-06-07", "lease")
    assert run(*words, "show", "acme-1").code == 0
    book = [
        "book",
        "--tenant",
        "acme",
        "--pool",
        "h100",
        "--gpus",
        "64",
        "--until",
        "+9d",
        "--price",
        "2",
        "--id",
        "deal",
    ]
    refused(run(*words, *book), "--now: a server decides at its own clock")


def test_a_journal_is_copied_from_a_server(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("admin"))
    copied = run("--server", served.url, "journal", "copy", "--to", f"sqlite:{tmp_path / 'copy.db'}", "-o", "json")
    one, two = json.loads(copied.out)
    assert (one["head"], one["world"]) == (two["head"], two["world"])


def test_a_snapshot_is_kept_here_and_another_journal_at_that_url_is_noticed(
    served: Served, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.client.ledger.FOLLOWED_EVERY_ENTRIES", 5)
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("admin"))
    first = run("--server", served.url, "lease", "list")
    [snapshot] = tmp_path.joinpath("cache").rglob("*.snapshot")
    assert run("--server", served.url, "lease", "list") == first
    longer = snapshot.with_name(f"{99:015}.snapshot")
    body = snapshot.read_bytes()[65:].replace(f'"seq":{int(snapshot.stem)}'.encode(), b'"seq":99', 1)
    longer.write_bytes(sha256(body).hexdigest().encode() + b"\n" + body)
    refused(run("--server", served.url, "lease", "list"), f"`neocloud login {served.url}` begins anew", 1)
    monkeypatch.setattr(sys, "stdin", io.StringIO(served.key("admin")))
    assert run("login", served.url).code == 0
    assert run("--server", served.url, "lease", "list") == first


def test_a_url_is_written_in_one_way() -> None:
    assert checked_url(" HTTPS://Desk.example:8443/neocloud/ ") == "https://desk.example:8443/neocloud"
    assert checked_url("http://[::1]:8080") == "http://[::1]:8080"
    with pytest.raises(Invalid):
        checked_url("http://[::1")
