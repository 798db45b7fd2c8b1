"""What of a choice can really be booked: all of it at once, or as much as the ledger's own law lets pass."""

from collections.abc import Sequence
from typing import NamedTuple

from neocloud.errors import Mistaken, Oversold, Refused
from neocloud.model.commands import Book
from neocloud.model.requests import Judgement, Request
from neocloud.model.world import World
from neocloud.operations.ledger import Ledger
from neocloud.rules.planning.accepting import booking_of, is_open
from neocloud.rules.planning.choosing import Choice
from neocloud.rules.planning.wishes import Wished

_NO_ROOM = "no room: the law refuses it beside the others"


class Kept(NamedTuple):
    """What can be booked: the part of each column, and by request its booking; or why it cannot be booked.

    Of the requests that are refused, those in `crowded` find no room.
    """

    parts: dict[int, float]
    commands: dict[int, Book]
    refused: dict[int, str]

    @property
    def crowded(self) -> set[int]:
        """The requests for which the law sees no room."""
        return {request for request, why in self.refused.items() if why == _NO_ROOM}


def kept(ledger: Ledger, world: World, requests: Sequence[Request], wishes: Wished, choice: Choice, now: int) -> Kept:
    """What of a choice passes the ledger's own law, all of it at once or as much as it can one after the other."""
    gpus = {column: _gpus(world, requests, wishes, column, part) for column, part in choice.served.items()}
    columns: dict[int, list[int]] = {}
    for column, count in gpus.items():
        if count:
            columns.setdefault(int(wishes.options.wish[column]), []).append(column)
    judgement = Judgement(at=now, journal_seq=world.head.seq)
    commands = {
        i: booking_of(
            world,
            requests[i],
            [(wishes.way[column], gpus[column]) for column in mine],
            judgement,
            start_at=wishes.start_at[mine[0]],
            known=is_open(world, requests[i]),
        )
        for i, mine in columns.items()
    }
    refused: dict[int, str] = {}
    try:
        if commands:
            ledger.preview(*commands.values(), now=now)
    except (Mistaken, Refused):
        commands, refused = _one_by_one(ledger, commands, now)
    return Kept({column: choice.served[column] for i in commands for column in columns[i]}, commands, refused)


def _one_by_one(ledger: Ledger, commands: dict[int, Book], now: int) -> tuple[dict[int, Book], dict[int, str]]:
    passed: dict[int, Book] = {}
    refused: dict[int, str] = {}
    for request, command in commands.items():
        try:
            ledger.preview(*passed.values(), command, now=now)
        except Oversold:
            refused[request] = _NO_ROOM
        except (Mistaken, Refused) as error:
            refused[request] = f"it cannot be booked so: {str(error).splitlines()[0]}"
        else:
            passed[request] = command
    return passed, refused


def _gpus(world: World, requests: Sequence[Request], wishes: Wished, column: int, part: float) -> int:
    """The GPUs of a column; of one that is served in part, whole sell units."""
    request = requests[wishes.options.wish[column]]
    if not request.divisible:
        return round(float(wishes.options.gpus[column]))
    return _units(world, request.ways[wishes.way[column]].pool, float(wishes.options.gpus[column]) * part)


def _units(world: World, pool: str, gpus: float) -> int:
    unit = world.pools[pool].sell_unit_gpus
    return int(gpus + 1e-6) // unit * unit
