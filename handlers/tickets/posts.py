"""Posts about a ticket: its card, the reporter's message, the card's permalink."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import SlackContentRefusedError
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.workspaces.directory import Workspaces
from bot.ticket import Ticket
from handlers.slack.api_errors import respond_privately
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.card import ticket_card, ticket_fallback_text
from handlers.tickets.delay import delay_announcement
from handlers.tickets.own_message import filed_answer, own_message
from handlers.tickets.plain_card import plain_card
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer


class SlackTicketPosts:
    """Posts cards in the escalation channel and confirms tickets to their reporters."""

    def __init__(
        self,
        poster: SlackPoster,
        users: UserDirectory,
        workspaces: Workspaces,
        has_menu: Callable[[Ticket], bool],
    ) -> None:
        self._poster = poster
        self._users = users
        self._workspaces = workspaces
        self._has_menu = has_menu

    async def post_card(
        self, ticket: Ticket, run: Run, refusal: SlackContentRefusedError | None = None
    ) -> MessageRef:
        """Post the ticket's card in the escalation channel; in plain text after a refusal."""
        channel = self._workspaces.of(ticket.team).route_of(ticket.app, ticket.language).channel
        renderer = await self._users.channel_renderer(ticket.team, channel)
        text, blocks = self._card(ticket, renderer, refusal)
        where = Destination(ticket.team, channel, ticket.thread.root_ts)
        return await self._poster.post(where, run, text, blocks, fall_back_to_text=False)

    async def update_card(
        self, ticket: Ticket, refusal: SlackContentRefusedError | None = None
    ) -> None:
        """Update the ticket's card; into plain text after a refusal."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        text, blocks = self._card(ticket, renderer, refusal)
        card = MessageRef(ticket.thread.channel, ticket.thread.card_ts)
        await self._poster.update(ticket.team, card, text, blocks, fall_back_to_text=False)

    def _card(
        self, ticket: Ticket, renderer: Renderer, refusal: SlackContentRefusedError | None
    ) -> tuple[str, list[Block]]:
        policy = self._workspaces.policy_of(ticket.team)
        if refusal is not None:
            return plain_card(ticket, renderer, policy, refusal), []
        has_menu = self._has_menu(ticket)
        settings = self._workspaces.of(ticket.team)
        blocks = ticket_card(
            *(ticket, renderer, policy),
            has_menu=has_menu,
            has_apps=len(settings.apps) > 1,
            trackers=settings.trackers,
        )
        return ticket_fallback_text(ticket, renderer), blocks

    async def confirm(self, ticket: Ticket, run: Run, target: Ticket | None) -> MessageRef:
        """Send the reporter the direct message about their ticket."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        text, blocks = own_message(ticket, target, renderer)
        where = Destination(ticket.team, person=ticket.reporter)
        return await self._poster.post(where, run, text, blocks)

    async def update_confirmation(
        self, ticket: Ticket, message_ref: MessageRef, target: Ticket | None
    ) -> None:
        """Update the reporter's direct message."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        text, blocks = own_message(ticket, target, renderer)
        await self._poster.update(ticket.team, message_ref, text, blocks)

    async def answer_report(self, ticket: Ticket, response_url: str) -> None:
        """Say privately, where the report was requested, that it is filed."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        text, blocks = filed_answer(ticket, renderer)
        await respond_privately(response_url, text, blocks, replace_original=False)

    async def announce_delay(self, ticket: Ticket, run: Run, code: str) -> MessageRef:
        """Send the reporter a direct message that the card cannot be posted yet, and why."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        text, blocks = delay_announcement(ticket, code, renderer)
        where = Destination(ticket.team, person=ticket.reporter)
        return await self._poster.post(where, run, text, blocks)

    async def permalink(self, ticket: Ticket) -> str:
        """Return the card's permalink; "" when Slack does not answer."""
        card = MessageRef(ticket.thread.channel, ticket.thread.card_ts)
        return await self._poster.permalink(ticket.team, card)
