"""Error replies: every exception of a handler becomes an answer to Slack."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncRespond
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InputError, LagdeskError
from bot.i18n.messages import Message, message
from bot.services.context import DatabaseError
from handlers.slack.clients import error_code
from handlers.slack.deduplication import forget_event
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.ui.help import usage_of
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

_UNEXPECTED_ERROR: Final = message(
    "Something went wrong on our side. Please try again; if a ticket appeared, it is saved."
)
_TYPES_WITHOUT_CHANNEL: Final = frozenset({"shortcut", "message_action", "block_actions"})


def register_error_handler(app: AsyncApp, users: UserDirectory) -> None:
    """Answer every error, over HTTP and Socket Mode alike."""

    async def handle_error(
        error: Exception,
        body: Body,
        respond: AsyncRespond,
        client: AsyncWebClient,
        context: AsyncBoltContext,
    ) -> BoltResponse:
        if isinstance(error, BoltUnhandledRequestError):
            log.info("no handler for a request of type %s", body.get("type"))
            return BoltResponse(status=200, body="")  # unanswered, Slack would resend it
        if isinstance(error, DatabaseError) and forget_event(context):
            log.warning("database unavailable; Slack will resend the event")
            return BoltResponse(status=503, body="")
        try:
            requester = Requester.of(body)
            renderer = await users.renderer(requester.team, requester.person)
            if body.get("type") in _TYPES_WITHOUT_CHANNEL and not body.get("response_url"):
                await _send_direct_message(
                    client, requester.person, renderer.mrkdwn(_user_message(error))
                )
            return await _reply(error, body, respond, renderer)
        except Exception:
            log.exception("could not answer an error")
            return BoltResponse(status=200, body="")

    app.error(handle_error)


async def _reply(
    error: Exception, body: Body, respond: AsyncRespond, renderer: Renderer
) -> BoltResponse:
    user_message = _user_message(error)
    if body.get("command"):
        return _reply_to_command(error, user_message, body, renderer)
    if body.get("type") == "view_submission":
        return _reply_to_form(error, user_message, body, renderer)
    if body.get("response_url"):
        await _respond(respond, renderer.mrkdwn(user_message))
    return BoltResponse(status=200, body="")


def _user_message(error: Exception) -> Message:
    if isinstance(error, LagdeskError):
        return error.user_message
    if isinstance(error, SlackApiError):
        log.error("Slack API error: %s", error_code(error))
    elif isinstance(error, (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)):
        log.warning("Slack is unreachable: %s", type(error).__name__)
    elif isinstance(error, ValueError) and "response_url" in str(error):  # Bolt's message
        log.warning("the request has no response_url")
    else:
        log.error("handler failed", exc_info=error)
    return _UNEXPECTED_ERROR


def _reply_to_command(
    error: Exception, user_message: Message, body: Body, renderer: Renderer
) -> BoltResponse:
    """Answer with the error; for wrong arguments also with the command's usage."""
    text = renderer.mrkdwn(user_message)
    if isinstance(error, InputError):
        usage = usage_of(str(body["command"]), renderer)
        text = "\n".join(filter(None, [text, usage]))
    return _json({"response_type": "ephemeral", "text": text})


def _reply_to_form(
    error: Exception, user_message: Message, body: Body, renderer: Renderer
) -> BoltResponse:
    """Put the errors under their fields; an error without a field goes under the last one."""
    view_blocks = body["view"].get("blocks") or []
    fields = [block["block_id"] for block in view_blocks if block["type"] == "input"]
    errors: dict[str, str] = {}
    field_errors = error.fields if isinstance(error, InputError) else {}
    for name, why in field_errors.items():
        field = name if name in fields else next(iter(fields), name)
        errors.setdefault(field, renderer.plain_text(why))
    if not errors and fields:
        errors[fields[-1]] = renderer.plain_text(user_message)
    return _json({"response_action": "errors", "errors": errors})


async def _send_direct_message(client: AsyncWebClient, person: str, text: str) -> None:
    """Reply by direct message, where the request offers no other way."""
    try:
        await client.chat_postMessage(channel=person, text=text)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("could not send the reply: %s", type(error).__name__)


async def _respond(respond: AsyncRespond, text: str) -> None:
    try:
        await respond(text=text, response_type="ephemeral", replace_original=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("could not send the reply: %s", type(error).__name__)


def _json(body: Mapping[str, Any]) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {"content-type": "application/json"}
    return BoltResponse(status=200, body=json.dumps(body), headers=headers)
