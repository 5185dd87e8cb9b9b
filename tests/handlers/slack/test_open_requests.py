from __future__ import annotations

import asyncio

import pytest

from handlers.slack import open_requests
from handlers.slack.open_requests import OpenRequests


async def test_jobs_wait_for_open_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for the last of several requests, and not at all without any."""
    monkeypatch.setattr(open_requests, "QUIET_S", 0.001)
    requests = OpenRequests()
    assert await requests.wait_until_quiet()
    with requests.count():
        with requests.count():
            waiting = asyncio.create_task(requests.wait_until_quiet())
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.005)
        assert not waiting.done()
    await waiting


async def test_jobs_wait_between_the_requests_of_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that follow one another are not answered while a job runs."""
    monkeypatch.setattr(open_requests, "QUIET_S", 3600)
    requests = OpenRequests()
    with requests.count():
        pass
    waiting = asyncio.create_task(requests.wait_until_quiet())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_jobs_start_although_requests_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for a limited time, after which few start."""
    monkeypatch.setattr(open_requests, "MAX_WAIT_S", 0)
    requests = OpenRequests()
    with requests.count():
        assert not await requests.wait_until_quiet()
