"""Which workspaces take Slack's own charts and tables, and what to do where they do not."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final, Protocol, TypeVar

from bot.clouds import Memory
from bot.errors import SpeakRefusedError
from bot.ports import Clock
from handlers.slack.api_errors import BAD_BLOCKS, WRONG

log = logging.getLogger(__name__)

_REFUSED_FOR: Final = dt.timedelta(days=7)  # a workspace may learn the new blocks meanwhile
Answer_co = TypeVar("Answer_co", covariant=True)


class Saying(Protocol[Answer_co]):
    """Says something, with Slack's own charts and tables or without."""

    async def __call__(self, *, native: bool) -> Answer_co:
        """Say it. Raises SpeakRefusedError when Slack takes the blocks not."""
        ...


class NativeBlocks:
    """Remembers which workspaces do not take Slack's own charts and tables yet."""

    def __init__(self, memory: Memory, clock: Clock) -> None:
        self._memory = memory
        self._clock = clock

    async def are_taken(self, team: str) -> bool:
        """Tell whether to try; a refusal is believed for a week."""
        refused_at = await self._memory.recall(_trait(team))
        if not refused_at:
            return True
        return self._clock.now() - dt.datetime.fromisoformat(refused_at) > _REFUSED_FOR

    async def refuse(self, team: str) -> None:
        """Remember that this workspace refused them."""
        now = self._clock.now()
        await self._memory.remember(_trait(team), now.isoformat(), now)

    async def offer(self, team: str, say: Saying[Answer_co]) -> Answer_co:
        """Say it with them where they are taken; where they are refused, say it without."""
        if await self.are_taken(team):
            try:
                return await say(native=True)
            except SpeakRefusedError as error:
                if error.code not in WRONG | BAD_BLOCKS:
                    raise
                log.warning("Slack takes no charts and tables here: %s", error.code)
                if error.code in BAD_BLOCKS:
                    await self.refuse(team)
        return await say(native=False)


def _trait(team: str) -> str:
    return f"slack.native_blocks_refused.{team}"
