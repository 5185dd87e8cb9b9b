"""Handlers of messages: replies in ticket threads, direct messages, mentions of tickets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.services.tickets.actions import TicketActions
from bot.services.tickets.mentions import MentionService
from bot.services.tickets.replies import Reply
from bot.services.tickets.service import TicketService
from handlers.slack.request import Body, Requester
from handlers.tickets.mentions import MentionListener


class ThreadHandlers:
    """Handles messages people write, edit and delete."""

    def __init__(
        self, tickets: TicketService, ticket_actions: TicketActions, mentions: MentionService
    ) -> None:
        self._tickets = tickets
        self._ticket_actions = ticket_actions
        self._mentions = MentionListener(mentions)

    def register(self, app: AsyncApp) -> None:
        """Register the message event."""
        app.event("message")(self.handle_message)

    async def handle_message(self, event: dict[str, Any], body: Body) -> None:
        """Save replies with their edits and deletions; pass mentions of tickets on."""
        if event.get("channel_type") == "im":
            await self._handle_direct_message(event, body)
            return
        await self._mentions.handle_message(event, body)
        reply = read_thread_reply(event, Requester.of(body).team)
        if reply is not None:
            await self._tickets.save_reply(reply)

    async def _handle_direct_message(self, event: dict[str, Any], body: Body) -> None:
        """Handle a reply to the direct message that a ticket is resolved."""
        reply = read_direct_message(event, Requester.of(body))
        if reply is not None:
            await self._ticket_actions.handle_message(reply)


def read_thread_reply(event: Mapping[str, Any], team: str) -> Reply | None:
    """Read a reply that was written, edited or deleted; None for bots and outside threads."""
    subtype = event.get("subtype")
    current = event.get("message") if subtype == "message_changed" else event
    deleted = event.get("previous_message") if subtype == "message_deleted" else None
    slack_message = deleted or current or {}
    thread_ts = slack_message.get("thread_ts")
    if not thread_ts or thread_ts == slack_message.get("ts") or slack_message.get("bot_id"):
        return None
    return Reply(
        team=team,
        channel=str(event.get("channel") or ""),
        thread_ts=str(thread_ts),
        ts=str(slack_message.get("ts") or ""),
        person=str(slack_message.get("user") or ""),
        text="" if deleted else str(slack_message.get("text") or ""),
    )


def read_direct_message(event: Mapping[str, Any], requester: Requester) -> Reply | None:
    """Read a person's new direct message; None for bots, edits and deletions."""
    if event.get("subtype") not in (None, "file_share") or event.get("bot_id"):
        return None
    return Reply(
        team=requester.team,
        channel=str(event.get("channel") or ""),
        thread_ts=str(event.get("thread_ts") or ""),
        ts=str(event.get("ts") or ""),
        person=requester.person,
        text=str(event.get("text") or ""),
    )
