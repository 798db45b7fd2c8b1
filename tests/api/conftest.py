"""What tests of the API share: a desk that is settled once, and a copy of it served for each test or module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.desk import Desk, copied, served, settled

Settled = tuple[Path, dict[str, str]]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """A data directory with the desk in it, to be copied, and what is said to show each key."""
    directory = tmp_path_factory.mktemp("desk") / "desk"
    return directory, settled(directory)


@pytest.fixture
def desk(template: Settled, tmp_path: Path) -> Iterator[Desk]:
    """A desk of its own, to be changed."""
    with served(copied(template[0], tmp_path / "desk"), template[1]) as desk:
        yield desk


@pytest.fixture(scope="module")
def looked_at(template: Settled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk for all tests of a module, which do not change it."""
    with served(copied(template[0], tmp_path_factory.mktemp("looked_at") / "desk"), template[1]) as desk:
        yield desk


@pytest.fixture(autouse=True, scope="module")
def nothing_is_sent() -> Iterator[None]:
    """Webhooks that are made here lead nowhere, and nobody sends to them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neocloud.api.sender.Sender.start", lambda _: None)
        yield
