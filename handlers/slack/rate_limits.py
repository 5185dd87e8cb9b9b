"""What Slack has blocked for a while: Retry-After, kept by every process for its whole time."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable
from typing import Final, TypeVar

from bot.ports import Clock, KeyValueStore
from bot.ports.clock import SystemClock
from bot.services.context import DatabaseError

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_STORE_TIMEOUT_S: Final = 0.3  # a slow database delays no message
# What jobs send, in any process. Requests of people wait for no database, as their forms do not.
_SHARED_PREFIXES: Final = ("chat.", "files.")
_SHARED_METHODS: Final = frozenset(
    {"conversations.open", "conversations.history", "conversations.replies"}
)


class RateLimits:
    """Until when a method is blocked, in a workspace and channel ("" without a channel).

    With `shared` the other processes know it too; without, this process alone.
    """

    def __init__(self, clock: Clock | None = None, shared: KeyValueStore | None = None) -> None:
        self._clock = clock or SystemClock()
        self._shared = shared
        self._blocked_until: dict[str, dt.datetime] = {}

    async def remaining_s(self, workspace: str, method: str, channel: str) -> float:
        """Return for how many seconds this must not be sent; 0 when it may."""
        key, now = _key(workspace, method, channel), self._clock.now()
        until = self._blocked_until.get(key)
        store = self._store(method)
        if store is not None and (until is None or until <= now):
            stored = await _in_time(store.get(key))
            until = dt.datetime.fromisoformat(stored) if stored else None
        return max(0.0, (until - now).total_seconds()) if until else 0.0

    async def block(self, workspace: str, method: str, channel: str, seconds: float) -> None:
        """Record that Slack wants a pause of so many seconds."""
        log.info("Slack asks for a pause of %g s: %s", seconds, method)
        key, now = _key(workspace, method, channel), self._clock.now()
        blocked_until = {k: at for k, at in self._blocked_until.items() if at > now}
        until = now + dt.timedelta(seconds=seconds)
        self._blocked_until = blocked_until | {key: until}
        if (store := self._store(method)) is not None:
            await _in_time(store.put(key, until.isoformat(), now))

    def _store(self, method: str) -> KeyValueStore | None:
        is_shared = method.startswith(_SHARED_PREFIXES) or method in _SHARED_METHODS
        return self._shared if is_shared else None


def _key(workspace: str, method: str, channel: str) -> str:
    return f"slack.blocked.{workspace}.{method}.{channel}"


async def _in_time(work: Awaitable[Result]) -> Result | None:
    """Await the database for a moment; None when it fails, whose log says so."""
    try:
        async with asyncio.timeout(_STORE_TIMEOUT_S):
            return await work
    except (DatabaseError, TimeoutError):
        return None
