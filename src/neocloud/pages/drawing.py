"""Small pieces of an SVG picture. Text is escaped; nothing refers to anything outside, nor by a URL at all."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

Place = tuple[float, float]


def element(name: str, inside: str = "", **attributes: object) -> Markup:
    """A tag; `class_` is the class, an underscore in a name a hyphen, and what is None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    # Markup passes through `escape` as it is, and plain text is made harmless.
    return Markup(f"<{name}{given}>{escape(inside)}</{name}>" if inside else f"<{name}{given}/>")


def _plain(value: object) -> object:
    """A coordinate to a tenth of a pixel: finer is not seen, and makes pages long."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


def joined(parts: Iterable[str]) -> Markup:
    """Parts one after the other, a line each."""
    return Markup("\n").join(parts)


def picture(
    name: str, width: int, height: int, *, title: str, describes: str, parts: Iterable[str], class_: str = "chart"
) -> Markup:
    """The whole: an image with a title and a description for who does not see it."""
    ids = (f"{name}-title", f"{name}-desc")
    inside = joined([element("title", title, id=ids[0]), element("desc", describes, id=ids[1]), *parts])
    return element(
        "svg", inside, viewBox=f"0 0 {width} {height}", role="img", aria_labelledby=" ".join(ids), class_=class_
    )


def text(x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> Markup:
    """Words at a place; `anchor` is start, middle or end."""
    return element("text", words, x=x, y=y, class_=class_ or None, text_anchor=None if anchor == "start" else anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def box(x: float, y: float, width: float, height: float, class_: str, fill: str | None = None) -> Markup:
    """A rectangle."""
    return element("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=class_, fill=fill)


def path(places: Sequence[Place], class_: str) -> Markup:
    """A line through places."""
    steps = " L".join(f"{_plain(float(x))},{_plain(float(y))}" for x, y in places)
    return element("path", d=f"M{steps}", class_=class_) if places else Markup()


def stairs(values: Sequence[float], edges: Sequence[float]) -> list[Place]:
    """The places of a line that keeps each value from one edge to the next."""
    return [place for i, y in enumerate(values) for place in ((edges[i], y), (edges[i + 1], y))]


def marker(shape: str, x: float, y: float, class_: str, size: float = 3.6) -> Markup:
    """A small circle, square, triangle, or an arrow upwards."""
    if shape == "circle":
        return element("circle", cx=x, cy=y, r=size, class_=class_)
    if shape == "square":
        return box(x - size, y - size, 2 * size, 2 * size, class_)
    tall, wide = (1.25 if shape == "triangle" else 1.8) * size, 1.25 * size
    corners = f"{x:.1f},{y - tall:.1f} L{x + wide:.1f},{y + size:.1f} L{x - wide:.1f},{y + size:.1f}"
    return element("path", d=f"M{corners} Z", class_=class_)


def hatch(x: float, y: float, width: float, height: float, step: float = 6) -> Markup:
    """A rectangle of diagonal lines: a pattern would need a URL."""
    lines = []
    count = int((width + height) // step)
    for i in range(1, count + 1):
        along = i * step
        low = (x + max(0.0, along - height), y + min(along, height))
        lines.append((low, (x + min(along, width), y + max(0.0, along - width))))
    return strokes(lines, "hatch")


def strokes(lines: Iterable[tuple[Place, Place]], class_: str) -> Markup:
    """Many straight lines as one element."""
    steps = " ".join(f"M{x1:.1f},{y1:.1f} L{x2:.1f},{y2:.1f}" for (x1, y1), (x2, y2) in lines)
    return element("path", d=steps, class_=class_) if steps else Markup()


def shortened(name: str, most: int) -> str:
    """A name in so many characters at the most."""
    return name if len(name) <= most else f"{name[: most - 1]}…"
