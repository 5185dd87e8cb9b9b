"""Handlers of a person's preferences."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import LagdeskError
from bot.services.preferences.service import PreferencesService
from handlers.preferences.forms import CALLBACK_ID, preferences_view, read_preferences
from handlers.slack.open_modal import open_modal
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.home_publish import HomePublisher
from handlers.ui.form_state import read_metadata

log = logging.getLogger(__name__)


class PreferencesModal:
    """Opens the form with a person's preferences."""

    def __init__(self, preferences: PreferencesService, users: UserDirectory) -> None:
        self._preferences = preferences
        self._users = users

    async def open(self, body: Body, client: AsyncWebClient, *, at: str = "") -> None:
        """Open the form; `at` is the surface it is opened from."""
        requester = Requester.of(body)
        renderer = await self._users.renderer(requester.team, requester.person)
        saved = await self._preferences.load(requester.team, requester.person)
        apps = self._preferences.list_apps(requester.team)
        view = preferences_view(saved, apps, renderer, at=at)
        await open_modal(client, trigger_id_of(body), view)


class PreferencesHandlers:
    """Handles the preferences form."""

    def __init__(
        self, preferences: PreferencesService, home: HomePublisher, users: UserDirectory
    ) -> None:
        self._preferences = preferences
        self._home = home
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the form."""
        app.view(CALLBACK_ID)(self.save)

    async def save(
        self, ack: AsyncAck, body: Body, view: dict[str, Any], client: AsyncWebClient
    ) -> None:
        """Save the preferences; publish the App Home again if it was opened from there."""
        requester = Requester.of(body)
        preferences = read_preferences(view["state"]["values"])
        await self._preferences.save(requester.team, requester.person, preferences)
        if read_metadata(str(view.get("private_metadata") or "")).get("at") == "home":
            try:
                await self._home.publish(client, requester)
            except (LagdeskError, SlackClientError) as error:  # the preferences are saved
                log.info("could not publish the App Home: %s", type(error).__name__)
        await ack()
