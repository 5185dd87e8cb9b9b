"""Publishing a person's App Home."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackUnreachableError
from bot.i18n.messages import message
from bot.services.tickets.app_home import AppHomeService
from bot.services.tickets.service import TicketService
from bot.targets import Targets
from handlers.slack.request import Requester
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.home_view import home_view

_PUBLISH_TIMEOUT_S: Final = 1.7  # the event must be acknowledged within three seconds
_SLACK_TOO_SLOW: Final = message("Slack was too slow to show the Home tab. Open it again.")


class HomePublisher:
    """Publishes App Homes."""

    def __init__(
        self,
        app_home: AppHomeService,
        tickets: TicketService,
        users: UserDirectory,
        targets: Targets,
    ) -> None:
        self._app_home = app_home
        self._tickets = tickets
        self._users = users
        self._targets = targets

    async def publish(self, client: AsyncWebClient, requester: Requester, cursor: str = "") -> None:
        """Publish a person's App Home; `cursor` is where its list begins.

        Raises SlackUnreachableError when Slack is too slow.
        """
        renderer = await self._users.renderer(requester.team, requester.person)
        home = await self._app_home.load(requester.team, requester.person, cursor)
        apps = self._tickets.apps_of(requester.team)
        is_admin = bool(await self._users.is_admin(requester.team, requester.person))
        view = home_view(home, apps, renderer, self._targets, is_admin=is_admin)
        try:
            async with asyncio.timeout(_PUBLISH_TIMEOUT_S):
                await client.views_publish(user_id=requester.person, view=view)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            code = type(error).__name__
            raise SlackUnreachableError(_SLACK_TOO_SLOW, code=code, maybe_arrived=True) from error
