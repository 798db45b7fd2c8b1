"""What makes a description of an operation callable: it builds an ask, and its client's sender runs it.

So each operation is written once. Of a `Client` it gives the answer, of an `AsyncClient` an awaitable of it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from neocloud.client.asks import Ask, Listing
from neocloud.client.sending import AsyncSender, Sender

Said = ParamSpec("Said")
Read = TypeVar("Read")
Sends = TypeVar("Sends", bound=Sender | AsyncSender)


class Group(Generic[Sends]):
    """Operations of one kind of noun, and who runs them."""

    def __init__(self, sender: Sends) -> None:
        self._sender: Sends = sender


class Operation(Generic[Said, Read]):
    """A method that builds an ask; called, it is sent."""

    def __init__(self, build: Callable[Concatenate[Any, Said], Ask[Read]]) -> None:
        self._build = build
        update_wrapper(self, build)  # type: ignore[arg-type]

    @overload
    def __get__(self, group: Group[Sender], owner: Any = None) -> Callable[Said, Read]: ...
    @overload
    def __get__(self, group: Group[AsyncSender], owner: Any = None) -> Callable[Said, Awaitable[Read]]: ...
    def __get__(self, group: Any, owner: Any = None) -> Any:
        """What is called."""
        if group is None:
            return self
        return lambda *said, **named: group._sender.send(self._build(group, *said, **named))


class Lists(Generic[Said, Read]):
    """A method that builds a listing; called, it is iterated over, page by page."""

    def __init__(self, build: Callable[Concatenate[Any, Said], Listing[Read]]) -> None:
        self._build = build
        update_wrapper(self, build)  # type: ignore[arg-type]

    @overload
    def __get__(self, group: Group[Sender], owner: Any = None) -> Callable[Said, Iterator[Read]]: ...
    @overload
    def __get__(self, group: Group[AsyncSender], owner: Any = None) -> Callable[Said, AsyncIterator[Read]]: ...
    def __get__(self, group: Any, owner: Any = None) -> Any:
        """What is called."""
        if group is None:
            return self
        return lambda *said, **named: group._sender.pages(self._build(group, *said, **named))
