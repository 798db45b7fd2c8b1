"""Sites, pools and waves of a sheet as nouns. What the ledger knows beside the sheet's figures stays as it is."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from neocloud.errors import Invalid
from neocloud.model.fleet import Delivery, Pool, PowerStep, Site
from neocloud.operations.import_names import Fleet, Unplaced, slug
from neocloud.sheets.dates import Period
from neocloud.units import DAY_S, WATTS_PER_MW, format_instant

Fields = Mapping[str, Any]
_MOST_WATTS_PER_GPU = 100_000
"""More is a heading without its unit: no GPU takes 100 kW."""


def site_of(fields: Fields, fleet: Fleet) -> Site:
    """The site of a row. Raises Unplaced or Invalid."""
    text, watts = str(fields["site"]), fields["power"]
    try:
        old = fleet.sites[fleet.site(text)]
    except Unplaced:
        name = slug(text, "site")
        pue = fields.get("pue", Decimal(1))
        return Site(id=name, name=text if text != name else "", power=(PowerStep(watts=watts),), pue=pue)
    new = replace(old, pue=fields.get("pue", old.pue))
    if len(old.power) > 1 and old.power[-1].watts != watts:
        raise Unplaced(
            f"site {old.id} has power in {len(old.power)} steps in the ledger; change those by `neocloud apply`",
            "power",
        )
    return new if len(old.power) > 1 else replace(new, power=(replace(old.power[0], watts=watts),))


def pool_of(fields: Fields, fleet: Fleet, lawful: Callable[[Pool], bool]) -> Pool:
    """The pool of a row. Raises Unplaced or Invalid; a decision that the law forbids is left for `neocloud apply`."""
    site = fleet.site(str(fields["site"]))
    said = str(fields.get("pool") or "")
    sku = str(fields.get("sku") or said)
    old = _known(fleet, site, said, sku)
    figures = {
        name: fields[field]
        for name, field in (
            ("installed_gpus", "gpus"), ("it_watts_per_gpu", "gpu_power"), ("spares_ratio", "spares"),
            ("sell_unit_gpus", "sell_unit"),
        )
        if field in fields
    }  # fmt: skip
    if figures.get("it_watts_per_gpu", 0) > _MOST_WATTS_PER_GPU:
        raise Unplaced(
            f"{figures['it_watts_per_gpu'] / 1_000:,.0f} kW for one GPU is surely watts; say W in the heading or a "
            "mapping",
            "gpu_power",
        )
    if old is None:
        if "it_watts_per_gpu" not in figures:
            raise Unplaced(
                "no power of a GPU is given; add a column `kW per GPU`, or say `defaults: {gpu_power: 1.3 kW}` in a "
                "mapping",
                "gpu_power",
            )
        name = slug(said, "pool") if said else f"{site}-{slug(sku, 'sku')}"
        if name in fleet.pools:
            raise Unplaced(f"pool {name} is at site {fleet.pools[name].site}, and a pool does not move", "pool")
        return Pool(id=name, site=site, gpu=sku, **figures)
    new = replace(old, **figures)
    if new != old and not lawful(new):
        raise Unplaced(
            f"pool {old.id} has {old.installed_gpus:,} GPUs in the ledger and {new.installed_gpus:,} here, and some "
            "of what that takes away is promised; decide it by `neocloud apply`",
            "gpus",
        )
    return new


def _known(fleet: Fleet, site: str, said: str, sku: str) -> Pool | None:
    if said:
        found = fleet.pools.get(slug(said, "pool"))
        return found if found is not None and found.site == site else None
    return next((p for p in fleet.pools.values() if p.site == site and p.gpu.lower() == sku.lower()), None)


def wave_of(fields: Fields, fleet: Fleet) -> Delivery:
    """The wave of a row: the dates that it lacks are those that it has. Raises Unplaced or Invalid."""
    pool = fleet.pools[fleet.pool(fields)]
    dates = {name: _by(fields[name]) for name in ("contract", "p50", "p90") if name in fields}
    p90_at = dates.get("p90") or dates.get("p50") or dates["contract"]
    p50_at = dates.get("p50") or min(p90_at, dates.get("contract") or p90_at)
    contract_at = dates.get("contract") or p50_at
    if fields["gpus"] % pool.sell_unit_gpus:
        raise Unplaced(
            f"{fields['gpus']:,} GPUs is no multiple of {pool.sell_unit_gpus}, the sell unit of pool {pool.id}",
            "gpus",
        )
    name = slug(str(fields["wave"]), "wave") if fields.get("wave") else f"{pool.id}-{format_instant(contract_at)}"
    return Delivery(id=name, pool=pool.id, gpus=fields["gpus"], contract_at=contract_at, p50_at=p50_at, p90_at=p90_at)


def merged_wave(new: Delivery, old: Delivery | None) -> Delivery:
    """A wave with the sheet's figures, and what has happened to it as the ledger knows."""
    if old is None or old.pool != new.pool:
        return new
    return replace(old, gpus=new.gpus, contract_at=new.contract_at, p50_at=new.p50_at, p90_at=new.p90_at)


def _by(period: Period) -> int:
    """A wave that comes in a month or a quarter is there by its last day."""
    return period.start_at if period.end_at - period.start_at <= DAY_S else period.end_at - DAY_S


def check_power(site: Site, most_megawatts: int) -> None:
    """Power is not absurd. Raises Invalid."""
    if max(step.watts for step in site.power) > most_megawatts * WATTS_PER_MW:
        raise Invalid(f"more than {most_megawatts:,} MW is surely a slip of the hand", place="power")
