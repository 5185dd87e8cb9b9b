"""Posts that page support and leads, and posts of incidents."""

from __future__ import annotations

from collections.abc import Sequence

from bot.escalation import EscalationEvent
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.escalation.incidents import IncidentFacts
from bot.settings import Settings
from bot.ticket import Ticket
from handlers.escalation.lines import escalation_message
from handlers.escalation.view import group_mention, incident_post
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory


class SlackPager:
    """Mentions support or leads in a ticket's thread."""

    def __init__(self, poster: SlackPoster, users: UserDirectory, group: str) -> None:
        self._poster = poster
        self._users = users
        self._group = group

    async def page(self, ticket: Ticket, event: EscalationEvent, run: Run) -> MessageRef:
        """Mention the people of an escalation, or the support group, in the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        mentions = " ".join(f"<@{person}>" for person in event.people) or group_mention(self._group)
        text = renderer.mrkdwn(escalation_message(ticket, event))
        return await self._poster.post(Destination.thread_of(ticket), run, f"{mentions} {text}")


class SlackIncidentPosts:
    """Posts incidents in the escalation channel."""

    def __init__(self, poster: SlackPoster, users: UserDirectory, settings: Settings) -> None:
        self._poster = poster
        self._users = users
        self._channel = settings.escalation_channel
        self._group = settings.support_group

    async def post(
        self, incident: IncidentFacts, tickets: Sequence[Ticket], run: Run
    ) -> MessageRef:
        """Post an incident with its tickets, and mention the support group."""
        renderer = await self._users.channel_renderer(incident.team, self._channel)
        text, blocks = incident_post(incident, tickets, renderer, self._group)
        return await self._poster.post(Destination(incident.team, self._channel), run, text, blocks)

    async def update(
        self, incident: IncidentFacts, tickets: Sequence[Ticket], message_ref: MessageRef
    ) -> None:
        """Update an incident's post."""
        renderer = await self._users.channel_renderer(incident.team, message_ref.channel)
        text, blocks = incident_post(incident, tickets, renderer, self._group)
        await self._poster.update(incident.team, message_ref, text, blocks)

    async def permalink(self, team: str, message_ref: MessageRef) -> str:
        """Return the permalink of an incident's post; "" when Slack does not answer."""
        return await self._poster.permalink(team, message_ref)
