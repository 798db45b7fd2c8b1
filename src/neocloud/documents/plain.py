"""Values as JSON knows them: what an answer holds, and the facts of a no."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def plain(value: Any) -> Any:
    """Only what JSON knows; decimals as text, so that no digit is lost."""
    match value:
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case Decimal():
            return str(value)
        case str() | int() | float() | None:
            return value
        case _:
            return str(value)


def facts(fact: Any) -> Any:
    """A fact of an error: tuples and nouns as fields and lists."""
    if isinstance(fact, tuple) and hasattr(fact, "_asdict"):
        return {name: facts(inner) for name, inner in fact._asdict().items()}
    if isinstance(fact, list | tuple):
        return [facts(inner) for inner in fact]
    if hasattr(fact, "__struct_fields__"):
        return {name: facts(getattr(fact, name)) for name in fact.__struct_fields__}
    return plain(fact)
