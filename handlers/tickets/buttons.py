"""The tickets' story: the buttons on cards and the resolve form."""

from __future__ import annotations

import re
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InputError
from bot.i18n.messages import message
from bot.services.tickets.actions import Life
from bot.services.tickets.service import Desk
from handlers.slack.errors import Asker, Body, read_number, trigger_of
from handlers.slack.user_directory import People
from handlers.tickets.home_publish import publish_home
from handlers.ui.causes import RESOLUTIONS
from handlers.ui.forms import ResolveForm, open_form
from handlers.ui.renderer import Voice

_UNKNOWN: Final = "unknown"
_TICKET_ACTIONS: Final = re.compile(r"ticket\.(claim|diagnose|escalate|resolve|reopen|helped)")


class TicketsStory:
    """Support works on tickets; everybody sees their own."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._life = Life(desk)
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the buttons and the form."""
        app.action(_TICKET_ACTIONS)(self.act)
        app.view(ResolveForm.CALLBACK)(self.resolve)

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
