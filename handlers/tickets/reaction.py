"""An emoji reaction to a message about a bad call: the offer to report it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable
from typing import Any, Final

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.i18n.messages import message
from bot.settings import Settings
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.report import ReportHandlers
from handlers.ui import block_kit
from handlers.ui.form_state import read_metadata

log = logging.getLogger(__name__)

_READ_TIMEOUT_S: Final = 1.0  # the form has to open within three seconds of the click
_ACTION_ID: Final = "reaction.report"
_OFFER: Final = message("Was this about a bad call? Report it: the form is filled in from it.")


class ReactionHandlers:
    """Offers the report form: an event has no trigger that could open it at once."""

    def __init__(self, reports: ReportHandlers, users: UserDirectory, settings: Settings) -> None:
        self._reports = reports
        self._users = users
        self._emoji = settings.report_emoji

    def register(self, app: AsyncApp) -> None:
        """Register the event and the button."""
        if self._emoji:
            app.event("reaction_added")(self.offer)
        app.action(_ACTION_ID)(self.open)

    async def offer(self, event: dict[str, Any], body: Body, client: AsyncWebClient) -> None:
        """Send who reacted an ephemeral message with a button."""
        item = event.get("item") or {}
        name = str(event.get("reaction") or "").split("::")[0]  # without its skin tone
        if name != self._emoji or item.get("type") != "message":
            return
        team, person = Requester.of(body).team, str(event.get("user") or "")
        renderer = await self._users.renderer(team, person)
        where = json.dumps({"channel": item["channel"], "ts": item["ts"]})
        button = block_kit.button(
            _ACTION_ID, renderer.plain_text(message("Report this call")), where, style="primary"
        )
        await client.chat_postEphemeral(
            channel=item["channel"],
            user=person,
            text=renderer.fallback_text(_OFFER),
            blocks=[
                block_kit.section("offer", renderer.mrkdwn(_OFFER)),
                block_kit.actions("report", button),
            ],
        )

    async def open(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the form as the shortcut of the message does, or say how it is filled in."""
        where = read_metadata(str(body["actions"][0].get("value") or ""))
        channel, ts = str(where.get("channel") or ""), str(where.get("ts") or "")
        found = await _find_message(client, channel, ts)
        if found:
            request = {**body, "channel": {"id": channel}, "message": found}
            await self._reports.open_by_message(ack, request, client)
        else:
            await self._reports.open_without_message(ack, body, client)


async def _find_message(client: AsyncWebClient, channel: str, ts: str) -> dict[str, Any]:
    """Read a message or a reply, which only `conversations.replies` returns; {} if refused.

    Slack's documents say that a bot may not use that in every channel, so both are asked.
    """
    span: dict[str, Any] = {"oldest": ts, "latest": ts, "inclusive": True, "limit": 2}
    requests = (
        client.conversations_history(channel=channel, **span),
        client.conversations_replies(channel=channel, ts=ts, **span),
    )
    for found in await asyncio.gather(*(_read(each, ts) for each in requests)):
        if found:
            return found
    return {}


async def _read(request: Awaitable[Any], ts: str) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_READ_TIMEOUT_S):
            answer = await request
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
        log.info("the message of a reaction cannot be read: %s", type(error).__name__)
        return {}
    posts: list[dict[str, Any]] = answer.get("messages") or []
    return next((post for post in posts if post.get("ts") == ts), {})
