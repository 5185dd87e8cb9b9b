"""Showing somebody's home anew, in one call. What it shows the desk and the view decide."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackUnreachableError
from bot.i18n.messages import message
from bot.services.tickets import app_home
from bot.services.tickets.service import TicketService
from handlers.slack.request import Requester
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.home_view import home_view

_PUBLISH_TIMEOUT_S: Final = 1.7  # Slack is answered within three seconds
_SLACK_TOO_SLOW: Final = message("Slack was too slow to show the Home tab. Open it again.")


async def publish_home(
    ticket_service: TicketService,
    users: UserDirectory,
    client: AsyncWebClient,
    requester: Requester,
    cursor: str = "",
) -> None:
    """Publish somebody's home in one call; `after` is where the page shown begins.

    Raises SpeakUnreachableError when Slack is too slow.
    """
    renderer = await users.renderer(requester.team, requester.person)
    home = await app_home.load_home(ticket_service, requester.team, requester.person, cursor)
    view = home_view(home, list(ticket_service.clouds), renderer)
    try:
        async with asyncio.timeout(_PUBLISH_TIMEOUT_S):
            await client.views_publish(user_id=requester.person, view=view)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        code = type(error).__name__
        raise SlackUnreachableError(_SLACK_TOO_SLOW, code=code, maybe_arrived=True) from error
