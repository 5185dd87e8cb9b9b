"""Metrics of jobs, for Prometheus."""

from __future__ import annotations

import datetime as dt
from typing import Final

from prometheus_client import Counter, Gauge

from bot.store import Store
from bot.store import jobs as store_jobs

DONE: Final = Counter("lagdesk_jobs_done", "Jobs that succeeded or were given up.", ["kind"])
RETRIED: Final = Counter("lagdesk_jobs_retried", "Attempts that failed and are retried.", ["kind"])
PENDING: Final = Gauge("lagdesk_jobs_pending", "Unfinished jobs.", ["kind"])
OLDEST: Final = Gauge("lagdesk_jobs_oldest_seconds", "How long the oldest due job has waited.")


async def measure(store: Store, now: dt.datetime) -> None:
    """Read the gauges from the table; call it before the metrics are rendered."""
    pending, oldest = await store.read(
        lambda session: (store_jobs.count_pending(session), store_jobs.oldest_due_at(session, now))
    )
    PENDING.clear()
    for kind, number in pending.items():
        PENDING.labels(kind).set(number)
    OLDEST.set((now - oldest).total_seconds() if oldest else 0)
