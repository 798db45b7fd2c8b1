"""What a surplus says to a plan: how many GPUs inside teams need at which hours, and what could be sold beside."""

from pathlib import Path
from typing import Any

import yaml

from neocloud.backtest.answer import Surplus
from neocloud.pages.writing import written


def scenario(surplus: Surplus, pool: str | None) -> dict[str, Any]:
    """The scenario of a surplus, for a pool of the ledger if it was asked about one; GPUs, and ratios of the fleet.

    `inside_gpus` has a value for each hour of the week, Monday 00:00 in `zone` first: the mean in use, and what
    nine of ten such hours stay under.
    """
    idle, gpus, knee = surplus.idle, surplus.fleet_gpus, surplus.knee
    return {
        "kind": "scenario",
        "from": {"history": surplus.history, "synthetic": surplus.is_synthetic, "sentence": surplus.sentence},
        "pool": pool,
        "fleet_gpus": gpus,
        "objective": surplus.objective,
        "inside_gpus": {
            "zone": idle.zone or None,
            "mean": [None if mean is None else round(gpus - mean, 2) for mean in idle.mean_gpus],
            "high": [None if low is None else gpus - low for low in idle.low_gpus],
        },
        "sellable": {
            "firm_gpus": knee.sold_gpus if knee else 0,
            "firm_ratio_range": [knee.low_ratio, knee.high_ratio] if knee else [0.0, 0.0],
            "reclaimable": [
                {"notice_s": each.notice_s, "gpus": each.sold_gpus, "delivered_ratio": round(each.delivered_ratio, 4)}
                for each in surplus.reclaimable
            ],
        },
    }


def write_scenario(path: Path, surplus: Surplus, pool: str | None) -> None:
    """As YAML."""
    with written(path) as file:
        file.write_text(
            yaml.safe_dump(
                scenario(surplus, pool), sort_keys=False, allow_unicode=True, default_flow_style=None, width=100
            ),
            "utf-8",
        )
