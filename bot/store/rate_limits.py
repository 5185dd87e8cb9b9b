"""The ledger of calls to the clouds, and facts learnt once. No limit of any cloud stands here."""

from __future__ import annotations

import datetime as dt
import time
import zlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Index, delete, func, text
from sqlmodel import Field, Session, SQLModel, col, select

from bot.store.database import Store
from bot.store.models import Trait
from bot.ticket import UtcTime

_KEPT: Final = dt.timedelta(days=2)
_DAY: Final = dt.timedelta(days=1)
_TIDY_EVERY: Final = 64
_NOTICED: Final = dt.timedelta(milliseconds=50)


class Spent(SQLModel, table=True):
    """One call to a cloud, booked for a moment; with `shut`, a moment before which none may go."""

    __table_args__ = (Index("ix_spent_account_at", "account", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str
    at: dt.datetime = Field(sa_type=UtcTime)
    shut: bool = False


class SqlLedger:
    """Counts calls in the database; correct across processes and machines."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def book(
        self,
        account: str,
        rates: Sequence[tuple[int, float]],
        daily: int | None,
        *,
        now: dt.datetime,
        latest: dt.datetime,
    ) -> tuple[dt.datetime, bool]:
        """Book the earliest moment every rate allows, unless that is after `latest`.

        `rates` are (calls, seconds), `daily` counts a UTC day. Returns the moment and whether it
        was booked. Time spent waiting for other bookings counts: nothing is booked for the past.
        """
        began = time.monotonic()

        def work(session: Session) -> tuple[dt.datetime, bool]:
            _lock(session, account)
            waited = dt.timedelta(seconds=time.monotonic() - began)
            queued = waited if waited > _NOTICED else dt.timedelta(0)
            at = _earliest(session, account, rates, daily, now + queued)
            if at > latest + queued:
                return at, False
            row = Spent(account=account, at=at)
            session.add(row)
            session.flush()
            _tidy(session, row, now)
            return at, True

        return await self._store.transact(work)

    async def left(
        self,
        account: str,
        rates: Sequence[tuple[int, float]],
        daily: int | None,
        *,
        now: dt.datetime,
    ) -> tuple[tuple[int, ...], int | None]:
        """Return how many calls each rate, and the UTC day, still allow. Books nothing."""

        def work(session: Session) -> tuple[tuple[int, ...], int | None]:
            by_rate = tuple(
                max(0, calls - _booked(session, account, now - dt.timedelta(seconds=per_s)))
                for calls, per_s in rates
            )
            if daily is None:
                return by_rate, None
            return by_rate, max(0, daily - _booked_on(session, account, now))

        return await self._store.read(work)

    async def shut(self, account: str, until: dt.datetime) -> None:
        """Book nothing for this account before that moment."""
        await self._store.transact(
            lambda session: session.add(Spent(account=account, at=until, shut=True))
        )


def _lock(session: Session, account: str) -> None:
    """One booking at a time per account; a SQLite transaction holds the write lock already."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        key = {"key": zlib.crc32(account.encode())}
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)


def _earliest(
    session: Session,
    account: str,
    rates: Sequence[tuple[int, float]],
    daily: int | None,
    now: dt.datetime,
) -> dt.datetime:
    at = max(now, _shut_until(session, account) or now)
    for calls, per_s in rates:
        nth = _nth_newest(session, account, calls)
        if nth is not None:
            at = max(at, nth + dt.timedelta(seconds=per_s))
    while daily is not None and _booked_on(session, account, at) >= daily:
        at = _midnight(at) + _DAY
    return at


def _nth_newest(session: Session, account: str, nth: int) -> dt.datetime | None:
    return session.exec(
        select(Spent.at)
        .where(Spent.account == account, ~col(Spent.shut))
        .order_by(col(Spent.at).desc())
        .offset(nth - 1)
        .limit(1)
    ).first()


def _shut_until(session: Session, account: str) -> dt.datetime | None:
    return session.exec(
        select(Spent.at)
        .where(Spent.account == account, col(Spent.shut))
        .order_by(col(Spent.at).desc())
        .limit(1)
    ).first()


def _booked_on(session: Session, account: str, at: dt.datetime) -> int:
    day = _midnight(at)
    return _booked(session, account, day, day + _DAY)


def _booked(
    session: Session, account: str, since: dt.datetime, until: dt.datetime | None = None
) -> int:
    statement = (
        select(func.count())
        .select_from(Spent)
        .where(Spent.account == account, ~col(Spent.shut), col(Spent.at) >= since)
    )
    if until is not None:
        statement = statement.where(col(Spent.at) < until)
    return session.exec(statement).one()


def _midnight(at: dt.datetime) -> dt.datetime:
    return at.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _tidy(session: Session, row: Spent, now: dt.datetime) -> None:
    """Now and then forget what no limit can ask about any more."""
    if (row.id or 0) % _TIDY_EVERY == 0:
        session.connection().execute(delete(Spent).where(col(Spent.at) < now - _KEPT))


class SqlMemory:
    """Facts learnt once, kept as traits."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def recall(self, name: str) -> str | None:
        """Return what was remembered under this name."""

        def work(session: Session) -> str | None:
            trait = session.get(Trait, name)
            return trait.value if trait else None

        return await self._store.read(work)

    async def remember(self, name: str, value: str, at: dt.datetime) -> None:
        """Remember a fact, replacing what stood under this name."""
        await self._store.transact(
            lambda session: session.merge(Trait(name=name, value=value, at=at))
        )
