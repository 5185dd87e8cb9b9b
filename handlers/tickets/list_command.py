"""The lists' story: /tickets, turning its pages, opening a ticket, sharing a page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.call import CLOUD_NAMES
from bot.i18n.messages import Message, message
from bot.i18n.translator import Words
from bot.services.tickets.query_parser import Known, TicketsWanted, read_tickets
from bot.services.tickets.service import Desk
from bot.store.tickets.lists import TicketPage
from handlers.slack.api_errors import BAD_BLOCKS, answer_refusal
from handlers.slack.errors import Asker, Body, read_number
from handlers.slack.user_directory import People
from handlers.tickets import card as tickets_card
from handlers.tickets import list_view
from handlers.ui.block_kit import Block
from handlers.ui.cause_aliases import causes_named
from handlers.ui.renderer import Voice

_TITLES: Final = {
    "open": message("Open tickets"),
    "claimed": message("Claimed tickets"),
    "resolved": message("Resolved tickets"),
    "mine": message("Tickets I reported or claimed"),
    "all": message("All tickets"),
    "found": message("Tickets found"),
}
_ACTIONS: Final = re.compile(r"tickets\.(show|more|share)")


class ListsStory:
    """Support finds every ticket; everybody finds their own."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people
        voices = [Voice(Words("en")), Voice(Words("zh"))]
        used = {cloud.name for cloud in desk.clouds.values()}
        self._known = Known(
            apps=tuple(desk.clouds),
            clouds={
                name: [voice.plain(said) for voice in voices]
                for name, said in CLOUD_NAMES.items()
                if name in used
            },
            causes=causes_named,
        )

    def register(self, app: AsyncApp) -> None:
        """Listen for the command and the buttons of lists."""
        app.command("/tickets")(self.find)
        app.action(_ACTIONS)(self.turn)

    async def find(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Answer privately with a page of tickets, or with one."""
        asker = Asker.of(body)
        wanted = read_tickets(str(body.get("text") or ""), self._known)
        voice = await self._people.voice(asker.team, asker.person)
        if wanted.number is not None:
            await self._show(respond, asker, wanted.number, voice)
            await ack()
            return
        text, shown = await self._answer(asker, wanted, voice)
        await ack(text=text, blocks=shown, response_type="ephemeral")

    async def turn(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        """Show the next page, or one of the tickets listed; or share the page."""
        asker = Asker.of(body)
        action = body["actions"][0]
        voice = await self._people.voice(asker.team, asker.person)
        if action["action_id"] == "tickets.show":
            await self._show(respond, asker, read_number(action), voice, replace=True)
            await ack()
            return
        wanted = TicketsWanted.from_json(str(action.get("value") or ""))
        if action["action_id"] == "tickets.share":
            await self._share(respond, asker, wanted)
        else:
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
            text, shown = tickets_card.ticket_details(ticket, voice)
            answer = await respond(
                text=text, blocks=shown, response_type="ephemeral", replace_original=replace
            )
            code = answer_refusal(answer.status_code, answer.body)
            if not ticket.picture_file or code not in BAD_BLOCKS:
                return
            await self._desk.redraw(ticket)
            ticket.picture_file = ""

    async def _share(self, respond: AsyncRespond, asker: Asker, wanted: TicketsWanted) -> None:
        """Post what somebody sees where they see it, in the words of the channel."""
        page = await self._page(asker, wanted)
        voice = await self._people.channel_voice(asker.team, asker.channel)
        text, shown = list_view.shared_list(
            _title(wanted, shared=True), page, self._desk.clock.now(), voice, person=asker.person
        )
        await respond(text=text, blocks=shown, response_type="in_channel", replace_original=False)

    async def _answer(
        self, asker: Asker, wanted: TicketsWanted, voice: Voice
    ) -> tuple[str, list[Block]]:
        page = await self._page(asker, wanted)
        replies = await self._desk.matching_replies(
            asker.team, asker.person, page.tickets, wanted.words
        )
        return list_view.private_list(
            _title(wanted),
            page,
            self._desk.clock.now(),
            voice,
            same=wanted.to_json(before=wanted.before),
            more=wanted.to_json(before=page.before),
            replies=replies,
        )

    async def _page(self, asker: Asker, wanted: TicketsWanted) -> TicketPage:
        query = wanted.query(asker.team, asker.person, self._desk.clock.now())
        named = {word: causes_named(word) for word in wanted.words}
        return await self._desk.list_tickets(replace(query, named=named), asker.person)


def _title(wanted: TicketsWanted, *, shared: bool = False) -> Message:
    is_plain = wanted == TicketsWanted(wanted.which, before=wanted.before)
    if shared and wanted.which == "mine":
        return _TITLES["found"]
    return _TITLES[wanted.which if is_plain else "found"]
