"""How a call to Slack ends: every failure becomes a SpeakError. No call is made up here."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import (
    SpeakClosedError,
    SpeakError,
    SpeakGoneError,
    SpeakLimitedError,
    SpeakRefusedError,
    SpeakUnreachableError,
)
from bot.i18n.messages import Message, message
from bot.ports import Asked
from handlers.slack.clients import error_code
from handlers.ui.block_kit import Block

log = logging.getLogger(__name__)

_LIMITED: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_BROKEN: Final = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
WRONG: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "invalid_arguments", "msg_too_long", "no_text"}
)
_FALLBACK_WAIT_S: Final = 5.0
_PAUSE_S: Final = 5.0
BAD_BLOCKS: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "unsupported_block"})


async def sent(call: Awaitable[Any]) -> Any:
    """Make one call to Slack; every failure becomes a SpeakError."""
    try:
        return await call
    except (SlackClientError, TimeoutError, aiohttp.ClientError, OSError) as error:
        raise translate(error) from error


def translate(error: Exception) -> SpeakError:
    """Say what a failure means to us."""
    if not isinstance(error, SlackApiError):
        return unreachable(error)
    code = error_code(error)
    if error.response.status_code == 429 or code in _LIMITED:  # noqa: PLR2004 - HTTP's own number
        wait_s = _retry_after_s(error)
        return SpeakLimitedError(refusal(code), code=code, retry_after_s=wait_s)
    if error.response.status_code >= 500 or code in _BROKEN:  # noqa: PLR2004 - likewise
        return SpeakUnreachableError(refusal(code), code=code, maybe_arrived=True)
    if code in _GONE:
        return SpeakGoneError(refusal(code), code=code)
    if code in WRONG:
        log.error("slack refused our blocks: %s", error.response.get("response_metadata"))
        return SpeakRefusedError(refusal(code), code=code)
    return SpeakClosedError(refusal(code), code=code)


def _retry_after_s(error: SlackApiError) -> float:
    headers = {str(key).lower(): value for key, value in (error.response.headers or {}).items()}
    value = headers.get("retry-after", _FALLBACK_WAIT_S)
    try:
        return float(value[0] if isinstance(value, list) else value)
    except ValueError:
        return _FALLBACK_WAIT_S


def unreachable(error: Exception) -> SpeakUnreachableError:
    """Build the error for an answer that never came."""
    spoken = message("Slack does not answer.")
    arrived = not isinstance(error, aiohttp.ClientConnectorError)
    return SpeakUnreachableError(spoken, code=type(error).__name__, maybe_arrived=arrived)


def refusal(code: str) -> Message:
    """Slack's no, with its own word."""
    return message("Slack refused: %(code)s.", code=code)


async def answer_privately(question: Asked, text: str, shown: list[Block]) -> None:
    """Answer in the place of what was said at once. Raises SpeakError.

    A response address may refuse in its body though HTTP says yes.
    """
    webhook = AsyncWebhookClient(question.answer_url)
    try:
        answer = await webhook.send(
            text=text, blocks=shown, response_type="ephemeral", replace_original=True
        )
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise unreachable(error) from error
    code = answer_refusal(answer.status_code, answer.body)
    if code:
        raise _answer_error(answer.status_code, code)


def _answer_error(status: int, code: str) -> SpeakError:
    spoken = message("Slack refused: %(code)s.", code=code)
    if status >= 500:  # noqa: PLR2004 - HTTP's class of server errors
        return SpeakUnreachableError(spoken, code=code, maybe_arrived=True)
    if status == 429:  # noqa: PLR2004 - HTTP's own number
        return SpeakLimitedError(spoken, code=code, retry_after_s=_PAUSE_S)
    return SpeakRefusedError(spoken, code=code)


def answer_refusal(status: int, body: str) -> str:
    """The code of a refusal, "" for a yes."""
    try:
        told = json.loads(body)
    except ValueError:
        told = body.strip() if body.strip() in BAD_BLOCKS else None
    if isinstance(told, dict) and told.get("ok") is False:
        return str(told.get("error") or f"http_{status}")
    if isinstance(told, str) and told in BAD_BLOCKS:
        return told
    return "" if status == 200 else f"http_{status}"  # noqa: PLR2004 - HTTP's own number
