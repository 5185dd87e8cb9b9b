"""Handlers of channel events: failed posts are retried when a channel is available again."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.services.admin.deliveries import DeliveryService
from handlers.slack.request import Body, Requester

_UNARCHIVED: Final = ("channel_unarchive", "group_unarchive")


class ChannelEventHandlers:
    """Handles channels that are unarchived or joined."""

    def __init__(self, deliveries: DeliveryService) -> None:
        self._deliveries = deliveries

    def register(self, app: AsyncApp) -> None:
        """Register the events."""
        for name in _UNARCHIVED:
            app.event(name)(self.retry_failed_jobs)
        app.event("member_joined_channel")(self.retry_failed_jobs)

    async def retry_failed_jobs(self, body: Body, event: dict[str, Any]) -> None:
        """Retry failed posts to the escalation channel now."""
        await self._deliveries.retry(Requester.of(body).team, str(event.get("channel") or ""))
