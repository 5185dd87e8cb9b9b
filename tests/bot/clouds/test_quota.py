from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel, col, func, select

from bot.clouds.endpoint import Endpoint, RateLimit
from bot.clouds.endpoints import find_endpoint
from bot.clouds.quota import MARGIN_S, Quota
from bot.errors import CloudQuotaExceededError
from bot.ports import Priority
from bot.store import Store
from bot.store.rate_limits import ApiCall, SqlRateLimitStore
from tests.bot.conftest import create_postgres

TWO_A_SECOND = Endpoint("agora", "two", "/two", "test", rates=(RateLimit(2, 1),))
BOTH = Endpoint("agora", "both", "/both", "test", rates=(RateLimit(2, 1), RateLimit(3, 60)))
THREE_A_DAY = Endpoint("agora", "daily", "/daily", "test", daily_limit=3)


async def test_short_waits_are_waited(rate_limit_store: SqlRateLimitStore, clock: Any) -> None:
    """At two requests a second, the third is sent a second after the first."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    for _ in range(3):
        await quota.acquire(TWO_A_SECOND, "kids")
    assert [pytest.approx(1 + MARGIN_S)] == clock.slept_s


async def test_long_waits_are_refused(rate_limit_store: SqlRateLimitStore, clock: Any) -> None:
    """A second request within the minute gets its earliest time, and uses no quota."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    row = find_endpoint("agora", "diagnosis", generation="seed")
    await quota.acquire(row, "kids")
    for _ in range(3):
        with pytest.raises(CloudQuotaExceededError) as caught:
            await quota.acquire(row, "kids")
    assert clock.moment + dt.timedelta(seconds=60 + MARGIN_S) == caught.value.retry_at
    clock.moment = caught.value.retry_at
    await quota.acquire(row, "kids")


async def test_several_rates_hold_at_once(rate_limit_store: SqlRateLimitStore, clock: Any) -> None:
    """Two a second and three a minute: the fourth call waits for the minute."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    for _ in range(3):
        await quota.acquire(BOTH, "kids")
    with pytest.raises(CloudQuotaExceededError):
        await quota.acquire(BOTH, "kids")


async def test_days_are_utc_days(rate_limit_store: SqlRateLimitStore, clock: Any) -> None:
    """When the day's quota is used up, the next request is sent at midnight UTC."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    for _ in range(3):
        await quota.acquire(THREE_A_DAY, "kids")
    with pytest.raises(CloudQuotaExceededError) as caught:
        await quota.acquire(THREE_A_DAY, "kids")
    midnight = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert midnight == caught.value.retry_at
    clock.moment = midnight
    await quota.acquire(THREE_A_DAY, "kids")


async def test_apps_and_endpoints_count_apart(
    rate_limit_store: SqlRateLimitStore, clock: Any
) -> None:
    """One app's calls leave another app's budget alone, and one endpoint's another's."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    row = find_endpoint("agora", "diagnosis", generation="seed")
    await quota.acquire(row, "kids")
    await quota.acquire(row, "adults")
    await quota.acquire(find_endpoint("agora", "lists", generation="seed"), "kids")
    assert clock.slept_s == []


async def test_a_shared_budget_is_one_budget(
    rate_limit_store: SqlRateLimitStore, clock: Any
) -> None:
    """Endpoints that name the same budget are counted together."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    rows = [
        Endpoint("huawei", n, "/", "t", rates=(RateLimit(1, 60),), quota_group="c13") for n in "ab"
    ]
    await quota.acquire(rows[0], "kids")
    with pytest.raises(CloudQuotaExceededError):
        await quota.acquire(rows[1], "kids")


