"""Whether it lives, and whether it can answer: for load balancers, without a key; and what it measures."""

from asyncio import to_thread
from typing import Any

from neocloud import __version__
from neocloud.api.calls import Call, Reply
from neocloud.api.metrics import TEXT
from neocloud.api.routes import route
from neocloud.documents.answers import Health, Readiness


@route("GET", "/healthz", None, answer=Health)
def health(call: Call) -> dict[str, Any]:
    """The process lives."""
    return {"status": "ok", "version": __version__}


@route("GET", "/readyz", None, answer=Readiness)
def ready(call: Call) -> Reply:
    """Whether it can answer: the journal was there when it was last used. Else 503."""
    shared = call.service.shared
    trouble = shared.trouble
    body = {
        "status": "ready" if trouble is None else "not ready",
        "journal_seq": call.service.seq,
        "waiting": shared.waiting,
        "detail": "" if trouble is None else trouble.code,
    }
    return Reply(body, 200 if trouble is None else 503)


@route("GET", "/metrics", "metrics.read", media_type=TEXT)
async def metrics(call: Call) -> bytes:
    """What Prometheus reads: requests, commands, commits, the journal, and the world in a few gauges."""
    return await to_thread(call.service.metrics.text)
