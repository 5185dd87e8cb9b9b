"""The tickets' story: /tickets and the buttons on cards, lists and the resolve form."""

from __future__ import annotations

import re
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk
from bot.desk.arguments import TicketsWanted, read_tickets
from bot.desk.life import Life
from bot.errors import InputError
from bot.store.lists import TicketQuery
from bot.ticket import Status
from bot.words import Message, message
from handlers import cards
from handlers.blocks import Block
from handlers.causes import RESOLUTIONS
from handlers.forms import ResolveForm, open_form
from handlers.middleware import Asker, Body, read_number, trigger_of
from handlers.people import People
from handlers.publishing import publish_home
from handlers.sending import BAD_BLOCKS, answer_refusal
from handlers.voice import Voice

_TITLES: Final = {
    "open": message("Open tickets"),
    "mine": message("My tickets"),
    "all": message("All tickets"),
    "words": message("Tickets found"),
}
_UNKNOWN: Final = "unknown"
_TICKET_ACTIONS: Final = re.compile(r"ticket\.(claim|diagnose|escalate|resolve|reopen|helped)")
_LIST_ACTIONS: Final = re.compile(r"tickets\.(show|more)")


class TicketsStory:
    """Support works on tickets; everybody sees their own."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._life = Life(desk)
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the command, the two families of buttons and the form."""
        app.command("/tickets")(self.find)
        app.action(_TICKET_ACTIONS)(self.act)
        app.action(_LIST_ACTIONS)(self.turn)
        app.view(ResolveForm.CALLBACK)(self.resolve)

    async def find(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Answer privately with a page of tickets, or with one."""
        asker = Asker.of(body)
        wanted = read_tickets(str(body.get("text") or ""))
        voice = await self._people.voice(asker.team, asker.person)
        if wanted.number is not None:
            await self._show(respond, asker, wanted.number, voice)
            await ack()
            return
        text, shown = await self._answer(asker, wanted, voice)
        await ack(text=text, blocks=shown, response_type="ephemeral")

    async def turn(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Show the next page, or one of the tickets listed."""
        asker = Asker.of(body)
        action = body["actions"][0]
        voice = await self._people.voice(asker.team, asker.person)
        if action["action_id"] == "tickets.show":
            await self._show(respond, asker, read_number(action), voice, replace=True)
            await ack()
            return
        wanted = TicketsWanted.from_json(str(action.get("value") or ""))
        text, shown = await self._answer(asker, wanted, voice)
        await respond(text=text, blocks=shown, response_type="ephemeral", replace_original=True)
        await ack()

    async def _show(
        self,
        respond: AsyncRespond,
        asker: Asker,
        number: int,
        voice: Voice,
        *,
        replace: bool = False,
    ) -> None:
        """Show one ticket; when Slack has its picture no more, it is drawn again meanwhile."""
        ticket = await self._desk.find_ticket(asker.team, number, asker.person)
        for _ in range(2):
            text, shown = cards.ticket_details(ticket, voice, self._desk.policy)
            answer = await respond(
                text=text, blocks=shown, response_type="ephemeral", replace_original=replace
            )
            code = answer_refusal(answer.status_code, answer.body)
            if not ticket.picture_file or code not in BAD_BLOCKS:
                return
            await self._desk.redraw(ticket)
            ticket.picture_file = ""

    async def _answer(
        self, asker: Asker, wanted: TicketsWanted, voice: Voice
    ) -> tuple[str, list[Block]]:
        query = TicketQuery(
            team=asker.team,
            statuses=(Status.OPEN, Status.CLAIMED) if wanted.which == "open" else (),
            reporter=asker.person if wanted.which == "mine" else None,
            words=wanted.words,
            before=wanted.before,
        )
        page = await self._desk.list_tickets(query, asker.person)
        more = wanted.to_json(before=page.before)
        return cards.ticket_list(self._title(wanted), page, more, voice)

    def _title(self, wanted: TicketsWanted) -> Message:
        return _TITLES["words" if wanted.words else wanted.which]

    async def act(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """Carry out a button on a ticket's card, or in somebody's home, which is shown anew."""
        asker = Asker.of(body)
        try:
            await self._do(asker, body, client, respond)
        finally:
            if (body.get("view") or {}).get("type") == "home":
                await publish_home(self._desk, self._people, client, asker)
        await ack()

    async def _do(
        self, asker: Asker, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        action = body["actions"][0]
        verb, number = str(action["action_id"]).removeprefix("ticket."), read_number(action)
        team, person = asker.team, asker.person
        match verb:
            case "claim":
                await self._desk.claim(team, number, person)
            case "diagnose":
                await self._desk.diagnose_again(team, number, person)
            case "escalate":
                await self._desk.escalate(team, number, person)
            case "reopen":
                await self._reopen(asker, number, body, respond)
            case "helped":
                await self._life.thank(team, number, person)
            case "resolve":
                await self._open_resolve(asker, number, trigger_of(body), client)

    async def _reopen(self, asker: Asker, number: int, body: Body, respond: AsyncRespond) -> None:
        """Open a ticket again; an offer that only one person sees turns into the answer."""
        ticket = await self._desk.reopen(asker.team, number, asker.person)
        container = body.get("container")
        if isinstance(container, dict) and container.get("is_ephemeral") is True:
            voice = await self._people.voice(asker.team, asker.person)
            said = message("%(ticket)s is open again.", ticket=ticket.label)
            await respond(text=voice.markup(said), replace_original=True)

    async def _open_resolve(
        self, asker: Asker, number: int, trigger_id: str, client: AsyncWebClient
    ) -> None:
        ticket = await self._desk.may_act(asker.team, number, asker.person)
        voice = await self._people.voice(asker.team, asker.person)
        found = str((ticket.verdict or {}).get("cause") or _UNKNOWN)
        form = ResolveForm(number, cause=found)
        view = form.view(voice, cause_options(voice), ticket.label)
        await open_form(client, trigger_id, view)

    async def resolve(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Close the ticket with what the form says."""
        asker = Asker.of(body)
        form = ResolveForm.parse(view["state"]["values"], str(view.get("private_metadata") or ""))
        if form.cause not in RESOLUTIONS:
            raise InputError({"cause": message("Choose one of the causes in the list.")})
        if not form.resolution.strip():
            raise InputError({"resolution": message("Say in a few words what was done.")})
        await self._desk.resolve(
            asker.team,
            form.number,
            asker.person,
            cause=form.cause,
            resolution=form.resolution.strip(),
        )
        await ack()


def cause_options(voice: Voice) -> list[tuple[str, str]]:
    """The causes a ticket can be closed with, as (key, name) pairs."""
    return [(key, voice.plain(name)) for key, name in RESOLUTIONS.items()]
