"""Posts that page support, leads and who is on call, and posts of incidents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.escalation import EscalationEvent, EscalationTarget
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.escalation.incidents import IncidentFacts
from bot.services.workspaces.directory import Workspaces
from bot.ticket import Ticket
from handlers.escalation.lines import escalation_message
from handlers.escalation.view import group_mention, incident_post
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory

_BY_NAME: Final = (EscalationTarget.ON_CALL, EscalationTarget.LEADS)  # without the group


class SlackPager:
    """Mentions support, leads or who is on call in a ticket's thread."""

    def __init__(self, poster: SlackPoster, users: UserDirectory, workspaces: Workspaces) -> None:
        self._poster = poster
        self._users = users
        self._workspaces = workspaces

    async def page(self, ticket: Ticket, event: EscalationEvent, run: Run) -> MessageRef:
        """Mention the people of an escalation, and the support group, in the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        route = self._workspaces.of(ticket.team).route_of(ticket.app, ticket.language)
        mentions = [f"<@{person}>" for person in event.people]
        if event.target not in _BY_NAME:
            mentions.append(group_mention(route.group))
        text = " ".join([*mentions, renderer.mrkdwn(escalation_message(ticket, event))])
        return await self._poster.post(Destination.thread_of(ticket), run, text)


class SlackIncidentPosts:
    """Posts incidents in the escalation channel."""

    def __init__(self, poster: SlackPoster, users: UserDirectory, workspaces: Workspaces) -> None:
        self._poster = poster
        self._users = users
        self._workspaces = workspaces

    async def post(
        self, incident: IncidentFacts, tickets: Sequence[Ticket], run: Run
    ) -> MessageRef:
        """Post an incident with its tickets, and mention the support group."""
        route = self._workspaces.of(incident.team).route_of(incident.app)
        renderer = await self._users.channel_renderer(incident.team, route.channel)
        text, blocks = incident_post(incident, tickets, renderer, route.group)
        where = Destination(incident.team, route.channel)
        return await self._poster.post(where, run, text, blocks)

    async def update(
        self, incident: IncidentFacts, tickets: Sequence[Ticket], message_ref: MessageRef
    ) -> None:
        """Update an incident's post."""
        renderer = await self._users.channel_renderer(incident.team, message_ref.channel)
        route = self._workspaces.of(incident.team).route_of(incident.app)
        text, blocks = incident_post(incident, tickets, renderer, route.group)
        await self._poster.update(incident.team, message_ref, text, blocks)

    async def permalink(self, team: str, message_ref: MessageRef) -> str:
        """Return the permalink of an incident's post; "" when Slack does not answer."""
        return await self._poster.permalink(team, message_ref)
