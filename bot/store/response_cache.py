"""The last answers of the clouds about whole apps, so that a restart costs no allowance."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Field, Session, SQLModel

from bot.columns import UtcTime
from bot.store.database import Store


class CachedResponse(SQLModel, table=True):
    """The last answer to a question; `body` is written and read by whoever asked."""

    __tablename__ = "cached_response"

    cache_key: str = Field(primary_key=True)
    body: str
    at: dt.datetime = Field(sa_type=UtcTime)


class SqlResponseCache:
    """Keeps answers in the database, one for each question."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, cache_key: str) -> tuple[str, dt.datetime] | None:
        """Return the last answer and when it was fetched."""

        def work(session: Session) -> tuple[str, dt.datetime] | None:
            row = session.get(CachedResponse, cache_key)
            return (row.body, row.at) if row else None

        return await self._store.read(work)

    async def put(self, cache_key: str, body: str, at: dt.datetime) -> None:
        """Keep an answer, replacing the one before."""
        await self._store.transact(
            lambda session: session.merge(CachedResponse(cache_key=cache_key, body=body, at=at))
        )
