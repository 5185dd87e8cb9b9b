"""What every story shares: who asks, and the one table from errors to replies."""

from __future__ import annotations

import json
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncRespond
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InputError, LagdeskError
from bot.i18n.messages import Message, message
from bot.store import DatabaseError
from handlers.slack.clients import error_code
from handlers.slack.user_directory import UserDirectory
from handlers.ui import help as help_texts
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)
Body = Mapping[str, Any]

_UNEXPECTED_ERROR: Final = message(
    "Something went wrong on our side. Please try again; if a ticket appeared, it is kept."
)
_TYPES_WITHOUT_CHANNEL: Final = frozenset({"shortcut", "message_action", "block_actions"})
_FORGET_EVENT_KEY: Final = "forget_event"  # in the context of an event, so that it can come again
_MAX_EVENT_IDS: Final = 10_000  # Slack gives up after an hour


@dataclass(frozen=True, slots=True)
class Requester:
    """Who sent a request, and from which channel."""

    team: str
    person: str
    channel: str

    @classmethod
    def of(cls, body: Body) -> Requester:
        """Read whoever sent a command, an action, a form, a shortcut or an event."""
        event = body.get("event") or {}
        user = body.get("user") or event.get("user") or {}
        team = body.get("team") or {}
        channel = body.get("channel") or event.get("channel") or {}
        return cls(
            team=str(body.get("team_id") or _id_of(team) or ""),
            person=str(body.get("user_id") or _id_of(user) or ""),
            channel=str(body.get("channel_id") or _id_of(channel) or ""),
        )


def read_ticket_number(action: Mapping[str, Any]) -> int:
    """Read a number from a button; 0, which nothing has, when it was forged."""
    value = str(action.get("value") or "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0  # noqa: PLR2004 - more digits than any database counts


class EventDeduplicator:
    """Bolt middleware that lets each event id through once: Slack sends again what came late."""

    def __init__(self) -> None:
        self._seen_ids: OrderedDict[str, None] = OrderedDict()

    async def __call__(
        self,
        body: Body,
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse | None:
        """Acknowledge an event that is known, hand on everything else.

        Whoever could not take an event in forgets it by what stands in the context.
        """
        event_id = body.get("event_id")
        if event_id is not None:
            if event_id in self._seen_ids:
                return BoltResponse(status=200, body="")
            self._seen_ids[event_id] = None
            context[_FORGET_EVENT_KEY] = partial(self._seen_ids.pop, event_id, None)
            if len(self._seen_ids) > _MAX_EVENT_IDS:
                self._seen_ids.popitem(last=False)
        return await next()


def trigger_id_of(body: Body) -> str:
    """What opens a form, once; where a request brings none, a name nobody else has."""
    return str(body.get("trigger_id") or f"none.{secrets.token_hex(8)}")


def register_error_handler(app: AsyncApp, users: UserDirectory) -> None:
    """Answer every error, whatever door it came through; Slack is never left waiting."""

    async def handle_error(
        error: Exception,
        body: Body,
        respond: AsyncRespond,
        client: AsyncWebClient,
        context: AsyncBoltContext,
    ) -> BoltResponse:
        if isinstance(error, BoltUnhandledRequestError):
            log.info("nobody listens to a request of type %s", body.get("type"))
            return BoltResponse(status=200, body="")  # unanswered, Socket Mode would ask again
        if isinstance(error, DatabaseError) and _FORGET_EVENT_KEY in context:
            log.warning("the database is away; Slack is asked for an event again")
            context[_FORGET_EVENT_KEY]()
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
            log.exception("an error could not be answered")
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
        log.error("slack refused: %s", error_code(error))
    elif isinstance(error, (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)):
        log.warning("slack could not be reached: %s", type(error).__name__)
    elif isinstance(error, ValueError) and "response_url" in str(error):  # Bolt's own words
        log.warning("a request brought no way to answer it")
    else:
        log.error("a listener failed", exc_info=error)
    return _UNEXPECTED_ERROR


def _reply_to_command(
    error: Exception, user_message: Message, body: Body, renderer: Renderer
) -> BoltResponse:
    """A wrong argument is answered with what is wrong and how the command is used."""
    text = renderer.mrkdwn(user_message)
    if isinstance(error, InputError):
        usage = help_texts.usage(str(body["command"]), renderer)
        text = "\n".join(filter(None, [text, usage]))
    return _json({"response_type": "ephemeral", "text": text})


def _reply_to_form(
    error: Exception, user_message: Message, body: Body, renderer: Renderer
) -> BoltResponse:
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
    """Say it in the direct channel, where there is no other way back to a person."""
    try:
        await client.chat_postMessage(channel=person, text=text)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("a reply did not arrive: %s", type(error).__name__)


async def _respond(respond: AsyncRespond, text: str) -> None:
    try:
        await respond(text=text, response_type="ephemeral", replace_original=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.info("a reply did not arrive: %s", type(error).__name__)


def _json(body: Mapping[str, Any]) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {"content-type": "application/json"}
    return BoltResponse(status=200, body=json.dumps(body), headers=headers)


def _id_of(value: object) -> object:
    return value.get("id") if isinstance(value, Mapping) else value
