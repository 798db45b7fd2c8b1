"""`/metrics`: what the service says of itself to Prometheus, as text, from a registry of its own."""

from collections.abc import Iterable, Iterator
from time import monotonic

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from neocloud.api.counted import Groups, Histogram, Requests
from neocloud.api.gauges import Look, gauges
from neocloud.operations.sharing import SharedLedger
from neocloud.settings import METRICS_KEPT_S

TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""The media type of the text."""


class Metrics(Collector):
    """All that is measured of one service."""

    def __init__(self, shared: SharedLedger) -> None:
        self._shared = shared
        self.requests = Requests()
        self.groups = Groups()
        self._gauges: tuple[float, list[GaugeMetricFamily]] = (-METRICS_KEPT_S, [])
        shared.written.append(self.groups.note)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing: what there is shows when it is asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What was counted, and the gauges."""
        yield from self._of_requests()
        yield from self._of_commands()
        yield from self._of_the_journal()
        yield from self._of_the_world(self._shared.world)

    def _of_requests(self) -> Iterator[Metric]:
        labels = ["method", "route", "status"]
        total = CounterMetricFamily(
            "neocloud_http_requests", "Requests answered, by route and status.", labels=labels
        )
        for (method, path, status), count in list(self.requests.counts.items()):
            total.add_metric([method, path, str(status)], count)
        took = _histogram("http_request_duration_seconds", "How long requests took, by route.", "route")
        for path, histogram in list(self.requests.took.items()):
            _add(took, histogram, path)
        yield from (total, took, _gauge("http_requests_running", "Requests being answered.", self.requests.running))

    def _of_commands(self) -> Iterator[Metric]:
        total = CounterMetricFamily(
            "neocloud_commands", "Commands decided, by what they came to.", labels=["outcome"]
        )
        for outcome, count in self.groups.outcomes.items():
            total.add_metric([outcome], count)
        took = _histogram("commit_duration_seconds", "How long a group of commands took: decided, and on disk.")
        sizes = _histogram("commands_per_commit", "How many commands shared a commit.")
        _add(took, self.groups.took)
        _add(sizes, self.groups.sizes)
        yield from (total, took, sizes)
        yield _gauge("commands_waiting", "Commands that wait for their turn.", self._shared.waiting)

    def _of_the_journal(self) -> Iterator[Metric]:
        ledger = self._shared.ledger
        well = self._shared.trouble is None
        yield _gauge("ledger_up", "1 if the journal could be used when that was last tried.", well)
        yield _gauge("journal_seq", "The last entry that is known here.", ledger.world.head.seq)
        lag = "For how long nobody has looked for what other processes wrote."
        yield _gauge("journal_follow_lag_seconds", lag, self._shared.lag_s)
        yield CounterMetricFamily(
            "neocloud_journal_races", "How often another writer came first.", value=ledger.races
        )

    def _of_the_world(self, look: Look) -> Iterator[Metric]:
        """The gauges, which cost a walk over all leases, are kept for a few seconds."""
        if monotonic() - self._gauges[0] >= METRICS_KEPT_S:
            self._gauges = (monotonic(), list(gauges(look, self._shared.now)))
        yield from self._gauges[1]


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"neocloud_{name}", meaning, value=float(value))


def _histogram(name: str, meaning: str, *labels: str) -> HistogramMetricFamily:
    return HistogramMetricFamily(f"neocloud_{name}", meaning, labels=labels)


def _add(family: HistogramMetricFamily, histogram: Histogram, *labels: str) -> None:
    family.add_metric(labels, histogram.buckets(), histogram.total)
