"""Slack API failures as SlackErrors, and private responses to response_urls."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import (
    SlackAccessLostError,
    SlackContentRefusedError,
    SlackError,
    SlackMessageGoneError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackTokenError,
    SlackUnreachableError,
)
from bot.i18n.messages import Message, message
from handlers.slack.clients import error_code, is_rate_limited, read_retry_after_s, retry_after_s
from handlers.slack.connections import NotConnectedError
from handlers.ui.block_kit import Block

_MESSAGE_GONE_CODES: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed"}
)
_SERVER_ERROR_CODES: Final = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
REVOKED_CODES: Final = frozenset(
    {"token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive"}
)
INVALID_CONTENT_CODES: Final = frozenset(
    {
        *("invalid_blocks", "invalid_blocks_format", "invalid_arguments", "no_text"),
        *("msg_too_long", "msg_blocks_too_long", "metadata_too_large"),
    }
)
INVALID_BLOCKS_CODES: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "unsupported_block"}
)


class SlackFileNotReadyError(SlackContentRefusedError):
    """Slack has not processed an uploaded file yet, or the file was deleted."""


async def call_slack(call: Awaitable[Any]) -> Any:
    """Await a call to Slack; every failure becomes a SlackError."""
    try:
        return await call
    except (SlackClientError, TimeoutError, aiohttp.ClientError, OSError) as error:
        raise to_slack_error(error) from error


def to_slack_error(error: Exception) -> SlackError:
    """Map a failed call to a SlackError."""
    if not isinstance(error, SlackApiError):
        return slack_unavailable(error)
    code = error_code(error) or f"http_{error.response.status_code}"
    if is_rate_limited(error):
        return SlackRateLimitedError(
            rejection_message(code), code=code, retry_after_s=retry_after_s(error)
        )
    if error.response.status_code >= 500 or code in _SERVER_ERROR_CODES:  # noqa: PLR2004 - HTTP status
        return SlackUnreachableError(rejection_message(code), code=code, maybe_arrived=True)
    return _to_refusal(error, code)


def _to_refusal(error: SlackApiError, code: str) -> SlackRefusedError:
    if code in _MESSAGE_GONE_CODES:
        return SlackMessageGoneError(rejection_message(code), code=code)
    problems = _problems_of(error)
    if any("invalid slack file" in problem for problem in problems):
        return SlackFileNotReadyError(rejection_message(code), code=code, problems=problems)
    if code in INVALID_CONTENT_CODES:
        return SlackContentRefusedError(rejection_message(code), code=code, problems=problems)
    if code in REVOKED_CODES or code == "missing_scope":
        return SlackTokenError(rejection_message(code), code=code)
    return SlackAccessLostError(rejection_message(code), code=code)


def _problems_of(error: SlackApiError) -> list[str]:
    """Return Slack's complaints, such as `too long [json-pointer:/blocks/1/text]`."""
    metadata = error.response.get("response_metadata")
    listed = error.response.get("errors")
    if not isinstance(listed, list) and isinstance(metadata, dict):
        listed = metadata.get("messages")
    return [str(each) for each in listed] if isinstance(listed, list) else []


def slack_unavailable(error: Exception) -> SlackUnreachableError:
    """Build the error for a call without a response."""
    user_message = message("Slack does not respond.")
    arrived = not isinstance(error, aiohttp.ClientConnectorError | NotConnectedError)
    return SlackUnreachableError(user_message, code=type(error).__name__, maybe_arrived=arrived)


def rejection_message(code: str) -> Message:
    """Return the message for Slack's error code."""
    return message("Slack refused: %(code)s.", code=code)


async def respond_privately(
    response_url: str, text: str, blocks: list[Block], *, replace_original: bool = True
) -> None:
    """Replace the immediate private answer by the final one, or add one. Raises SlackError.

    A response_url can report an error in the body of a 200.
    """
    webhook = AsyncWebhookClient(response_url)
    try:
        answer = await webhook.send(
            text=text,
            blocks=blocks,
            response_type="ephemeral",
            replace_original=replace_original,
        )
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise slack_unavailable(error) from error
    code = response_error_code(answer.status_code, answer.body)
    if code:
        raise _response_error(answer.status_code, code, read_retry_after_s(answer.headers))


def _response_error(status: int, code: str, pause_s: float) -> SlackError:
    user_message = message("Slack refused: %(code)s.", code=code)
    if status >= 500:  # noqa: PLR2004 - HTTP status
        return SlackUnreachableError(user_message, code=code, maybe_arrived=True)
    if status == 429:  # noqa: PLR2004 - HTTP status
        return SlackRateLimitedError(user_message, code=code, retry_after_s=pause_s)
    return SlackRefusedError(user_message, code=code)


def response_error_code(status: int, body: str) -> str:
    """Return the error code of a response_url's answer; "" on success."""
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = body.strip() if body.strip() in INVALID_BLOCKS_CODES else None
    if isinstance(parsed, dict) and parsed.get("ok") is False:
        return str(parsed.get("error") or f"http_{status}")
    if isinstance(parsed, str) and parsed in INVALID_BLOCKS_CODES:
        return parsed
    return "" if status == 200 else f"http_{status}"  # noqa: PLR2004 - HTTP status
