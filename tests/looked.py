"""A page as tests look at it: what it is made of, whether it is whole, and how it lies in a browser."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

VOID = {"meta", "col", "br"}


class Page(HTMLParser):
    """What a page is made of; it fails where tags do not close."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        """How many of a tag there are."""
        return sum(name == tag for name, _ in self.tags)


def pictures(source: str) -> list[ElementTree.Element]:
    """Every picture, read as XML."""
    return [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", source, re.DOTALL)]


def outside(source: str) -> list[str]:
    """What is drawn outside of its picture."""
    found = []
    for picture in pictures(source):
        _, _, width, height = map(float, (picture.get("viewBox") or "").split())
        for each in picture.iter():
            xs = [float(each.get(key) or 0) for key in ("x", "x1", "x2", "cx")]
            ys = [float(each.get(key) or 0) for key in ("y", "y1", "y2", "cy")]
            for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", each.get("d") or ""):
                xs.append(float(x))
                ys.append(float(y))
            if min(xs) < 0 or max(xs) > width or min(ys) < 0 or max(ys) > height:
                found.append(ElementTree.tostring(each, "unicode"))
    return found


def asks_for(source: str) -> list[str]:
    """What a page would fetch or run; and that it does not forbid it."""
    wanted = r"https?:|//[a-z]|\bsrc\s*=|url\(|@import|@font-face|<script|<link|<iframe|<img|\son\w+="
    return re.findall(wanted, source) + ([] if "default-src 'none'" in source else ["no policy"])


# ---- in a browser ----

PROBE = """<script>addEventListener("load", () => {
  const wide = document.documentElement.scrollWidth > innerWidth;
  const cut = [...document.querySelectorAll("svg")].flatMap(svg => {
    const of = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter(each => {
      const at = each.getBoundingClientRect();
      return at.left < of.left - 1 || at.right > of.right + 1 || at.top < of.top - 1 || at.bottom > of.bottom + 1;
    }).map(each => each.textContent);
  });
  document.title = "measured " + JSON.stringify({wide, cut});
});</script>"""


def look(browser: str, folder: Path, source: str, width: int) -> subprocess.CompletedProcess[str]:
    """The page in a browser: its tree on stdout, what its console says on stderr."""
    (folder / "page.html").write_text(source, "utf-8")
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900", "--dump-dom",
    ]  # fmt: skip
    command = [browser, *options, (folder / "page.html").as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


def runs_over(browser: str, folder: Path, source: str, width: int) -> str:
    """What of a page runs over its window or its picture; nothing where all of it fits."""
    measured = re.sub(r"<meta http-equiv[^>]*>", "", source).replace("</head>", f"{PROBE}</head>")
    seen = look(browser, folder, measured, width).stdout
    fits = '<title>measured {"wide":false,"cut":[]}</title>' in seen
    return "" if fits else seen[:6_000].partition("<style")[0]
