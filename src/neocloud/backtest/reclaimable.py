"""How much more can be sold than the knee, if what is sold may be reclaimed at a notice."""

from neocloud.backtest.answer import Point, Reclaimable, Waits
from neocloud.backtest.frontier import Measured, bisect
from neocloud.backtest.kernels.sale import Sale
from neocloud.backtest.replay import Sold, waits_of
from neocloud.backtest.waits import waits
from neocloud.settings import RECLAIM_MEMORY_S

_TRIES = 12
"""So many sales between the knee and the most are tried: more GPUs sold may be fewer delivered."""


def reclaimable(measured: Measured, knee: Point, notice_s: int) -> Reclaimable:
    """The sale, all of it at a notice, that keeps the objective and delivers the most GPU-hours.

    It is looked for between the knee and the most that keeps the objective. Where none delivers more than the knee
    sold firm, that is it, and nothing is ever reclaimed.
    """
    trace, first = measured.replay.trace, measured.first_job

    def keeps(sold_gpus: int) -> bool:
        sold = _beside(measured, sold_gpus, notice_s)
        return measured.objective.holds(waits_of(trace, sold.start_s)[first:])

    most = bisect(keeps, knee.sold_gpus, measured.fleet.gpus)
    tried = sorted({knee.sold_gpus + (most - knee.sold_gpus) * i // _TRIES for i in range(1, _TRIES + 1)})
    found = {gpus: _beside(measured, gpus, notice_s) for gpus in tried if gpus > knee.sold_gpus and keeps(gpus)}
    best = max(found, key=lambda gpus: found[gpus].got_gpu_s, default=0)
    span_s = max(int(trace.submit_s[-1]), 1)
    if not best or found[best].got_gpu_s <= knee.sold_gpus * span_s:
        return _told(measured, knee, notice_s, knee.sold_gpus, knee.sold_gpus, 0, knee.waits)
    sold = found[best]
    waited = waits(waits_of(trace, sold.start_s)[first:])
    return _told(measured, knee, notice_s, best, sold.got_gpu_s / span_s, sold.reclaims, waited)


def _told(
    measured: Measured,
    knee: Point,
    notice_s: int,
    sold_gpus: int,
    got_gpus: float,
    reclaims: int,
    waited: Waits,
) -> Reclaimable:
    extra_gpus = got_gpus - knee.sold_gpus
    return Reclaimable(
        notice_s=notice_s,
        sold_gpus=sold_gpus,
        share_ratio=sold_gpus / measured.fleet.gpus,
        delivered_ratio=got_gpus / sold_gpus if sold_gpus else 1.0,
        delivered_gpus=got_gpus,
        extra_gpus=extra_gpus,
        extra_ratio=extra_gpus / measured.fleet.gpus,
        worth_ratio=knee.sold_gpus / got_gpus if got_gpus else 1.0,
        reclaims=reclaims,
        waits=waited,
    )


def _beside(measured: Measured, sold_gpus: int, notice_s: int) -> Sold:
    objective = measured.objective
    sale = Sale(
        sold_gpus=sold_gpus,
        notice_s=notice_s,
        late_s=objective.within_s,
        allowed_millionths=int((1 - objective.quantile) * 1_000_000),
        memory_s=RECLAIM_MEMORY_S,
    )
    return measured.replay.beside(sale, measured.fleet.gpus)
