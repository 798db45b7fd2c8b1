"""The plainest fan-out of events there is, on the same server: Starlette's StreamingResponse and a queue for each.

`python -m benchmarks.peer_events` serves it, and says its port. What is posted to `/event` is sent to all who listen
at `/events`.
"""

import asyncio
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

queues: set[asyncio.Queue[bytes]] = set()


async def events(request: Request) -> StreamingResponse:
    """Listen."""
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    queues.add(queue)

    async def frames() -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\n"
        try:
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    return StreamingResponse(frames(), media_type="text/event-stream")


async def event(request: Request) -> Response:
    """Send a body to all."""
    frame = b"id: 1\nevent: tenant.added\ndata: " + await request.body() + b"\n\n"
    for queue in queues:
        queue.put_nowait(frame)
    return Response(status_code=201)


app = Starlette(routes=[Route("/events", events), Route("/event", event, methods=["PUT"])])


def main() -> None:
    """Serve, until ended."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2_048)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
