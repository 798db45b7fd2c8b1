"""What of a choice can really be booked: all of it at once, or as much as the ledger's own law lets pass."""

from collections.abc import Sequence
from typing import NamedTuple

from neocloud.errors import Mistaken, Oversold, Refused
from neocloud.model.commands import Book
from neocloud.model.requests import Judgement, Request
from neocloud.model.world import World
from neocloud.operations.ledger import Ledger
from neocloud.rules.planning.accepting import booking
from neocloud.rules.planning.choosing import Choice
from neocloud.rules.planning.wishes import Wished

_NO_ROOM = "no room: the law refuses it beside the others"


class Kept(NamedTuple):
    """What can be booked: the part of each column, and its booking; by request, why the rest cannot.

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
    commands = {}
    for column, part in choice.served.items():
        request = requests[wishes.options.wish[column]]
        gpus = round(wishes.options.gpus[column])
        if request.divisible:
            gpus = _units(world, request.ways[wishes.way[column]].pool, wishes.options.gpus[column] * part)
        if gpus:
            commands[column] = booking(
                world,
                request,
                wishes.way[column],
                Judgement(at=now, journal_seq=world.head.seq),
                gpus=gpus,
                start_at=wishes.start_at[column],
                known=False,
            )
    refused: dict[int, str] = {}
    try:
        if commands:
            ledger.preview(*commands.values(), now=now)
    except (Mistaken, Refused):
        commands, why = _one_by_one(ledger, commands, now)
        refused = {int(wishes.options.wish[column]): sentence for column, sentence in why.items()}
    return Kept({column: choice.served[column] for column in commands}, commands, refused)


def _one_by_one(ledger: Ledger, commands: dict[int, Book], now: int) -> tuple[dict[int, Book], dict[int, str]]:
    passed: dict[int, Book] = {}
    refused: dict[int, str] = {}
    for column, command in commands.items():
        try:
            ledger.preview(*passed.values(), command, now=now)
        except Oversold:
            refused[column] = _NO_ROOM
        except (Mistaken, Refused) as error:
            refused[column] = f"it cannot be booked so: {str(error).splitlines()[0]}"
        else:
            passed[column] = command
    return passed, refused


def _units(world: World, pool: str, gpus: float) -> int:
    unit = world.pools[pool].sell_unit_gpus
    return int(gpus + 1e-6) // unit * unit
