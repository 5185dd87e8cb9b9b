from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from bot.jobs.run import LeaseLostError, Run
from bot.jobs.worker import Worker
from bot.store import Session, Store, job_leases
from bot.store.job_leases import FreeSlots
from bot.store.models import KeyValue
from tests.bot.jobs.helpers import CARD, Jobs, enqueue, read_job, until
from tests.due_jobs import wait_until_idle


async def test_lost_lease(store: Store, clock: Any) -> None:
    """An attempt whose job another worker has by now is cancelled, and changes nothing."""
    jobs, started = Jobs(), asyncio.Event()

    async def wait(_run: Run) -> None:
        started.set()
        await asyncio.Event().wait()

    jobs.during = wait
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()) as worker:
        await started.wait()
        clock.move(seconds=7)
        store.transact_sync(_claim_by_other(clock.now()))
        await asyncio.to_thread(worker._renew_leases)
        await until(lambda: not worker._running)
    job = read_job(store)
    assert (job.locked_by, job.attempt, job.failures) == ("other", 2, 0)


def _claim_by_other(now: dt.datetime) -> Callable[[Session], Any]:
    lease, pace = dt.timedelta(seconds=6), job_leases.Pace(dt.timedelta(0), 1)
    free = [FreeSlots(["card"], 1, pace)]
    return lambda session: job_leases.claim(session, free, token="other", now=now, lease=lease)


async def test_fenced_commit(store: Store, clock: Any) -> None:
    """A job writes what it has learned only as long as no other worker has the job."""
    jobs = Jobs()

    async def write(run: Run) -> None:
        await store.transact(run.fenced(_write("held")))
        clock.move(seconds=7)
        store.transact_sync(_claim_by_other(clock.now()))
        with pytest.raises(LeaseLostError):
            await store.transact(run.fenced(_write("lost")))

    jobs.during = write
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()) as worker:
        await until(lambda: bool(jobs.attempts) and not worker._running)
    written = store.read_sync(lambda session: list(session.scalars(select(col(KeyValue.name)))))
    assert (written, read_job(store).locked_by) == (["held"], "other")


def _write(name: str) -> Callable[[Session], None]:
    at = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
    return lambda session: session.add(KeyValue(name=name, value="", at=at))


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("again_in_s", [None, 60])
async def test_outcome_in_the_transaction_of_the_job(
    store: Store, clock: Any, again_in_s: float | None, *, is_lost: bool
) -> None:
    """A job ends with what it writes last; when another worker has it, it writes nothing."""
    again_at = clock.now() + dt.timedelta(seconds=again_in_s) if again_in_s else None
    jobs, expected = Jobs(again_at), (None, clock.now() if again_at is None else None)

    async def write(run: Run) -> None:
        if is_lost:
            clock.move(seconds=7)
            store.transact_sync(_claim_by_other(clock.now()))
        await run.end(store, _write("written"), again_at)
        assert (read_job(store).locked_by, read_job(store).finished_at) == expected

    jobs.during = write
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()) as worker:
        await until(lambda: bool(jobs.attempts) and not worker._running)
    job = read_job(store)
    is_written = store.read_sync(lambda session: session.get(KeyValue, "written")) is not None
    assert (job.locked_by, is_written) == (("other", False) if is_lost else (None, True))
    assert is_lost or (job.due_at, job.last_error) == (again_at or clock.now(), "")


async def test_lease_that_was_not_renewed(store: Store, clock: Any) -> None:
    """An attempt that may not go on, although no other worker has the job, is tried again."""
    jobs = Jobs(LeaseLostError(CARD))
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()) as worker:
        await until(lambda: jobs.attempts == [CARD] and not worker._running)
        clock.move(seconds=7)
        await wait_until_idle(store)
    assert jobs.retries == [False, True]
    assert read_job(store).finished_at is not None
