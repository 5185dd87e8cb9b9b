"""Booking API calls: rates, daily limits, blocks; and stored values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace
from typing import Final

import pytest
from sqlmodel import select

from bot.store import Store, rate_limits
from bot.store.rate_limits import ApiCall, SqlKeyValueStore, SqlRateLimitStore
from tests.bot.store.factories import DAY, MINUTE, MOMENT, NOON
from tests.bot.store.schema import schema_of_database, schema_of_model

SECOND: Final = dt.timedelta(seconds=1)
THREE_A_MINUTE: Final = [(3, 60.0)]
_buckets = count(1)


@pytest.fixture
def bucket() -> str:
    """An account that nobody has called yet."""
    return f"agora:{next(_buckets)}"


@pytest.fixture
def limits(empty_store: Store) -> SqlRateLimitStore:
    """The rate limiter."""
    return SqlRateLimitStore(empty_store)


async def book(
    limits: SqlRateLimitStore,
    bucket: str,
    now: dt.datetime,
    rates: Sequence[tuple[int, float]] = THREE_A_MINUTE,
    daily_limit: int | None = None,
    *,
    patience: dt.timedelta = 3 * DAY,
) -> tuple[dt.datetime, bool]:
    """Book a call that may wait for a while."""
    return await limits.reserve_slot(bucket, rates, daily_limit, now=now, deadline=now + patience)


async def test_calls_over_the_rate_wait_for_the_oldest(
    limits: SqlRateLimitStore, bucket: str
) -> None:
    """Three calls a minute: the fourth is a minute after the first, the fifth after the second."""
    first = [await book(limits, bucket, NOON + seconds * SECOND) for seconds in (0, 10, 20)]
    assert first == [(NOON + seconds * SECOND, True) for seconds in (0, 10, 20)]
    assert await book(limits, bucket, NOON + 30 * SECOND) == (NOON + MINUTE, True)
    assert await book(limits, bucket, NOON + 30 * SECOND) == (NOON + 70 * SECOND, True)
    assert await book(limits, bucket, NOON + 90 * SECOND) == (NOON + 90 * SECOND, True)


async def test_every_rate_counts(limits: SqlRateLimitStore, bucket: str) -> None:
    """Two a second and three a minute: the third waits a second, the fourth a minute."""
    rates = [(2, 1.0), (3, 60.0)]
    booked = [(await book(limits, bucket, NOON, rates))[0] for _ in range(4)]
    assert booked == [NOON, NOON, NOON + SECOND, NOON + MINUTE]


async def test_other_accounts_do_not_count(limits: SqlRateLimitStore, bucket: str) -> None:
    """Each account has a limit of its own."""
    for _ in range(3):
        await book(limits, f"{bucket}:other", NOON)
    assert await book(limits, bucket, NOON) == (NOON, True)


@pytest.mark.parametrize(("patience_s", "is_booked"), [(60, True), (59, False)])
async def test_nothing_is_booked_after_the_deadline(
    *, patience_s: int, is_booked: bool, limits: SqlRateLimitStore, bucket: str
) -> None:
    """The moment is returned in both cases; what was not booked uses nothing up."""
    one_a_minute = [(1, 60.0)]
    await book(limits, bucket, NOON, one_a_minute)
    asked = await book(limits, bucket, NOON, one_a_minute, patience=patience_s * SECOND)
    assert asked == (NOON + MINUTE, is_booked)
    following = NOON + MINUTE * (2 if is_booked else 1)
    assert await book(limits, bucket, NOON, one_a_minute) == (following, True)


@pytest.mark.parametrize(("waited_s", "booked_s"), [(0.05, 0), (0.2, 0.2)])
async def test_time_spent_waiting_counts(
    waited_s: float,
    booked_s: float,
    limits: SqlRateLimitStore,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is booked for the past; the deadline is later by as much, and a moment is ignored."""
    moments = iter((100.0, 100.0 + waited_s))
    monkeypatch.setattr(rate_limits, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    booked = await book(limits, bucket, NOON, patience=0 * SECOND)
    assert booked == (NOON + dt.timedelta(seconds=booked_s), True)


async def test_daily_limit_is_that_of_a_utc_day(limits: SqlRateLimitStore, bucket: str) -> None:
    """The call after the last of a day is at midnight UTC, wherever the caller is."""
    evening = dt.datetime(2026, 11, 21, 7, tzinfo=dt.timezone(dt.timedelta(hours=8)))  # 23:00 UTC
    midnight = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    plenty = [(100, 1.0)]
    booked = [(await book(limits, bucket, evening, plenty, 2))[0] for _ in range(5)]
    assert booked == [evening, evening, midnight, midnight, midnight + DAY]


async def test_blocked_account_waits(limits: SqlRateLimitStore, bucket: str) -> None:
    """A cloud that asked to wait is not called before; the block itself is no call."""
    await limits.block_until(bucket, NOON + 5 * MINUTE)
    await limits.block_until(bucket, NOON + 2 * MINUTE)
    await limits.block_until(f"{bucket}:other", NOON + 9 * MINUTE)
    booked = [(await book(limits, bucket, NOON, daily_limit=3))[0] for _ in range(3)]
    assert booked == [NOON + 5 * MINUTE] * 3
    assert await book(limits, bucket, NOON + 7 * MINUTE) == (NOON + 7 * MINUTE, True)


async def test_remaining_calls_are_counted_and_not_booked(
    limits: SqlRateLimitStore, bucket: str
) -> None:
    """Of every rate, and of the day when it has a limit; never fewer than none."""

    async def remaining(
        now: dt.datetime, daily_limit: int | None = 4
    ) -> tuple[tuple[int, ...], int | None]:
        rates = [(3, 60.0), (1, 1.0)]
        return await limits.remaining(bucket, rates, daily_limit, now=now)

    assert await remaining(NOON) == ((3, 1), 4)
    for seconds in (0, 10):
        await book(limits, bucket, NOON + seconds * SECOND)
    await limits.block_until(bucket, NOON)
    assert await remaining(NOON + 11 * SECOND) == ((1, 0), 2)
    assert await remaining(NOON + 11 * SECOND, None) == ((1, 0), None)
    assert await remaining(NOON + 11 * SECOND + MOMENT) == ((1, 1), 2)
    assert await remaining(NOON + MINUTE) == ((1, 1), 2)
    assert await remaining(NOON + MINUTE + MOMENT) == ((2, 1), 2)
    assert await remaining(NOON + DAY) == ((3, 1), 4)
    assert await remaining(NOON + 11 * SECOND, 1) == ((1, 0), 0)
    await book(limits, bucket, NOON + 10 * SECOND, [(9, 1.0)])
    assert await remaining(NOON + 10 * SECOND, 1) == ((0, 0), 0)


async def test_old_calls_are_deleted(empty_store: Store) -> None:
    """A booking deletes its account's calls of the day before yesterday and earlier."""
    limits = SqlRateLimitStore(empty_store)
    for bucket in ("agora:old", "agora:other"):
        for ago in (2 * DAY + MOMENT, 2 * DAY):
            await limits.block_until(bucket, NOON - ago)

    async def stored(bucket: str) -> list[dt.datetime]:
        statement = select(ApiCall.at).where(ApiCall.bucket == bucket)
        return list(await empty_store.read(lambda session: session.exec(statement).all()))

    await book(limits, "agora:old", NOON, [(1000, 1.0)])
    assert await stored("agora:old") == [NOON - 2 * DAY, NOON]
    assert len(await stored("agora:other")) == 2


async def test_values_are_replaced(empty_store: Store) -> None:
    """A key has one value, and none before it is stored."""
    values = SqlKeyValueStore(empty_store)
    assert await values.get("agora.generation") is None
    for value in ("seed", "current"):
        await values.put("agora.generation", value, NOON)
    assert await values.get("agora.generation") == "current"


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(ApiCall) == schema_of_database(migrated_store, ApiCall)
