"""What Prometheus can ask about duties. Counting only; nobody decides by these numbers."""

from __future__ import annotations

import datetime as dt
from typing import Final

from prometheus_client import Counter, Gauge

from bot.store import Store
from bot.store import jobs as store_jobs

DONE: Final = Counter("lagdesk_duties_done", "Duties carried out or given up.", ["kind"])
RETRIED: Final = Counter("lagdesk_duties_retried", "Tries that failed and are repeated.", ["kind"])
PENDING: Final = Gauge("lagdesk_duties_owed", "Duties not yet done.", ["kind"])
OLDEST: Final = Gauge("lagdesk_duties_oldest_seconds", "How long the oldest due duty has waited.")


async def measure(store: Store, now: dt.datetime) -> None:
    """Read the gauges from the table; call it before the metrics are shown."""
    pending, oldest = await store.read(
        lambda session: (store_jobs.count_pending(session), store_jobs.oldest_due_at(session, now))
    )
    PENDING.clear()
    for kind, number in pending.items():
        PENDING.labels(kind).set(number)
    OLDEST.set((now - oldest).total_seconds() if oldest else 0)
