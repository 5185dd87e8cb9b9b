"""The call that is probably meant: its sentence, and the button that corrects the report to it."""

from __future__ import annotations

from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.call import Call
from bot.i18n.messages import Message, TimeRange, message
from bot.services.tickets.actions import ActionRequest, TicketActions
from bot.ticket import Ticket
from handlers.slack.request import Body, Requester, ticket_number_of, trigger_id_of
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

_USE: Final = "verdict.use_call"


class LikelyCallHandlers:
    """Handles `verdict.use_call`, for support and the reporter."""

    def __init__(self, ticket_actions: TicketActions) -> None:
        self._ticket_actions = ticket_actions

    def register(self, app: AsyncApp) -> None:
        """Register the button."""
        app.action(_USE)(self.use)

    async def use(self, ack: AsyncAck, body: Body) -> None:
        """Correct the report; its call is diagnosed anew."""
        requester, number = Requester.of(body), ticket_number_of(body["actions"][0])
        request = ActionRequest(requester.team, number, requester.person, trigger_id_of(body))
        await self._ticket_actions.use_likely_call(request)
        await ack()


def likely_call_sentence(cname: str, call: Call) -> Message:
    """Return where the call ran that is probably meant instead of `cname`."""
    if call.ended_at is None:
        return message(
            "No call was found in %(asked)s at that time. %(cname)s in the app %(app)s has been "
            "running since %(since)s.",
            asked=cname,
            cname=call.cname,
            app=call.app,
            since=call.started_at,
        )
    return message(
        "No call was found in %(asked)s at that time. %(cname)s in the app %(app)s ran %(when)s.",
        asked=cname,
        cname=call.cname,
        app=call.app,
        when=TimeRange(call.started_at, call.ended_at),
    )


def use_call_blocks(ticket: Ticket, call: Call | None, renderer: Renderer) -> list[Block]:
    """Build the button, [] without such a call."""
    if call is None:
        return []
    label = renderer.plain_text(message("Use this call"))
    button = block_kit.button(_USE, label, str(ticket.id), style="primary")
    return [block_kit.actions("use_call", button)]
