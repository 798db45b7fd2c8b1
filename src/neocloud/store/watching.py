"""To be told soon that somebody has appended: a thread of its own that looks, and goes on when the store is gone."""

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from threading import Event, Thread

from neocloud.errors import Unavailable
from neocloud.settings import FOLLOW_EVERY_S

_log = logging.getLogger(__name__)

Looks = Generator[bool, None, None]
"""Looks at a store, by a connection of its own, one after the other: whether something may have come. Each takes
FOLLOW_EVERY_S at the most."""


def watched(looks: Callable[[], Looks], moved: Callable[[], None]) -> Callable[[], None]:
    """Have `moved` called, in another thread, whenever something may have come; what is answered ends that.

    While the store cannot be looked at, it is called every FOLLOW_EVERY_S, and the store is tried again.
    """
    ended = Event()

    def watch() -> None:
        said = ""
        while not ended.is_set():
            try:
                with closing(looks()) as found:
                    while not ended.is_set():
                        if next(found):
                            moved()
                        said = ""
            except Unavailable as error:
                if said != (said := str(error)):
                    _log.warning("looking every %s s instead: %s", FOLLOW_EVERY_S, error)
                moved()
                ended.wait(FOLLOW_EVERY_S)

    thread = Thread(target=watch, name="watch", daemon=True)
    thread.start()

    def end() -> None:
        ended.set()
        thread.join()

    return end
