"""The verdict's story: people say whether it was right, and open its details."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.diagnosis import UNKNOWN, Verdict
from bot.i18n.messages import Message, message, plural
from bot.services.tickets.service import Desk
from bot.store.diagnosis.feedback import Judgement, Precision
from bot.ticket import Ticket
from handlers.diagnosis.details_modal import details_view
from handlers.slack.errors import Asker, Body, read_number, trigger_of
from handlers.slack.user_directory import People
from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element
from handlers.ui.causes import resolution_name
from handlers.ui.forms import open_form
from handlers.ui.renderer import Voice

ACCURACY_OVER: Final = dt.timedelta(days=90)
_JUDGEMENTS: Final = {
    Judgement.RIGHT: message("Yes, that was it"),
    Judgement.PARTLY: message("Partly"),
    Judgement.WRONG: message("No"),
}
_DETAILS: Final = "verdict.details"
_ACTIONS: Final = re.compile(r"verdict\.(right|partly|wrong)")


class JudgingStory:
    """Somebody presses a button under a verdict."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the buttons."""
        app.action(_ACTIONS)(self.judge)
        app.action(_DETAILS)(self.show_details)

    async def judge(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Keep what somebody says of a verdict, and thank them privately."""
        asker, action = Asker.of(body), body["actions"][0]
        number = read_number(action)
        judgement = Judgement(str(action["action_id"]).removeprefix("verdict."))
        await self._desk.judge(asker.team, number, asker.person, judgement)
        voice = await self._people.voice(asker.team, asker.person)
        thanks = voice.markup(message("Thank you. This makes the next verdicts better."))
        await ack()
        await respond(text=thanks, response_type="ephemeral", replace_original=False)

    async def show_details(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open what stands behind a verdict, for one reader in their own language."""
        asker = Asker.of(body)
        number = read_number(body["actions"][0])
        ticket, diagnosis = await self._desk.details(asker.team, number)
        voice = await self._people.voice(asker.team, asker.person)
        await open_form(client, trigger_of(body), details_view(ticket, diagnosis, voice))
        await ack()


def details_button(ticket: Ticket, voice: Voice) -> Element:
    """What opens all that stands behind a ticket's verdict."""
    return block_kit.button(_DETAILS, voice.plain(message("Details")), str(ticket.id))


def judging_block(ticket: Ticket, verdict: Verdict, voice: Voice) -> list[Block]:
    """The question under a verdict, and its details; nothing is asked while nothing is known."""
    details = details_button(ticket, voice)
    if verdict.cause == UNKNOWN:
        return [block_kit.actions("judge", details)]
    buttons = [
        block_kit.button(f"verdict.{judgement}", voice.plain(said), str(ticket.id))
        for judgement, said in _JUDGEMENTS.items()
    ]
    asked = block_kit.context("judge_question", voice.markup(message("Was this right?")))
    return [asked, block_kit.actions("judge", *buttons, details)]


def accuracy(found: Sequence[Precision]) -> Message:
    """How often people agreed, a line a cause."""
    if not found:
        return message("Nobody has judged a verdict in the last 90 days.")
    title = message("*How often verdicts were right, last 90 days*")
    said = title
    for each in found:
        said = message("%(lines)s\n%(line)s", lines=said, line=_precision_line(each))
    return said


def _precision_line(found: Precision) -> Message:
    return plural(
        "• %(cause)s: %(share)s%% of %(count)s judgement",
        "• %(cause)s: %(share)s%% of %(count)s judgements",
        count=found.judged,
        cause=resolution_name(found.cause),
        share=round(found.share * 100),
    )
