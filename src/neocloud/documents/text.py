"""YAML (and so JSON) as plain values, each with its place. Numbers stay exact, times stay text; the
traps of YAML 1.1 (octal, sixties, `no` for false, a name given twice) are refused, not guessed.
"""

import re
from decimal import Decimal
from typing import Any

import yaml

from neocloud.documents.document import short
from neocloud.errors import Invalid

_DEEPEST = 50
_MOST_VALUES = 10
"""Values to a character of the file; more come only of aliases that repeat each other."""

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9_]{0,99})")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Places:
    """Where in a file each value stands: `file:line:column`, by its path (`pools[0].gpus`)."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.most = 0
        """More values than this are taken for aliases gone wild."""
        self._marks: dict[str, tuple[int, int]] = {}

    def note(self, path: str, mark: Any) -> None:
        """Remember where a path stands."""
        self._marks[path] = (mark.line + 1, mark.column + 1)
        if len(self._marks) > self.most > 0:
            raise Invalid("its aliases repeat without end; write it out", place=self.of(path))

    def of(self, path: str) -> str:
        """`file:line:column path`, of the nearest part of the path that is there."""
        inner = path
        while inner and inner not in self._marks:
            inner = inner.rpartition(".")[0] if inner.rfind(".") > inner.rfind("[") else inner.rpartition("[")[0]
        line, column = self._marks.get(inner, (1, 1))
        return f"{self.file}:{line}:{column}" + (f" {path}" if path else "")


class Paths(Places):
    """Where each value stands where nobody has seen the file: its path alone."""

    def __init__(self) -> None:
        super().__init__("")

    def of(self, path: str) -> str:
        """The path."""
        return path


def parse(text: str, places: Places) -> Any:
    """What YAML says; raises Invalid where it is none, or goes wild."""
    try:
        _check_depth(text, places)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{places.file}:{mark.line + 1}:{mark.column + 1}" if mark else places.file
        raise Invalid(f"this is not YAML: {error.problem or error.context}", place=at) from None
    except yaml.YAMLError as error:
        raise Invalid(f"this is not YAML: {str(error).splitlines()[0]}", place=places.file) from None
    if node is None:
        raise Invalid("the file is empty; see `neocloud schema`, or an example of `neocloud init`", place=places.file)
    places.most = _MOST_VALUES * len(text)
    return _plain(node, "", places, set())


def _check_depth(text: str, places: Places) -> None:
    """Composing nested nodes recurses, in C as well: too deep a file would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            places.note("", event.start_mark)
            raise Invalid(
                f"this is nested deeper than {_DEEPEST} levels, and nothing needs that", place=places.of("")
            )


def _plain(node: yaml.Node, path: str, places: Places, above: set[int]) -> Any:
    """A YAML node as plain values; numbers stay exact, times stay text."""
    places.note(path, node.start_mark)
    if id(node) in above:
        raise Invalid("an alias contains itself", place=places.of(path))
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, places, above | {id(node)})
        case yaml.SequenceNode():
            return [_plain(item, f"{path}[{i}]", places, above | {id(node)}) for i, item in enumerate(node.value)]
        case _:
            return _scalar(node, places.of(path))


def _mapping(node: yaml.MappingNode, path: str, places: Places, above: set[int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.value:
        name = str(key.value)
        if not isinstance(key, yaml.ScalarNode):
            places.note(path, key.start_mark)
            raise Invalid("the name of a field is wanted here, not a list or fields", place=places.of(path))
        inner = f"{path}.{name}" if path else name
        places.note(inner, key.start_mark)
        if name in result:
            raise Invalid(f"{name} is given twice", place=places.of(inner))
        result[name] = _plain(value, inner, places, above)
        places.note(inner, key.start_mark)
    return result


def _scalar(node: yaml.Node, place: str) -> Any:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "int":
            if not _WHOLE.fullmatch(text):
                raise Invalid(f"{short(text)} is not a plain whole number; write it in decimal digits", place=place)
            return int(text.replace("_", ""))
        case "float":
            try:
                return Decimal(text.replace("_", ""))
            except ArithmeticError:
                raise Invalid(f"{short(text)} is not a plain number", place=place) from None
        case "bool":
            return text.lower() in {"true", "yes", "on"}
        case "null":
            return None
        case _:
            return text
