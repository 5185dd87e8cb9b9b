"""What Slack has blocked for a while: Retry-After, kept by every process for its whole time."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Mapping
from typing import Final, Protocol, TypeVar

from bot.ports import Clock, KeyValueStore
from bot.ports.clock import SystemClock
from bot.services.cache import FallbackCache
from bot.services.context import DatabaseError

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_PREFIX: Final = "slack.blocked."
_TTL_S: Final = 1.0  # the shortest pause; the jobs of other processes pause at once, by partition
_STORE_TIMEOUT_S: Final = 0.3  # a slow database delays no message
# What jobs send, in any process. Requests of people wait for no database, as their forms do not.
_SHARED_PREFIXES: Final = ("chat.", "files.")
_SHARED_METHODS: Final = frozenset(
    {"conversations.open", "conversations.history", "conversations.replies"}
)


class PauseStore(KeyValueStore, Protocol):
    """Stores the pauses of every process."""

    async def list(self, prefix: str) -> Mapping[str, str]:
        """Return the values of all keys that begin with `prefix`."""


class RateLimits:
    """Until when a method is blocked, in a workspace and channel ("" without a channel).

    With `shared` the other processes know it too, within a second; without, this process alone.
    """

    def __init__(self, clock: Clock | None = None, shared: PauseStore | None = None) -> None:
        self._clock = clock or SystemClock()
        self._shared = shared
        self._stored: FallbackCache[Mapping[str, str]] = FallbackCache(_TTL_S)
        self._blocked_until: dict[str, dt.datetime] = {}

    async def remaining_s(self, workspace: str, method: str, channel: str) -> float:
        """Return for how many seconds this must not be sent; 0 when it may."""
        key, now = _key(workspace, method, channel), self._clock.now()
        until = self._blocked_until.get(key)
        store = self._store(method)
        if store is not None and (until is None or until <= now):
            stored = await _in_time(self._stored.get((), lambda: store.list(_PREFIX))) or {}
            until = dt.datetime.fromisoformat(stored[key]) if key in stored else None
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

    def _store(self, method: str) -> PauseStore | None:
        is_shared = method.startswith(_SHARED_PREFIXES) or method in _SHARED_METHODS
        return self._shared if is_shared else None


def _key(workspace: str, method: str, channel: str) -> str:
    return f"{_PREFIX}{workspace}.{method}.{channel}"


async def _in_time(work: Awaitable[Result]) -> Result | None:
    """Await the database for a moment; None when it fails, whose log says so."""
    try:
        async with asyncio.timeout(_STORE_TIMEOUT_S):
            return await work
    except (DatabaseError, TimeoutError):
        return None
