"""A server that the command line works with: its key, what is kept here of its journal, its clock."""

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from neocloud.cli.groups import CustomersKey
from neocloud.cli.output import note
from neocloud.cli.places import server_of
from neocloud.client.answers import value
from neocloud.client.asks import Ask, path
from neocloud.client.journal import RemoteJournal
from neocloud.client.ledger import RemoteLedger
from neocloud.client.sending import Sender
from neocloud.client.talking import checked_url
from neocloud.client.trying import Patience
from neocloud.documents.keys import KeyDocument
from neocloud.errors import Forbidden, Invalid, Unauthenticated
from neocloud.model.entries import Head
from neocloud.store.snapshots import Snapshots
from neocloud.units import Progress

if TYPE_CHECKING:
    from neocloud.store.price_sets import PriceSets

KEYS_FILE = "keys.json"


class Server:
    """A server, as a place of a ledger."""

    def __init__(self, options: dict[str, Any]) -> None:
        url = server_url(server_of(options) or "")
        self._url, self._key = url, key_of(url)
        self._folder = cache_of(url)
        self._timed = options["now"] is not None
        self._sender = sender_of(url, self._key)
        self.journal = RemoteJournal(self._sender)
        self.snapshots = Snapshots(self._folder / "snapshots", warn=note)

    def clock(self) -> int:
        """What time it is there; its decisions are taken at that. Raises CustomersKey for a customer's."""
        try:
            return self.journal.now()
        except Forbidden:
            if tenant_of(self._sender):
                raise CustomersKey(self._url, self._key) from None
            raise

    def ledger(self, until: Head | None, progress: Progress) -> RemoteLedger:
        """Its ledger, followed from here."""
        return RemoteLedger(self._sender, self.snapshots, progress, until, timed=self._timed)

    def price_sets(self) -> "PriceSets":
        """The files of its price sets."""
        from neocloud.client.price_sets import RemotePriceSets  # noqa: PLC0415

        return RemotePriceSets(self._sender, self._folder / "prices")


def server_url(text: str) -> str:
    """Where a server is, as its key is kept under. Raises Invalid."""
    try:
        return checked_url(text)
    except Invalid as error:
        raise Invalid(error.sentence, place="--server") from None


def key_of(url: str) -> str:
    """The key for a server: that of NEOCLOUD_KEY, or the one kept. Raises Unauthenticated."""
    key = os.environ.get("NEOCLOUD_KEY") or kept_keys().get(url)
    if not key:
        raise Unauthenticated(f"no key is kept for {url}; `neocloud login {url}` keeps one, or set NEOCLOUD_KEY")
    return key


def sender_of(url: str, key: str) -> Sender:
    """Who speaks to a server with a key."""
    return Sender(url, key, Patience())


def tenant_of(sender: Sender) -> str:
    """Of a customer's key its tenant; of another nothing."""
    return sender.send(Ask(method="GET", path=path("me"), read=value(KeyDocument))).tenant


# ---- what is kept here ----


def kept_keys() -> dict[str, str]:
    """The keys that are kept, by the URL of their server. Raises Invalid where the file is not as it was written."""
    file = _config() / KEYS_FILE
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Invalid("this is not the file of keys that `neocloud login` writes; delete it", place=str(file))
    return {str(url): str(key) for url, key in found.items()}


def keep_keys(keys: dict[str, str]) -> Path:
    """Write the keys, for their owner alone to read, whole or not at all; where that is."""
    file = _config() / KEYS_FILE
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(json.dumps(keys, indent=2) + "\n")
    draft.replace(file)
    return file


def forget_cache(url: str) -> None:
    """Let go of what was read from a server."""
    shutil.rmtree(cache_of(url), ignore_errors=True)


def cache_of(url: str) -> Path:
    """Where snapshots and price sets of a server are kept: made for their owner alone."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "neocloud"
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    host = urlsplit(url).netloc.replace(":", "_").strip("[]")
    folder = base / f"{host}-{sha256(url.encode()).hexdigest()[:12]}"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or click.get_app_dir("neocloud")).joinpath(
        *(("neocloud",) if os.environ.get("XDG_CONFIG_HOME") else ())
    )
