"""Price sets come back from their files as they were, or say what to do; a quote follows from them hour by hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from neocloud.errors import Invalid
from neocloud.model.leases import Block, Lease
from neocloud.model.plans import Scenario
from neocloud.model.prices import ListPrice, PriceSet
from neocloud.operations.ledger import Ledger
from neocloud.operations.planning import Plan, plan
from neocloud.operations.price_sets import admit_costs, read_costs
from neocloud.operations.quoting import Quote, quote, quoted
from neocloud.rules.planning.futures import Costs
from neocloud.store.price_sets import PriceSets
from neocloud.units import HOUR_S
from tests.planning.made import DAY_0, day, fleet, forecast, ledgers, scenario, usd

DAYS = 12


@contextmanager
def admitted(folder: Path, *, per_day: float = 4) -> Iterator[tuple[Ledger, PriceSets, Plan, PriceSet]]:
    """A ledger with a price set that was admitted into it."""
    nouns = [*fleet(), forecast(per_day=per_day), ListPrice(pool="b", terms="reserved", per_gpu_hour=usd(30))]
    with ledgers(nouns) as ledger:
        folder.mkdir(exist_ok=True)
        files, said = PriceSets(folder / "price-sets"), scenario(DAYS)
        made = plan(ledger, [], said, now=DAY_0, futures=3)
        answer = admit_costs(
            ledger, files, made.costs, now=DAY_0, journal_seq=made.journal_seq, seed=0, scenario=said
        )
        assert isinstance(answer.noun, PriceSet)
        yield ledger, files, made, answer.noun


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    with admitted(tmp_path) as (ledger, files, made, price_set):
        costs, said = read_costs(files, price_set)
        assert said == scenario(DAYS)
        assert costs.gpu_usd.tobytes() == made.costs.gpu_usd.tobytes()
        assert costs.kwh_usd.tobytes() == made.costs.kwh_usd.tobytes()
        assert (costs.view.pools, costs.view.sites) == (made.view.pools, made.view.sites)
        for name in ("site_of", "kw_per_gpu", "sell_unit_gpus", "spot_usd", "spot_gpus", "spot_kw_per_gpu"):
            assert getattr(costs.view, name).tolist() == getattr(made.view, name).tolist()
        assert costs.view.grid.cuts.tolist() == made.view.grid.cuts.tolist()
        assert (price_set.futures, price_set.until_at, price_set.made_at) == (3, day(DAYS), DAY_0)
        assert ledger.world.price_sets[price_set.id] == price_set


def test_the_same_content_is_the_same_file_and_other_content_another(tmp_path: Path) -> None:
    with admitted(tmp_path / "a") as (*_, one), admitted(tmp_path / "b") as (*_, two):
        assert one.id == two.id
    with admitted(tmp_path / "c", per_day=5) as (*_, other):
        assert other.id != one.id


def test_a_byte_that_was_changed_is_noticed(tmp_path: Path) -> None:
    with admitted(tmp_path) as (_, files, _, price_set):
        (path,) = tmp_path.glob("price-sets/*")
        body = bytearray(path.read_bytes())
        body[len(body) // 2] ^= 1
        path.write_bytes(bytes(body))
        with pytest.raises(Invalid, match=r"was changed.*`neocloud plan --admit`"):
            read_costs(files, price_set)


def test_a_file_that_is_missing_says_what_to_do(tmp_path: Path) -> None:
    with admitted(tmp_path) as (_, files, _, price_set):
        (path,) = tmp_path.glob("price-sets/*")
        path.unlink()
        with pytest.raises(Invalid, match="`neocloud plan --admit` makes a new one"):
            read_costs(files, price_set)


def leased(*blocks: tuple[str, int, float, float]) -> Lease:
    return Lease(
        id="new",
        tenant="acme",
        terms="reserved@1",
        blocks=tuple(
            Block(pool=pool, gpus=gpus, start_at=day(start), end_at=day(end)) for pool, gpus, start, end in blocks
        ),
        status="confirmed",
        booked_at=DAY_0,
    )


def small() -> Lease:
    """Of two pools, less than three parts in a hundred of each, and longer than prices go."""
    return leased(("a", 1, 1.5, 4), ("b", 1, 3, DAYS + 5))


@contextmanager
def quotes(folder: Path, lease: Lease, *, exact: bool = False) -> Iterator[tuple[Ledger, Costs, Quote]]:
    with admitted(folder) as (ledger, files, _, price_set):
        costs, said = read_costs(files, price_set)
        yield ledger, costs, _quote(ledger, files, costs, said, lease, price_set.id, exact=exact)


def _quote(
    ledger: Ledger, files: PriceSets, costs: Costs, said: Scenario, lease: Lease, name: str, *, exact: bool
) -> Quote:
    if exact:
        found = quoted(ledger.world, files, lease, now=DAY_0, futures=3)
        assert found is not None
        return found
    return quote(ledger.world, costs, said, lease, price_set=name, now=DAY_0)


def test_an_opportunity_cost_is_the_mean_over_its_hours(tmp_path: Path) -> None:
    with quotes(tmp_path, small()) as (_, costs, found):
        totals, all_in = np.zeros(3), costs.per_gpu_hour()
        hours = 0
        for block in small().blocks:
            pool = costs.view.index(block.pool)
            for at in range(block.start_at, block.end_at, HOUR_S):
                period = (at - DAY_0) // (24 * HOUR_S)
                inside = all_in[:, pool, period] if period < DAYS else all_in[:, pool].mean(axis=1)
                totals, hours = totals + inside, hours + 1
        assert found.opportunity_cost_usd == pytest.approx(totals.mean() / hours)
        assert found.low_usd == pytest.approx(np.quantile(totals / hours, 0.1))
        assert found.high_usd == pytest.approx(np.quantile(totals / hours, 0.9))
        assert found.energy_usd == pytest.approx(0.05), "a kW at 50 USD a MWh"
        assert not found.is_exact


def test_a_large_lease_is_quoted_at_what_it_displaces_and_never_less(tmp_path: Path) -> None:
    large = leased(("b", 56, 0, DAYS))
    with quotes(tmp_path / "a", large) as (*_, marginal), quotes(tmp_path / "b", large, exact=True) as (*_, exact):
        assert exact.is_exact and not marginal.is_exact
        assert exact.opportunity_cost_usd > marginal.opportunity_cost_usd > 0
        assert exact.floor_usd == exact.opportunity_cost_usd + exact.energy_usd + exact.outage_reserve_usd


def test_firm_terms_ask_the_list_price_and_others_what_gains_as_much(tmp_path: Path) -> None:
    with quotes(tmp_path, leased(("b", 8, 0, DAYS))) as (*_, found):
        terms = {each.terms: each for each in found.terms}
        assert terms["reserved"].list_usd == 30
        assert terms["reserved"].recommended_usd == pytest.approx(30)
        assert terms["on-demand"].recommended_usd > 30, "its tenant may leave"
        assert terms["reclaimable-90d"].recommended_usd == pytest.approx(30), "prices end before its notice has run"
        assert all(each.floor_usd <= each.recommended_usd + 1e-9 for each in found.terms)


def test_without_a_price_set_there_is_no_quote(tmp_path: Path) -> None:
    with ledgers() as ledger:
        assert quoted(ledger.world, PriceSets(tmp_path), small(), now=DAY_0) is None
