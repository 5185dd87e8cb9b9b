from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.jobs import requests
from bot.jobs.requests import OpenRequests
from bot.jobs.worker import Worker
from bot.store import Store
from bot.store import jobs as store_jobs
from tests.bot.jobs.helpers import CARD, Jobs, enqueue
from tests.due_jobs import wait_until_idle


async def test_jobs_wait_for_open_requests(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one of two requests is open no job starts."""
    monkeypatch.setattr(requests, "MAX_WAIT_S", 3600)
    jobs, signal, open_requests = Jobs(), asyncio.Event(), OpenRequests()
    async with Worker(store, jobs.handlers(), signal=signal, requests=open_requests):
        with open_requests.count():
            with open_requests.count():
                enqueue(store, clock)
                signal.set()
            for _ in range(50):  # each takes as long as what the worker reads
                await store.read(store_jobs.count_pending)
            assert jobs.attempts == []
        await wait_until_idle(store)
    assert jobs.attempts == [CARD]


async def test_jobs_wait_between_the_requests_of_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that follow one another are not answered while a job runs."""
    monkeypatch.setattr(requests, "QUIET_S", 3600)
    open_requests = OpenRequests()
    await open_requests.wait_until_quiet()
    with open_requests.count():
        pass
    waiting = asyncio.create_task(open_requests.wait_until_quiet())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_jobs_start_although_requests_are_open(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait for a limited time."""
    monkeypatch.setattr(requests, "MAX_WAIT_S", 0)
    jobs, open_requests = Jobs(), OpenRequests()
    enqueue(store, clock)
    with open_requests.count():
        async with Worker(store, jobs.handlers(), requests=open_requests):
            await wait_until_idle(store)
    assert jobs.attempts == [CARD]
