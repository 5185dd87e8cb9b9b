from __future__ import annotations

from typing import Any

import pytest

from bot.jobs.run import Run
from bot.jobs.worker import Worker
from bot.store import Store
from bot.store import jobs as store_jobs
from tests.bot.jobs.helpers import CARD, Jobs, enqueue
from tests.due_jobs import wait_until_idle


async def test_a_free_slot_is_used_at_once(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for a slot does not wait for the next poll too."""
    monkeypatch.setattr("bot.jobs.worker.POLL_INTERVAL_S", 3600)
    jobs = Jobs()
    for number in range(20):
        enqueue(store, clock, f"card:LD-{number}")
    async with Worker(store, jobs.handlers()):
        await wait_until_idle(store)
    assert len(jobs.attempts) == 20


async def test_a_job_enqueued_by_an_outcome_starts_at_once(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever commits jobs notifies the worker, a job that ends too."""
    monkeypatch.setattr("bot.jobs.worker.POLL_INTERVAL_S", 3600)
    jobs = Jobs()

    async def enqueue_another(run: Run) -> None:
        if run.key == CARD:
            other = store_jobs.NewJob("card:LD-13", "card", [], clock.now())
            await run.end(store, lambda session: store_jobs.enqueue_all(session, [other]))

    jobs.during = enqueue_another
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()):
        await wait_until_idle(store)
    assert jobs.attempts == [CARD, "card:LD-13"]


async def test_only_what_enqueues_jobs_notifies_the_worker(store: Store, clock: Any) -> None:
    """A transaction without jobs lets it sleep."""
    await store.transact(store_jobs.count_pending)
    assert not store.job_signal.is_set()
    new = store_jobs.NewJob(CARD, "card", [], clock.now())
    await store.transact(lambda session: store_jobs.enqueue_all(session, [new]))
    assert store.job_signal.is_set()
