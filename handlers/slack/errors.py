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
from handlers.slack.user_directory import People
from handlers.ui import help as help_texts
from handlers.ui.renderer import Voice

log = logging.getLogger(__name__)
Body = Mapping[str, Any]

_FAILED: Final = message(
    "Something went wrong on our side. Please try again; if a ticket appeared, it is kept."
)
_FROM_ANYWHERE: Final = frozenset({"shortcut", "message_action", "block_actions"})
_FORGET: Final = "forget_event"  # in the context of an event, so that it can come again
_EVENTS_KNOWN: Final = 10_000  # Slack gives up after an hour


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request, and from which channel."""

    team: str
    person: str
    channel: str

    @classmethod
    def of(cls, body: Body) -> Asker:
        """Read whoever sent a command, an action, a form, a shortcut or an event."""
        event = body.get("event") or {}
        user = body.get("user") or event.get("user") or {}
        team = body.get("team") or {}
        channel = body.get("channel") or event.get("channel") or {}
        return cls(
            team=str(body.get("team_id") or _id(team) or ""),
            person=str(body.get("user_id") or _id(user) or ""),
            channel=str(body.get("channel_id") or _id(channel) or ""),
        )


def read_number(action: Mapping[str, Any]) -> int:
    """Read a number from a button; 0, which nothing has, when it was forged."""
    value = str(action.get("value") or "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0  # noqa: PLR2004 - more digits than any database counts


class Once:
    """Bolt middleware that lets each event id through once: Slack sends again what came late."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()

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
            if event_id in self._known:
                return BoltResponse(status=200, body="")
            self._known[event_id] = None
            context[_FORGET] = partial(self._known.pop, event_id, None)
            if len(self._known) > _EVENTS_KNOWN:
                self._known.popitem(last=False)
        return await next()


def trigger_of(body: Body) -> str:
    """What opens a form, once; where a request brings none, a name nobody else has."""
    return str(body.get("trigger_id") or f"none.{secrets.token_hex(8)}")


def answer_errors(app: AsyncApp, people: People) -> None:
    """Answer every error, whatever door it came through; Slack is never left waiting."""

    async def answer(
        error: Exception,
        body: Body,
        respond: AsyncRespond,
        client: AsyncWebClient,
        context: AsyncBoltContext,
    ) -> BoltResponse:
        if isinstance(error, BoltUnhandledRequestError):
            log.info("nobody listens to a request of type %s", body.get("type"))
            return BoltResponse(status=200, body="")  # unanswered, Socket Mode would ask again
        if isinstance(error, DatabaseError) and _FORGET in context:
            log.warning("the database is away; Slack is asked for an event again")
            context[_FORGET]()
            return BoltResponse(status=503, body="")
        try:
            asker = Asker.of(body)
            voice = await people.voice(asker.team, asker.person)
            if body.get("type") in _FROM_ANYWHERE and not body.get("response_url"):
                await _tell(client, asker.person, voice.markup(_spoken(error)))
            return await _reply(error, body, respond, voice)
        except Exception:
            log.exception("an error could not be answered")
            return BoltResponse(status=200, body="")

    app.error(answer)


async def _reply(error: Exception, body: Body, respond: AsyncRespond, voice: Voice) -> BoltResponse:
    spoken = _spoken(error)
    if body.get("command"):
        return _reply_to_command(error, spoken, body, voice)
    if body.get("type") == "view_submission":
        return _reply_to_form(error, spoken, body, voice)
    if body.get("response_url"):
        await _respond(respond, voice.markup(spoken))
    return BoltResponse(status=200, body="")


def _spoken(error: Exception) -> Message:
    if isinstance(error, LagdeskError):
        return error.spoken
    if isinstance(error, SlackApiError):
        log.error("slack refused: %s", error_code(error))
    elif isinstance(error, (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)):
        log.warning("slack could not be reached: %s", type(error).__name__)
    elif isinstance(error, ValueError) and "response_url" in str(error):  # Bolt's own words
        log.warning("a request brought no way to answer it")
    else:
        log.error("a listener failed", exc_info=error)
    return _FAILED


def _reply_to_command(error: Exception, spoken: Message, body: Body, voice: Voice) -> BoltResponse:
    """A wrong argument is answered with what is wrong and how the command is used."""
    text = voice.markup(spoken)
    if isinstance(error, InputError):
        usage = help_texts.usage(str(body["command"]), voice)
        text = "\n".join(filter(None, [text, usage]))
    return _json({"response_type": "ephemeral", "text": text})


def _reply_to_form(error: Exception, spoken: Message, body: Body, voice: Voice) -> BoltResponse:
    drawn = body["view"].get("blocks") or []
    fields = [block["block_id"] for block in drawn if block["type"] == "input"]
    errors: dict[str, str] = {}
    given = error.fields if isinstance(error, InputError) else {}
    for name, why in given.items():
        place = name if name in fields else next(iter(fields), name)
        errors.setdefault(place, voice.plain(why))
    if not errors and fields:
        errors[fields[-1]] = voice.plain(spoken)
    return _json({"response_action": "errors", "errors": errors})


async def _tell(client: AsyncWebClient, person: str, text: str) -> None:
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


def _id(thing: object) -> object:
    return thing.get("id") if isinstance(thing, Mapping) else thing
