"""The limit: a FastAPI route with a pydantic body, which asks nobody and keeps nothing: it says its port.

The same uvicorn, loop and parser as `neocloud serve` has, in one process.
"""

import socket
from decimal import Decimal

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Block(BaseModel):
    """Capacity over a span."""

    pool: str
    gpus: int
    from_: str = ""
    until: str


class Price(BaseModel):
    """A price."""

    per: str
    amount: Decimal


class Booking(BaseModel):
    """What a booking says."""

    tenant: str
    terms: str
    blocks: list[Block]
    prices: list[Price]


@app.post("/bare")
async def bare(booking: Booking) -> dict[str, str]:
    """Read the body, and say hello."""
    return {"tenant": booking.tenant}


@app.get("/bare")
async def look() -> dict[str, str]:
    """Say hello."""
    return {"status": "ok"}


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, access_log=False, log_config=None, server_header=False, loop="uvloop", http="httptools"
    )
    uvicorn.Server(config).run(sockets=[listening])
