"""Private answers with an uploaded picture, which Slack may not have processed yet."""

from __future__ import annotations

import asyncio
from typing import Final

from bot.errors import SlackRefusedError
from handlers.slack.api_errors import INVALID_BLOCKS_CODES, respond_privately
from handlers.ui.block_kit import Block

_DELAYS_S: Final = (0.0, 1.5)  # a response_url takes five responses


async def answer_with_picture(
    response_url: str, text: str, *, with_picture: list[Block] | None, without: list[Block]
) -> None:
    """Answer with the picture if there is one and Slack accepts it, else without.

    Raises SlackError.
    """
    for wait_s in _DELAYS_S if with_picture else ():
        await asyncio.sleep(wait_s)
        try:
            await respond_privately(response_url, text, with_picture or [])
        except SlackRefusedError as error:
            if error.code not in INVALID_BLOCKS_CODES:
                raise
        else:
            return
    await respond_privately(response_url, text, without)
