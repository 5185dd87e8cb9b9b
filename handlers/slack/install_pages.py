"""The pages of an installation by OAuth: the button, what comes next, and why it was refused."""

from __future__ import annotations

import html
import logging
from typing import Final

from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation

from bot.errors import NotAllowedError
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.settings import Settings
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import SCOPES, WORK_OBJECT_SCOPES
from handlers.slack.oauth import InstallationStore

log = logging.getLogger(__name__)

_FORBIDDEN: Final = 403
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Lagdesk</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto">
<h1>{title}</h1><p>{text}</p></body></html>"""


class _RefusedError(BoltError):
    """The operator does not allow this workspace."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


class InstallFlow(AsyncOAuthFlow):
    """Bolt's flow. A workspace that may not install Lagdesk reads why; its token is revoked."""

    async def store_installation(
        self, request: AsyncBoltRequest, installation: Installation
    ) -> None:
        """Store an installation."""
        try:
            await super().store_installation(request, installation)
        except NotAllowedError as error:
            await self.client.auth_revoke(token=installation.bot_token)
            raise _RefusedError(error.user_message) from error


class _Pages:
    """The last page of an installation, in the operator's language."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    async def succeed(self, args: AsyncSuccessArgs) -> BoltResponse:
        """Say what comes next."""
        name = args.installation.team_name or args.installation.enterprise_name or ""
        title = message("Lagdesk is installed in %(workspace)s", workspace=name)
        text = message("Next, an admin of the workspace types /lagdesk setup in Slack.")
        return self._page(200, title, text, await args.default.success(args))

    async def fail(self, args: AsyncFailureArgs) -> BoltResponse:
        """Say why a workspace is refused; other failures have Bolt's page."""
        if not isinstance(args.error, _RefusedError):
            return await args.default.failure(args)
        log.warning("refused an installation: %s", args.error.why)
        response = await args.default.failure(args)
        return self._page(_FORBIDDEN, message("Not installed"), args.error.why, response)

    def _page(
        self, status: int, title: Message, text: Message, default: BoltResponse
    ) -> BoltResponse:
        """Build a page with the headers of Bolt's own, which delete the cookie of the state."""
        parts = {
            "title": html.escape(self._translator.translate(title)),
            "text": html.escape(self._translator.translate(text)).replace("\n", "<br>"),
        }
        return BoltResponse(status=status, body=_PAGE.format(**parts), headers=default.headers)


def build_oauth_flow(
    settings: Settings, store: InstallationStore, clients: SlackClients
) -> AsyncOAuthFlow:
    """Build the flow of the installation pages."""
    pages = _Pages(Translator(settings.default_locale))
    return InstallFlow(
        client=clients.anonymous,
        settings=AsyncOAuthSettings(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret,
            scopes=[*SCOPES, *(WORK_OBJECT_SCOPES if settings.public_url else ())],
            installation_store=store,
            state_store=store,
            authorization_url=_authorization_url(settings),
            callback_options=AsyncCallbackOptions(success=pages.succeed, failure=pages.fail),
        ),
    )


def _authorization_url(settings: Settings) -> str | None:
    """Return the authorization page of SLACK_API_URL; None for Slack's own."""
    own = "https://slack.com/api/"
    if settings.slack_api_url == own:
        return None
    return settings.slack_api_url.removesuffix("/").removesuffix("/api") + "/oauth/v2/authorize"
