"""Metrics of the jobs, for Prometheus. Import it only to render them: it is slow to import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import REGISTRY, Gauge
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot.jobs import worker
from bot.store import Store
from bot.store import jobs as store_jobs

PENDING: Final = Gauge("lagdesk_jobs_pending", "Unfinished jobs.", ["kind"])
OLDEST: Final = Gauge("lagdesk_jobs_oldest_seconds", "How long the oldest due job has waited.")


class _JobCounts(Collector):
    """The counts of this process."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Return the counts of now."""
        done = "Jobs that succeeded or were given up."
        yield _counter("lagdesk_jobs_done", done, worker.DONE)
        retried = "Attempts that failed and are retried."
        yield _counter("lagdesk_jobs_retried", retried, worker.RETRIED)


def _counter(name: str, documentation: str, by_kind: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, documentation, labels=["kind"])
    for kind, count in by_kind.items():
        family.add_metric([kind], count)
    return family


REGISTRY.register(_JobCounts())


async def measure(store: Store, now: dt.datetime) -> None:
    """Read the gauges from the table; call it before the metrics are rendered."""
    pending, oldest = await store.read(
        lambda session: (store_jobs.count_pending(session), store_jobs.oldest_due_at(session, now))
    )
    PENDING.clear()
    for kind, number in pending.items():
        PENDING.labels(kind).set(number)
    OLDEST.set((now - oldest).total_seconds() if oldest else 0)
