"""`/lagdesk setup`: opening the form of a workspace's settings, and saving it."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.services.workspaces.setup import SetupService
from handlers.slack.clients import SlackClients
from handlers.slack.open_modal import open_modal
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.workspaces.forms import CALLBACK_ID, SetupView, read_setup, saved_view
from handlers.workspaces.lookup import SlackLookups


class SetupHandlers:
    """Handles the form."""

    def __init__(self, setup: SetupService, users: UserDirectory, clients: SlackClients) -> None:
        self._setup = setup
        self._users = users
        self._lookups = SlackLookups(clients)

    def register(self, app: AsyncApp) -> None:
        """Register the form."""
        app.view(CALLBACK_ID)(self.save)

    async def open(self, body: Body, client: AsyncWebClient) -> None:
        """Open the form for an admin; the caller acknowledges."""
        requester = Requester.of(body)
        settings = await self._setup.load(requester.team, requester.person)
        renderer = await self._users.renderer(requester.team, requester.person)
        form = SetupView(settings, self._setup.grantable_apps(requester.team))
        await open_modal(client, trigger_id_of(body), form.view(renderer))

    async def save(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Save the settings, and show what is in effect."""
        requester = Requester.of(body)
        form = read_setup(view["state"]["values"], requester, str(view["id"]))
        settings = await self._setup.save(form, self._lookups)
        renderer = await self._users.renderer(requester.team, requester.person)
        await ack(response_action="update", view=saved_view(settings, renderer))
