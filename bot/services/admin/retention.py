"""The job that deletes, every day, what is older than it is kept."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from bot.jobs.run import Queue, Run, job
from bot.services.context import Context
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.admin import retention

KIND: Final = "retention"
_EVERY: Final = dt.timedelta(days=1)
_AFTER_START: Final = dt.timedelta(minutes=5)  # not beside what has waited for the start
log = logging.getLogger(__name__)


class RetentionJobs:
    """Deletes old rows."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def start(self) -> None:
        """Enqueue the first run; safe to repeat."""
        due_at = self._context.clock.now() + _AFTER_START
        await self._context.commit(
            lambda session: store_jobs.enqueue(session, f"{KIND}:lagdesk", KIND, due_at=due_at)
        )

    @job(KIND, Queue.BACKGROUND)
    async def delete_old(self, run: Run) -> dt.datetime:
        """Delete one batch; returns when to delete the next one, tomorrow after the last."""
        now = self._context.clock.now()
        most = await self._context.store.transact(
            run.fenced(lambda session: self._delete(session, now))
        )
        return now if most == retention.BATCH else now + _EVERY

    def _delete(self, session: Session, now: dt.datetime) -> int:
        settings = self._context.settings
        evidence = dt.timedelta(seconds=settings.evidence_retention_s)
        counts = dict(retention.delete_old(session, now, evidence))
        if settings.ticket_retention_s:
            before = now - dt.timedelta(seconds=settings.ticket_retention_s)
            counts["ticket"] = retention.delete_tickets(session, before)
        log.debug("old rows deleted: %s", counts)
        return max(counts.values(), default=0)
