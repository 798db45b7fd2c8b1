"""A file appears whole or not at all: it is written under a temporary name beside its place, and then renamed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neocloud.errors import Invalid, Unavailable


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A name to write to, that becomes `path` when the block ends well; else nothing is left behind.

    What was there before stays until then, and stays for good after an error or an interrupt. Raises `Invalid`
    where `path` is no place for a file, and `Unavailable` where it cannot be written.
    """
    place = _place(path)
    beside = place.with_name(f".{place.name[:200]}.{os.getpid()}.part")
    try:
        yield beside
        if place.exists():
            shutil.copymode(place, beside)
        beside.replace(place)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {_why(error)}", path=str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def write_page(path: Path, page: str) -> None:
    """A page as a file, in UTF-8; what is no text in a name is shown as a question mark. Raises as `written` does."""
    with written(path) as file:
        file.write_text(page, "utf-8", errors="replace")


def _place(path: Path) -> Path:
    """Where the file really lies: a link stays a link, and what is not a file is not replaced by one."""
    try:
        place = path.resolve()
        if place.is_dir():
            raise Invalid(f"{path} is a folder; name a file in it")
        if place.exists() and not place.is_file():
            raise Invalid(f"{path} is no ordinary file, and would be replaced by one; name another")
        if not place.parent.is_dir():
            raise Unavailable(f"{path} cannot be written: there is no folder {place.parent}", path=str(path))
        if place.exists() and not os.access(place, os.W_OK):
            raise Unavailable(f"{path} cannot be written: it may only be read", path=str(path))
    except (OSError, RuntimeError, ValueError) as error:  # too long a name, links in a ring, a zero byte
        raise Invalid(f"{str(path)!r} is no name of a file: {_why(error)}") from error
    return place


def _why(error: Exception) -> str:
    """The reason alone: Arrow puts the name of the temporary file into its sentences."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)
