"""Previews of links to tickets, and the side panel that opens from them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.errors import LagdeskError, NotAllowedError, NotFoundError, SlackError
from bot.i18n.messages import message
from bot.services.tickets.service import TicketService
from bot.services.workspaces.directory import Workspaces
from bot.ticket import Ticket
from handlers.slack.api_errors import call_slack
from handlers.slack.clients import SlackClients
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.details import people_of, ticket_details
from handlers.tickets.mentions import masked, owner_of
from handlers.ui.plain_renderer import PlainRenderer
from handlers.ui.renderer import Renderer
from handlers.work_objects.entity import Json, panel, preview
from handlers.work_objects.links import read_ticket_url, ticket_url
from handlers.work_objects.refusals import LinkRefusals

_MAX_LINKS: Final = 3  # a message with more is a list, as with ticket numbers
_MAX_PEOPLE: Final = 20
_SOURCES: Final = ("composer", "conversations_history")


class WorkObjectHandlers:
    """Handles links to tickets in messages, and clicks on their previews."""

    def __init__(
        self,
        tickets: TicketService,
        workspaces: Workspaces,
        users: UserDirectory,
        clients: SlackClients,
        refusals: LinkRefusals,
        *,
        public_url: str,
    ) -> None:
        self._tickets = tickets
        self._workspaces = workspaces
        self._users = users
        self._clients = clients
        self._refusals = refusals
        self._public_url = public_url

    def register(self, app: AsyncApp) -> None:
        """Register the events."""
        app.event("link_shared")(self.show_previews)
        app.event("entity_details_requested")(self.show_panel)

    async def show_previews(self, event: dict[str, Any], body: Body) -> None:
        """Show a preview of each ticket that whoever wrote the link may see.

        The same event again draws the same previews.
        """
        requester = Requester.of(body)
        links = list(_links(event, self._public_url))[:_MAX_LINKS]
        renderer = await self._users.channel_renderer(requester.team, requester.channel)
        entities = []
        for url, number in links:
            ticket = await self._find_visible(requester, number)
            if ticket is not None:
                entity = await self._preview(ticket, number, renderer)
                entities.append(entity | {"app_unfurl_url": url})
        if entities:
            client = await self._clients.of(requester.team)
            metadata = {"entities": entities}
            place = _place(event)
            await self._send(requester.team, client.chat_unfurl(**place, metadata=metadata))

    async def _preview(self, ticket: Ticket, number: int, renderer: Renderer) -> Json:
        """Build a preview: always masked, as anybody may read the channel; people by name."""
        owner = owner_of(ticket)
        name = await self._users.name(ticket.team, owner) if owner else ""
        shared = replace(renderer, mask=True)
        return preview(masked(ticket), ticket_url(self._public_url, number), name, shared)

    async def _find_visible(self, requester: Requester, number: int) -> Ticket | None:
        try:
            return await self._tickets.find_visible(requester.team, number, requester.person)
        except (NotAllowedError, NotFoundError):
            return None

    async def show_panel(self, event: dict[str, Any], body: Body) -> None:
        """Show one person what `/tickets LD-12` would show them, or why it does not."""
        requester, url = Requester.of(body), str(event.get("entity_url") or "")
        number = read_ticket_url(url, self._public_url)
        trigger_id = str(event.get("trigger_id") or "")
        if number is None or not trigger_id or not requester.person:
            return
        renderer = await self._users.renderer(requester.team, requester.person)
        try:
            content: Json = {"metadata": await self._panel(requester, number, renderer)}
        except LagdeskError as error:
            content = {"error": _refusal(number, error, renderer)}
        client = await self._clients.of(requester.team)
        await self._send(
            requester.team, client.entity_presentDetails(trigger_id=trigger_id, **content)
        )

    async def _panel(self, requester: Requester, number: int, renderer: Renderer) -> Json:
        team, person = requester.team, requester.person
        ticket = await self._tickets.find_visible(team, number, person)
        is_support = bool(await self._users.is_support(team, person))
        people = list(people_of(ticket))[:_MAX_PEOPLE]
        names = await asyncio.gather(*(self._users.name(team, each) for each in people))
        plain = PlainRenderer(
            renderer.translator, renderer.mask, dict(zip(people, names, strict=True))
        )
        policy = self._workspaces.policy_of(team)
        _, blocks = ticket_details(ticket, plain, person, policy, is_support=is_support)
        return panel(ticket, ticket_url(self._public_url, ticket.id), blocks, plain)

    async def _send(self, team: str, call: Any) -> None:
        """Send a preview or a panel; what Slack refuses is left out, with a line in the log."""
        try:
            await call_slack(call)
        except SlackError as error:
            await self._refusals.note(team, error)


def _links(event: Mapping[str, Any], public_url: str) -> Iterator[tuple[str, int]]:
    """Yield the links of a message that are tickets' addresses, each once."""
    listed = event.get("links")
    urls = [each.get("url") for each in listed if isinstance(each, Mapping)] if listed else []
    for url in dict.fromkeys(url for url in urls if isinstance(url, str)):
        number = read_ticket_url(url, public_url)
        if number is not None:
            yield url, number


def _place(event: Mapping[str, Any]) -> Json:
    """Return where a preview belongs: to a message, or to a text that is being written."""
    source, unfurl_id = event.get("source"), event.get("unfurl_id")
    if source in _SOURCES and isinstance(unfurl_id, str):
        return {"source": str(source), "unfurl_id": unfurl_id}
    return {"channel": str(event.get("channel") or ""), "ts": str(event.get("message_ts") or "")}


def _refusal(number: int, error: LagdeskError, renderer: Renderer) -> Json:
    title = renderer.plain_text(message("%(ticket)s cannot be shown to you", ticket=f"LD-{number}"))
    text = renderer.plain_text(error.user_message)
    return {"status": "custom", "custom_title": title, "custom_message": text}
