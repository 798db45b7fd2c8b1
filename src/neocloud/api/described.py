"""The API described: OpenAPI 3.1 from the routes and the types of their bodies, with an example for each."""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from neocloud import __version__
from neocloud.api.past import Known
from neocloud.api.routes import ROUTES, Route
from neocloud.documents.document import Document
from neocloud.documents.manifest import with_bare_numbers

Json = dict[str, Any]

_JSON = "application/json"
_WAITS: Json = {
    "type": "object",
    "required": ["approval", "status", "about"],
    "properties": {name: {"type": "string"} for name in ("approval", "status", "about")},
}
_REF = "#/components/schemas/{name}"
_PROBLEM: Json = {
    "type": "object",
    "description": "An answer of no (RFC 9457): a code that never changes, one sentence, and facts.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "one sentence: where, what, and what would have worked"},
        "code": {"type": "string"},
        "pointer": {"type": "string", "description": "the field of the body (or a parameter), as a JSON pointer"},
        "offers": {"type": "array", "description": "what would fit instead"},
    },
}
_SEQ: Json = {
    "description": "the last entry that this answer knows; send it as If-Known to read no older",
    "schema": {"type": "integer"},
}
_ETAG: Json = {"description": "names the form of what is shown", "schema": {"type": "string"}}
_KNOWN: Json = {"description": "when what is shown was known, where that is asked for", "schema": {"type": "string"}}
_AGAIN: Json = {"description": "true: this was accepted before, and nothing changed", "schema": {"type": "string"}}
_LOCATION: Json = {"description": "where it is", "schema": {"type": "string"}}
_TAG: Json = {"type": "string", "pattern": '^(\\*|(W/)?"[!#-~]*")$'}
_RETRY: Json = {"description": "after how long to ask again (seconds)", "schema": {"type": "integer"}}
_NOES = {
    400: "what was said cannot be meant",
    401: "no key, or none that holds",
    403: "the key has no such permission",
    404: "there is no such thing, for this key",
    408: "the body did not come in time",
    409: "refused, or the same Idempotency-Key with another body",
    412: "it is no longer in the form that If-Match names",
    413: "the body is too large",
    415: "the body is not JSON",
    429: "more is asked than this caller is answered; Retry-After says when to ask again",
    503: "it cannot be answered just now; Retry-After says when to ask again",
}
_ABOUT = (
    "The ledger of an operator that owns GPU data centres. Money is a decimal in text with its currency, an "
    "instant is RFC 3339 in UTC, a power is in megawatts. Every POST and PATCH that changes something needs an "
    "Idempotency-Key: the same again changes nothing again, for ever, and answers with what it came to."
)


def described() -> Json:
    """The OpenAPI document."""
    types = {kind for route in ROUTES for kind in _types(route)}
    _, schemas = msgspec.json.schema_components(sorted(types, key=lambda kind: kind.__name__), ref_template=_REF)
    components = {name: with_bare_numbers(schema) for name, schema in sorted(schemas.items())}
    return {
        "openapi": "3.1.0",
        "info": {"title": "neocloud", "version": __version__, "description": _ABOUT},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": _paths(),
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "nc_ID_SECRET"}},
        },
    }


def _paths() -> Json:
    found: dict[str, Json] = {}
    for route in ROUTES:
        found.setdefault(route.path, {})[route.method.lower()] = operation(route)
    return found


def operation(route: Route) -> Json:
    """A route as an operation of the document."""
    said = (route.handler.__doc__ or "").strip()
    result: Json = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": said.split(". ")[0].rstrip("."),
        "description": said,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": _responses(route),
        "security": [{"key": []}] if route.permission is not None else [],
    }
    if route.permission is not None:
        result["x-permission"] = route.permission
    if route.body_type != "application/json":
        result["requestBody"] = {"required": True, "content": {route.body_type: {"schema": {"format": "binary"}}}}
    if route.body is not None:
        example = {"example": route.example} if route.example is not None else {}
        content = {"application/json": {"schema": _ref(route.body), **example}}
        if route.yaml:
            content["application/yaml"] = {"schema": _ref(route.body)}
        result["requestBody"] = {"required": True, "content": content}
    return result


def _looks_back(route: Route) -> bool:
    return issubclass(route.query, Known)


