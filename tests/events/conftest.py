"""What tests of events share: a ledger with a fleet, two customers and their keys; a service on it; a receiver."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from neocloud.model.tenants import Tenant
from tests.conftest import Store
from tests.contracts.scene import NOW, apply, founded
from tests.events.receiver import Receiver
from tests.events.serving import InThread, key_for, served


class Keys(NamedTuple):
    """Who asks."""

    admin: str
    acme: str
    umbrella: str


@pytest.fixture
def store(new_store: Callable[[str], Store]) -> Store:
    """A fresh journal on SQLite."""
    return new_store("sqlite")


@pytest.fixture
def keys_on() -> Callable[[Store], Keys]:
    """Puts a fleet, two customers and keys on a journal."""

    def make(store: Store) -> Keys:
        ledger = founded(store.ledger())
        ledger.submit(apply(Tenant(id="umbrella", kind="customer")), now=NOW)
        acme, umbrella = (key_for(ledger, "customer", tenant) for tenant in ("acme", "umbrella"))
        return Keys(key_for(ledger, "admin"), acme, umbrella)

    return make


@pytest.fixture
def keys(store: Store, keys_on: Callable[[Store], Keys]) -> Keys:
    """The keys of a ledger with a fleet."""
    return keys_on(store)


@pytest.fixture
def service(store: Store, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InThread]:
    """A service that may send to this machine."""
    monkeypatch.setenv("NEOCLOUD_WEBHOOK_PRIVATE", "1")
    with served(tmp_path, store.url) as running:
        yield running


@pytest.fixture
def admin(service: InThread, keys: Keys) -> Iterator[httpx.Client]:
    with service.client(keys.admin) as client:
        yield client


@pytest.fixture
def acme(service: InThread, keys: Keys) -> Iterator[httpx.Client]:
    with service.client(keys.acme) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything, until it is told otherwise."""
    made = Receiver()
    made.start()
    yield made
    made.stop()
