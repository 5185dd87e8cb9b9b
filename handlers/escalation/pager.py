"""Calls people in Slack. Implements desk.escalating.Caller; what is said is not here."""

from __future__ import annotations

import datetime as dt

from bot.escalation import Called
from bot.ports import Posted
from bot.ticket import Ticket
from handlers.escalation.lines import alert, call_line
from handlers.slack.notifier import SlackSpeaker
from handlers.slack.user_directory import People


class SlackCaller:
    """Calls people in Slack."""

    def __init__(self, speaker: SlackSpeaker, people: People, group: str) -> None:
        self._speaker = speaker
        self._people = people
        self._group = group

    async def call(self, ticket: Ticket, called: Called, key: str) -> Posted:
        """Call people into the ticket's thread."""
        voice = await self._people.channel_voice(ticket.team, ticket.channel)
        mentions = " ".join(f"<@{person}>" for person in called.people) or _mention(self._group)
        said = voice.markup(call_line(ticket, called))
        return await self._speaker.post_in_thread(ticket, key, f"{mentions} {said}", None)

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look in the thread for a post with this key."""
        return await self._speaker.find(ticket, key, since)

    async def alert(self, ticket: Ticket, person: str, key: str) -> Posted:
        """Tell one person privately that nobody has taken the ticket."""
        voice = await self._people.voice(ticket.team, person)
        text, shown = alert(ticket, voice)
        return await self._speaker.post_in_channel(ticket.team, person, key, text, shown)

    async def find_alert(
        self, ticket: Ticket, person: str, key: str, since: dt.datetime
    ) -> Posted | None:
        """Look in the direct channel for a message with this key."""
        return await self._speaker.find_told(ticket.team, person, key, since)


def _mention(group: str) -> str:
    return f"<!subteam^{group}>" if group else "<!here>"
