from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bot.jobs.run import Run
from bot.jobs.worker import Worker
from bot.store import Store
from bot.store.writers import Work
from tests.bot.jobs.helpers import CARD, Jobs, enqueue, read_job, until
from tests.due_jobs import wait_until_idle


class _Failing(Store):
    """A store whose transactions fail as often as `failures` says."""

    failures = 0

    def _commit(self, engine: Engine, group: Sequence[Work[Any]]) -> None:
        if self.failures:
            self.failures -= 1
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("locked"))
        super()._commit(engine, group)


async def test_outcome_survives_a_database_that_is_away(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome of an attempt is recorded once the database is back; it does not run again."""
    monkeypatch.setattr("bot.jobs.worker._DATABASE_PAUSE_S", 0)
    monkeypatch.setattr("bot.jobs.worker.RENEWAL_INTERVAL_S", 3600)
    failing, jobs = _Failing(store.url, clock=clock), Jobs()

    async def go_away(_run: Run) -> None:
        failing.failures = 3

    jobs.during = go_away
    enqueue(store, clock)
    async with Worker(failing, jobs.handlers()):
        await wait_until_idle(store)
    failing.close()
    assert (jobs.attempts, failing.failures) == ([CARD], 0)
    assert read_job(store).finished_at == clock.now()


async def test_worker_survives_an_outage(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is away for several polls costs no job, and the worker adds no log lines."""
    monkeypatch.setattr("bot.jobs.worker._DATABASE_PAUSE_S", 0)
    monkeypatch.setattr("bot.jobs.worker.RENEWAL_INTERVAL_S", 3600)
    failing, jobs = _Failing(store.url, clock=clock), Jobs()
    async with Worker(failing, jobs.handlers()):
        await wait_until_idle(store)
        enqueue(store, clock)
        failing.failures = 3
        failing.job_signal.set()
        await wait_until_idle(store)
    failing.close()
    assert jobs.attempts == [CARD]
    assert [entry.message for entry in caplog.records if entry.name.startswith("bot.jobs")] == []


async def test_worker_survives_a_bug(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A poll that fails is in the log with its traceback, and the next one starts the job."""
    monkeypatch.setattr("bot.jobs.worker._ERROR_PAUSE_S", 0)
    jobs, polls = Jobs(), itertools.count()

    async def fail_once() -> bool:
        if next(polls) == 0:
            raise ZeroDivisionError
        return True

    enqueue(store, clock)
    async with Worker(store, jobs.handlers(), wait_until_quiet=fail_once):
        await until(lambda: jobs.attempts == [CARD])
    assert [
        bool(entry.exc_info) for entry in caplog.records if entry.name == "bot.jobs.worker"
    ] == [True]
