"""Handlers of incidents."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.services.escalation.incidents import IncidentService
from handlers.escalation.view import CLOSE_ACTION_ID
from handlers.slack.request import Body, Requester, ticket_number_of


class IncidentHandlers:
    """Handles the button that closes an incident."""

    def __init__(self, incidents: IncidentService) -> None:
        self._incidents = incidents

    def register(self, app: AsyncApp) -> None:
        """Register the button."""
        app.action(CLOSE_ACTION_ID)(self.close)

    async def close(self, ack: AsyncAck, body: Body) -> None:
        """Close an incident; a job updates its post."""
        requester = Requester.of(body)
        number = ticket_number_of(body["actions"][0])
        await self._incidents.close(requester.team, number, requester.person)
        await ack()
