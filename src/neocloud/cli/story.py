"""Examples: a fleet in a manifest, and a story in the commands of a capacity desk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import yaml
from msgspec import Struct

import neocloud
from neocloud.documents.manifest import read_manifest
from neocloud.errors import Unknown
from neocloud.model.fleet import Source
from neocloud.operations.ledger import Ledger
from neocloud.units import parse_instant


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At an instant: what is said, and the command that is run, or killed in its commit, or the conflicts shown."""

    at: str
    say: str
    run: list[str] = []
    kill: list[str] = []
    expect: Literal["done", "refused"] = "done"
    conflicts: bool = False


class Story(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A title, a fleet, and steps."""

    title: str
    fleet: str
    starts: str
    steps: list[Step]
    folder: str = ""

    @property
    def first_at(self) -> int:
        """When it starts."""
        return parse_instant(self.starts, now=0)

    @property
    def fleet_file(self) -> Path:
        """Where its fleet is."""
        return Path(self.folder) / self.fleet


def example_files(name: str) -> Story:
    """The example of a name, or Unknown with the nearest."""
    folder = _examples()
    known = [path.parent.name for path in folder.glob("*/story.yaml")]
    if name not in known:
        raise Unknown("example", name, known)
    told = yaml.safe_load((folder / name / "story.yaml").read_text("utf-8"))
    return msgspec.convert({**told, "folder": str(folder / name)}, Story)


def load_fleet(ledger: Ledger, story: Story) -> None:
    """Apply the fleet of an example, as at the start of its story."""
    commands = read_manifest(story.fleet_file, story.first_at, recorded="as the example begins")
    ledger.submit(*commands, now=story.first_at)


def conflicts(ledger: Ledger) -> Iterator[tuple[str, str, Source]]:
    """Every figure on which published sources disagree: (noun, field, source)."""
    seen: set[str] = set()
    for noun in ledger.world.all():
        sources: dict[str, Source] = getattr(noun, "sources", None) or {}
        for field, source in sources.items():
            if source.conflict and source.conflict not in seen:
                seen.add(source.conflict)
                yield noun.id, field, source


def _examples() -> Path:
    """The examples: inside an installed package, or beside the source tree."""
    package = Path(neocloud.__file__).parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent.parent / "examples"
