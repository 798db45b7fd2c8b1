"""Where an export goes: a directory, or a bucket named by a URL. Files appear there whole, or not at all."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from neocloud.errors import Invalid, Unavailable

_SCHEMES = ("file", "s3", "gs")
_CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")


class Place:
    """A folder of a file system of Arrow, shown without what its URL may keep secret."""

    def __init__(self, files: Any, folder: str, shown: str) -> None:
        self._files, self._folder, self.shown = files, folder.rstrip("/"), shown
        self._is_local = files.type_name == "local"
        self._made: Path | None = None

    def prepare(self) -> None:
        """Make the folder, where it is a directory that is not there."""
        if self._is_local:
            missing = [each for each in (Path(self._folder), *Path(self._folder).parents) if not each.exists()]
            self._made = missing[-1] if missing else None
            with _said(self.shown):
                self._files.create_dir(self._folder, recursive=True)

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where it is not there."""
        with _said(self.shown):
            if not self._is_file(name):
                return None
            with self._files.open_input_stream(self._path(name)) as file:
                return bytes(file.read())

    @contextmanager
    def writing(self, name: str) -> Iterator[Any]:
        """An output stream for a file; nothing is there under its name until the block ends."""
        with _said(self.shown), self._files.open_output_stream(self._path(name), compression=None) as file:
            yield file

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, in the place of what had it."""
        with _said(self.shown):
            self._files.move(self._path(old), self._path(new))

    def remove(self, name: str) -> None:
        """Remove a file, where it is there."""
        with _said(self.shown):
            if self._is_file(name):
                self._files.delete_file(self._path(name))

    def leave(self, names: list[str]) -> None:
        """Leave nothing behind after a failure: no drafts, and no directory that was made for them."""
        for name in names:
            with suppress(Unavailable):
                self.remove(name)
        if self._made is not None:
            with suppress(OSError):
                for each in (Path(self._folder), *Path(self._folder).parents):
                    each.rmdir()
                    if each == self._made:
                        return

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _is_file(self, name: str) -> bool:
        from pyarrow import fs  # noqa: PLC0415

        return bool(self._files.get_file_info(self._path(name)).type == fs.FileType.File)


def place_named(text: str) -> Place:
    """The place of a directory or URL. Raises Invalid where it can be none, Unavailable where none is reached."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import fs  # noqa: PLC0415

    shown = _CREDENTIALS.sub("", text)
    scheme, is_url, rest = text.partition("://")
    if not is_url:
        return _directory(fs.LocalFileSystem(), text, shown)
    if scheme.lower() not in _SCHEMES or not rest.strip("/"):
        raise Invalid(
            f"{shown!r} is no place to export to; write a directory, file:///PATH, s3://BUCKET/PATH or gs://BUCKET/PATH"
        )
    try:
        files, folder = fs.FileSystem.from_uri(text)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise Invalid(f"{shown!r} is no place to export to: {_why(error)}") from None
    except OSError as error:
        raise Unavailable(f"{shown} cannot be reached: {_why(error)}") from None
    return _directory(files, folder, shown) if scheme.lower() == "file" else Place(files, folder, shown)


def _directory(files: Any, text: str, shown: str) -> Place:
    try:
        folder = Path(text).resolve()
        is_taken = folder.exists() and not folder.is_dir()
    except (OSError, ValueError) as error:  # too long a name, a zero byte
        raise Invalid(f"{shown!r} is no directory: {_why(error)}") from None
    if not text or is_taken:
        raise Invalid(f"{shown!r} is no directory; name one, or one that does not exist yet")
    return Place(files, str(folder), shown)


@contextmanager
def _said(shown: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{shown} cannot be used: {_why(error)}") from None


def _why(error: Exception) -> str:
    """The reason alone, on one line: Arrow names paths, and what may be secret, in its sentences."""
    strerror = getattr(error, "strerror", None)
    return _CREDENTIALS.sub("", " ".join(str(strerror or error).split()))
