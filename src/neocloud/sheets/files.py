"""Opens a file of sheets, whatever it is; or says in one sentence what it is instead, and what would work."""

from pathlib import Path

from neocloud.errors import Invalid
from neocloud.settings import MOST_SHEET_BYTES
from neocloud.sheets.cells import Sheet
from neocloud.units import Progress

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file; unpack it first"),
    (b"{\\rtf", "a text document"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
)
_WORKS = "save it as .xlsx or CSV"


def read_sheets(path: Path, progress: Progress | None = None) -> list[Sheet]:
    """The sheets of a file (.xlsx, or CSV as one sheet). Raises Invalid, with the file."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise Invalid("a directory has no sheets; name a file", place=str(path))
        if size > MOST_SHEET_BYTES:
            raise Invalid(
                f"it has {size:,} bytes, and the most that is read is {MOST_SHEET_BYTES:,}", place=str(path)
            )
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(f"it cannot be read: {error.strerror}", place=str(path)) from None
    try:
        return _sheets(content, path, progress or (lambda done, total: None))
    except Invalid as error:
        raise error.at(str(path)) if not error.place.startswith(str(path)) else error from None


def _sheets(content: bytes, path: Path, progress: Progress) -> list[Sheet]:
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Invalid("the file is empty")
    if content.startswith(_OLE):
        raise Invalid(_ole(content))
    if content.startswith(b"PK"):
        from neocloud.sheets.xlsx import read_xlsx  # noqa: PLC0415

        return read_xlsx(content, path.name, progress)
    for start, kind in _OTHERS:
        if content.startswith(start):
            raise Invalid(f"this is {kind}, not a spreadsheet; {_WORKS}")
    from neocloud.sheets.text import read_text  # noqa: PLC0415

    return [read_text(content, path)]


def _ole(content: bytes) -> str:
    if _ENCRYPTED in content:
        return "it is locked with a password; save a copy without one (File > Info > Protect Workbook > Encrypt)"
    return f"it is an old .xls (or another old Office file); {_WORKS}"
