"""`decide`: from the world, a command and `now` to the changes it makes, or a refusal. Pure."""

from neocloud.model.commands import Amend, Apply, Book, Command, Confirm, Reclaim, Release, Terminate
from neocloud.model.world import World
from neocloud.rules.amending import amend
from neocloud.rules.booking import book, confirm, release
from neocloud.rules.change import Change
from neocloud.rules.ending import expire, reclaim, terminate
from neocloud.rules.facts import happened
from neocloud.rules.fleet import apply


def decide(world: World, command: Command, now: int) -> list[Change]:
    """The changes that a command makes, all to be applied or none; empty when nothing would change.

    Raises Mistaken or Refused, and then nothing has happened.
    """
    match command:
        case Book():
            return book(world, command, now)
        case Apply():
            return apply(world, command, now)
        case Confirm():
            return confirm(world, command, now)
        case Amend():
            return amend(world, command, now)
        case Terminate():
            return terminate(world, command, now)
        case Reclaim():
            return reclaim(world, command, now)
        case Release():
            return release(world, command, now)
        case _:
            return happened(world, command, now)


def overdue(world: World, now: int) -> list[Change]:
    """The holds that have run out by `now`, as the expiries that the next decision writes first."""
    return [expire(world, lease) for lease in world.due(now)]
