"""What a worker does beside running jobs: deleting old ones, and surviving its own bugs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.jobs.run import Run
from bot.jobs.worker import Worker
from bot.store import Session, Store
from bot.store.jobs import DONE_RETENTION, FAILED_RETENTION
from bot.store.models import Job
from tests.bot.jobs.helpers import CARD, Jobs, enqueue, read_job, until
from tests.due_jobs import wait_until_idle

DONE, GIVEN_UP = "card:LD-1", "card:LD-2"


async def test_old_jobs_are_deleted(store: Store, clock: Any) -> None:
    """What is done after an hour, what is given up after 30 days."""
    jobs = Jobs(None, LagdeskError(message("Slack did not answer.")))

    def left_after(span: dt.timedelta) -> list[str]:
        clock.moment += span
        worker._renew_leases()
        names = store.read_sync(lambda session: list(session.scalars(select(col(Job.name)))))
        return sorted(names)

    async with Worker(store, jobs.handlers()) as worker:
        for name in (DONE, GIVEN_UP):
            enqueue(store, clock, name)
            await wait_until_idle(store)
        second = dt.timedelta(seconds=1)
        spans = (DONE_RETENTION, second, FAILED_RETENTION - DONE_RETENTION - second, second)
        left = [left_after(span) for span in spans]
    assert left == [[DONE, GIVEN_UP], [GIVEN_UP], [GIVEN_UP], []]


class _Buggy(Store):
    """A store with a bug, once, in the next transaction after `has_bug` is set."""

    has_bug = False

    async def transact(self, work: Callable[[Session], Any]) -> Any:
        """Fail, or run the work."""
        if self.has_bug:
            self.has_bug = False
            raise ZeroDivisionError
        return await super().transact(work)


async def test_outcome_that_cannot_be_recorded(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the log with its traceback; the job runs again when its lease is over."""
    buggy, jobs = _Buggy(store.url, clock=clock), Jobs()

    async def break_store(run: Run) -> None:
        buggy.has_bug = not run.is_retry

    jobs.during = break_store
    async with Worker(buggy, jobs.handlers()):
        enqueue(store, clock)
        buggy.job_signal.set()
        await until(lambda: caplog.records != [])
        assert read_job(store).finished_at is None
        clock.move(seconds=7)
        buggy.job_signal.set()
        await wait_until_idle(store)
    buggy.close()
    assert (jobs.retries, read_job(store).finished_at) == ([False, True], clock.now())
    assert [(entry.getMessage(), bool(entry.exc_info)) for entry in caplog.records] == [
        (f"the outcome of {CARD} cannot be recorded: ZeroDivisionError()", True)
    ]
