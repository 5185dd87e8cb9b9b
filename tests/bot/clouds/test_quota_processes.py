from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clouds.endpoints import find_endpoint
from bot.clouds.quota import Quota
from bot.errors import CloudQuotaExceededError
from bot.ports import Priority
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.clouds.request_log import LoggedRequest
from bot.store import Session, Store
from bot.store.rate_limits import ApiCall, SqlRateLimitStore
from tests.bot.clouds.conftest import ManualClock

ROOT = Path(__file__).parents[3]
APP_ID = AgoraAccount().apps["kids"]
SECONDS = 2.0


@pytest.fixture
async def clouds() -> AsyncIterator[FakeClouds]:
    """Agora, served."""
    async with FakeClouds().serve() as served:
        yield served


async def run_two_processes(
    store: Store, clouds: FakeClouds, seconds: float, *names: str
) -> Counter[str]:
    """Run two processes that send as fast as they may; return their combined results."""
    load_generator = Path(__file__).with_name("load_generator.py")
    pair = [
        await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                str(load_generator),
                store.url,
                clouds.agora_url,
                str(seconds),
                str(first),
                *names,
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for first in (0, 1_000_000)
    ]
    for process in pair:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in pair))
    return sum((Counter(json.loads(out)) for out, _ in outputs), Counter())


async def test_two_processes_break_no_quota(store: Store, clouds: FakeClouds) -> None:
    """As fast as two processes can, and as the cloud counts it: never a call too many."""
    outcomes = await run_two_processes(store, clouds, SECONDS)
    assert clouds.over_quota == []
    assert sum(n for name, n in outcomes.items() if "OVER" in name) == 0
    assert clouds.counts["live/diagnosis"] == 1
    assert clouds.max_rate("analytics/call/lists", 0.9) <= 3
    assert clouds.counts["analytics/call/lists"] >= SECONDS
    assert clouds.counts["analytics/feedback/reportV2"] > 3 * SECONDS


async def test_the_last_calls_of_a_day_are_shared(store: Store, clouds: FakeClouds) -> None:
    """Five requests before the quota's reset: five are sent, whichever process sends them."""
    used, at = 995, time.time() - 5
    moment = dt.datetime.fromtimestamp(at, dt.UTC)

    def reserve_slot(session: Session) -> None:
        bucket = find_endpoint("agora", "lists", generation="seed").bucket(APP_ID)
        session.add_all(ApiCall(bucket=bucket, at=moment) for _ in range(used))

    store.transact_sync(reserve_slot)
    name = "analytics/call/lists"
    for _ in range(used):
        clouds.agora.request_log.record(
            LoggedRequest(at, APP_ID, name, name, {}, within_quota=True)
        )
    await run_two_processes(store, clouds, 2 * SECONDS, "lists")
    assert clouds.counts[name] == 1000
    assert clouds.over_quota == []


async def test_the_background_leaves_a_tenth(store: Store) -> None:
    """When the background has taken what it may, people still have the day's last tenth."""
    clock, row = ManualClock(), find_endpoint("agora", "diagnosis", generation="seed")
    bucket, quota = row.bucket(APP_ID), Quota(SqlRateLimitStore(store), clock, clock.sleep)
    earlier = clock.now() - dt.timedelta(hours=1)
    store.transact_sync(
        lambda session: session.add_all(ApiCall(bucket=bucket, at=earlier) for _ in range(899))
    )
    assert await quota.remaining_today(row, APP_ID, Priority.BACKGROUND) == 1
    await quota.acquire(row, APP_ID, Priority.BACKGROUND)
    clock.advance(minutes=5)
    with pytest.raises(CloudQuotaExceededError) as caught:
        await quota.acquire(row, APP_ID, Priority.BACKGROUND)
    assert dt.datetime(2026, 11, 21, tzinfo=dt.UTC) == caught.value.retry_at
    assert await quota.remaining_today(row, APP_ID) == 100
    await quota.acquire(row, APP_ID)


async def test_people_are_first_when_the_minute_is_over(store: Store) -> None:
    """Where a quota is one request, background work waits a little longer than people."""
    clock, row = ManualClock(), find_endpoint("agora", "diagnosis", generation="seed")
    quota = Quota(SqlRateLimitStore(store), clock, clock.sleep)
    await quota.acquire(row, APP_ID)
    with pytest.raises(CloudQuotaExceededError) as people:
        await quota.acquire(row, APP_ID)
    with pytest.raises(CloudQuotaExceededError) as background:
        await quota.acquire(row, APP_ID, Priority.BACKGROUND)
    assert dt.timedelta(seconds=3) == background.value.retry_at - people.value.retry_at


async def test_what_is_left_is_read_without_spending(rate_limit_store: SqlRateLimitStore) -> None:
    """The remaining quota of each rate and of the day; reading it uses none."""
    now = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    rates = [(3, 1.0), (30, 60.0)]
    await rate_limit_store.reserve_slot("a", rates, 1000, now=now, deadline=now)
    for _ in range(2):
        assert await rate_limit_store.remaining("a", rates, 1000, now=now) == ((2, 29), 999)
    assert await rate_limit_store.remaining(
        "a", rates, None, now=now + dt.timedelta(seconds=30)
    ) == ((3, 29), None)
