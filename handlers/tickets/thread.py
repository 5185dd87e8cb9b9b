"""The threads' story: what people write under a ticket's card, or to Lagdesk, about one."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.services.tickets.actions import Life
from bot.services.tickets.replies import Reply
from bot.services.tickets.service import Desk
from handlers.slack.errors import Asker, Body
from handlers.slack.user_directory import People
from handlers.tickets.mentions import MentionEar


class ThreadStory:
    """Somebody writes in a ticket's thread."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._life = Life(desk)
        self._people = people
        self._mentions = MentionEar(desk)

    def register(self, app: AsyncApp) -> None:
        """Listen to messages: replies under a card are kept, named tickets are told."""
        app.event("message")(self.hear)

    async def hear(self, event: dict[str, Any], body: Body) -> None:
        """Keep a reply, follow its edits and its deletion; hear which tickets it names."""
        if event.get("channel_type") == "im":
            await self._hear_directly(event, body)
            return
        await self._mentions.hear(event, body)
        subtype = event.get("subtype")
        changed = event.get("message") if subtype == "message_changed" else event
        gone = event.get("previous_message") if subtype == "message_deleted" else None
        said = gone or changed or {}
        thread_ts = said.get("thread_ts")
        if not thread_ts or thread_ts == said.get("ts") or said.get("bot_id"):
            return
        asker = Asker.of(body)
        reply = Reply(
            team=asker.team,
            channel=str(event.get("channel") or ""),
            thread_ts=str(thread_ts),
            ts=str(said.get("ts") or ""),
            person=str(said.get("user") or ""),
            text="" if gone else str(said.get("text") or ""),
        )
        await self._desk.keep_reply(reply)

    async def _hear_directly(self, event: dict[str, Any], body: Body) -> None:
        """Hear what somebody answers to being told that their ticket is resolved."""
        if event.get("subtype") not in (None, "file_share") or event.get("bot_id"):
            return
        asker = Asker.of(body)
        answer = Reply(
            team=asker.team,
            channel=str(event.get("channel") or ""),
            thread_ts=str(event.get("thread_ts") or ""),
            ts=str(event.get("ts") or ""),
            person=asker.person,
            text=str(event.get("text") or ""),
        )
        await self._life.hear(answer)
