"""The handler of the button that corrects a report to the call that is probably meant."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.services.tickets.actions import ActionRequest, TicketActions
from handlers.diagnosis.hints import USE_CALL
from handlers.slack.request import Body, Requester, ticket_number_of, trigger_id_of


class LikelyCallHandlers:
    """Handles `verdict.use_call`, for support and the reporter."""

    def __init__(self, ticket_actions: TicketActions) -> None:
        self._ticket_actions = ticket_actions

    def register(self, app: AsyncApp) -> None:
        """Register the button."""
        app.action(USE_CALL)(self.use)

    async def use(self, ack: AsyncAck, body: Body) -> None:
        """Correct the report; its call is diagnosed anew."""
        requester, number = Requester.of(body), ticket_number_of(body["actions"][0])
        request = ActionRequest(requester.team, number, requester.person, trigger_id_of(body))
        await self._ticket_actions.use_likely_call(request)
        await ack()
