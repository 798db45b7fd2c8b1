"""Every operation of the service is a method of the client, and every method asks an operation that there is."""

import inspect
from collections.abc import Iterator
from typing import Any

import msgspec

from neocloud.api.app import create_app  # noqa: F401  (it declares the routes)
from neocloud.api.routes import ROUTES
from neocloud.client import Client
from neocloud.client.asks import Ask, Listing
from neocloud.client.groups import Group, Lists, Operation

ELSEWHERE = {
    "events": "Client.events, a stream and no single answer",
    "ready": "for load balancers, which read the status",
    "metrics": "for Prometheus",
    "sign_in": "for browsers",
    "signed_in": "for browsers",
    "sign_out": "for browsers",
}
"""Operations without a method of one ask, and why."""

SAMPLES = {
    route.body: msgspec.convert(route.example, route.body, strict=False)
    for route in ROUTES
    if route.body is not None and route.example is not None and route.name != "say_commands"
}
PLAIN: dict[str, Any] = {"body": b"", "commands": ()}


def groups(client: Client) -> dict[str, Group[Any]]:
    """The client and each of its groups, by the name that it is reached by."""
    return {"": client} | {name: each for name, each in vars(client).items() if isinstance(each, Group)}


def asked(client: Client) -> Iterator[tuple[str, str, str]]:
    """Every method with what it asks: a method of HTTP, and a path."""
    for of, group in groups(client).items():
        for name, found in inspect.getmembers_static(type(group)):
            if isinstance(found, Operation | Lists):
                ask: Ask[Any] | Listing[Any] = found._build(group, **said(group, found._build))
                yield f"{of}.{name}", getattr(ask, "method", "GET"), ask.path


def said(group: Any, build: Any) -> dict[str, Any]:
    """What a method must be told, by the types of its parameters."""
    return {
        each.name: sample(group, each)
        for each in list(inspect.signature(build).parameters.values())[1:]
        if each.default is inspect.Parameter.empty
    }


def sample(group: Any, parameter: inspect.Parameter) -> Any:
    if parameter.annotation is str:
        return "NAME"
    if parameter.name in PLAIN:
        return PLAIN[parameter.name]
    return SAMPLES[group._document if parameter.name == "noun" else parameter.annotation]


def route_of(method: str, path: str) -> str:
    """The operation that answers a path. Raises StopIteration where none does."""
    parts = path.split("/")
    for exact in (True, False):
        for route in ROUTES:
            words = route.path.split("/")
            alike = len(words) == len(parts) and all(
                word == part or (not exact and word == "{name}") for word, part in zip(words, parts, strict=True)
            )
            if alike and route.method == method:
                return route.name
    raise AssertionError(f"no operation is {method} {path}")


def test_every_operation_is_a_method_and_every_method_an_operation() -> None:
    client = Client("http://127.0.0.1:9", "nc_a_b")
    found = {name: route_of(method, path) for name, method, path in asked(client)}
    client.close()
    assert {route.name for route in ROUTES} - set(found.values()) == set(ELSEWHERE)
    assert len(found) >= len(set(found.values())) >= 70
