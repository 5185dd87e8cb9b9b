"""Handlers of a card's menu, for support: hand over, link, merge, correct."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConflictError, InputError, NotFoundError
from bot.i18n.messages import message
from bot.services.tickets.actions import ActionRequest, TicketActions
from bot.services.tickets.query_parser import parse_tickets
from bot.services.tickets.service import TicketService
from bot.services.tickets.submission import Submission
from bot.ticket import Ticket
from handlers.call_control.handlers import CallControlHandlers
from handlers.slack.open_modal import open_modal
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.card import MENU_ACTION_ID, read_menu
from handlers.tickets.menu_forms import CorrectForm, HandOverForm, LinkForm, MergeForm
from handlers.ui.block_kit import Block

_TICKET_NUMBER_NEEDED: Final = message("Write the ticket's number, such as LD-12.")


class TicketMenuHandlers:
    """Handles the menu and its forms."""

    def __init__(
        self,
        tickets: TicketService,
        ticket_actions: TicketActions,
        rooms: CallControlHandlers,
        users: UserDirectory,
    ) -> None:
        self._tickets = tickets
        self._ticket_actions = ticket_actions
        self._users = users
        self._rooms = rooms

    def register(self, app: AsyncApp) -> None:
        """Register the menu and its four forms."""
        app.action(MENU_ACTION_ID)(self.open)
        app.view(HandOverForm.CALLBACK_ID)(self.hand_over)
        app.view(MergeForm.CALLBACK_ID)(self.merge)
        app.view(LinkForm.CALLBACK_ID)(self.link)
        app.view(CorrectForm.CALLBACK_ID)(self.correct)

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the chosen form, or unclaim the ticket at once."""
        number, choice = read_menu(body["actions"][0])
        if choice == "room":
            await self._rooms.open_for(number, ack, body, client)
            return
        requester = Requester.of(body)
        if choice == "unclaim":
            await self._tickets.unclaim(requester.team, number, requester.person)
            await ack()
            return
        view = await self._build_view(requester, number, choice)
        await open_modal(client, trigger_id_of(body), view)
        await ack()

    async def _build_view(self, requester: Requester, number: int, choice: str) -> Block:
        team, person = requester.team, requester.person
        renderer = await self._users.renderer(team, person)
        if choice == "correct":
            ticket = await self._tickets.find_correctable(team, number, person)
            return CorrectForm.view(ticket, self._tickets.apps, renderer, person)
        links = await self._ticket_actions.load_links(team, number, person)
        match choice:
            case "hand_over":
                return HandOverForm.view(links.ticket, renderer)
            case "merge":
                return MergeForm.view(links, renderer)
        return LinkForm.view(links, renderer)

    async def hand_over(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Hand the ticket over to the chosen person."""
        form = HandOverForm.parse(*_view_state(view))
        team = Requester.of(body).team
        if not form.person or (await self._users.profile(team, form.person)).is_bot:
            raise InputError({"person": message("Choose a person.")})
        await self._ticket_actions.hand_over(_action_request(body, form.number, view), form.person)
        await ack()

    async def merge(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Merge the ticket into another one."""
        form = MergeForm.parse(*_view_state(view))
        try:
            await self._ticket_actions.merge(
                _action_request(body, form.number, view), _parse_ticket_number(form.ticket)
            )
        except (ConflictError, NotFoundError) as error:
            raise InputError({"ticket": error.user_message}) from error
        await ack()

    async def link(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Add a link and remove others."""
        form = LinkForm.parse(*_view_state(view))
        if not form.ticket.strip() and not form.unlinked:
            raise InputError({"ticket": _TICKET_NUMBER_NEEDED})
        try:
            if form.ticket.strip():
                await self._ticket_actions.link(
                    _action_request(body, form.number, view), _parse_ticket_number(form.ticket)
                )
            for other in form.unlinked:
                action_request = _action_request(body, form.number, view, f":{other}")
                await self._ticket_actions.unlink(action_request, _parse_ticket_number(other))
        except (ConflictError, NotFoundError) as error:
            raise InputError({"ticket": error.user_message}) from error
        await ack()

    async def correct(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Correct the report."""
        form = CorrectForm.parse(*_view_state(view))
        action_request = _action_request(body, form.number, view)
        ticket = await self._tickets.find_correctable(
            action_request.team, action_request.number, action_request.person
        )
        await self._ticket_actions.correct(
            action_request, _submission(action_request, ticket, form)
        )
        await ack()


def _submission(action_request: ActionRequest, ticket: Ticket, form: CorrectForm) -> Submission:
    """Build the corrected report; fields the form leaves empty keep their values."""
    report = replace(
        form.report,
        app=form.report.app or ticket.app,
        teacher_uid=form.report.teacher_uid.strip() or ticket.teacher_uid,
        student_uid=form.report.student_uid.strip() or ticket.student_uid,
    )
    return Submission(
        team=action_request.team,
        origin=action_request.origin,
        reporter=ticket.reporter,
        **asdict(report),
    )


def _view_state(view: dict[str, Any]) -> tuple[dict[str, Any], str]:
    return view["state"]["values"], str(view.get("private_metadata") or "")


def _action_request(body: Body, number: int, view: dict[str, Any], more: str = "") -> ActionRequest:
    requester = Requester.of(body)
    return ActionRequest(requester.team, number, requester.person, f"{view['id']}{more}")


def _parse_ticket_number(text: str) -> int:
    """Parse a ticket's number as people write it. Raises InputError."""
    number = parse_tickets(text).number
    if number is None:
        raise InputError({"ticket": _TICKET_NUMBER_NEEDED})
    return number
