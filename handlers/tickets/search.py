"""Finding tickets by what a person types after `/tickets`, wherever they type it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.call import CLOUD_NAMES
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.locales import LANGUAGES
from bot.ports import Clock
from bot.services.tickets.cause_search import find_causes
from bot.services.tickets.query_parser import FilterVocabulary, TicketsArguments, parse_tickets
from bot.services.tickets.service import TicketPage, TicketService
from handlers.ui.renderer import Renderer

_TITLES: Final = {
    "open": message("Open tickets"),
    "claimed": message("Claimed tickets"),
    "resolved": message("Resolved tickets"),
    "mine": message("Tickets I reported or claimed"),
    "all": message("All tickets"),
    "found": message("Tickets found"),
}


class TicketSearch:
    """Parses texts and fetches pages: of all tickets for support, else of the person's own."""

    def __init__(self, tickets: TicketService, clock: Clock) -> None:
        self._tickets = tickets
        self._clock = clock
        renderers = [Renderer(Translator(language)) for language in LANGUAGES]
        self._cloud_names = {
            name: [renderer.plain_text(cloud_name) for renderer in renderers]
            for name, cloud_name in CLOUD_NAMES.items()
        }

    def parse(self, team: str, text: str) -> TicketsArguments:
        """Parse a text in a workspace's vocabulary. Raises InputError."""
        names = self._tickets.clouds_of(team)
        clouds = {name: texts for name, texts in self._cloud_names.items() if name in names}
        return parse_tickets(
            text, FilterVocabulary(self._tickets.apps_of(team), clouds, find_causes)
        )

    async def page(self, team: str, person: str, arguments: TicketsArguments) -> TicketPage:
        """Return a page of what this person may see."""
        query = arguments.query(team, person, self._clock.now())
        word_causes = {word: find_causes(word) for word in arguments.words}
        return await self._tickets.list_tickets(replace(query, word_causes=word_causes), person)

    async def replies(
        self, team: str, person: str, page: TicketPage, arguments: TicketsArguments
    ) -> Mapping[int, str]:
        """Return excerpts of the thread replies that match, by ticket number; for support."""
        return await self._tickets.matching_replies(team, person, page.tickets, arguments.words)


def list_title(arguments: TicketsArguments, *, shared: bool = False) -> Message:
    """Return the title of a list; a shared one of somebody's own tickets does not call them so."""
    is_plain = arguments == TicketsArguments(arguments.which, before=arguments.before)
    if shared and arguments.which == "mine":
        return _TITLES["found"]
    return _TITLES[arguments.which if is_plain else "found"]
