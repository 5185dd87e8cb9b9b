"""Handlers of access tokens: the buttons in the settings form, and the form of a new token."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.services.access_tokens.service import AccessTokens
from handlers.access_tokens.forms import (
    CALLBACK_ID,
    CREATE,
    LABEL,
    REVOKE,
    created_view,
    new_token_view,
)
from handlers.preferences.handlers import PreferencesModal
from handlers.slack.open_modal import push_modal
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.ui.form_state import read_value


class AccessTokenHandlers:
    """A person creates and revokes their own tokens."""

    def __init__(self, tokens: AccessTokens, modal: PreferencesModal, users: UserDirectory) -> None:
        self._tokens = tokens
        self._modal = modal
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the buttons and the form."""
        app.action(CREATE)(self.open)
        app.action(REVOKE)(self.revoke)
        app.view(CALLBACK_ID)(self.create)

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the form of a new token above the settings."""
        requester, settings = Requester.of(body), body.get("view") or {}
        renderer = await self._users.renderer(requester.team, requester.person)
        view = new_token_view(renderer, str(settings.get("private_metadata") or ""))
        await push_modal(client, trigger_id_of(body), view)
        await ack()

    async def create(
        self, ack: AsyncAck, body: Body, view: dict[str, Any], client: AsyncWebClient
    ) -> None:
        """Create a token, show it once, and list it in the settings below."""
        requester, label = Requester.of(body), read_value(view["state"]["values"], LABEL)
        token = await self._tokens.create(
            requester.team, requester.person, label, origin=str(view["id"])
        )
        renderer = await self._users.renderer(requester.team, requester.person)
        await self._modal.renew(requester, client, view)
        await ack(response_action="update", view=created_view(token, renderer))

    async def revoke(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Revoke a token, and list those that are left."""
        requester, token_id = Requester.of(body), str(body["actions"][0].get("value") or "")
        await self._tokens.revoke(requester.team, requester.person, token_id)
        await self._modal.renew(requester, client, body.get("view") or {})
        await ack()
