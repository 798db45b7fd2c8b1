"""Files that a command writes beside its answer: whether they can be written, and that they were."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neocloud.cli.output import note
from neocloud.errors import Invalid


def can_be_written(said: Mapping[str, Any], files: Sequence[str]) -> None:
    """Refuse, before the work is done, a file or folder that nobody can write to, and one path for two files."""
    paths = [said[name].absolute() for name in files if said[name] is not None]
    for path in paths:
        _check(path)
        if paths.count(path) > 1:
            raise Invalid(f"two files would be written to {path}; give each its own")


def _check(path: Path) -> None:
    if not path.parent.is_dir():
        raise Invalid(f"{path} cannot be written: {path.parent} is no folder")
    if not os.access(path.parent, os.W_OK):
        raise Invalid(f"{path} cannot be written: nothing may be written into {path.parent}")
    if path.exists() and not os.access(path, os.W_OK):
        raise Invalid(f"{path} cannot be written: it may only be read")


def tell_written(said: Mapping[str, Any], files: Sequence[str]) -> None:
    """Say on stderr which files were written."""
    for name in files:
        if said[name]:
            note(f"written: {said[name]}")