def _types(route: Route) -> list[type]:
    answer = route.answer[0] if isinstance(route.answer, tuple) else route.answer
    return [kind for kind in (route.body, answer) if isinstance(kind, type) and issubclass(kind, Struct)]


def _ref(kind: type) -> Json:
    return {"$ref": _REF.format(name=kind.__name__)}


def _responses(route: Route) -> Json:
    found: Json = {str(route.status): _answer(route)}
    if route.method == "PUT":
        found["201"] = _answer(route)
    if route.method == "GET" and route.names:
        found["304"] = {"description": "it has not changed: If-None-Match names its form"}
    for status, meaning in {**_NOES, **route.answers}.items():
        if _may(route, status):
            content = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
            headers = {"headers": {"Retry-After": _RETRY}} if status in {429, 503} else {}
            found[str(status)] = {"description": meaning, "content": content, **headers}
    if route.permission in {"leases.write", "requests.write"} and route.writes:
        found["202"] = {"description": "it waits for a second person", "content": {_JSON: {"schema": _WAITS}}}
    if route.path == "/readyz":
        found["503"] = _answer(route)
    return found


def _may(route: Route, status: int) -> bool:
    if status in route.answers:
        return True
    match status:
        case 401 | 403 | 429:
            return route.permission is not None
        case 404:
            return route.names or route.method == "POST" or bool(fields(route.query))
        case 408 | 413:
            return route.method != "GET"
        case 409:
            return route.method != "GET"
        case 412:
            return route.writes and route.names
        case 415:
            return route.body is not None
        case _:
            return True


def _answer(route: Route) -> Json:
    headers = {"Journal-Seq": _SEQ}
    if isinstance(route.answer, type) and issubclass(route.answer, Document) and not route.dry:
        headers["ETag"] = _ETAG
    if route.writes:
        headers["Idempotent-Replayed"] = _AGAIN
    if route.status == 201:
        headers["Location"] = _LOCATION
    if _looks_back(route):
        headers["Known-At"] = _KNOWN
    described: Json = {"description": "done" if route.writes else "found", "headers": headers}
    if route.status in {204, 303}:
        return described
    if route.media_type != "application/json":
        return described | {"content": {route.media_type: {"schema": {"type": "string"}}}}
    if isinstance(route.answer, tuple):
        page = {
            "type": "object",
            "required": ["items", "next", "journal_seq"],
            "properties": {
                "items": {"type": "array", "items": _ref(route.answer[0])},
                "next": {"type": ["string", "integer", "null"], "description": "what comes after; null at the end"},
                "journal_seq": {"type": "integer"},
                **({"known_at": _KNOWN["schema"]} if _looks_back(route) else {}),
            },
        }
        return described | {"content": {"application/json": {"schema": page}}}
    schema = _ref(route.answer) if route.answer is not None else {"type": "object"}
    return described | {"content": {"application/json": {"schema": schema}}}


def _path_parameters(route: Route) -> list[Json]:
    names = [part.strip("{}") for part in route.path.split("/") if part.startswith("{")]
    text = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": text} for name in names]


def _query_parameters(route: Route) -> list[Json]:
    schema = msgspec.json.schema(route.query)["$defs"][route.query.__name__]
    required = schema.get("required", [])
    return [
        {"name": each.encode_name, "in": "query", "required": each.encode_name in required,
         "schema": schema["properties"][each.encode_name]}
        for each in fields(route.query)
    ]  # fmt: skip


def _header_parameters(route: Route) -> list[Json]:
    if route.permission is None:
        return []
    found = [_header("If-Known", {"type": "integer", "minimum": 0}, "wait until this entry is known")]
    if route.media_type == "text/event-stream":
        found.append(_header("Last-Event-ID", {"type": "integer", "minimum": 0}, "go on after this entry"))
    if route.writes:
        text = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
        must = route.method not in {"PUT", "DELETE"} and "dry_run" not in route.query.__struct_fields__
        found.append(_header("Idempotency-Key", text, "the same again changes nothing again", required=must))
    if route.writes and route.names:
        found.append(_header("If-Match", _TAG, "only in the form that this ETag names"))
    if route.method == "GET" and route.names:
        found.append(_header("If-None-Match", {"type": "string"}, "only if it is in another form: else 304"))
    return found


def _header(name: str, schema: Json, description: str, *, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "schema": schema, "description": description}
