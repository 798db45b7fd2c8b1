"""A sale that may be reclaimed: GPUs sold beside a replay, given back at a notice when inside jobs wait too long.

Every hour the jobs submitted in the last `memory_s` are looked at. When more of them than the objective allows
have waited `late_s` or longer, or the first in the queue has for longer than `memory_s`, notice is served, and when
it has run out all sold GPUs are inside again. When no more than half of that have, and nobody waits, what is free is
sold again, as far as it goes.
"""

from typing import NamedTuple

from neocloud.backtest.kernels.compiled import NEVER_S, Column, compiled
from neocloud.settings import RECLAIM_LOOK_S

STAGE, SOLD, DUE, TICK, TOLD, END, GOT, RECLAIMS = range(8)
"""What is known of a sale: its stage, GPUs sold now, when a reclaim and the next look are due, until when the
GPU-seconds that the customer got are counted, and to be counted at the last, these, and how often there was a
reclaim."""

_NO_NOTICE, _NOTICE_SERVED = 0, 1
IS_WAITING = -2
"""In a column of starts, of a job that waits."""


class Sale(NamedTuple):
    """The rules of a sale, in whole numbers; without `sold_gpus` there is none."""

    sold_gpus: int = 0
    notice_s: int = 0
    late_s: int = 0
    allowed_millionths: int = 0
    memory_s: int = 0


@compiled
def opened(sale: Sale, end_s: int) -> Column:
    """A sale at its beginning, all of it sold; what the customer gets is counted until `end_s`."""
    return [_NO_NOTICE, sale.sold_gpus, NEVER_S, RECLAIM_LOOK_S if sale.sold_gpus else NEVER_S, 0, end_s, 0, 0]


@compiled
def reclaim(known: Column) -> int:
    """The notice has run out: returns the GPUs that are inside again."""
    _count(known, known[DUE])
    back = int(known[SOLD])
    known[STAGE], known[SOLD], known[DUE] = _NO_NOTICE, 0, NEVER_S
    known[RECLAIMS] += 1
    return back


@compiled
def look(
    known: Column, sale: Sale, now: int, submit_s: Column, start_s: Column, coming: int, first: int, free: int
) -> int:
    """Serve notice, or sell again; returns the GPUs that are sold now and were not before.

    `coming` is the job that is submitted next, `first` the first in the queue, -1 if nobody waits.
    """
    known[TICK] = now + RECLAIM_LOOK_S
    if known[STAGE] == _NOTICE_SERVED:
        return 0
    seen, slow = _slow(sale, now, submit_s, start_s, coming)
    stuck = first >= 0 and now - submit_s[first] > sale.memory_s
    if known[SOLD] and (stuck or slow * 1_000_000 > sale.allowed_millionths * seen):
        known[STAGE], known[DUE] = _NOTICE_SERVED, now + sale.notice_s
    elif known[SOLD] < sale.sold_gpus and first < 0 and slow * 2_000_000 <= sale.allowed_millionths * seen:
        _count(known, now)
        more = int(min(free, sale.sold_gpus - known[SOLD]))
        known[SOLD] += more
        return more
    return 0


@compiled
def settle(known: Column) -> None:
    """Count what the customer got until the end."""
    _count(known, known[END])


@compiled
def _count(known: Column, at_s: int) -> None:
    until_s = min(at_s, known[END])
    if until_s > known[TOLD]:
        known[GOT] += known[SOLD] * (until_s - known[TOLD])
        known[TOLD] = until_s


@compiled
def _slow(sale: Sale, now: int, submit_s: Column, start_s: Column, coming: int) -> tuple[int, int]:
    seen = 0
    slow = 0
    job = coming - 1
    while job >= 0 and submit_s[job] > now - sale.memory_s:
        begun_s = now if start_s[job] == IS_WAITING else start_s[job]
        slow += begun_s - submit_s[job] >= sale.late_s
        seen += 1
        job -= 1
    return seen, slow
