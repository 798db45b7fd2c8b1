"""The XML of workbooks, read with care."""

from typing import Any
from xml.parsers.expat import ParserCreate

from neocloud.errors import Invalid


def guarded_parser() -> Any:
    """An XML parser that takes no document type: nothing in a workbook needs one, and it can grow without end."""
    parser = ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise Invalid("its XML declares a document type, and no spreadsheet program writes one")

    parser.StartDoctypeDeclHandler = refuse
    return parser
