"""The channels' story: a channel lets Lagdesk in again, and what is owed there goes out."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.services.admin.deliveries import DeliveryService

_UNARCHIVED: Final = ("channel_unarchive", "group_unarchive")


class ChannelEventHandlers:
    """A channel was gone and is back."""

    def __init__(self, deliveries: DeliveryService) -> None:
        self._deliveries = deliveries

    def register(self, app: AsyncApp) -> None:
        """Listen for channels that come back and for being invited."""
        for name in _UNARCHIVED:
            app.event(name)(self.retry_failed_jobs)
        app.event("member_joined_channel")(self.retry_failed_jobs)

    async def retry_failed_jobs(self, event: dict[str, Any]) -> None:
        """Try again now what the escalation channel did not take."""
        await self._deliveries.retry(str(event.get("channel") or ""))
