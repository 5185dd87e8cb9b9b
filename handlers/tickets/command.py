"""`/tickets`: listing and finding tickets, paging, details, sharing a page."""

from __future__ import annotations

from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.ports import Clock
from bot.services.tickets.query_parser import TicketsArguments
from bot.services.tickets.service import TicketService
from handlers.commands import TICKETS
from handlers.slack.request import Body, Requester, ticket_number_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets import view as list_view
from handlers.tickets.details import TicketDetails
from handlers.tickets.search import TicketSearch, list_title
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

_ACTIONS: Final = ("tickets.show", "tickets.more", "tickets.share")


class TicketListHandlers:
    """Support finds every ticket; other people find their own."""

    def __init__(
        self,
        tickets: TicketService,
        details: TicketDetails,
        users: UserDirectory,
        clock: Clock,
    ) -> None:
        self._search = TicketSearch(tickets, clock)
        self._details = details
        self._clock = clock
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the command and the buttons of lists."""
        app.command(TICKETS.name)(self.find)
        for name in _ACTIONS:
            app.action(name)(self.handle_action)

    async def find(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Respond privately with a page of tickets, or with one ticket."""
        requester = Requester.of(body)
        ticket_query = self._search.parse(requester.team, str(body.get("text") or ""))
        renderer = await self._users.renderer(requester.team, requester.person)
        if ticket_query.number is not None:
            await self._details.show(respond, requester, ticket_query.number)
            await ack()
            return
        text, blocks = await self._answer(requester, ticket_query, renderer)
        await ack(text=text, blocks=blocks, response_type="ephemeral")

    async def handle_action(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Handle a list's buttons: next page, details of a ticket, sharing the page."""
        requester = Requester.of(body)
        action = body["actions"][0]
        renderer = await self._users.renderer(requester.team, requester.person)
        if action["action_id"] == "tickets.show":
            number = ticket_number_of(action)
            await self._details.show(respond, requester, number, replace=True)
            await ack()
            return
        ticket_query = TicketsArguments.from_json(str(action.get("value") or ""))
        if action["action_id"] == "tickets.share":
            await self._share(respond, requester, ticket_query)
        else:
            text, blocks = await self._answer(requester, ticket_query, renderer)
            await respond(
                text=text, blocks=blocks, response_type="ephemeral", replace_original=True
            )
        await ack()

    async def _share(
        self, respond: AsyncRespond, requester: Requester, ticket_query: TicketsArguments
    ) -> None:
        """Post the page in the channel, in the channel's language."""
        page = await self._search.page(requester.team, requester.person, ticket_query)
        renderer = await self._users.channel_renderer(requester.team, requester.channel)
        text, blocks = list_view.shared_list(
            list_title(ticket_query, shared=True),
            page,
            self._clock.now(),
            renderer,
            person=requester.person,
        )
        await respond(text=text, blocks=blocks, response_type="in_channel", replace_original=False)

    async def _answer(
        self, requester: Requester, ticket_query: TicketsArguments, renderer: Renderer
    ) -> tuple[str, list[Block]]:
        page = await self._search.page(requester.team, requester.person, ticket_query)
        replies = await self._search.replies(requester.team, requester.person, page, ticket_query)
        return list_view.private_list(
            list_title(ticket_query),
            page,
            self._clock.now(),
            renderer,
            share_value=ticket_query.to_json(before=ticket_query.before),
            next_page_value=ticket_query.to_json(before=page.before),
            replies=replies,
        )
