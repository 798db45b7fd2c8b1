"""Price sets: opportunity costs written into a file, admitted by an entry, and read again for a quote."""

from dataclasses import asdict
from typing import Any

import msgspec
import numpy as np

from neocloud.model.commands import Admit
from neocloud.model.entries import content_digest
from neocloud.model.plans import Scenario
from neocloud.model.prices import PriceSet
from neocloud.operations.ledger import Answer, Ledger
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.grid import Grid
from neocloud.rules.planning.outlook import Outlook
from neocloud.store.price_sets import PriceSets

_STATIC = ("site_of", "kw_per_gpu", "sell_unit_gpus", "spot_usd", "spot_gpus", "spot_kw_per_gpu", "energy_usd")


def admit_costs(
    ledger: Ledger, files: PriceSets, costs: Costs, *, now: int, journal_seq: int, seed: int, scenario: Scenario
) -> Answer:
    """Write costs down as a price set, and admit it: quotes rest on it from now on."""
    command = admission(files, costs, now=now, journal_seq=journal_seq, seed=seed, scenario=scenario)
    return ledger.submit(command, now=now)[0]


def admission(files: PriceSets, costs: Costs, *, now: int, journal_seq: int, seed: int, scenario: Scenario) -> Admit:
    """Write costs down as a price set; the command that admits it."""
    said = {"made_at": now, "journal_seq": journal_seq, "seed": seed, "scenario": msgspec.to_builtins(scenario)}
    digest = files.keep(_columns(costs), {**_about(costs.view), **said})
    price_set = PriceSet(
        id=digest,
        journal_seq=journal_seq,
        made_at=now,
        until_at=costs.view.grid.within.end_at,
        futures=len(costs.gpu_usd),
        seed=seed,
        scenario=content_digest(scenario),
    )
    return Admit(id=f"admit:{digest}", price_set=price_set)


def read_costs(files: PriceSets, price_set: PriceSet) -> tuple[Costs, Scenario]:
    """The opportunity costs of a price set, and under which scenario they hold; what is free is not in it.

    Raises Invalid where the file is not there, or was changed.
    """
    columns, about = files.read(price_set.id)
    view = _view(about)
    futures, height = price_set.futures, len(view.pools) + len(view.sites)
    usd = columns["usd"].reshape(futures, height, len(view.grid))
    costs = Costs(view=view, gpu_usd=usd[:, : len(view.pools)], kwh_usd=usd[:, len(view.pools) :])
    return costs, msgspec.convert(about["scenario"], Scenario)


def _columns(costs: Costs) -> dict[str, Any]:
    """One row for each future, resource and period: USD per GPU-hour of a pool, per kWh of a site."""
    view = costs.view
    usd = np.concatenate([costs.gpu_usd, costs.kwh_usd], axis=1)
    futures, height, periods = usd.shape
    return {
        "future": np.repeat(np.arange(futures, dtype=np.int32), height * periods),
        "resource": np.tile(np.repeat(np.arange(height, dtype=np.int32), periods), futures),
        "start_at": np.tile(view.grid.cuts[:-1], futures * height),
        "end_at": np.tile(view.grid.cuts[1:], futures * height),
        "usd": usd.ravel(),
    }


def _about(view: Outlook) -> dict[str, Any]:
    """What of an outlook does not change: names, cuts, power and what is earned unsold."""
    fields = asdict(view)
    numbers = {name: fields[name].tolist() for name in _STATIC}
    numbers["spot_gpus"] = [None if np.isinf(each) else each for each in view.spot_gpus]
    return {"pools": view.pools, "sites": view.sites, "cuts": view.grid.cuts.tolist(), **numbers}


def _view(about: dict[str, Any]) -> Outlook:
    pools, sites = tuple(about["pools"]), tuple(about["sites"])
    grid = Grid(np.array(about["cuts"], dtype=np.int64))
    depth = [np.inf if each is None else each for each in about["spot_gpus"]]
    static: dict[str, Any] = {name: np.array(about[name], dtype=np.float64) for name in _STATIC[1:]}
    gpus, watts = np.zeros((len(pools), len(grid))), np.zeros((len(sites), len(grid)))
    return Outlook(
        grid=grid,
        pools=pools,
        sites=sites,
        site_of=np.array(about["site_of"], dtype=np.int64),
        supply_gpus=gpus,
        supply_kw=watts,
        free_gpus=gpus,
        free_kw=watts,
        **{**static, "spot_gpus": np.array(depth, dtype=np.float64)},
    )
