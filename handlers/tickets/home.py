"""Handlers of the App Home: opening it, its buttons and filters."""

from __future__ import annotations

from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.services.tickets import app_home
from bot.services.tickets.app_home import AppHomeService
from handlers.preferences.handlers import PreferencesModal
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.home_publish import HomePublisher
from handlers.tickets.report import ReportHandlers

_FILTERS: Final = tuple(app_home.QueueFilter.__dataclass_fields__)
_FORMS: Final = ("report", "settings")
_PAGES: Final = ("more", "first", "greeted")


class HomeHandlers:
    """Handles the App Home, and profile changes."""

    def __init__(
        self,
        app_home: AppHomeService,
        preferences: PreferencesModal,
        home: HomePublisher,
        users: UserDirectory,
        reports: ReportHandlers,
    ) -> None:
        self._app_home = app_home
        self._preferences = preferences
        self._home = home
        self._users = users
        self._reports = reports

    def register(self, app: AsyncApp) -> None:
        """Register the events and actions."""
        app.event("app_home_opened")(self.publish)
        app.event("user_change")(self.invalidate)
        for verb in (*_FORMS, *_FILTERS, *_PAGES):
            app.action(f"home.{verb}")(self.handle_action)

    async def publish(self, event: dict[str, Any], body: Body, client: AsyncWebClient) -> None:
        """Publish the home in the reader's language."""
        if event.get("tab") == "home":
            await self._home.publish(client, Requester.of(body))

    async def handle_action(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Handle a button or menu, and publish the home again."""
        requester, action = Requester.of(body), body["actions"][0]
        verb = str(action["action_id"]).removeprefix("home.")
        selected = str((action.get("selected_option") or {}).get("value") or "")
        cursor = str(action.get("value") or "") if verb == "more" else ""
        if verb == "report":
            await self._reports.open_empty(body, client)
        elif verb == "settings":
            await self._preferences.open(body, client, at="home")
        elif verb in _FILTERS:
            await self._app_home.set_filter(requester.team, requester.person, verb, selected)
        elif verb == "greeted":
            await self._app_home.mark_greeted(requester.team, requester.person)
        if verb not in _FORMS:
            await self._home.publish(client, requester, cursor)
        await ack()

    async def invalidate(self, event: dict[str, Any], body: Body) -> None:
        """Fetch a changed profile again next time."""
        user = event.get("user") or {}
        if isinstance(user, dict):
            self._users.invalidate(Requester.of(body).team, str(user.get("id")))
