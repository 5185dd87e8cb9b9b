"""Handlers of a person's preferences."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import LagdeskError
from bot.services.access_tokens.service import AccessTokens
from bot.services.preferences.service import PreferencesService
from handlers.access_tokens.forms import token_blocks
from handlers.preferences.forms import CALLBACK_ID, preferences_view, read_preferences
from handlers.slack.open_modal import OpenedModal, open_modal, update_modal
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.home_publish import HomePublisher
from handlers.ui import block_kit
from handlers.ui.form_state import read_metadata

log = logging.getLogger(__name__)

_UPDATE_S: Final = 1.0  # Slack waits three seconds for all of it


class PreferencesModal:
    """Opens the form with a person's preferences."""

    def __init__(
        self, preferences: PreferencesService, tokens: AccessTokens, users: UserDirectory
    ) -> None:
        self._preferences = preferences
        self._tokens = tokens
        self._users = users

    async def open(self, body: Body, client: AsyncWebClient, *, at: str = "") -> None:
        """Open the form; `at` is the surface it is opened from."""
        view = await self._view(Requester.of(body), at)
        await open_modal(client, trigger_id_of(body), view)

    async def renew(self, requester: Requester, client: AsyncWebClient, above: Body) -> None:
        """Show the form anew, below or in a view of its stack; what was chosen in it stays."""
        root = OpenedModal(str(above.get("root_view_id") or ""), "")
        view = await self._view(requester, _opened_at(above))
        await update_modal(client, root, view, asyncio.get_running_loop().time() + _UPDATE_S)

    async def _view(self, requester: Requester, at: str) -> block_kit.Block:
        renderer = await self._users.renderer(requester.team, requester.person)
        saved = await self._preferences.load(requester.team, requester.person)
        apps = self._preferences.list_apps(requester.team)
        sections: Iterable[block_kit.Block] = ()
        if self._tokens.is_enabled:
            tokens = await self._tokens.list_tokens(requester.team, requester.person)
            sections = token_blocks(tokens, renderer)
        return preferences_view(saved, apps, renderer, at=at, sections=sections)


def _opened_at(view: Body) -> str:
    """Return the surface that the form was opened from."""
    return str(read_metadata(str(view.get("private_metadata") or "")).get("at") or "")


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
        if _opened_at(view) == "home":
            try:
                await self._home.publish(client, requester)
            except (LagdeskError, SlackClientError) as error:  # the preferences are saved
                log.info("could not publish the App Home: %s", type(error).__name__)
        await ack()
