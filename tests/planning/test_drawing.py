"""Futures are drawn from what is forecast: in number, size, length, lead and price, within four standard errors."""

from decimal import Decimal
from math import log, sqrt

import numpy as np
import pytest
from msgspec.structs import replace

from neocloud.model.forecasts import Cycle, Forecast, Served
from neocloud.rules.planning.beliefs import beliefs
from neocloud.rules.planning.drawing import Stream, drawn, options_of
from neocloud.rules.planning.outlook import Outlook
from neocloud.units import DAY_S, HOUR_S
from tests.planning.made import DAY_0, bare, day, forecast

DAYS, A_DAY = 200, 20
WIDE: dict[str, object] = {"least_gpus": 1, "most_gpus": 10**8, "duration_s": 20 * DAY_S, "lead_s": 9 * DAY_S}


def view(days: int = DAYS) -> Outlook:
    return bare(np.full((2, days), 1e6))


def future(*classes: Forecast, seed: int = 0, days: int = DAYS) -> Stream:
    believed = beliefs(classes, [], since_at=DAY_0, now=DAY_0)
    return drawn(classes, believed, view(days), futures=1, rng=np.random.default_rng(seed))[0]


def plain(name: str = "outside", **more: object) -> Forecast:
    return forecast(name, per_day=A_DAY, gpus=1_000, pools=("p0", "p1"), **{**WIDE, **more})  # type: ignore[arg-type]


def near(values: np.ndarray, mean: float) -> bool:
    """Whether a mean is within four standard errors of what it should be."""
    return bool(abs(values.mean() - mean) < 4 * values.std() / sqrt(len(values)))


def test_the_same_seed_draws_the_same_stream() -> None:
    one, two, other = (future(plain(), seed=seed) for seed in (1, 1, 2))
    assert [each.tobytes() for each in one] == [each.tobytes() for each in two]
    assert one.usd_per_h.tobytes() != other.usd_per_h.tobytes()


def test_so_many_requests_come_as_are_forecast() -> None:
    count = len(future(plain()).arrived_at)
    assert abs(count - DAYS * A_DAY) < 4 * sqrt(DAYS * A_DAY)


def test_requests_are_as_large_as_forecast() -> None:
    stream = future(plain(price_sd_ratio=Decimal(0)))
    assert near(np.log(stream.usd_per_h), log(2.0 * 1_000))
    assert np.log(stream.usd_per_h).std() == pytest.approx(0.4, rel=0.05)
    assert (stream.gpus == np.ceil(stream.usd_per_h / 2.0 - 1e-9)[:, None]).all()


def test_prices_are_as_forecast() -> None:
    stream = future(plain(size_sd_ratio=Decimal(0)))
    assert near(np.log(stream.usd_per_h / 1_000), log(2.0))
    assert np.log(stream.usd_per_h).std() == pytest.approx(0.3, rel=0.05)


def test_requests_last_as_long_and_are_asked_for_as_early_as_forecast() -> None:
    stream = future(plain())
    assert near((stream.end_at - stream.start_at) / DAY_S, 20)
    assert near((stream.start_at - stream.arrived_at) / DAY_S, 9.5)
    assert (stream.start_at % DAY_S == 0).all() and (stream.end_at % DAY_S == 0).all()
    assert (stream.start_at >= stream.arrived_at).all()


def test_of_requests_tied_to_a_pool_each_pool_has_its_share() -> None:
    served = (Served(pool="p0", tied_share=Decimal(3)), Served(pool="p1", speed=Decimal(2), tied_share=Decimal(1)))
    stream = future(replace(plain(), pools=served, tied_ratio=Decimal("0.5")))
    both, first = (stream.gpus > 0).all(axis=1), stream.gpus[:, 1] == 0
    assert near(both.astype(float), 0.5)
    assert near(first[~both].astype(float), 0.75)
    assert np.abs(stream.gpus[both, 0] - 2 * stream.gpus[both, 1]).max() <= 2


def test_volume_and_prices_swing_with_the_cycle() -> None:
    cycle = Cycle(
        period_s=DAYS * DAY_S, rising_at=DAY_0, swing_ratio=Decimal("0.8"), price_swing_ratio=Decimal("0.5")
    )
    stream = future(plain(cycle=cycle, size_sd_ratio=Decimal(0), price_sd_ratio=Decimal(0)))
    early = stream.arrived_at < day(DAYS / 2)
    share = (1 + 0.8 * 2 / np.pi) / 2
    assert abs(early.mean() - share) < 4 * sqrt(share * (1 - share) / len(early))
    assert stream.usd_per_h.max() == pytest.approx(3_000, rel=0.01)
    assert stream.usd_per_h.min() == pytest.approx(1_000, rel=0.01)


def test_a_level_that_is_not_known_is_drawn_as_widely_as_it_is_believed() -> None:
    each = plain(level_sd_ratio=Decimal("0.3"))
    counts = np.array([len(future(each, seed=seed, days=20).arrived_at) for seed in range(300)])
    assert near(counts, 20 * A_DAY)
    assert counts.std() / counts.mean() == pytest.approx(0.3, rel=0.15)


def test_options_are_the_ways_that_earn_more_than_spot_and_energy_do() -> None:
    spot = bare(np.full((2, 10), 50.0), spot_usd=1.5)
    stream = future(plain(), days=10)
    options = options_of(spot, stream)
    found = {(int(w), int(p)): usd for w, p, usd in zip(options.wish, options.pool, options.usd, strict=True)}
    for i in range(len(stream.start_at)):
        hours = max(0, min(stream.end_at[i], day(10)) - stream.start_at[i]) / HOUR_S
        for pool in (0, 1):
            gain = hours * (stream.usd_per_h[i] - stream.gpus[i, pool] * 1.5)
            assert found.get((i, pool), 0.0) == pytest.approx(max(0.0, gain))
