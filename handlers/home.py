"""The App Home's story: a person's own tickets and how to begin."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk
from bot.store.lists import TicketQuery
from bot.words import message
from handlers import blocks, cards
from handlers.middleware import Asker, Body
from handlers.people import People
from handlers.settings import help_text


class HomeStory:
    """Somebody opens the app's home."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the tab being opened, and for profiles that change."""
        app.event("app_home_opened")(self.show)
        app.event("user_change")(self.forget)

    async def show(self, event: dict[str, Any], body: Body, client: AsyncWebClient) -> None:
        """Publish the home in the reader's language."""
        if event.get("tab") != "home":
            return
        asker = Asker.of(body)
        voice = await self._people.voice(asker.team, asker.person)
        query = TicketQuery(team=asker.team, reporter=asker.person)
        page = await self._desk.list_tickets(query, asker.person)
        rows = [
            blocks.section(f"row-{ticket.id}", cards.ticket_line(ticket, voice))
            for ticket in page.tickets
        ]
        empty = voice.markup(message("You have not reported a call yet. Type `/report` anywhere."))
        view = blocks.home(
            [
                blocks.header("title", voice.plain(message("My tickets"))),
                *(rows or [blocks.section("none", empty)]),
                blocks.divider("line"),
                blocks.section("help", help_text(voice)),
            ]
        )
        await client.views_publish(user_id=asker.person, view=view)

    async def forget(self, event: dict[str, Any], body: Body) -> None:
        """Ask Slack anew for somebody's language."""
        user = event.get("user") or {}
        if isinstance(user, dict):
            self._people.forget(Asker.of(body).team, str(user.get("id")))
