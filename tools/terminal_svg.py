"""Turns what a command printed, colours and all, into an SVG picture of a terminal.

    neocloud capacity --output chart | python -m tools.terminal_svg picture.svg

The picture brings its own dark panel with a border, so that it reads the same on a white page and on
a dark one. Every run of characters is stretched to whole cells, whatever font the reader has.
"""

import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, PADDING = 8.4, 18, 14, 20
PANEL, BORDER, INK = "#15181e", "#4a5160", "#d7dae0"
COLOURS = ("#5c6370", "#ff6b6b", "#7bd88f", "#f2c55c", "#6ea8fe", "#d79bf5", "#56c8d8", "#d7dae0")
BRIGHT = ("#8b93a3", "#ff8f8f", "#a5eab4", "#ffdd8a", "#9cc4ff", "#e8bfff", "#8ce3ef", "#ffffff")
_STYLE = re.compile(r"\x1b\[([0-9;]*)m")


class Style(NamedTuple):
    """How characters look."""

    ink: str = INK
    bold: bool = False
    dim: bool = False

    def changed(self, code: int) -> "Style":
        """The style after one SGR code; codes that a picture has no use for change nothing."""
        match code:
            case 0:
                return Style()
            case 1:
                return self._replace(bold=True)
            case 2:
                return self._replace(dim=True)
            case 22:
                return self._replace(bold=False, dim=False)
            case 39:
                return self._replace(ink=INK)
            case _ if 30 <= code <= 37:
                return self._replace(ink=COLOURS[code - 30])
            case _ if 90 <= code <= 97:
                return self._replace(ink=BRIGHT[code - 90])
        return self


class Run(NamedTuple):
    """Characters of one style, from a column of a line on."""

    line: int
    column: int
    text: str
    style: Style


def runs(printed: str) -> Iterator[Run]:
    """The runs of visible characters in what was printed."""
    style = Style()
    for line, text in enumerate(printed.replace("\r", "").split("\n")):
        column = 0
        for i, part in enumerate(_STYLE.split(text)):
            if i % 2:
                for code in part.split(";"):
                    style = style.changed(int(code or 0))
                continue
            if part.strip():
                kept = part.rstrip()
                start = len(kept) - len(kept.lstrip())
                yield Run(line, column + start, kept.lstrip(), style)
            column += len(part)


def svg(printed: str, title: str) -> str:
    """The picture."""
    printed = printed.rstrip("\n")
    found = _joined(runs(printed))
    columns = max((run.column + len(run.text) for run in found), default=0)
    width = round(2 * PADDING + columns * CELL_WIDTH)
    height = 2 * PADDING + LINE_HEIGHT * (printed.count("\n") + 1)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-size="{FONT_SIZE}" '
        "font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">\n"
        f"<title>{escape(title)}</title>\n"
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="{PANEL}" stroke="{BORDER}"/>\n'
    )
    return head + "".join(map(_text, found)) + "</svg>\n"


def _joined(found: Iterator[Run]) -> list[Run]:
    """Runs that touch and look the same, as one."""
    result: list[Run] = []
    for run in found:
        last = result[-1] if result else None
        if last and (last.line, last.column + len(last.text), last.style) == (run.line, run.column, run.style):
            result[-1] = last._replace(text=last.text + run.text)
        else:
            result.append(run)
    return result


def _text(run: Run) -> str:
    x, y = PADDING + run.column * CELL_WIDTH, PADDING + run.line * LINE_HEIGHT + FONT_SIZE
    looks = f' fill="{run.style.ink}"'
    looks += ' font-weight="bold"' if run.style.bold else ""
    looks += ' opacity="0.55"' if run.style.dim else ""
    length = f'textLength="{len(run.text) * CELL_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x:.1f}" y="{y}" {length}{looks} xml:space="preserve">{escape(run.text)}</text>\n'


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(svg(sys.stdin.read(), Path(sys.argv[1]).stem), "utf-8")
