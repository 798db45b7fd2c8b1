"""How much more can be sold than the knee, if what is sold may be reclaimed at a notice."""

from neocloud.backtest.answer import Point, Reclaimable
from neocloud.backtest.frontier import Measured, bisect
from neocloud.backtest.kernels.sale import Sale
from neocloud.backtest.replay import Sold, waits_of
from neocloud.backtest.waits import waits
from neocloud.settings import RECLAIM_MEMORY_S


def reclaimable(measured: Measured, knee: Point, notice_s: int) -> Reclaimable:
    """The most GPUs that can be sold, all at a notice, so that the objective holds; and what is over the knee.

    Where that is no more than the knee, the knee is sold and nothing is ever reclaimed.
    """
    trace, first = measured.replay.trace, measured.first_job

    def keeps(sold_gpus: int) -> bool:
        sold = _beside(measured, sold_gpus, notice_s)
        return measured.objective.holds(waits_of(trace, sold.start_s)[first:])

    sold_gpus = bisect(keeps, knee.sold_gpus, measured.fleet.gpus)
    extra_gpus = sold_gpus - knee.sold_gpus
    sold = _beside(measured, sold_gpus, notice_s) if extra_gpus else None
    wanted_gpu_s = sold_gpus * int(trace.submit_s[-1])
    return Reclaimable(
        notice_s=notice_s,
        sold_gpus=sold_gpus,
        share_ratio=sold_gpus / measured.fleet.gpus,
        extra_gpus=extra_gpus,
        extra_ratio=extra_gpus / measured.fleet.gpus,
        delivered_ratio=sold.got_gpu_s / wanted_gpu_s if sold and wanted_gpu_s else 1.0,
        reclaims=sold.reclaims if sold else 0,
        waits=waits(waits_of(trace, sold.start_s)[first:]) if sold else knee.waits,
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
