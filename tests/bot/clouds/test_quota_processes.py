from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import select

from bot.clouds.endpoints import find_endpoint
from bot.clouds.quota import Quota
from bot.errors import CloudQuotaExceededError
from bot.ports import Priority
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.clouds.request_log import max_in_window
from bot.store import Store
from bot.store.rate_limits import ApiCall, SqlRateLimitStore
from tests.bot.clouds.conftest import ManualClock

ROOT = Path(__file__).parents[3]
APP_ID = AgoraAccount().apps["kids"]
SECONDS = 2.0
PATHS = {
    "lists": "analytics/call/lists",
    "details": "analytics/call/details",
    "diagnosis": "live/diagnosis",
    "reportV2": "analytics/feedback/reportV2",
}


@pytest.fixture
async def clouds() -> AsyncIterator[FakeClouds]:
    """Agora, served; it forgives requests that a busy machine delivers together."""
    async with FakeClouds(jitter_s=60.0).serve() as served:
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
    """As fast as two processes can: no more slots than the quota has, no request without a slot."""
    outcomes = await run_two_processes(store, clouds, SECONDS)
    assert sum(n for name, n in outcomes.items() if "refused" in name or "OVER" in name) == 0
    for name, path in PATHS.items():
        row = find_endpoint("agora", name, generation="seed")
        slots = read_slots(store, row.bucket(APP_ID))
        assert 0 < clouds.counts[path] <= len(slots)
        for rate in row.rates:
            assert max_in_window(slots, rate.period_s) <= rate.calls


def read_slots(store: Store, bucket: str) -> list[float]:
    """Return when the requests of a bucket may be sent, in epoch seconds."""
    statement = select(ApiCall.at).where(ApiCall.bucket == bucket)
    return store.transact_sync(lambda session: [at.timestamp() for at in session.exec(statement)])


async def test_the_last_calls_of_a_day_are_shared(store: Store) -> None:
    """Five requests before the quota's reset: five are sent, whichever process sends them."""
    clock, row = ManualClock(), find_endpoint("agora", "lists", generation="seed")
    bucket, earlier = row.bucket(APP_ID), clock.now() - dt.timedelta(hours=1)
    store.transact_sync(
        lambda session: session.add_all(ApiCall(bucket=bucket, at=earlier) for _ in range(995))
    )
    with closing(Store(store.url)) as another:
        quotas = [Quota(SqlRateLimitStore(each), clock, clock.sleep) for each in (store, another)]
        for turn in range(5):
            await quotas[turn % 2].acquire(row, APP_ID)
        for quota in quotas:
            with pytest.raises(CloudQuotaExceededError):
                await quota.acquire(row, APP_ID)


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
