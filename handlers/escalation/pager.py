"""Calls people in Slack. Implements desk.escalating.Caller; what is said is not here."""

from __future__ import annotations

import datetime as dt

from bot.escalation import EscalationEvent
from bot.ports import MessageRef
from bot.ticket import Ticket
from handlers.escalation.lines import alert, escalation_message
from handlers.slack.notifier import SlackNotifier
from handlers.slack.user_directory import UserDirectory


class SlackPager:
    """Calls people in Slack."""

    def __init__(self, notifier: SlackNotifier, users: UserDirectory, group: str) -> None:
        self._notifier = notifier
        self._users = users
        self._group = group

    async def call(self, ticket: Ticket, event: EscalationEvent, key: str) -> MessageRef:
        """Call people into the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.channel)
        mentions = " ".join(f"<@{person}>" for person in event.people) or _mention(self._group)
        text = renderer.mrkdwn(escalation_message(ticket, event))
        return await self._notifier.post_in_thread(ticket, key, f"{mentions} {text}", None)

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> MessageRef | None:
        """Look in the thread for a post with this key."""
        return await self._notifier.find(ticket, key, since)

    async def alert(self, ticket: Ticket, person: str, key: str) -> MessageRef:
        """Tell one person privately that nobody has taken the ticket."""
        renderer = await self._users.renderer(ticket.team, person)
        text, blocks = alert(ticket, renderer)
        return await self._notifier.post_in_channel(ticket.team, person, key, text, blocks)

    async def find_alert(
        self, ticket: Ticket, person: str, key: str, since: dt.datetime
    ) -> MessageRef | None:
        """Look in the direct channel for a message with this key."""
        return await self._notifier.find_direct_message(ticket.team, person, key, since)


def _mention(group: str) -> str:
    return f"<!subteam^{group}>" if group else "<!here>"
