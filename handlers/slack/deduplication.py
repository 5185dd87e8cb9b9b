"""Deduplication of Slack events, which Slack sends again when an answer was late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from cachetools import TTLCache
from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.response import BoltResponse

from handlers.slack.request import Body

_MAX_EVENT_IDS: Final = 10_000
_TTL_S: Final = 2 * 3600.0  # Slack stops retrying after an hour
_FORGET_KEY: Final = "forget_event"


class EventDeduplicator:
    """Bolt middleware that passes each event id on once."""

    def __init__(self) -> None:
        self._seen_ids: TTLCache[str, bool] = TTLCache(_MAX_EVENT_IDS, _TTL_S)

    async def __call__(
        self,
        body: Body,
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse | None:
        """Acknowledge a repeated event; pass everything else on."""
        event_id = body.get("event_id")
        if event_id is not None:
            if event_id in self._seen_ids:
                return BoltResponse(status=200, body="")
            self._seen_ids[event_id] = True
            context[_FORGET_KEY] = partial(self._seen_ids.pop, event_id, None)
        return await next()


def forget_event(context: AsyncBoltContext) -> bool:
    """Let Slack's retry of this event pass; False when the request is not an event."""
    forget = context.get(_FORGET_KEY)
    if forget is None:
        return False
    forget()
    return True
