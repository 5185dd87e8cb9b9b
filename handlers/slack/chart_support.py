"""Which workspaces take Slack's own charts and tables, and what to do where they do not."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final, Protocol, TypeVar

from bot.clouds import KeyValueStore
from bot.errors import SlackRefusedError
from bot.ports import Clock
from handlers.slack.api_errors import INVALID_BLOCKS_CODES, INVALID_CONTENT_CODES

log = logging.getLogger(__name__)

_RETRY_AFTER: Final = dt.timedelta(days=7)  # a workspace may learn the new blocks meanwhile
Result_co = TypeVar("Result_co", covariant=True)


class SendCallback(Protocol[Result_co]):
    """Says something, with Slack's own charts and tables or without."""

    async def __call__(self, *, native: bool) -> Result_co:
        """Say it. Raises SpeakRefusedError when Slack takes the blocks not."""
        ...


class ChartSupport:
    """Remembers which workspaces do not take Slack's own charts and tables yet."""

    def __init__(self, key_value_store: KeyValueStore, clock: Clock) -> None:
        self._key_value_store = key_value_store
        self._clock = clock

    async def is_supported(self, team: str) -> bool:
        """Tell whether to try; a refusal is believed for a week."""
        unsupported_since = await self._key_value_store.get(_key(team))
        if not unsupported_since:
            return True
        return self._clock.now() - dt.datetime.fromisoformat(unsupported_since) > _RETRY_AFTER

    async def mark_unsupported(self, team: str) -> None:
        """Remember that this workspace refused them."""
        now = self._clock.now()
        await self._key_value_store.put(_key(team), now.isoformat(), now)

    async def send_with_fallback(self, team: str, send: SendCallback[Result_co]) -> Result_co:
        """Say it with them where they are taken; where they are refused, say it without."""
        if await self.is_supported(team):
            try:
                return await send(native=True)
            except SlackRefusedError as error:
                if error.code not in INVALID_CONTENT_CODES | INVALID_BLOCKS_CODES:
                    raise
                log.warning("Slack takes no charts and tables here: %s", error.code)
                if error.code in INVALID_BLOCKS_CODES:
                    await self.mark_unsupported(team)
        return await send(native=False)


def _key(team: str) -> str:
    return f"slack.native_blocks_refused.{team}"
