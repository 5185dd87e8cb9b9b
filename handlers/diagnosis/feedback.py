"""Feedback on verdicts and their details: buttons and handlers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.causes import resolution_title
from bot.diagnosis import UNKNOWN, Verdict
from bot.i18n.messages import Message, message, plural
from bot.services.diagnosis.feedback import CauseAccuracy, FeedbackService, Rating
from bot.ticket import Ticket
from handlers.diagnosis.details_modal import details_view
from handlers.slack.open_modal import open_modal
from handlers.slack.request import Body, Requester, ticket_number_of, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element
from handlers.ui.renderer import Renderer

ACCURACY_PERIOD: Final = dt.timedelta(days=90)
_FEEDBACK_LABELS: Final = {
    Rating.RIGHT: message("Yes, that was it"),
    Rating.PARTLY: message("Partly"),
    Rating.WRONG: message("No"),
}
ACCEPT: Final = "ticket.accept"
_DETAILS: Final = "verdict.details"
_ACTIONS: Final = re.compile(r"verdict\.(right|partly|wrong)")


class FeedbackHandlers:
    """Handles the buttons under a verdict."""

    def __init__(self, feedback: FeedbackService, users: UserDirectory) -> None:
        self._feedback = feedback
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the buttons."""
        app.action(_ACTIONS)(self.rate)
        app.action(_DETAILS)(self.show_details)

    async def rate(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Save a rating and thank the person privately."""
        requester, action = Requester.of(body), body["actions"][0]
        number = ticket_number_of(action)
        feedback = Rating(str(action["action_id"]).removeprefix("verdict."))
        may_resolve = await self._feedback.save(requester.team, number, requester.person, feedback)
        renderer = await self._users.renderer(requester.team, requester.person)
        thanks = renderer.mrkdwn(message("Thank you. This makes the next verdicts better."))
        blocks = [block_kit.section("thanks", thanks)]
        if may_resolve:
            label = renderer.plain_text(message("Resolve with this cause"))
            blocks.append(block_kit.actions("accept", block_kit.button(ACCEPT, label, str(number))))
        await ack()
        await respond(text=thanks, blocks=blocks, response_type="ephemeral", replace_original=False)

    async def show_details(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the details of a verdict, in the reader's language."""
        requester = Requester.of(body)
        number = ticket_number_of(body["actions"][0])
        ticket, diagnosis = await self._feedback.details(requester.team, number, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        await open_modal(client, trigger_id_of(body), details_view(ticket, diagnosis, renderer))
        await ack()


def details_button(ticket: Ticket, renderer: Renderer) -> Element:
    """Build the button that opens a verdict's details."""
    return block_kit.button(_DETAILS, renderer.plain_text(message("Details")), str(ticket.id))


def feedback_blocks(ticket: Ticket, verdict: Verdict, renderer: Renderer) -> list[Block]:
    """Build the rating buttons and the details button; without rating for unknown verdicts."""
    details = details_button(ticket, renderer)
    if verdict.cause == UNKNOWN:
        return [block_kit.actions("judge", details)]
    buttons = [
        block_kit.button(f"verdict.{feedback}", renderer.plain_text(msg), str(ticket.id))
        for feedback, msg in _FEEDBACK_LABELS.items()
    ]
    question = block_kit.context("judge_question", renderer.mrkdwn(message("Was this right?")))
    return [question, block_kit.actions("judge", *buttons, details)]


def accuracy(rows: Sequence[CauseAccuracy]) -> Message:
    """Return how often people agreed, a line for each cause."""
    if not rows:
        return message("Nobody has rated a verdict in the last 90 days.")
    title = message("*How often verdicts were right, last 90 days*")
    msg = title
    for each in rows:
        msg = message("%(lines)s\n%(line)s", lines=msg, line=_precision_line(each))
    return msg


def _precision_line(row: CauseAccuracy) -> Message:
    return plural(
        "• %(cause)s: %(share)s%% right (%(count)s rating)",
        "• %(cause)s: %(share)s%% right (%(count)s ratings)",
        count=row.total,
        cause=resolution_title(row.cause),
        share=round(row.share * 100),
    )
