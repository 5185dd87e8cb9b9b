"""Concurrent starts enqueue the same summary once."""

from __future__ import annotations

import asyncio
import datetime as dt

from sqlmodel import Session, select

from bot.settings import Settings
from bot.store import Store
from bot.store.models import Job
from bot.store.summary.weeks import WeeklySummary
from tests.bot.services.contexts import make_context, summary_jobs


class _FrozenClock:
    """A fixed clock."""

    def now(self) -> dt.datetime:
        """A Wednesday."""
        return dt.datetime(2026, 11, 18, 4, tzinfo=dt.UTC)


async def test_many_begin_at_once(shared_store: Store) -> None:
    """Four workers start: one row, one job, due on Monday at nine in Shanghai."""
    settings = Settings(summary_channel="C1")
    context = make_context(shared_store, _FrozenClock(), settings=settings)
    await asyncio.gather(*(summary_jobs(context).start() for _ in range(4)))

    def work(session: Session) -> tuple[list[WeeklySummary], list[Job]]:
        pending_jobs = select(Job).where(Job.kind == "weekly")
        return list(session.exec(select(WeeklySummary))), list(session.exec(pending_jobs))

    (summary,), (job,) = await shared_store.read(work)
    monday = dt.datetime(2026, 11, 23, 1, tzinfo=dt.UTC)
    assert ("2026-W47", "C1", monday) == (summary.week, summary.channel, summary.due_at)
    assert ("weekly:2026-W47:C1", monday) == (job.name, job.due_at)
