"""The handlers of the buttons that correct a report to what is probably meant."""

from __future__ import annotations

from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.i18n.messages import message
from bot.services.tickets.actions import ActionRequest, TicketActions
from handlers.diagnosis.hints import USE_CALL, USE_PERSON
from handlers.slack.request import Body, Requester, ticket_number_of, trigger_id_of
from handlers.slack.user_directory import UserDirectory

_MAX_PEOPLE: Final = 10


class LikelyCallHandlers:
    """Handles `verdict.use_call` and `verdict.use_person.*`, for support and the reporter."""

    def __init__(self, ticket_actions: TicketActions, users: UserDirectory) -> None:
        self._ticket_actions = ticket_actions
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the buttons."""
        app.action(USE_CALL)(self.use_call)
        for place in range(_MAX_PEOPLE):
            app.action(f"{USE_PERSON}{place}")(self.use_person)

    async def use_call(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Correct the report, whose call is diagnosed anew; say so if its time is another."""
        requester = Requester.of(body)
        ticket = await self._ticket_actions.use_likely_call(_action_request(body))
        renderer = await self._users.renderer(requester.team, requester.person)
        await ack()
        if "occurred_at" in ticket.history[-1].get("fields", ()):
            msg = message(
                "%(ticket)s is now checked around %(when)s: the call did not run at the reported "
                "time. If it happened at another time, correct the report.",
                ticket=ticket.label,
                when=ticket.occurred_at,
            )
            text = renderer.mrkdwn(msg)
            await respond(text=text, response_type="ephemeral", replace_original=False)

    async def use_person(self, ack: AsyncAck, body: Body) -> None:
        """Correct the uid that was not in the call."""
        index = int(str(body["actions"][0]["action_id"]).removeprefix(USE_PERSON))
        await self._ticket_actions.use_likely_person(_action_request(body), index)
        await ack()


def _action_request(body: Body) -> ActionRequest:
    requester, number = Requester.of(body), ticket_number_of(body["actions"][0])
    return ActionRequest(requester.team, number, requester.person, trigger_id_of(body))
