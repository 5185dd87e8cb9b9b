"""Opening a modal before its trigger id expires, and updating it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SlackUnreachableError
from bot.i18n.messages import Duration, Message, message
from handlers.slack.api_errors import REVOKED_CODES
from handlers.slack.clients import error_code, is_rate_limited, retry_after_s
from handlers.ui.block_kit import Block

log = logging.getLogger(__name__)

_TIMEOUT_S: Final = 1.7  # a trigger id expires after three seconds, in which we also answer
_PROGRAMMING_ERROR_CODES: Final = frozenset(
    {"invalid_arguments", "view_too_large", "duplicate_external_id"}
)
# Codes after which only installing Lagdesk again helps.
_REINSTALL_CODES: Final = REVOKED_CODES | {"missing_scope", "team_added_to_org"}
_SLACK_TOO_SLOW: Final = message("Slack was too slow for the form to open. Please try again.")
_TOKEN_REVOKED: Final = message(
    "The form cannot open: Slack no longer accepts Lagdesk's token. Ask whoever runs Lagdesk to "
    "install it again."
)


class OpenedModal(NamedTuple):
    """An open modal; `hash` is another one after each update."""

    id: str
    hash: str


async def open_modal(client: AsyncWebClient, trigger_id: str, view: Block) -> OpenedModal:
    """Open a modal.

    Raises SlackUnreachableError when the form did not open; its message says what to do.
    """
    return await _open(client.views_open, trigger_id, view)


async def push_modal(client: AsyncWebClient, trigger_id: str, view: Block) -> OpenedModal:
    """Open a modal above the one whose button was clicked. Raises SlackUnreachableError."""
    return await _open(client.views_push, trigger_id, view)


async def _open(
    method: Callable[..., Awaitable[AsyncSlackResponse]], trigger_id: str, view: Block
) -> OpenedModal:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            response = await method(trigger_id=trigger_id, view=view)
    except SlackApiError as error:
        code = error_code(error)
        if code in _PROGRAMMING_ERROR_CODES:
            raise
        why = _reason(error, code)
        raise SlackUnreachableError(why, code=code, maybe_arrived=False) from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        name = type(error).__name__
        raise SlackUnreachableError(_SLACK_TOO_SLOW, code=name, maybe_arrived=True) from error
    opened = response.get("view") or {}
    return OpenedModal(str(opened.get("id") or ""), str(opened.get("hash") or ""))


async def update_modal(
    client: AsyncWebClient, opened: OpenedModal, view: Block, until: float
) -> None:
    """Update an open modal; ignore one that was closed or updated meanwhile."""
    try:
        async with asyncio.timeout_at(until):
            await client.views_update(view_id=opened.id, hash=opened.hash or None, view=view)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("could not update the modal: %s", type(error).__name__)


def _reason(error: SlackApiError, code: str) -> Message:
    if code in _REINSTALL_CODES:
        return _TOKEN_REVOKED
    if is_rate_limited(error):
        return message(
            "Slack has asked Lagdesk to wait, so the form cannot open. Please try again in "
            "%(pause)s.",
            pause=Duration(math.ceil(retry_after_s(error))),
        )
    return _SLACK_TOO_SLOW
