"""The service from a program: `Client` and `AsyncClient`, typed; httpx2 does the talking, loaded when needed."""

from neocloud.client.answers import Shown, Waits
from neocloud.client.client import AsyncClient, Client
from neocloud.client.events import Event

__all__ = ["AsyncClient", "Client", "Event", "Shown", "Waits"]
