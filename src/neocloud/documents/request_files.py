"""Files of requests, to be planned with and not brought in: YAML (or JSON) as for `apply`, or CSV."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from neocloud.documents.complaints import converted
from neocloud.documents.manifest import check_moneys, placed, text_of
from neocloud.documents.request_rows import Cells, read_rows
from neocloud.documents.requests import RequestDocument
from neocloud.documents.text import Places, parse
from neocloud.errors import Invalid, Unknown
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.requests import check_request


class RequestFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only requests."""

    requests: Annotated[list[RequestDocument], Meta(description="what is wanted and not yet promised")] = []


def read_requests(path: Path, now: int, world: World | None = None) -> list[Request]:
    """The requests of a file. Raises Invalid, with file, line and field.

    With the world that they are meant for, whom and what they name must be there, as if they were brought in.
    """
    places = Cells(str(path)) if path.suffix.lower() == ".csv" else Places(str(path))
    value = read_rows(path, places) if isinstance(places, Cells) else parse(text_of(path), places)
    if isinstance(value, dict) and (others := sorted(set(value) - {"requests"})):
        raise Invalid(
            f"a file of requests says `requests:` and nothing else; bring {others[0]} in by `neocloud apply`",
            place=places.of(others[0]),
        )
    documents = converted(value, RequestFile, places).requests
    _check_twice(documents, places)
    if world is not None:
        check_moneys(documents, {name: tenant.kind for name, tenant in world.tenants.items()}, places)
    requests = [placed(each.noun, now, f"requests[{i}]", places) for i, each in enumerate(documents)]
    if world is not None:
        for i, request in enumerate(requests):
            _check_names(world, request, f"requests[{i}]", places)
    return requests


def _check_twice(documents: list[RequestDocument], places: Places) -> None:
    seen: set[str] = set()
    for i, document in enumerate(documents):
        if document.id in seen:
            raise Invalid(f"{document.id} is given twice", place=places.of(f"requests[{i}].id"))
        seen.add(document.id)


def _check_names(world: World, request: Request, path: str, places: Places) -> None:
    try:
        check_request(world, request)
    except Unknown as error:
        kind, name = error.facts["kind"], error.facts["name"]
        pools = (f"pools[{i}].pool" for i, way in enumerate(request.ways) if way.pool == name)
        inner = next(pools, kind) if kind == "pool" else kind
        raise Invalid(str(error), place=places.of(f"{path}.{inner}")) from None
    except Invalid as error:
        raise Invalid(error.sentence, place=places.of(f"{path}.{error.place}")) from None
