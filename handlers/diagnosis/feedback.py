"""Feedback on verdicts and their details: buttons and handlers."""

from __future__ import annotations

from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.causes import NOT_FOUND, RESOLUTION_TITLES
from bot.diagnosis import UNKNOWN, Verdict
from bot.errors import InputError
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.locales import LANGUAGES
from bot.services.diagnosis.feedback import FeedbackService, Rating
from bot.ticket import Ticket
from handlers.diagnosis.details_modal import details_view
from handlers.slack.open_modal import open_modal
from handlers.slack.request import (
    Body,
    Requester,
    read_ticket_number,
    ticket_number_of,
    trigger_id_of,
)
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element
from handlers.ui.causes import cause_menu
from handlers.ui.renderer import Renderer

_FEEDBACK_LABELS: Final = {
    Rating.RIGHT: message("Yes, that was it"),
    Rating.PARTLY: message("Partly"),
    Rating.WRONG: message("No"),
}
ACCEPT: Final = "ticket.accept"
_DETAILS: Final = "verdict.details"
_OWN_LANGUAGE: Final = "verdict.own_language"
_IN_MY_LANGUAGE: Final = message("In my language")
_TRUE_CAUSES: Final = RESOLUTION_TITLES.keys() - {UNKNOWN, NOT_FOUND}
_TRUE_CAUSE: Final = "verdict.true_cause"
_THANKS: Final = message("Thank you. This makes the next verdicts better.")
_ACTIONS: Final = ("verdict.right", "verdict.partly", "verdict.wrong")


class FeedbackHandlers:
    """Handles the buttons under a verdict."""

    def __init__(self, feedback: FeedbackService, users: UserDirectory) -> None:
        self._feedback = feedback
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the buttons."""
        for name in _ACTIONS:
            app.action(name)(self.rate)
        app.action(_TRUE_CAUSE)(self.save_true_cause)
        app.action(_DETAILS)(self.show_details)
        app.action(_OWN_LANGUAGE)(self.show_details)

    async def rate(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Save a rating and thank the person privately."""
        requester, action = Requester.of(body), body["actions"][0]
        number = ticket_number_of(action)
        feedback = Rating(str(action["action_id"]).removeprefix("verdict."))
        may_resolve = await self._feedback.save(requester.team, number, requester.person, feedback)
        renderer = await self._users.renderer(requester.team, requester.person)
        thanks = renderer.mrkdwn(_THANKS)
        blocks = [block_kit.section("thanks", thanks)]
        if feedback is not Rating.RIGHT:
            blocks.append(_true_cause_question(number, renderer))
        if may_resolve:
            label = renderer.plain_text(message("Resolve with this cause"))
            blocks.append(block_kit.actions("accept", block_kit.button(ACCEPT, label, str(number))))
        await ack()
        await respond(text=thanks, blocks=blocks, response_type="ephemeral", replace_original=False)

    async def save_true_cause(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Save what was wrong instead, in place of the question."""
        requester = Requester.of(body)
        number, _, cause = body["actions"][0]["selected_option"]["value"].partition(":")
        if cause not in _TRUE_CAUSES:
            raise InputError({"cause": message("Choose one of the causes in the list.")})
        await self._feedback.save_true_cause(
            requester.team, read_ticket_number(number), requester.person, cause
        )
        renderer = await self._users.renderer(requester.team, requester.person)
        await ack()
        await respond(text=renderer.mrkdwn(_THANKS), replace_original=True)

    async def show_details(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the details of a verdict, in the reader's language."""
        requester = Requester.of(body)
        number = ticket_number_of(body["actions"][0])
        ticket, diagnosis = await self._feedback.details(requester.team, number, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        await open_modal(client, trigger_id_of(body), details_view(ticket, diagnosis, renderer))
        await ack()


def _true_cause_question(number: int, renderer: Renderer) -> Block:
    causes = [key for key in RESOLUTION_TITLES if key in _TRUE_CAUSES]
    groups = [
        (label, [(f"{number}:{key}", title) for key, title in pairs])
        for label, pairs in cause_menu(renderer, causes)
    ]
    menu = block_kit.grouped_select(groups, action_id=_TRUE_CAUSE)
    question = message("What was it instead, if you know?")
    return block_kit.section("true_cause", renderer.mrkdwn(question), accessory=menu)


def details_button(ticket: Ticket, renderer: Renderer) -> Element:
    """Build the button that opens a verdict's details."""
    return block_kit.button(_DETAILS, renderer.plain_text(message("Details")), str(ticket.id))


def _own_language_buttons(ticket: Ticket, renderer: Renderer) -> list[Element]:
    """Build the button to the details for readers of other languages, in these languages."""
    used = {each.locale for each in renderer.translator.per_language}
    others = [Translator(name).translate(_IN_MY_LANGUAGE) for name in LANGUAGES if name not in used]
    label = " / ".join(others)
    return [block_kit.button(_OWN_LANGUAGE, label, str(ticket.id))] if others else []


def feedback_blocks(ticket: Ticket, verdict: Verdict, renderer: Renderer) -> list[Block]:
    """Build the rating buttons and the details button; without rating for unknown verdicts."""
    details = [details_button(ticket, renderer), *_own_language_buttons(ticket, renderer)]
    if verdict.cause == UNKNOWN:
        return [block_kit.actions("judge", *details)]
    buttons = [
        block_kit.button(f"verdict.{feedback}", renderer.plain_text(msg), str(ticket.id))
        for feedback, msg in _FEEDBACK_LABELS.items()
    ]
    question = block_kit.context("judge_question", renderer.mrkdwn(message("Was this right?")))
    return [question, block_kit.actions("judge", *buttons, *details)]
