"""When a request last had a signature that does not fit SLACK_SIGNING_SECRET, for `doctor`."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import Final

from bot.services.context import Context, DatabaseError
from bot.store.rate_limits import SqlKeyValueStore

_KEY: Final = "wrong_signature"
_EVERY: Final = dt.timedelta(minutes=1)
log = logging.getLogger(__name__)


class WrongSignatures:
    """Notes them in the database, at most once a minute: strangers can send any number."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._noted_at: dt.datetime | None = None
        self._noting: set[asyncio.Task[None]] = set()

    def note(self) -> None:
        """Note one, without letting its sender wait."""
        now = self._context.clock.now()
        if self._noted_at is not None and self._noted_at <= now < self._noted_at + _EVERY:
            return
        self._noted_at = now
        task = asyncio.create_task(self._store(now))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _store(self, now: dt.datetime) -> None:
        log.warning("a request's signature does not fit SLACK_SIGNING_SECRET")
        try:
            await SqlKeyValueStore(self._context.store).put(_KEY, now.isoformat(), now)
        except DatabaseError:  # the store has logged it
            return

    async def last_at(self) -> dt.datetime | None:
        """Return when the last one was noted, by any process."""
        stored = await SqlKeyValueStore(self._context.store).get(_KEY)
        return dt.datetime.fromisoformat(stored) if stored else None
