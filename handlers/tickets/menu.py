"""The story of a card's menu: hand over, link, merge, correct; for support alone."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConflictError, InputError, NotFoundError
from bot.i18n.messages import message
from bot.services.tickets.actions import Act, Life
from bot.services.tickets.query_parser import read_tickets
from bot.services.tickets.service import Desk
from bot.services.tickets.submission import Submission
from bot.ticket import Ticket
from handlers.call_control.handlers import RoomsStory
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People
from handlers.tickets.card import MENU, read_menu
from handlers.tickets.menu_forms import CorrectForm, HandOverForm, LinkForm, MergeForm
from handlers.ui.block_kit import Block
from handlers.ui.forms import open_form

_WHICH: Final = message("Write the ticket's number, such as LD-12.")


class LifeStory:
    """Support opens the menu on a card."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._life = Life(desk)
        self._people = people
        self._rooms = RoomsStory(desk, people)

    def register(self, app: AsyncApp) -> None:
        """Listen for the menu and its four forms."""
        app.action(MENU)(self.open)
        app.view(HandOverForm.CALLBACK)(self.hand_over)
        app.view(MergeForm.CALLBACK)(self.merge)
        app.view(LinkForm.CALLBACK)(self.link)
        app.view(CorrectForm.CALLBACK)(self.correct)

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the form that was chosen."""
        number, choice = read_menu(body["actions"][0])
        if choice == "room":
            await self._rooms.open_for(number, ack, body, client)
            return
        view = await self._draw(Asker.of(body), number, choice)
        await open_form(client, trigger_of(body), view)
        await ack()

    async def _draw(self, asker: Asker, number: int, choice: str) -> Block:
        seen = await self._life.look(asker.team, number, asker.person)
        voice = await self._people.voice(asker.team, asker.person)
        match choice:
            case "hand_over":
                return HandOverForm.view(seen.ticket, voice)
            case "merge":
                return MergeForm.view(seen, voice)
            case "link":
                return LinkForm.view(seen, voice)
        apps = list(dict.fromkeys([*self._desk.clouds, seen.ticket.app]))
        return CorrectForm.view(seen.ticket, apps, voice)

    async def hand_over(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Give the ticket to whoever was chosen."""
        form = HandOverForm.parse(*_contents(view))
        team = Asker.of(body).team
        if not form.person or (await self._people.profile(team, form.person)).is_bot:
            raise InputError({"person": message("Choose somebody.")})
        await self._life.hand_over(_act(body, form.number, view), form.person)
        await ack()

    async def merge(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Close the ticket as a duplicate."""
        form = MergeForm.parse(*_contents(view))
        try:
            await self._life.merge(_act(body, form.number, view), _number(form.ticket))
        except (ConflictError, NotFoundError) as error:
            raise InputError({"ticket": error.spoken}) from error
        await ack()

    async def link(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Make a link, and take others away."""
        form = LinkForm.parse(*_contents(view))
        if not form.ticket.strip() and not form.unlinked:
            raise InputError({"ticket": _WHICH})
        try:
            if form.ticket.strip():
                await self._life.link(_act(body, form.number, view), _number(form.ticket))
            for other in form.unlinked:
                act = _act(body, form.number, view, f":{other}")
                await self._life.unlink(act, _number(other))
        except (ConflictError, NotFoundError) as error:
            raise InputError({"ticket": error.spoken}) from error
        await ack()

    async def correct(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Put right what the report said."""
        form = CorrectForm.parse(*_contents(view))
        act = _act(body, form.number, view)
        ticket = await self._desk.may_act(act.team, act.number, act.person)
        await self._life.correct(act, _submission(act, ticket, form))
        await ack()


def _submission(act: Act, ticket: Ticket, form: CorrectForm) -> Submission:
    """What the report should have said; what the form leaves out stays."""
    said = form.said
    return Submission(
        team=act.team,
        origin=act.origin,
        reporter=ticket.reporter,
        app=said.app or ticket.app,
        cname=said.cname,
        teacher_uid=said.teacher_uid.strip() or ticket.teacher_uid,
        student_uid=said.student_uid.strip() or ticket.student_uid,
        abnormal_side=said.abnormal_side,
        issue_type=said.issue_type,
        occurred_at=said.occurred_at,
    )


def _contents(view: dict[str, Any]) -> tuple[dict[str, Any], str]:
    return view["state"]["values"], str(view.get("private_metadata") or "")


def _act(body: Body, number: int, view: dict[str, Any], more: str = "") -> Act:
    asker = Asker.of(body)
    return Act(asker.team, number, asker.person, f"{view['id']}{more}")


def _number(text: str) -> int:
    """Read a ticket's number as people write it. Raises InputError."""
    number = read_tickets(text).number
    if number is None:
        raise InputError({"ticket": _WHICH})
    return number
