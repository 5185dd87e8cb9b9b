"""Error replies: every exception of a handler becomes an answer to Slack."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import InputError, LagdeskError
from bot.i18n.messages import Message, message
from bot.services.context import DatabaseError
from handlers.commands import Rights
from handlers.slack.api_errors import response_error_code
from handlers.slack.clients import error_code
from handlers.slack.deduplication import forget_event
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.help import usage_of
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

UNEXPECTED_ERROR: Final = message(
    "Something went wrong on our side. Please try again; if a ticket appeared, it is saved."
)
_OUTCOME: Final = "outcome"
_SEND_TIMEOUT_S: Final = 0.3
_TYPES_WITHOUT_CHANNEL: Final = frozenset({"shortcut", "message_action", "block_actions"})


class LateAnswerError(Exception):
    """A handler took too long, for another reason than the database."""


class ErrorHandler:
    """Answers every error, over HTTP and Socket Mode alike."""

    def __init__(self, users: UserDirectory) -> None:
        self._users = users
        self._sending: set[asyncio.Task[bool]] = set()

    async def handle(self, error: Exception, body: Body, context: AsyncBoltContext) -> BoltResponse:
        """Answer the error of a handler; Bolt calls this."""
        context[_OUTCOME] = _outcome_of_error(error)
        if isinstance(error, BoltUnhandledRequestError):
            log.info("no handler for a request of type %s", body.get("type"))
            return BoltResponse(status=200, body="")  # unanswered, Slack would resend it
        if isinstance(error, DatabaseError | LateAnswerError) and forget_event(context):
            log.info("Slack will resend an event: %s", error)
            return BoltResponse(status=503, body="")
        try:
            return await self._reply(error, body, context)
        except Exception:
            log.exception("could not answer an error")
            return BoltResponse(status=500, body="")

    async def _reply(self, error: Exception, body: Body, context: AsyncBoltContext) -> BoltResponse:
        renderer, user_message = await self._renderer(error, body), _user_message(error)
        if body.get("command"):
            return _reply_to_command(
                error, user_message, body, renderer, await self._rights(error, body)
            )
        if body.get("type") == "view_submission":
            return _reply_to_form(error, user_message, body, renderer)
        text, is_sent = renderer.mrkdwn(user_message), True
        if body.get("response_url"):
            is_sent = await self._send(error, _respond(context, text))
        elif body.get("type") in _TYPES_WITHOUT_CHANNEL:
            person = Requester.of(body).person
            is_sent = await self._send(error, _send_direct_message(context, person, text))
        # Unless its sender reads the error, Slack has to say that the request failed.
        return BoltResponse(status=200 if is_sent else 503, body="")

    async def _renderer(self, error: Exception, body: Body) -> Renderer:
        """Return the reader's renderer; when it is late, without asking anybody for it."""
        requester = Requester.of(body)
        if isinstance(error, DatabaseError | LateAnswerError):
            return self._users.last_renderer(requester.team, requester.person)
        return await self._users.renderer(requester.team, requester.person)

    async def _rights(self, error: Exception, body: Body) -> Rights:
        """Return the rights of a person whose arguments are wrong, for the usage."""
        if not isinstance(error, InputError):
            return Rights()
        requester = Requester.of(body)
        return await self._users.rights(requester.team, requester.person)

    async def _send(self, error: Exception, reply: Coroutine[None, None, bool]) -> bool:
        """Send a reply; return whether Slack has it. A late answer waits for that only briefly."""
        if not isinstance(error, LateAnswerError | DatabaseError):
            return await reply
        sending = asyncio.create_task(reply)
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        await asyncio.wait({sending}, timeout=_SEND_TIMEOUT_S)
        return sending.done() and sending.result()


def outcome_of(context: AsyncBoltContext) -> str:
    """Return what became of a request: `ok`, or how it failed."""
    return str(context.get(_OUTCOME, "ok"))


def _outcome_of_error(error: Exception) -> str:
    if isinstance(error, BoltUnhandledRequestError):
        return "unknown"
    if isinstance(error, LateAnswerError):
        return "late"
    if isinstance(error, DatabaseError):
        return "unavailable"
    return "refused" if isinstance(error, LagdeskError) else "failed"


def _user_message(error: Exception) -> Message:
    if isinstance(error, LagdeskError):
        return error.user_message
    if isinstance(error, SlackApiError):
        log.error("Slack API error: %s", error_code(error))
    elif isinstance(error, LateAnswerError):
        log.warning("no answer in time; Slack may be slow")
    elif isinstance(error, (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)):
        log.warning("Slack is unreachable: %s", type(error).__name__)
    elif isinstance(error, ValueError) and "response_url" in str(error):  # Bolt's message
        log.warning("the request has no response_url")
    else:
        log.error("handler failed", exc_info=error)
    return UNEXPECTED_ERROR


def _reply_to_command(
    error: Exception, user_message: Message, body: Body, renderer: Renderer, rights: Rights
) -> BoltResponse:
    """Answer with the error; for wrong arguments also with the command's usage."""
    text = renderer.mrkdwn(user_message)
    if isinstance(error, InputError):
        typed = str(body.get("text") or "")
        usage = usage_of(str(body["command"]), renderer, rights, typed)
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
    if not errors:  # nowhere to put them: another modal above this one
        return _json({"response_action": "push", "view": _error_view(user_message, renderer)})
    return _json({"response_action": "errors", "errors": errors})


def _error_view(user_message: Message, renderer: Renderer) -> block_kit.Block:
    return block_kit.modal(
        "error",
        renderer.plain_text(message("Not done")),
        [block_kit.section("error", renderer.mrkdwn(user_message))],
        submit="",
        close=renderer.plain_text(message("Close")),
    )


async def _send_direct_message(context: AsyncBoltContext, person: str, text: str) -> bool:
    """Reply by direct message, where the request offers no other way."""
    try:
        await context.client.chat_postMessage(channel=person, text=text)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("could not send the reply: %s", type(error).__name__)
        return False
    return True


async def _respond(context: AsyncBoltContext, text: str) -> bool:
    if context.respond is None:
        return False
    try:
        response = await context.respond(
            text=text, response_type="ephemeral", replace_original=False
        )
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("could not send the reply: %s", type(error).__name__)
        return False
    return not response_error_code(response.status_code, response.body)


def _json(body: Mapping[str, Any]) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {"content-type": "application/json"}
    return BoltResponse(status=200, body=json.dumps(body), headers=headers)
