"""The metrics in Prometheus's format. Import it only to render them: it is slow to import.

docs/operate.md describes them; the rules and the dashboard in deploy/ use them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bot import __version__, process_metrics
from bot.ports import RemainingQuota
from bot.services.summary.weekly_figures import WeeklyFigures
from bot.store.admin.counts import StoredCounts

Quotas = Mapping[str, Sequence[RemainingQuota]]  # by app
Counts = Mapping[tuple[str, ...], float]


def render(counts: StoredCounts | None, quotas: Quotas, weeks: WeeklyFigures) -> tuple[bytes, str]:
    """Return the metrics as text, and its content type; `counts` when the database answered."""
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    registry.register(_Families(counts, quotas, weeks))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Families(Collector):
    def __init__(self, counts: StoredCounts | None, quotas: Quotas, weeks: WeeklyFigures) -> None:
        self._counts = counts
        self._quotas = quotas
        self._weeks = weeks

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        counts = self._counts
        yield _gauge("info", "The version.", ["version"], {(__version__,): 1})
        is_up = float(counts is not None)
        yield _gauge("database_up", "Whether the database answers.", [], {(): is_up})
        yield from _of_process()
        if counts is not None:
            yield from _of_database(counts)
        yield from _of_quotas(self._quotas)
        yield from _of_weeks(self._weeks)


def _of_process() -> Iterator[Metric]:
    yield _counter("requests", "Requests of Slack.", ["kind", "outcome"], process_metrics.REQUESTS)
    yield _acknowledgements()
    text = "Jobs that succeeded or were given up."
    yield _counter("jobs_done", text, ["kind"], process_metrics.JOBS_DONE)
    text = "Attempts that failed and are retried."
    yield _counter("jobs_retried", text, ["kind"], process_metrics.JOBS_RETRIED)
    names = ["cloud", "endpoint", "outcome"]
    yield _counter("cloud_calls", "Requests to clouds.", names, process_metrics.CLOUD_CALLS)
    names = ["method", "outcome"]
    yield _counter("slack_calls", "Calls to Slack.", names, process_metrics.SLACK_CALLS)


def _acknowledgements() -> Metric:
    histogram = process_metrics.ACKNOWLEDGEMENTS
    buckets, count = [], 0
    ends = [*map(str, histogram.ends_s), "+Inf"]
    for end, number in zip(ends, list(histogram.counts), strict=True):
        count += number
        buckets.append((end, count))
    text = "How long Slack's requests took to answer."
    return HistogramMetricFamily(
        "lagdesk_acknowledgement_seconds", text, buckets=buckets, sum_value=histogram.sum_s
    )


def _of_database(counts: StoredCounts) -> Iterator[Metric]:
    yield _gauge("tickets", "Tickets.", ["status"], counts.tickets)
    verdicts = "Tickets by the cause of their final verdict."
    yield _gauge("verdicts", verdicts, ["cause"], counts.verdicts)
    ratings = "What people say about verdicts."
    yield _gauge("verdict_ratings", ratings, ["cause", "rating"], counts.ratings)
    yield _gauge("jobs", "Jobs that are not done.", ["kind", "state"], counts.jobs)
    oldest: Counts = {(kind,): seconds for kind, seconds in counts.oldest_due_s.items()}
    text = "How long the oldest due job has waited."
    yield _gauge("jobs_oldest_due_seconds", text, ["kind"], oldest)
    if counts.worker_seen_s is not None:
        text = "How long ago a worker was last seen."
        yield _gauge("worker_seen_seconds", text, [], {(): counts.worker_seen_s})


def _of_quotas(quotas: Quotas) -> Iterator[Metric]:
    left: Counts = {(app, each.name): each.left for app, many in quotas.items() for each in many}
    most: Counts = {(app, each.name): each.most for app, many in quotas.items() for each in many}
    names = ["app", "quota"]
    yield _gauge("quota_left", "Calls that a cloud still allows.", names, left)
    yield _gauge("quota_limit", "Calls that a cloud allows in a period.", names, most)


def _of_weeks(weeks: WeeklyFigures) -> Iterator[Metric]:
    text = "Tickets of the last weeks, by cause."
    yield _gauge("weekly_tickets", text, ["week", "cause"], weeks.tickets)
    text = "What people said about verdicts in the last weeks."
    yield _gauge("weekly_verdict_ratings", text, ["week", "rating"], weeks.ratings)
    text = "Share of time frozen in the last weeks, of weekly summaries."
    yield _gauge("weekly_freeze_percent", text, ["week", "app", "metric"], weeks.freezes)


def _gauge(name: str, text: str, labels: Sequence[str], values: Counts) -> Metric:
    return _filled(GaugeMetricFamily(f"lagdesk_{name}", text, labels=labels), values)


def _counter(name: str, text: str, labels: Sequence[str], values: Counts) -> Metric:
    return _filled(CounterMetricFamily(f"lagdesk_{name}", text, labels=labels), values)


def _filled(family: Any, values: Counts) -> Metric:
    for labels, value in list(values.items()):  # other threads count on
        family.add_metric(labels, value)
    filled: Metric = family
    return filled
