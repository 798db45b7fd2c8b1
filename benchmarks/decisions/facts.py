"""What happens in a world, told to its ledger day by day."""

from benchmarks.decisions.clock import at
from benchmarks.decisions.known import told_on
from benchmarks.decisions.nouns import LEAVER, Wave, site_of, waves_of
from benchmarks.decisions.worlds import World
from neocloud.model.commands import Accept, Amend, Apply, Command, Slip, Terminate
from neocloud.units import DAY_S


def happened(world: World, day: int) -> list[Command]:
    """The facts of a day, known as it begins."""
    facts = [fact for wave in waves_of(world) if day >= wave.day for fact in _of_wave(world, wave, day)]
    if world.leaves_on is not None and day == told_on(world.leaves_on):
        facts += _leaving(at(world.leaves_on), world)
    return facts


def _of_wave(world: World, wave: Wave, day: int) -> list[Command]:
    """A wave that is not there slips by a day, again each day; on the day that it is there it is accepted."""
    there = world.supply_gpus[:, wave.pool] > world.expected_gpus[0, wave.pool]
    if not there[day]:
        return [Slip(id=f"slip-{wave.id}-{day}", delivery=wave.id, by_s=DAY_S, reason="not there yet")]
    if there[:day].any():
        return []
    return [Accept(id=f"accept-{wave.id}", delivery=wave.id, at=at(day))]


def _leaving(leave_at: int, world: World) -> list[Command]:
    """The large customer gives notice: of its lease, and of the power that goes with it."""
    return [
        Terminate(id="leave", lease=LEAVER, holder="tenant", at=leave_at),
        Apply(id="leave-power", noun=site_of(world, leave_at)),
    ]


def lost(lease: str, now: int) -> Command:
    """What cannot be carried is over a second after it begins: a lease has no less."""
    return Amend(id=f"lose-{lease}", lease=lease, end_at=now + 1, recorded="its GPUs are not there")
