"""How much more can be sold than the knee, if what is sold may be reclaimed at a notice."""

from neocloud.backtest.answer import Reclaimable
from neocloud.backtest.frontier import Measured, bisect
from neocloud.backtest.replay import Sold, waits_of
from neocloud.backtest.sale import Sale
from neocloud.backtest.waits import waits
from neocloud.settings import RECLAIM_MEMORY_S


def reclaimable(measured: Measured, knee_gpus: int, notice_s: int) -> Reclaimable:
    """The most GPUs that can be sold, all at a notice, so that the objective holds; and what is over the knee."""
    trace, first = measured.replay.trace, measured.first_job

    def keeps(sold_gpus: int) -> bool:
        sold = _beside(measured, sold_gpus, notice_s)
        return measured.objective.holds(waits_of(trace, sold.start_s)[first:])

    sold_gpus = bisect(keeps, knee_gpus if keeps(knee_gpus) else 0, measured.fleet.gpus)
    sold = _beside(measured, sold_gpus, notice_s)
    wanted_gpu_s = sold_gpus * int(trace.submit_s[-1])
    return Reclaimable(
        notice_s=notice_s,
        sold_gpus=sold_gpus,
        share_ratio=sold_gpus / measured.fleet.gpus,
        extra_gpus=sold_gpus - knee_gpus,
        extra_ratio=(sold_gpus - knee_gpus) / measured.fleet.gpus,
        delivered_ratio=sold.got_gpu_s / wanted_gpu_s if wanted_gpu_s else 1.0,
        reclaims=sold.reclaims,
        waits=waits(waits_of(trace, sold.start_s)[first:]),
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
