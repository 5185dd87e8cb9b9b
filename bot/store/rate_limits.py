"""The rate limiter of API calls to the clouds, and the key-value store.

Statements of the rate limiter are built once, which takes longer than executing them.
"""

from __future__ import annotations

import datetime as dt
import time
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Delete,
    Index,
    Insert,
    Integer,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlmodel import Field, Session, SQLModel, col

from bot.columns import UtcTime
from bot.store.database import Store
from bot.store.models import KeyValue

_RETENTION: Final = dt.timedelta(days=2)
_DAY: Final = dt.timedelta(days=1)
_IGNORED_WAIT: Final = dt.timedelta(milliseconds=50)
_END_OF_TIME: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


class ApiCall(SQLModel, table=True):
    """One API call, booked for a moment; with `is_block`, no call is allowed before `at`."""

    __tablename__ = "api_call"

    __table_args__ = (Index("ix_api_call_bucket_at", "bucket", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    bucket: str
    at: dt.datetime = Field(sa_type=UtcTime)
    is_block: bool = False


class SqlRateLimitStore:
    """Counts calls in the database; correct across processes and machines."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def reserve_slot(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
        deadline: dt.datetime,
    ) -> tuple[dt.datetime, bool]:
        """Book the earliest moment every rate allows, unless that is after `deadline`.

        `rates` are (calls, seconds), `daily_limit` counts a UTC day. Returns the moment and
        whether it was booked. Time spent waiting for other bookings counts: nothing is booked for
        the past.
        """
        started = time.monotonic()

        def work(session: Session) -> tuple[dt.datetime, bool]:
            _lock(session, bucket)
            waited = dt.timedelta(seconds=time.monotonic() - started)
            queued = waited if waited > _IGNORED_WAIT else dt.timedelta(0)
            at = _earliest_slot(session, bucket, rates, daily_limit, now + queued)
            if at > deadline + queued:
                return at, False
            connection = session.connection()
            connection.execute(_booking(), {"bucket": bucket, "at": at})
            connection.execute(_deleting(), {"account": bucket, "before": now - _RETENTION})
            return at, True

        return await self._store.transact(work)

    async def remaining(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
    ) -> tuple[tuple[int, ...], int | None]:
        """Return how many calls each rate, and the UTC day, still allow. Books nothing."""

        def work(session: Session) -> tuple[tuple[int, ...], int | None]:
            by_rate = tuple(
                max(0, calls - _count_calls(session, bucket, now - dt.timedelta(seconds=per_s)))
                for calls, per_s in rates
            )
            if daily_limit is None:
                return by_rate, None
            return by_rate, max(0, daily_limit - _count_calls_on_day(session, bucket, now))

        return await self._store.read(work)

    async def block_until(self, bucket: str, until: dt.datetime) -> None:
        """Book nothing for this account before that moment."""
        await self._store.transact(
            lambda session: session.add(ApiCall(bucket=bucket, at=until, is_block=True))
        )


def _lock(session: Session, bucket: str) -> None:
    """One booking at a time per account; SQLite transactions have the write lock already."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        key = {"key": zlib.crc32(bucket.encode())}
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)


def _earliest_slot(
    session: Session,
    bucket: str,
    rates: Sequence[tuple[int, float]],
    daily_limit: int | None,
    now: dt.datetime,
) -> dt.datetime:
    at = max(now, _nth_newest(session, bucket, 1, is_block=True) or now)
    for calls, per_s in rates:
        nth = _nth_newest(session, bucket, calls)
        if nth is not None:
            at = max(at, nth + dt.timedelta(seconds=per_s))
    while daily_limit is not None and _count_calls_on_day(session, bucket, at) >= daily_limit:
        at = _midnight(at) + _DAY
    return at


def _nth_newest(
    session: Session, bucket: str, nth: int, *, is_block: bool = False
) -> dt.datetime | None:
    values = {"account": bucket, "is_block": is_block, "skipped": nth - 1}
    newest: dt.datetime | None = session.connection().scalar(_newest(), values)
    return newest


def _count_calls_on_day(session: Session, bucket: str, at: dt.datetime) -> int:
    day = _midnight(at)
    return _count_calls(session, bucket, day, day + _DAY)


def _count_calls(
    session: Session, bucket: str, since: dt.datetime, until: dt.datetime = _END_OF_TIME
) -> int:
    values = {"account": bucket, "since": since, "until": until}
    number: int = session.connection().execute(_count(), values).scalar_one()
    return number


def _midnight(at: dt.datetime) -> dt.datetime:
    return at.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@cache
def _newest() -> Select[Any]:
    is_wanted = col(ApiCall.is_block) == bindparam("is_block")
    calls = select(col(ApiCall.at)).where(col(ApiCall.bucket) == bindparam("account"), is_wanted)
    newest_first = calls.order_by(col(ApiCall.at).desc())
    return newest_first.offset(bindparam("skipped", type_=Integer())).limit(1)


@cache
def _count() -> Select[Any]:
    since, until = (bindparam(name, type_=UtcTime()) for name in ("since", "until"))
    return (
        select(func.count())
        .select_from(ApiCall)
        .where(col(ApiCall.bucket) == bindparam("account"), ~col(ApiCall.is_block))
        .where(col(ApiCall.at) >= since, col(ApiCall.at) < until)
    )


@cache
def _booking() -> Insert:
    return insert(ApiCall)


@cache
def _deleting() -> Delete:
    """Delete the calls of an account that are too old for any limit."""
    is_old = col(ApiCall.at) < bindparam("before", type_=UtcTime())
    return delete(ApiCall).where(col(ApiCall.bucket) == bindparam("account"), is_old)


class SqlKeyValueStore:
    """A key-value store in the database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, name: str) -> str | None:
        """Return the value of a key."""

        def work(session: Session) -> str | None:
            row = session.get(KeyValue, name)
            return row.value if row else None

        return await self._store.read(work)

    async def list(self, prefix: str) -> Mapping[str, str]:
        """Return the values of all keys that begin with `prefix`."""
        statement = select(col(KeyValue.name), col(KeyValue.value))
        matching = statement.where(col(KeyValue.name).startswith(prefix, autoescape=True))
        rows = await self._store.read(lambda session: session.execute(matching).all())
        return {row.name: row.value for row in rows}

    async def put(self, name: str, value: str, at: dt.datetime) -> None:
        """Store a value in place of an earlier one."""
        await self._store.transact(
            lambda session: session.merge(KeyValue(name=name, value=value, at=at))
        )
