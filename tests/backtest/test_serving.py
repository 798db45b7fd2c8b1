"""What serving needs is exactly what keeps the latency: against an oracle that looks at every interval."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.backtest.serving.load import Serving, serve
from neocloud.backtest.serving.needs import longest_s, needed
from neocloud.backtest.serving.said import remarks, sentence
from neocloud.backtest.serving.service import Service
from neocloud.backtest.serving.trend import trend
from neocloud.cli.serving_shown import serving_lines, serving_row, serving_rows
from neocloud.documents.plain import plain
from neocloud.errors import Invalid
from neocloud.traces.requests import RequestLog, read_requests
from neocloud.units import DAY_S, HOUR_S
from tests.public import public

SLOW = settings(max_examples=150, deadline=None, derandomize=True)

requests = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 5_000), st.integers(0, 500)), min_size=1, max_size=40
).map(lambda rows: sorted((at / 4, into, out) for at, into, out in rows))


def log_of(rows: list[tuple[float, int, int]], begins_at: int | None = None) -> RequestLog:
    arrival, into, out = (list(column) for column in zip(*rows, strict=True))
    return RequestLog(
        arrival_s=np.array(arrival, np.float64),
        input_tokens=np.array(into, np.int64),
        output_tokens=np.array(out, np.int64),
        begins_at=begins_at,
        path="requests.csv",
        format="csv",
        rows_read=len(rows),
    )


def service(rate: float = 100.0, latency_s: float = 2.0, ratio: float = 1.0, replica: int = 1) -> Service:
    return Service(
        input_tokens_per_gpu_s=rate,
        output_tokens_per_gpu_s=rate / 10,
        latency_s=latency_s,
        utilisation_ratio=ratio,
        replica_gpus=replica,
    )


def needs_of(rows: list[tuple[float, int, int]], of: Service, bucket_s: float) -> list[float]:
    arrival = np.array([row[0] for row in rows])
    work = of.work_gpu_s(np.array([row[1] for row in rows]), np.array([row[2] for row in rows]))
    bucket = (arrival // bucket_s).astype(np.int64)
    return list(needed(arrival, work, bucket, latency_s=of.latency_s))


def oracle(rows: list[tuple[float, int, int]], of: Service, bucket_s: float) -> list[float]:
    """Every interval from a request to a request, one by one, that begins no earlier than a bucket before."""
    need = [0.0] * (int(rows[-1][0] // bucket_s) + 1)
    for last, (end, _, _) in enumerate(rows):
        work = 0.0
        for begin, into, out in reversed(rows[: last + 1]):
            work += into / of.input_tokens_per_gpu_s + out / of.output_tokens_per_gpu_s
            bucket = int(end // bucket_s)
            if begin // bucket_s < bucket - 1:
                break
            need[bucket] = max(need[bucket], work / (end - begin + of.latency_s))
    return need


def longest_by_hand(rows: list[tuple[float, int, int]], of: Service, capacity: float) -> float:
    """First come, first served, at a constant capacity: when each is done, one after the other."""
    done = longest = 0.0
    for at, into, out in rows:
        work = into / of.input_tokens_per_gpu_s + out / of.output_tokens_per_gpu_s
        if work:
            done = max(done, at) + work / capacity
            longest = max(longest, done - at)
    return longest


# ---- laws ----


@SLOW
@given(requests, st.sampled_from([0.1, 0.5, 2.0, 30.0]), st.sampled_from([7, 10, 60]))
def test_what_is_needed_is_what_the_oracle_finds(
    rows: list[tuple[float, int, int]], latency_s: float, bucket_s: int
) -> None:
    of = service(latency_s=latency_s)
    assert needs_of(rows, of, bucket_s) == pytest.approx(oracle(rows, of, bucket_s), rel=1e-9)


@SLOW
@given(requests, st.sampled_from([0.5, 2.0, 30.0]))
def test_what_is_needed_keeps_the_latency_and_less_does_not(
    rows: list[tuple[float, int, int]], latency_s: float
) -> None:
    of = service(latency_s=latency_s)
    (need,) = needs_of(rows, of, 1_000)
    if need:
        assert longest_by_hand(rows, of, need) == pytest.approx(latency_s)
        assert longest_by_hand(rows, of, need * 0.99) > latency_s


@SLOW
@given(requests)
def test_all_buckets_at_once_need_no_less_than_each(rows: list[tuple[float, int, int]]) -> None:
    (whole,) = needs_of(rows, service(), 1_000)
    most = max(needs_of(rows, service(), 10))
    assert most <= whole * (1 + 1e-9) <= 2 * most * (1 + 2e-9)
    served = serve(log_of(rows), service(), bucket_s=10)
    assert served.peak_gpus == service().gpus(whole)
    assert served.peak_gpus >= max(served.needed_gpus)


@SLOW
@given(requests, st.floats(0.1, 10), st.floats(1, 6))
def test_more_latency_never_needs_more_gpus(
    rows: list[tuple[float, int, int]], latency_s: float, more: float
) -> None:
    few = needs_of(rows, service(latency_s=latency_s * more), 10)
    assert all(
        a <= b * (1 + 1e-9) for a, b in zip(few, needs_of(rows, service(latency_s=latency_s), 10), strict=True)
    )


@SLOW
@given(requests, st.floats(0.2, 5))
def test_twice_as_fast_a_gpu_needs_half_of_them(rows: list[tuple[float, int, int]], times: float) -> None:
    slow = needs_of(rows, service(), 10)
    assert [need * times for need in needs_of(rows, service(100 * times), 10)] == pytest.approx(slow)


@SLOW
@given(requests, st.integers(-(10**6), 10**9))
def test_to_shift_a_log_shifts_nothing(rows: list[tuple[float, int, int]], shift_s: int) -> None:
    moved = serve(log_of([(at + shift_s, into, out) for at, into, out in rows]), service(), bucket_s=10)
    still = serve(log_of(rows), service(), bucket_s=10)
    assert moved.needed_gpus == still.needed_gpus
    assert moved.trend == still.trend


@SLOW
@given(requests, st.sampled_from([0.25, 0.7, 1.0]), st.sampled_from([1, 8]), st.integers(1, 200))
def test_a_serving_is_one_whole(rows: list[tuple[float, int, int]], ratio: float, replica: int, fleet: int) -> None:
    of = service(ratio=ratio, replica=replica)
    served = serve(log_of(rows), of, fleet_gpus=fleet, bucket_s=10)
    assert served.peak_gpus >= max(served.needed_gpus) >= served.p99_gpus
    assert all(gpus % replica == 0 for gpus in served.needed_gpus)
    assert min(served.surplus_gpus) >= served.firm_gpus == max(fleet - served.peak_gpus, 0)
    assert served.mean_surplus_gpus >= served.firm_gpus
    assert served.short_buckets == sum(gpus > fleet for gpus in served.needed_gpus)
    assert list(served.surplus_gpus) == [max(fleet - gpus, 0) for gpus in served.needed_gpus]
    if served.peak_gpus:
        assert longest_by_hand(rows, of, served.peak_gpus * ratio) <= of.latency_s * (1 + 1e-5)


@SLOW
@given(requests)
def test_at_one_capacity_the_longest_request_is_what_it_is_by_hand(rows: list[tuple[float, int, int]]) -> None:
    arrival, of = np.array([row[0] for row in rows]), service()
    work = of.work_gpu_s(np.array([row[1] for row in rows]), np.array([row[2] for row in rows]))
    longest = longest_s(arrival, work, np.full(11, 3.0), bucket_s=10)
    assert longest == pytest.approx(longest_by_hand(rows, of, 3.0), abs=1e-9)


def test_capacity_that_changes_serves_what_is_carried_over() -> None:
    """20 GPU-seconds come at 9 s: 2 are done in the first bucket, none in the second, the rest in the third."""
    longest = longest_s(np.array([9.0]), np.array([20.0]), np.array([2.0, 0.0, 6.0]), bucket_s=10)
    assert longest == pytest.approx(11 + 18 / 6)


# ---- figures ----


def test_requests_at_once_need_all_their_work_in_the_latency() -> None:
    served = serve(log_of([(5.0, 300, 20)] * 4), service(100, 2.0), fleet_gpus=64)
    assert served.peak_gpus == 10  # 4 x (3 + 2) GPU-seconds in 2 s
    assert served.followed_s == pytest.approx(2.0)
    assert served.trend is None
    assert sentence(served) == (
        "The product needs at most 10 GPUs of 64; 54 could be sold firm, 54.0 if they may be reclaimed; "
        "the log is too short for a trend."
    )
    assert serve(log_of([(5.0, 300, 20)] * 4), service(100, 2.0, replica=8)).peak_gpus == 16
    assert serve(log_of([(5.0, 300, 20)] * 4), service(100, 2.0, ratio=0.5)).peak_gpus == 20


def test_what_a_bucket_needs_is_there_before_it_and_after_it() -> None:
    served = serve(log_of([(0.0, 0, 0), (130.0, 1_000, 0), (400.0, 0, 0)]), service(), bucket_s=60)
    assert served.needed_gpus == (0, 5, 5, 5, 0, 0, 0)
    assert (served.fleet_gpus, served.fleet_from_peak, served.firm_gpus) == (5, True, 0)
    assert any("NO FLEET WAS GIVEN" in each for each in remarks(served))
    assert sentence(served).startswith("The product needs at most 5 GPUs; of these, 2.9 are left on the mean; ")


def test_what_was_assumed_of_gpus_is_said() -> None:
    served = serve(log_of([(0.0, 100, 10)]), service(ratio=0.8, replica=8))
    assert "GPUs are made busy up to 0.8, and come in multiples of 8" in remarks(served)
    assert "at 100 input or 10 output tokens per GPU-second" in remarks(served)[0]


def falling(days: int, gpus: float, by_day: float) -> RequestLog:
    """Three requests an hour at once, that need so many GPUs within 2 s, fewer each day, fewer at night."""
    chance, rows = np.random.default_rng(5), []
    for hour in range(days * 24):
        need = (gpus - by_day * hour / 24) * (0.7 + 0.3 * np.sin(hour / 24 * 2 * np.pi)) + chance.normal(0, 0.5)
        rows += [(hour * HOUR_S + 60.0, round(max(need, 0) * 200 / 3), 0)] * 3
    return log_of(rows, begins_at=1_767_571_200)


def test_a_product_that_fades_says_how_fast() -> None:
    served = serve(falling(28, 100, 2), service(), fleet_gpus=128, bucket_s=HOUR_S)
    assert served.trend
    assert -1.45 < served.trend.low < served.trend.gpus_per_day < served.trend.high < -1.38  # 0.7 of 2 on the mean
    assert served.trend.block_s == pytest.approx(DAY_S, rel=0.1)
    assert "needs fall by 1.4 GPUs a day (" in sentence(served)
    assert not any("less than" in each for each in remarks(served))
    assert served.trend == serve(falling(28, 100, 2), service(), bucket_s=HOUR_S).trend
    other = serve(falling(28, 100, 2), service(), bucket_s=HOUR_S, seed=2).trend
    assert other
    assert other.gpus_per_day == served.trend.gpus_per_day
    assert other.low != served.trend.low


def test_a_product_that_stays_has_no_clear_trend() -> None:
    served = serve(falling(3, 100, 0), service(), fleet_gpus=128)
    assert "needs neither rise nor fall clearly" in sentence(served)
    assert any("less than a week" in each for each in remarks(served))


def test_one_wild_bucket_turns_no_trend_round() -> None:
    needs = np.linspace(100, 50, 50)
    assert (calm := trend(needs, bucket_s=DAY_S, seed=1))
    needs[-1] = 10_000.0
    assert (wild := trend(needs, bucket_s=DAY_S, seed=1))
    assert wild.gpus_per_day == pytest.approx(calm.gpus_per_day, rel=0.05) == pytest.approx(-50 / 49, rel=0.05)


@pytest.mark.parametrize(
    ("span_s", "bucket_s"), [(0.0, 60), (3_600.0, 60), (100_000.0, 300), (30.0 * DAY_S, HOUR_S), (9e8, DAY_S)]
)  # fmt: skip
def test_buckets_are_as_short_as_can_be_overlooked(span_s: float, bucket_s: int) -> None:
    assert serve(log_of([(0.0, 1, 1), (span_s, 1, 1)]), service()).bucket_s == bucket_s


# ---- what is shown ----


def test_lines_and_rows_say_the_same() -> None:
    served = serve(falling(3, 20, 1), service(), fleet_gpus=64, bucket_s=900)
    lines, row = serving_lines(served), serving_row(served)
    assert lines.startswith(sentence(served))
    assert len([line for line in lines.splitlines() if line.startswith("2026-01-0")]) <= 24
    assert row["sentence"] == sentence(served)
    assert row["begins_at"] == "2026-01-05"
    assert row["buckets"] == serving_rows(served)
    assert len(row["buckets"]) == len(served.needed_gpus)
    assert json.loads(json.dumps(plain(row)))["buckets"][1] == {
        "from": "2026-01-05T00:16:00Z", "needed_gpus": served.needed_gpus[1], "surplus_gpus": served.surplus_gpus[1],
    }  # fmt: skip


def test_a_fleet_that_is_too_small_is_said() -> None:
    served = serve(log_of([(0.0, 10_000, 0), (200.0, 100, 0)]), service(), fleet_gpus=40, bucket_s=60)
    assert sentence(served).startswith(
        "The product needs at most 50 GPUs, 10 more than the fleet; none could be sold"
    )
    assert "2 of 4 buckets" in serving_lines(served)


# ---- bad input ----


@pytest.mark.parametrize(
    ("rate", "latency", "said"),
    [
        ("0", "2s", "a GPU that does 0 tokens a second serves nobody"),
        ("100,-1", "2s", "does -1 tokens"),
        ("nan", "2s", "does nan tokens"),
        ("inf", "2s", "does inf tokens"),
        ("fast", "2s", "'fast' is no rate; write tokens per GPU-second, 1500, or 12000,900"),
        ("1,2,3", "2s", "is no rate"),
        ("100", "0s", "a latency of 0 s cannot be kept"),
        ("100", "-2s", "'-2s' is no latency; write a number and ms, s or m, such as 2s or 500ms"),
        ("100", "2", "'2' is no latency"),
        ("100", "99999m", "cannot be kept; give one over 0, up to a day"),
    ],
)
def test_a_service_that_cannot_be_is_refused(rate: str, latency: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        Service.of(rate, latency)


def test_a_service_is_understood() -> None:
    of = Service.of("12000,900", "500ms", utilisation_ratio=0.8, replica_gpus=8)
    assert (of.input_tokens_per_gpu_s, of.output_tokens_per_gpu_s, of.latency_s) == (12_000, 900, 0.5)
    assert Service.of("1500", "2s").output_tokens_per_gpu_s == 1_500
    assert Service.of("1500", "1.5m").latency_s == 90


@pytest.mark.parametrize(("ratio", "replica"), [(0.0, 1), (1.1, 1), (float("nan"), 1), (1.0, 0), (1.0, -8)])
def test_a_utilisation_or_replica_that_cannot_be_is_refused(ratio: float, replica: int) -> None:
    with pytest.raises(Invalid, match="cannot be; give"):
        service(ratio=ratio, replica=replica)


@pytest.mark.parametrize(
    ("fleet", "bucket_s", "rate", "said"),
    [
        (0, None, 100.0, "0 GPUs are no fleet"),
        (None, 1, 100.0, "a bucket of 1 s is shorter than the latency; give 2s or more"),
        (None, 2, 100.0, "buckets of 2s; give longer ones"),
        (None, None, 1e-9, "give more tokens per GPU-second"),
        (None, None, 1e-320, "one request would need inf GPUs; give more tokens"),
    ],
)
def test_a_serving_that_cannot_be_is_refused(fleet: int | None, bucket_s: int | None, rate: float, said: str) -> None:
    of = Service(input_tokens_per_gpu_s=rate, output_tokens_per_gpu_s=rate, latency_s=2.0)
    with pytest.raises(Invalid, match=said):
        serve(log_of([(0.0, 100, 1), (3e6, 100, 1)]), of, fleet_gpus=fleet, bucket_s=bucket_s)


def test_a_log_without_requests_is_refused() -> None:
    with pytest.raises(Invalid, match=r"requests.csv: a request log without requests needs nothing"):
        serve(replace(log_of([(0.0, 1, 1)]), arrival_s=np.array([])), service())


# ---- real logs ----


@pytest.mark.parametrize(
    ("name", "rate", "figures"),
    [("code", "1000", (88, 88, 0, 3)), ("conv", "12000,200", (11, 11, 53, 0))],
)
def test_the_real_logs_need_what_they_need(name: str, rate: str, figures: tuple[int, int, int, int]) -> None:
    served = serve(read_requests(public(f"llm_azure2023_{name}")), Service.of(rate, "2s"), fleet_gpus=64)
    assert (served.peak_gpus, served.p99_gpus, served.firm_gpus, served.short_buckets) == figures
    assert served.followed_s <= 2.0 + 1e-5
    assert "too short to extrapolate" in sentence(served)
    assert any(each.endswith("less than a day and does not extrapolate") for each in remarks(served))
    assert_intervals_keep(served, read_requests(public(f"llm_azure2023_{name}")))


def assert_intervals_keep(served: Serving, log: RequestLog) -> None:
    """At the peak every request is in time, and at one GPU less one is not."""
    work = served.service.work_gpu_s(log.input_tokens, log.output_tokens)
    for gpus, kept in ((served.peak_gpus, True), (served.peak_gpus - 1, False)):
        longest = longest_s(log.arrival_s, work, np.array([float(gpus)]), bucket_s=1e9)
        assert (longest <= served.service.latency_s + 1e-5) is kept


def test_a_real_log_as_azure_writes_it_comes_to_the_same(tmp_path: Path) -> None:
    log = read_requests(public("llm_azure2023_code"))
    path = tmp_path / "AzureLLMInferenceTrace_code.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["TIMESTAMP", "ContextTokens", "GeneratedTokens"])
        begins = np.datetime64("2023-11-16T18:17:03", "ns")
        times = begins + np.round(log.arrival_s * 1e9).astype("timedelta64[ns]")
        text = [str(each).replace("T", " ") for each in times]
        writer.writerows(zip(text, log.input_tokens.tolist(), log.output_tokens.tolist(), strict=True))
    again = serve(read_requests(path, strict=True), Service.of("1000", "2s"), fleet_gpus=64)
    assert again.needed_gpus == serve(log, Service.of("1000", "2s"), fleet_gpus=64).needed_gpus
    assert again.begins_at == 1_700_158_623
