"""Handlers of a card's menu, for support: hand over or unclaim, snooze, link or merge, correct."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConflictError, InputError, LagdeskError, NotFoundError
from bot.i18n.messages import message
from bot.ports import Clock
from bot.services.tickets.actions import ActionRequest, TicketActions
from bot.services.tickets.service import TicketService
from bot.services.tickets.submission import Submission
from bot.services.workspaces.directory import Workspaces
from bot.ticket import Status, Ticket
from handlers.call_control.handlers import CallControlHandlers
from handlers.slack.open_modal import open_modal
from handlers.slack.request import Body, Requester, read_ticket_number, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.card import MENU_ACTION_ID, read_menu
from handlers.tickets.details import TicketDetails
from handlers.tickets.hand_over_form import PERSON, HandOverForm
from handlers.tickets.home_publish import HomePublisher
from handlers.tickets.menu_forms import (
    CorrectForm,
    LinkForm,
    SnoozeForm,
    ticket_option,
)
from handlers.ui.block_kit import Block
from handlers.ui.form_state import read_metadata_number

log = logging.getLogger(__name__)


class TicketMenuHandlers:
    """Handles the menu and its forms."""

    def __init__(
        self,
        tickets: TicketService,
        ticket_actions: TicketActions,
        rooms: CallControlHandlers,
        users: UserDirectory,
        clock: Clock,
        *,
        home: HomePublisher,
        details: TicketDetails,
        workspaces: Workspaces,
    ) -> None:
        self._tickets = tickets
        self._ticket_actions = ticket_actions
        self._users = users
        self._rooms = rooms
        self._home = home
        self._details = details
        self._clock = clock
        self._workspaces = workspaces

    def register(self, app: AsyncApp) -> None:
        """Register the menu and its forms."""
        app.action(MENU_ACTION_ID)(self.open)
        app.view(HandOverForm.CALLBACK_ID)(self.hand_over)
        app.view(SnoozeForm.CALLBACK_ID)(self.snooze)
        app.view(LinkForm.CALLBACK_ID)(self.link)
        app.options(LinkForm.OTHER)(self.suggest)
        app.view(CorrectForm.CALLBACK_ID)(self.correct)

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the chosen form."""
        number, choice = read_menu(body["actions"][0])
        if choice == "room":
            await self._rooms.open_for(number, ack, body, client)
            return
        view = await self._build_view(Requester.of(body), number, choice)
        await open_modal(client, trigger_id_of(body), view)
        await ack()

    async def _build_view(self, requester: Requester, number: int, choice: str) -> Block:
        team, person = requester.team, requester.person
        renderer = await self._users.renderer(team, person)
        if choice == "correct":
            ticket = await self._tickets.find_correctable(team, number, person)
            return CorrectForm.view(ticket, self._tickets.apps_of(team), renderer, person)
        links = await self._ticket_actions.load_links(team, number, person)
        match choice:
            case "hand_over":
                trackers = self._workspaces.of(team).trackers
                return HandOverForm.view(links.ticket, renderer, trackers)
            case "snooze":
                return SnoozeForm.view(links.ticket, renderer, self._clock.now())
        return LinkForm.view(links, renderer)

    async def hand_over(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Hand the ticket over to the chosen person or tracker, or unclaim it."""
        form, requester = HandOverForm.parse(*_view_state(view)), Requester.of(body)
        if form.tracker:
            request = _action_request(body, form.number, view)
            await self._ticket_actions.create_issue(request, form.tracker)
        elif not form.person:
            await self._require_claimed(requester, form)
            await self._tickets.unclaim(requester.team, form.number, requester.person)
        elif (await self._users.profile(requester.team, form.person)).is_bot:
            raise InputError({"person": message("Choose a person.")})
        else:
            request = _action_request(body, form.number, view)
            await self._ticket_actions.hand_over(request, form.person)
        await ack()

    async def _require_claimed(self, requester: Requester, form: HandOverForm) -> None:
        """Raise InputError where nobody is chosen and there is nothing to unclaim."""
        if not form.target:
            return
        ticket = await self._tickets.find_for_support(requester.team, form.number, requester.person)
        if ticket.status is Status.OPEN:
            raise InputError({PERSON: message("Choose a person.")})

    async def snooze(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Snooze the ticket until the chosen time."""
        form, requester = SnoozeForm.parse(*_view_state(view)), Requester.of(body)
        if form.until is None:
            raise InputError({"until": message("Choose until when.")})
        await self._tickets.snooze(requester.team, form.number, requester.person, form.until)
        await ack()

    async def suggest(self, ack: AsyncAck, body: Body) -> None:
        """Return the tickets that match what is typed into the menu of tickets."""
        requester, view = Requester.of(body), body.get("view") or {}
        number = read_metadata_number(str(view.get("private_metadata") or ""))
        found = await self._ticket_actions.suggest(
            requester.team, number, requester.person, str(body.get("value") or "")
        )
        renderer = await self._users.renderer(requester.team, requester.person)
        await ack(options=[ticket_option(ticket, renderer) for ticket in found])

    async def link(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Link the ticket to another one or merge it into it, and remove links."""
        form = LinkForm.parse(*_view_state(view))
        if not form.other and not form.unlinked:
            raise InputError({LinkForm.OTHER: message("Choose a ticket.")})
        request = _action_request(body, form.number, view)
        is_duplicate = form.relation == LinkForm.DUPLICATE
        add = self._ticket_actions.merge if is_duplicate else self._ticket_actions.link
        try:
            if form.other:
                await add(request, form.other)
            for other in form.unlinked:
                again = _action_request(body, form.number, view, f":{other}")
                await self._ticket_actions.unlink(again, read_ticket_number(other))
        except (ConflictError, NotFoundError) as error:
            raise InputError({LinkForm.OTHER: error.user_message}) from error
        await ack()

    async def correct(
        self, ack: AsyncAck, body: Body, view: dict[str, Any], client: AsyncWebClient
    ) -> None:
        """Correct the report; details and a reporter's App Home, which may be open, are renewed."""
        form = CorrectForm.parse(*_view_state(view))
        action_request = _action_request(body, form.number, view)
        ticket = await self._tickets.find_correctable(
            action_request.team, action_request.number, action_request.person
        )
        await self._ticket_actions.correct(
            action_request, _submission(action_request, ticket, form)
        )
        metadata = str(view.get("private_metadata") or "")
        await self._details.renew(Requester.of(body), form.number, metadata)
        if action_request.person == ticket.reporter:
            try:
                await self._home.publish(client, Requester.of(body))
            except (LagdeskError, SlackClientError) as error:  # the correction is saved
                log.info("could not publish the App Home: %s", type(error).__name__)
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
