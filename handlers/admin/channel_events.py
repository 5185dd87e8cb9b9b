"""The channels' story: a channel lets Lagdesk in again, and what is owed there goes out."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.services.tickets.service import Desk
from handlers.slack.user_directory import People

_UNARCHIVED: Final = ("channel_unarchive", "group_unarchive")


class ChannelsStory:
    """A channel was gone and is back."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for channels that come back and for being invited."""
        for name in _UNARCHIVED:
            app.event(name)(self.come_back)
        app.event("member_joined_channel")(self.come_back)

    async def come_back(self, event: dict[str, Any]) -> None:
        """Try again now what the escalation channel did not take."""
        channel = event.get("channel")
        if channel == self._desk.settings.escalation_channel:
            await self._desk.try_again()
