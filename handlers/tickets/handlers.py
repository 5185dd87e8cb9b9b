"""Handlers of the ticket buttons and the resolve form."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.causes import NOT_FOUND, RESOLUTION_TITLES, UNKNOWN, resolution_title
from bot.diagnosis.verdict import accepted_cause
from bot.errors import InputError
from bot.i18n.messages import message
from bot.services.context import DatabaseError
from bot.services.tickets.actions import ActionRequest, TicketActions
from bot.services.tickets.service import TicketService
from bot.ticket import Ticket
from handlers.slack.open_modal import open_modal
from handlers.slack.request import Body, Requester, ticket_number_of, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.details import TicketDetails, is_of_details, opened_from_details
from handlers.tickets.forms import ResolveForm
from handlers.tickets.home_publish import HomePublisher
from handlers.tickets.linked import RESOLVE_LINKED, linked_view, still_open
from handlers.tickets.menu_forms import CorrectForm
from handlers.tickets.resolutions import canned_resolutions
from handlers.ui.causes import cause_menu
from handlers.ui.form_state import read_metadata_number

_VERBS: Final = (
    *("claim", "diagnose", "escalate", "resolve", "reopen"),
    *("helped", "correct", "withdraw", "accept"),
)


class TicketButtonHandlers:
    """Handles the buttons `ticket.*` on cards, in lists and in the App Home."""

    def __init__(
        self,
        tickets: TicketService,
        ticket_actions: TicketActions,
        details: TicketDetails,
        home: HomePublisher,
        users: UserDirectory,
    ) -> None:
        self._tickets = tickets
        self._details = details
        self._ticket_actions = ticket_actions
        self._home = home
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the buttons and the form."""
        for verb in _VERBS:
            app.action(f"ticket.{verb}")(self.handle_action)
        app.view(ResolveForm.CALLBACK_ID)(self.resolve)
        app.view(RESOLVE_LINKED)(self.resolve_linked)

    async def handle_action(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Handle a ticket button; in the App Home, publish the home again."""
        requester = Requester.of(body)
        try:
            await self._do(requester, body, client, respond)
            await self._show_change(requester, body, respond)
        finally:
            if (body.get("view") or {}).get("type") == "home":
                with suppress(DatabaseError):  # what was done stays done
                    await self._home.publish(client, requester)
        await ack()

    async def _do(
        self, requester: Requester, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        action = body["actions"][0]
        verb, number = str(action["action_id"]).removeprefix("ticket."), ticket_number_of(action)
        team, person = requester.team, requester.person
        match verb:
            case "claim":
                await self._tickets.claim(team, number, person)
            case "diagnose":
                await self._tickets.diagnose_again(team, number, person)
            case "escalate":
                await self._tickets.escalate(team, number, person)
            case "reopen":
                await self._tickets.reopen(team, number, person)
            case "accept":
                await self._accept(requester, number, respond)
            case "correct":
                await self._open_correct(requester, number, body, client)
            case "withdraw":
                request = ActionRequest(team, number, person, trigger_id_of(body))
                await self._ticket_actions.withdraw(request)
            case "helped":
                await self._ticket_actions.confirm_resolved(team, number, person)
            case "resolve":
                await self._open_resolve(requester, number, body, client)

    async def _show_change(self, requester: Requester, body: Body, respond: AsyncRespond) -> None:
        """Renew what only the person sees, which no job updates: details, or an offer to reopen."""
        container, action = body.get("container"), body["actions"][0]
        if not isinstance(container, dict) or container.get("is_ephemeral") is not True:
            return
        number = ticket_number_of(action)
        if is_of_details(str(action.get("block_id")), number):
            await self._details.show(respond, requester, number, replace=True)
        elif action["action_id"] == "ticket.reopen":
            renderer = await self._users.renderer(requester.team, requester.person)
            msg = message("%(ticket)s is open again.", ticket=f"LD-{number}")
            await respond(text=renderer.mrkdwn(msg), replace_original=True)

    async def _accept(self, requester: Requester, number: int, respond: AsyncRespond) -> None:
        """Resolve a ticket with its verdict; the offer is replaced by the confirmation."""
        ticket = await self._tickets.accept_verdict(requester.team, number, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        msg = message(
            "%(ticket)s (%(cname)s) is resolved: %(cause)s.",
            ticket=ticket.label,
            cname=ticket.cname,
            cause=resolution_title(ticket.resolved_cause),
        )
        lines = [msg, *still_open(await self._linked_to(ticket))]
        await respond(text="\n".join(map(renderer.mrkdwn, lines)), replace_original=True)

    async def _open_correct(
        self, requester: Requester, number: int, body: Body, client: AsyncWebClient
    ) -> None:
        ticket = await self._tickets.find_correctable(requester.team, number, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        apps = self._tickets.apps_of(requester.team)
        view = CorrectForm.view(ticket, apps, renderer, requester.person)
        await open_modal(client, trigger_id_of(body), opened_from_details(view, body))

    async def _open_resolve(
        self, requester: Requester, number: int, body: Body, client: AsyncWebClient
    ) -> None:
        ticket = await self._tickets.find_for_support(requester.team, number, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        canned = canned_resolutions(self._tickets.canned_resolutions, renderer)
        found = _causes_of(ticket)
        form = ResolveForm(number, cause=next(iter(found), UNKNOWN))
        causes = cause_menu(renderer, RESOLUTION_TITLES, found)
        view = form.view(renderer, causes, canned, ticket.label)
        await open_modal(client, trigger_id_of(body), opened_from_details(view, body))

    async def resolve(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Resolve the ticket with the submitted form."""
        requester, metadata = Requester.of(body), str(view.get("private_metadata") or "")
        form = ResolveForm.parse(view["state"]["values"], metadata)
        if form.cause not in RESOLUTION_TITLES:
            raise InputError({"cause": message("Choose one of the causes in the list.")})
        renderer = await self._users.renderer(requester.team, requester.person)
        text = form.text(canned_resolutions(self._tickets.canned_resolutions, renderer))
        if not text:
            raise InputError({"resolution": message("Choose or describe what was done.")})
        ticket = await self._tickets.resolve(
            requester.team, form.number, requester.person, cause=form.cause, resolution=text
        )
        await self._details.renew(requester, form.number, metadata)
        linked = await self._linked_to(ticket)
        if linked:
            await ack(response_action="update", view=linked_view(ticket, linked, renderer))
        else:
            await ack()

    async def resolve_linked(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Resolve the tickets linked to one that was just resolved, in the same way."""
        requester = Requester.of(body)
        number = read_metadata_number(str(view.get("private_metadata") or ""))
        await self._tickets.resolve_linked(requester.team, number, requester.person)
        await ack()

    async def _linked_to(self, ticket: Ticket) -> Sequence[Ticket]:
        """Return the unresolved tickets linked to a resolved one; none if they cannot be read."""
        with suppress(DatabaseError):  # what was done stays done
            return await self._tickets.list_linked(ticket)
        return ()


def _causes_of(ticket: Ticket) -> list[str]:
    """Return the causes of a ticket's verdict that it can be resolved with, the likeliest first."""
    if ticket.verdict is None:
        return []
    others = [other["cause"] for other in ticket.verdict["others"]]
    accepted = accepted_cause(ticket.verdict) if ticket.cause != NOT_FOUND else NOT_FOUND
    causes = dict.fromkeys([accepted, *others])
    return [cause for cause in causes if cause != UNKNOWN and cause in RESOLUTION_TITLES]
