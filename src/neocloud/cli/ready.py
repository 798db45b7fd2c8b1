"""Commands as lines that can be pasted into a shell: the way out of a shortfall, or room for a request."""

import shlex
import zlib
from collections.abc import Iterator

from neocloud.model.commands import Amend, Ask, Book, Command, Reclaim
from neocloud.units import format_instant


def ready(command: Command, seq: int) -> str:
    """A command line that says the same as a command. Knows those that ways out and room are made of.

    A booking has the id of its lease. Of others the id is made of what they say and of the journal's end `seq` that
    it was worked out at: pasted twice it is done once, and said again after something else has changed it is another
    command.
    """
    match command:
        case Amend():
            words = ["lease", "amend", command.lease, *_amendment(command)]
        case Reclaim():
            words = ["lease", "reclaim", command.lease]
            words += [] if command.gpus is None else ["--gpus", str(command.gpus)]
            words += [] if command.at is None else ["--at", format_instant(command.at)]
        case Book():
            return shlex.join(["neocloud", "lease", "book", *_booking(command)])
        case _:
            raise AssertionError(f"neither a way out nor room is a {type(command).__name__}")
    line = shlex.join(["neocloud", *words])
    return f"{line} --id way-{seq}-{zlib.crc32(line.encode()):08x}"


def _amendment(command: Amend) -> Iterator[str]:
    given = {
        "--pool": command.pool,
        "--gpus": None if command.gpus is None else str(command.gpus),
        "--at": None if command.at is None else format_instant(command.at),
        "--from": None if command.start_at is None else format_instant(command.start_at),
        "--until": None if command.end_at is None else format_instant(command.end_at),
        "--move": command.move_to,
        "--back": None if command.back_at is None else format_instant(command.back_at),
    }
    for option, text in given.items():
        if text is not None:
            yield from (option, text)
    for ask in command.add:
        yield from ("--add", _block(ask))
    for price in command.prices:
        since = "" if price.start_at is None else f"@{format_instant(price.start_at)}"
        yield from ("--monthly" if price.per == "month" else "--price", f"{price.amount.amount.normalize():f}{since}")


def _booking(command: Book) -> Iterator[str]:
    """The options of a booking that accepts a request."""
    yield from ("--tenant", command.tenant, "--terms", command.terms)
    for ask in command.asks:
        yield from ("--block", _block(ask))
    for price in command.prices:
        yield from ("--price", f"{price.amount.amount.normalize():f}")
    if command.value is not None:
        yield from ("--value", f"{command.value.per_gpu_hour.amount.normalize():f}")
    yield from ["--reclaim"] * command.reclaim
    yield from () if command.request is None else ("--request", command.request)
    yield from ("--id", command.lease)


def _block(ask: Ask) -> str:
    assert ask.start_at is not None and ask.end_at is not None
    return f"{ask.pool}={ask.gpus}@{format_instant(ask.start_at)}..{format_instant(ask.end_at)}"
