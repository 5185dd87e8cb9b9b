"""The last responses of the clouds about whole apps, cached across restarts to save quota."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Field, Session, SQLModel

from bot.columns import UtcTime
from bot.store.database import Store


class CachedResponse(SQLModel, table=True):
    """The last response to a request; `body` is encoded and decoded by the caller."""

    __tablename__ = "cached_response"

    cache_key: str = Field(primary_key=True)
    body: str
    at: dt.datetime = Field(sa_type=UtcTime)


class SqlResponseCache:
    """Caches one response for each request in the database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, cache_key: str) -> tuple[str, dt.datetime] | None:
        """Return the last response and when it was fetched."""

        def work(session: Session) -> tuple[str, dt.datetime] | None:
            row = session.get(CachedResponse, cache_key)
            return (row.body, row.at) if row else None

        return await self._store.read(work)

    async def put(self, cache_key: str, body: str, at: dt.datetime) -> None:
        """Store a response in place of the one before."""
        await self._store.transact(
            lambda session: session.merge(CachedResponse(cache_key=cache_key, body=body, at=at))
        )
