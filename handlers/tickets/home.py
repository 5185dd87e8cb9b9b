"""The App Home's story: a person's tickets, support's queue, and what somebody chose."""

from __future__ import annotations

import re
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.services.preferences import service as preferences_service
from bot.services.tickets import app_home
from bot.services.tickets.service import Desk
from handlers.preferences.modal import open_preferences
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People
from handlers.tickets.home_publish import publish_home
from handlers.ui.forms import ReportForm, open_form

_ACTIONS: Final = re.compile(r"home\.(\w+)")
_FILTERS: Final = tuple(app_home.QueueFilter.__dataclass_fields__)
_FORMS: Final = ("report", "settings")


class HomeStory:
    """Somebody opens the app's home, or does something there."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the tab being opened, its buttons and menus, and for profiles that change."""
        app.event("app_home_opened")(self.show)
        app.event("user_change")(self.forget)
        app.action(_ACTIONS)(self.act)

    async def show(self, event: dict[str, Any], body: Body, client: AsyncWebClient) -> None:
        """Publish the home in the reader's language."""
        if event.get("tab") == "home":
            await publish_home(self._desk, self._people, client, Asker.of(body))

    async def act(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Carry out a button or a menu of the home, and show it anew."""
        asker, action = Asker.of(body), body["actions"][0]
        verb = str(action["action_id"]).removeprefix("home.")
        chosen = str((action.get("selected_option") or {}).get("value") or "")
        after = str(action.get("value") or "") if verb == "more" else ""
        if verb == "report":
            await self._open_report(asker, body, client)
        elif verb == "settings":
            await open_preferences(self._desk, self._people, body, client, at="home")
        elif verb in _FILTERS:
            await app_home.choose(self._desk, asker.team, asker.person, verb, chosen)
        elif verb == "greeted":
            await app_home.greet(self._desk, asker.team, asker.person)
        if verb not in _FORMS:
            await publish_home(self._desk, self._people, client, asker, after)
        await ack()

    async def _open_report(self, asker: Asker, body: Body, client: AsyncWebClient) -> None:
        voice = await self._people.voice(asker.team, asker.person)
        chosen = await preferences_service.find(self._desk, asker.team, asker.person)
        view = ReportForm(app=chosen.app).view(
            voice, list(self._desk.clouds), self._desk.clock.now()
        )
        await open_form(client, trigger_of(body), view)

    async def forget(self, event: dict[str, Any], body: Body) -> None:
        """Ask Slack anew for somebody's language."""
        user = event.get("user") or {}
        if isinstance(user, dict):
            self._people.forget(Asker.of(body).team, str(user.get("id")))
