"""The app: every route on FastAPI, guarded, with its description at /openapi.json and a page of docs at /docs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from neocloud import __version__
from neocloud.api import (
    approvals,
    calendar,
    capacity,
    commands,
    events,
    facts,
    health,
    journal,
    keys,
    leases,
    looking,
    nouns,
    planning,
    price_sets,
    requests,
    sign_in,
    webhooks,
)
from neocloud.api.courier import Pace
from neocloud.api.described import described
from neocloud.api.docs import docs
from neocloud.api.guards import Guards
from neocloud.api.problems import Problem, problem
from neocloud.api.routes import ROUTES
from neocloud.api.sender import Sender
from neocloud.api.service import Service
from neocloud.api.table import Table

MODULES = (
    health, capacity, leases, requests, facts, planning, looking, keys, journal, commands, price_sets, events,
    webhooks, approvals, calendar, sign_in,
)  # fmt: skip
"""Where routes are declared; looking at nouns is declared by `nouns` for all kinds at once."""

nouns.declare()


def create_app(service: Service, pace: Pace | None = None) -> ASGIApp:
    """The service as an ASGI app; it is closed when the app stops. Webhooks are sent events at a pace.

    Routes stand before FastAPI and its middlewares, which take 60 us a request; it answers what none of them does.
    """
    sender = Sender(service, pace)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.feed.start()
        sender.start()
        yield
        service.feed.close()
        await sender.stop()
        service.close()

    app = FastAPI(title="neocloud", version=__version__, lifespan=lifespan, openapi_url=None, docs_url=None,
                  redoc_url=None, redirect_slashes=False)  # fmt: skip
    for each in ROUTES:  # for what they are not: another method's paths, and HEAD
        respond = partial(each.respond, service)
        app.router.add_route(each.path, respond, methods=[each.method], name=each.name)
    document = described()
    app.router.add_route("/openapi.json", lambda request: JSONResponse(document), name="openapi")
    app.router.add_route("/docs", lambda request: docs(document), name="docs")
    app.add_exception_handler(HTTPException, _http)
    return Guards(Table(app, service, ROUTES), requests=service.metrics.requests)


def _http(request: Request, error: Exception) -> Response:
    """What Starlette says no to: a path that is not there, a method that it does not have."""
    assert isinstance(error, HTTPException)
    allowed = {"Allow": _allowed(request)} if error.status_code == 405 else {}
    if request.method == "OPTIONS" and allowed:
        return Response(None, 204, allowed)
    words = {404: ("http.not_found", f"there is no {request.url.path}; /docs lists what there is"),
             405: ("http.method", f"{request.method} is not for {request.url.path}")}  # fmt: skip
    code, sentence = words.get(error.status_code, ("http.wrong", str(error.detail)))
    answer = problem(Problem(error.status_code, code, sentence))
    answer.headers.update(allowed)
    return answer


def _allowed(request: Request) -> str:
    """The methods of a path, of all its routes."""
    routes = [each for each in request.app.routes if isinstance(each, Route)]
    there = [each.methods or set() for each in routes if each.path_regex.match(request.url.path)]
    return ", ".join(sorted({"OPTIONS"}.union(*there)))
