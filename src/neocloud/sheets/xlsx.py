"""Reads .xlsx: a zip of XML, in one pass, with what the law of an import needs beside the values.

Hidden rows, merged cells, formulas without a value, the currency that a format shows, and both date systems
(decision 0012 says why no library reads them all). Sizes are bounded before anything is unpacked.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO
from xml.parsers.expat import ExpatError

from neocloud.errors import Invalid
from neocloud.settings import MOST_UNPACKED_BYTES
from neocloud.sheets.cells import Sheet
from neocloud.sheets.grid import Grid
from neocloud.sheets.markup import guarded_parser
from neocloud.sheets.styles import formats

_OPEN_XML = "xl/workbook.xml"
Attributes = dict[str, str]


def read_xlsx(content: bytes, file: str, progress: Callable[[int, int], None]) -> list[Sheet]:
    """The sheets of a workbook, in its order. Raises Invalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return _Package(package, file, progress).sheets()
    except (zipfile.BadZipFile, zlib.error, EOFError, ExpatError, NotImplementedError, KeyError, ValueError) as error:
        raise Invalid(f"it is damaged ({_why(error)}); open it in a spreadsheet program and save it anew") from None
    except RuntimeError:  # what zipfile says of an encrypted member
        raise Invalid("it is locked with a password; save a copy without one") from None


def _why(error: Exception) -> str:
    return str(error).strip("'\"").splitlines()[0][:80] if str(error) else type(error).__name__


class _Package:
    """The parts of a workbook."""

    def __init__(self, package: zipfile.ZipFile, file: str, progress: Callable[[int, int], None]) -> None:
        self._zip, self._file, self._progress = package, file, progress
        self._done, self._total = 0, sum(part.file_size for part in package.infolist())
        self._names = {name.lower().lstrip("/"): name for name in package.namelist()}
        _check_size(package)
        if _OPEN_XML not in self._names:
            raise Invalid(_other_kind(self._names))

    def sheets(self) -> list[Sheet]:
        """Every worksheet; charts and macro sheets are passed over."""
        listed, epoch_1904 = self._workbook()
        targets = self._targets()
        strings = self._strings() if "xl/sharedstrings.xml" in self._names else []
        styles = self._styles() if "xl/styles.xml" in self._names else []
        found = []
        for name, state, relation in listed:
            part = targets.get(relation, "")
            if part in self._names:
                grid = Grid(strings, styles, epoch_1904=epoch_1904)
                with self._open(part) as stream, _placed(name):
                    grid.read(_Watched(stream, self._read))
                found.append(grid.sheet(self._file, name, hidden=state != "visible"))
        if not found:
            raise Invalid("it has no worksheet")
        return found

    def _read(self, size: int) -> None:
        self._done += size
        self._progress(self._done, self._total)

    def _open(self, part: str) -> IO[bytes]:
        return self._zip.open(self._names[part])

    def _workbook(self) -> tuple[list[tuple[str, str, str]], bool]:
        listed: list[tuple[str, str, str]] = []
        dates = [False]

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "sheet":
                relation = next((v for k, v in attributes.items() if k.endswith(":id") or k == "id"), "")
                listed.append((attributes.get("name", ""), attributes.get("state", "visible"), relation))
            elif tag == "workbookPr":
                dates[0] = attributes.get("date1904", "0") in {"1", "true", "on"}

        self._walk(_OPEN_XML, start)
        return listed, dates[0]

    def _targets(self) -> dict[str, str]:
        """The part of each relation of the workbook."""
        found: dict[str, str] = {}

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
                target = attributes.get("Target", "").lower()
                part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                found[attributes.get("Id", "")] = part.replace("xl/./", "xl/").replace("xl/../", "")

        self._walk("xl/_rels/workbook.xml.rels", start)
        return found

    def _strings(self) -> list[str]:
        """The shared strings, without their phonetic marks."""
        found: list[str] = []
        parts: list[str] = []
        inside = {"t": False, "rPh": False}

        def start(tag: str, _: Attributes) -> None:
            if tag in inside:
                inside[tag] = True
            elif tag == "si":
                parts.clear()

        def end(tag: str) -> None:
            if tag in inside:
                inside[tag] = False
            elif tag == "si":
                found.append("".join(parts).strip())

        def text(piece: str) -> None:
            if inside["t"] and not inside["rPh"]:
                parts.append(piece)

        self._walk("xl/sharedstrings.xml", start, end, text)
        return found

    def _styles(self) -> list[str]:
        """What each cell style shows: `date`, a currency, `%`, or nothing."""
        codes: dict[int, str] = {}
        cells: list[int] = []
        inside = [False]

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "numFmt":
                codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
            elif tag == "cellXfs":
                inside[0] = True
            elif tag == "xf" and inside[0]:
                cells.append(int(attributes.get("numFmtId", "0")))

        def end(tag: str) -> None:
            if tag == "cellXfs":
                inside[0] = False

        self._walk("xl/styles.xml", start, end)
        return formats(cells, codes)

    def _walk(
        self,
        part: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Call back for every element of a small part, its prefix left out."""
        if part not in self._names:
            return
        parser = guarded_parser()
        parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
        if end is not None:
            parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
        if text is not None:
            parser.CharacterDataHandler = text
        with self._open(part) as stream:
            parser.ParseFile(stream)


class _Watched:
    """A part of the workbook that says how much of it is read."""

    def __init__(self, stream: IO[bytes], read: Callable[[int], None]) -> None:
        self._stream, self._said = stream, read

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        piece = self._stream.read(size)
        self._said(len(piece))
        return piece


@contextmanager
def _placed(sheet: str) -> Iterator[None]:
    try:
        yield
    except Invalid as error:
        raise error.at(f"sheet {sheet}") from None


def _check_size(package: zipfile.ZipFile) -> None:
    """What the parts say they unpack to; zipfile reads no byte beyond that."""
    unpacked = sum(part.file_size for part in package.infolist())
    if unpacked > MOST_UNPACKED_BYTES:
        raise Invalid(f"it unpacks to {unpacked:,} bytes, and the most that is read is {MOST_UNPACKED_BYTES:,}")


def _other_kind(names: dict[str, str]) -> str:
    if "xl/workbook.bin" in names:
        kind = "an .xlsb"
    elif "content.xml" in names:
        kind = "an OpenDocument file"
    elif any(name.endswith(".iwa") for name in names):
        kind = "a Numbers file"
    elif "word/document.xml" in names:
        kind = "a text document"
    else:
        return "this is a zip, and there is no spreadsheet in it; save it as .xlsx or CSV"
    return f"this is {kind}, which is not read; save it as .xlsx or CSV"
