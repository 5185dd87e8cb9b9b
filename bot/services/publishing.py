"""Posting a message once, although the job that posts it may run several times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from bot.jobs.run import Run
from bot.ports import Destination, MessageRef

SEARCH_MARGIN: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


class MessageFinder(Protocol):
    """Finds messages in Slack by the key in their metadata."""

    async def find(
        self, where: Destination, key: str, since: dt.datetime, gone_ts: str = ""
    ) -> MessageRef | None:
        """Return the message with this key posted after `since`, not the one at `gone_ts`.

        Raises SlackError.
        """


class Publisher:
    """Posts messages at most once."""

    def __init__(self, finder: MessageFinder) -> None:
        self._finder = finder

    async def publish_once(
        self,
        run: Run,
        where: Destination,
        since: dt.datetime,
        post: Callable[[], Awaitable[MessageRef]],
        *,
        gone_ts: str = "",
    ) -> tuple[MessageRef, bool]:
        """Post, or find the post of an earlier attempt; return whether it is new.

        `post` must post at `where` as this run. `since` is when the job was enqueued at the
        earliest; `gone_ts` is a message that this one replaces, which Slack may still list
        although it cannot be edited. Raises LeaseLostError when another worker may post by now.
        """
        if run.is_retry:
            existing = await self.find(where, run.key, since, gone_ts)
            if existing is not None:
                return existing, False
        return await post(), True

    async def find(
        self, where: Destination, key: str, since: dt.datetime, gone_ts: str = ""
    ) -> MessageRef | None:
        """Return the post of an earlier attempt, None without one."""
        return await self._finder.find(where, key, since - SEARCH_MARGIN, gone_ts)
