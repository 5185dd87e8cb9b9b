"""Showing somebody's home anew, in one call. What it shows the desk and the view decide."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SpeakUnreachableError
from bot.i18n.messages import message
from bot.services.tickets import app_home
from bot.services.tickets.service import Desk
from handlers.slack.errors import Asker
from handlers.slack.user_directory import People
from handlers.tickets.home_view import home_view

_PUBLISH_LIMIT_S: Final = 1.7  # Slack is answered within three seconds
_LATE: Final = message("Slack was too slow to show your home. Open it again.")


async def publish_home(
    desk: Desk, people: People, client: AsyncWebClient, asker: Asker, after: str = ""
) -> None:
    """Publish somebody's home in one call; `after` is where the page shown begins.

    Raises SpeakUnreachableError when Slack is too slow.
    """
    voice = await people.voice(asker.team, asker.person)
    home = await app_home.look(desk, asker.team, asker.person, after)
    view = home_view(home, list(desk.clouds), voice)
    try:
        async with asyncio.timeout(_PUBLISH_LIMIT_S):
            await client.views_publish(user_id=asker.person, view=view)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        code = type(error).__name__
        raise SpeakUnreachableError(_LATE, code=code, maybe_arrived=True) from error
