"""Which workspaces accept native charts and tables, and sending without them elsewhere."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final, Protocol, TypeVar

from bot.errors import SlackRefusedError
from bot.ports import Clock, KeyValueStore
from bot.services.cache import FallbackCache
from handlers.slack.api_errors import INVALID_BLOCKS_CODES, INVALID_CONTENT_CODES

log = logging.getLogger(__name__)

_RETRY_AFTER: Final = dt.timedelta(days=7)  # Slack enables the blocks workspace by workspace
_TTL_S: Final = 60.0  # another process may have been rejected
Result_co = TypeVar("Result_co", covariant=True)


class SendCallback(Protocol[Result_co]):
    """Sends a message, with native charts and tables or without."""

    async def __call__(self, *, native: bool) -> Result_co:
        """Send it. Raises SlackRefusedError when Slack rejects the blocks."""
        ...


class ChartSupport:
    """Stores which workspaces rejected native charts and tables."""

    def __init__(self, key_value_store: KeyValueStore, clock: Clock) -> None:
        self._key_value_store = key_value_store
        self._clock = clock
        self._unsupported_since: FallbackCache[str | None] = FallbackCache(_TTL_S)

    async def is_supported(self, team: str) -> bool:
        """Return whether to try; a rejection counts for a week."""
        unsupported_since = await self._unsupported_since.get(
            (team,), lambda: self._key_value_store.get(_key(team))
        )
        if not unsupported_since:
            return True
        return self._clock.now() - dt.datetime.fromisoformat(unsupported_since) > _RETRY_AFTER

    async def mark_unsupported(self, team: str) -> None:
        """Store that this workspace rejected them."""
        now = self._clock.now()
        await self._key_value_store.put(_key(team), now.isoformat(), now)
        self._unsupported_since.invalidate((team,))

    async def send_with_fallback(self, team: str, send: SendCallback[Result_co]) -> Result_co:
        """Send with native charts where they are accepted, else without."""
        if await self.is_supported(team):
            try:
                return await send(native=True)
            except SlackRefusedError as error:
                if error.code not in INVALID_CONTENT_CODES | INVALID_BLOCKS_CODES:
                    raise
                log.warning("the workspace rejected native charts and tables: %s", error)
                if error.code in INVALID_BLOCKS_CODES:
                    await self.mark_unsupported(team)
        return await send(native=False)


def _key(team: str) -> str:
    return f"slack.native_blocks_refused.{team}"