async def test_a_clouds_own_no_is_remembered(
    rate_limit_store: SqlRateLimitStore, clock: Any
) -> None:
    """After the cloud refused until a moment, no request is sent before it."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    until = clock.moment + dt.timedelta(hours=1)
    await quota.block_until(TWO_A_SECOND, "kids", until)
    with pytest.raises(CloudQuotaExceededError) as caught:
        await quota.acquire(TWO_A_SECOND, "kids")
    assert until == caught.value.retry_at


async def test_askers_of_one_moment_queue_up(rate_limit_store: SqlRateLimitStore) -> None:
    """Five concurrent callers get five different times."""

    class FrozenClock:
        def now(self) -> dt.datetime:
            return dt.datetime(2026, 11, 20, tzinfo=dt.UTC)

    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    quota = Quota(rate_limit_store, FrozenClock(), sleep)
    await asyncio.gather(*(quota.acquire(TWO_A_SECOND, "kids") for _ in range(5)))
    step = 1 + MARGIN_S
    assert [pytest.approx(wait) for wait in (step, step, 2 * step)] == sorted(waits)


async def test_old_bookings_are_forgotten(
    rate_limit_store: SqlRateLimitStore, clock: Any, store: Store
) -> None:
    """The ledger does not grow for ever."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    for _ in range(200):
        clock.advance(days=1)
        await quota.acquire(TWO_A_SECOND, "kids")
    rows = await store.read(lambda session: session.exec(select(func.count(col(ApiCall.id)))).one())
    assert rows < 80


_BOOK = """
import asyncio, datetime as dt, sys
from bot.store import Store
from bot.store.rate_limits import SqlRateLimitStore
async def main():
    store = Store(sys.argv[1])
    ledger = SqlRateLimitStore(store)
    now = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    print("ready", flush=True)
    sys.stdin.readline()
    booked = 0
    for _ in range(30):
        _, ok = await ledger.reserve_slot("agora.lists.x", [(20, 60.0)], 1000, now=now, deadline=now)
        booked += ok
    print(booked)
asyncio.run(main())
"""


def _race(url: str) -> list[int]:
    """Let two processes book as fast as they can; returns how many each got."""
    command = [sys.executable, "-c", _BOOK, url]
    root = Path(__file__).parents[3]
    pair = [
        subprocess.Popen(  # noqa: S603 - our own script
            command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in pair:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in pair:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [int(process.communicate(timeout=60)[0]) for process in pair]


def test_two_processes_share_one_budget(store: Store) -> None:
    """Two processes that try sixty requests in a minute send twenty together."""
    assert sum(_race(store.url)) == 20


@pytest.fixture
def postgres_url(postgres: Any) -> str:
    """An empty PostgreSQL database."""
    return create_postgres(postgres)


@pytest.mark.postgres
def test_two_processes_share_one_budget_on_postgres(postgres_url: str) -> None:
    """The same on PostgreSQL, where an advisory lock orders the bookings."""
    store = Store(postgres_url)
    SQLModel.metadata.create_all(store.engine)
    try:
        assert sum(_race(postgres_url)) == 20
    finally:
        store.close()


async def test_scheduled_requests_leave_headroom(
    rate_limit_store: SqlRateLimitStore, clock: Any
) -> None:
    """Of three a day one is left to interactive requests."""
    quota = Quota(rate_limit_store, clock, clock.sleep)
    for _ in range(2):
        await quota.acquire(THREE_A_DAY, "kids", Priority.SCHEDULED)
    with pytest.raises(CloudQuotaExceededError):
        await quota.acquire(THREE_A_DAY, "kids", Priority.SCHEDULED)
    await quota.acquire(THREE_A_DAY, "kids")
    assert clock.slept_s == []


async def test_scheduled_requests_wait_and_background_ones_do_not(
    rate_limit_store: SqlRateLimitStore, clock: Any
) -> None:
    """Where three a second are allowed, a third scheduled request waits a second."""
    row = find_endpoint("agora", "lists", generation="seed")
    quota = Quota(rate_limit_store, clock, clock.sleep)
    for _ in range(3):
        await quota.acquire(row, "kids", Priority.SCHEDULED)
    assert sum(clock.slept_s) == pytest.approx(1 + MARGIN_S)
    await quota.acquire(row, "kids", Priority.BACKGROUND)
    with pytest.raises(CloudQuotaExceededError):
        await quota.acquire(row, "kids", Priority.BACKGROUND)


async def test_the_last_of_ten_are_peoples(rate_limit_store: SqlRateLimitStore, clock: Any) -> None:
    """Of ten calls a day the background has seven; three are left to people."""
    row = find_endpoint("agora", "insight_usage", generation="seed")
    quota = Quota(rate_limit_store, clock, clock.sleep)
    for _ in range(7):
        await quota.acquire(row, "app", Priority.BACKGROUND)
        clock.moment += dt.timedelta(minutes=2)
    with pytest.raises(CloudQuotaExceededError):
        await quota.acquire(row, "app", Priority.BACKGROUND)
    assert await quota.remaining_today(row, "app") == 3
    await quota.acquire(row, "app")
