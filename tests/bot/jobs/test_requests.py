from __future__ import annotations

from typing import Any

import pytest

from bot.jobs import requests
from bot.jobs.requests import OpenRequests
from bot.jobs.signal import JobSignal
from bot.jobs.worker import Worker
from bot.store import Store
from bot.store import jobs as store_jobs
from tests.bot.jobs.helpers import CARD, Jobs, enqueue
from tests.due_jobs import wait_until_idle


@pytest.mark.parametrize(("max_wait_s", "started"), [(3600, []), (0, [CARD])])
async def test_jobs_wait_for_open_requests(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch, max_wait_s: float, started: list[str]
) -> None:
    """While one of two requests is open no job starts, unless it has waited long enough."""
    monkeypatch.setattr(requests, "MAX_WAIT_S", max_wait_s)
    jobs, signal, open_requests = Jobs(), JobSignal(), OpenRequests()
    async with Worker(store, jobs.handlers(), signal=signal, requests=open_requests):
        with open_requests.count():
            with open_requests.count():
                enqueue(store, clock)
                signal.notify()
            for _ in range(50):  # each takes as long as what the worker reads
                await store.read(store_jobs.count_pending)
            assert jobs.attempts == started
        await wait_until_idle(store)
    assert jobs.attempts == [CARD]
