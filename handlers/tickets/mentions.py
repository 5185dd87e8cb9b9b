"""Replies with the status of tickets that messages in channels mention.

Slack sends no `link_shared` for links into Slack itself, so the trigger is the message;
links below PUBLIC_URL have previews of their own (`handlers/work_objects/`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.causes import WITHDRAWN, resolution_title
from bot.diagnosis import UNKNOWN
from bot.i18n.messages import Message, PersonId, message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.diagnosis.evidence import stored_verdict
from bot.services.tickets.mentions import ChannelMessage, MentionService
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread
from handlers.diagnosis.view import headline
from handlers.slack.posting import SlackPoster
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.tickets import card as tickets_card
from handlers.tickets.status import status_emoji, status_name
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer, link_to, mask_uids

_USER_SUBTYPES: Final = frozenset({None, "file_share", "thread_broadcast", "me_message"})
_EDITED_SUBTYPE: Final = "message_changed"
_TS: Final = re.compile(r"[0-9]+\.[0-9]+")
_ID: Final = re.compile(r"[A-Z0-9]+")


class MentionListener:
    """Passes messages of people to the mention service."""

    def __init__(self, mentions: MentionService) -> None:
        self._mentions = mentions

    async def handle_message(self, event: dict[str, Any], body: Body) -> None:
        """Pass on new and edited messages of people, not those of bots or Slack's own edits."""
        channel_message = read_channel_message(event, Requester.of(body).team)
        if channel_message is not None:
            await self._mentions.handle_message(channel_message)


def read_channel_message(event: Mapping[str, Any], team: str) -> ChannelMessage | None:
    """Read a message that a person wrote or edited; None for any other."""
    is_edit = event.get("subtype") == _EDITED_SUBTYPE
    slack_message = (event.get("message") or {}) if is_edit else event
    if slack_message.get("subtype") not in _USER_SUBTYPES or slack_message.get("bot_id"):
        return None
    if is_edit and not slack_message.get("edited"):  # Slack added a preview, say
        return None
    ts, person = str(slack_message.get("ts") or ""), str(slack_message.get("user") or "")
    channel = str(event.get("channel") or "")
    if not (_TS.fullmatch(ts) and person and _ID.fullmatch(channel) and _ID.fullmatch(team)):
        return None
    thread_ts = str(slack_message.get("thread_ts") or ts)
    return ChannelMessage(
        team, channel, ts, thread_ts, person, str(slack_message.get("text") or "")
    )


class SlackMentionPosts:
    """Posts tickets' status in threads of other channels."""

    def __init__(self, poster: SlackPoster, users: UserDirectory) -> None:
        self._poster = poster
        self._users = users

    async def post_status(
        self, thread: Destination, tickets: Sequence[Ticket], run: Run
    ) -> MessageRef:
        """Post the status of these tickets in the thread of the message that names them."""
        renderer = await self._users.channel_renderer(thread.team, thread.channel)
        names = {
            person: await self._users.name(thread.team, person)
            for person in {owner_of(ticket) for ticket in tickets}
            if person
        }
        # always masked: anybody may read this channel
        text, blocks = status_message(tickets, names, replace(renderer, mask=True))
        return await self._poster.post(thread, run, text, blocks)


def status_message(
    tickets: Sequence[Ticket], names: dict[str, str], renderer: Renderer
) -> tuple[str, list[Block]]:
    """Build the status of tickets: top-level text and blocks; `names` by user id."""
    text = " ".join(
        tickets_card.ticket_fallback_text(masked(ticket), renderer) for ticket in tickets
    )
    return text, [
        block_kit.section(
            f"state-{ticket.id}",
            "\n".join(renderer.mrkdwn(line) for line in _lines(masked(ticket), names)),
        )
        for ticket in tickets
    ]


def masked(ticket: Ticket) -> Ticket:
    """Return a copy of the ticket with uids in its channel name masked."""
    cname = mask_uids(ticket.cname, (ticket.teacher_uid, ticket.student_uid))
    thread = TicketThread(permalink=ticket.thread.permalink)
    return Ticket(**(ticket.model_dump() | {"cname": cname, "thread": thread}))


def _lines(ticket: Ticket, names: dict[str, str]) -> list[Message]:
    name = link_to(ticket.thread.permalink, ticket.label)
    mark, status = status_emoji(ticket), status_name(ticket)
    first = message(
        "%(mark)s *%(ticket)s* %(cname)s · %(status)s · %(when)s",
        mark=mark,
        ticket=name,
        cname=ticket.cname,
        status=status,
        when=ticket.created_at,
    )
    lines = [first.in_facts((mark, name, ticket.cname), status, ticket.created_at)]
    diagnosis = stored_verdict(ticket)
    if diagnosis is not None and diagnosis.verdict.cause != UNKNOWN:
        lines.append(headline(diagnosis))
    return [*lines, *_owner_lines(ticket, names)]


def owner_of(ticket: Ticket) -> str:
    """Return the ticket's assignee, or its resolver."""
    return (ticket.resolver if ticket.status is Status.RESOLVED else ticket.assignee) or ""


def _owner_lines(ticket: Ticket, names: dict[str, str]) -> list[Message]:
    """Return who has it: by name, because a mention would notify them."""
    person = owner_of(ticket)
    owner = names.get(person) or PersonId(person)
    if ticket.was_resolved_as(WITHDRAWN):
        withdrawn = message(
            "Withdrawn by %(person)s, %(when)s", person=owner, when=ticket.resolved_at
        )
        return [withdrawn.in_facts((message("Withdrawn by"), owner), ticket.resolved_at)]
    if ticket.status is Status.RESOLVED and ticket.resolved_at:
        resolved = message(
            "Resolved by %(person)s, %(when)s", person=owner, when=ticket.resolved_at
        ).in_facts((message("Resolved by"), owner), ticket.resolved_at)
        if not ticket.resolved_cause:
            return [resolved]
        cause = resolution_title(ticket.resolved_cause)
        return [message("*Resolution*: %(cause)s", cause=cause), resolved]
    if ticket.claimed_at and person:
        claimed = message("Claimed by %(person)s, %(when)s", person=owner, when=ticket.claimed_at)
        return [claimed.in_facts((message("Claimed by"), owner), ticket.claimed_at)]
    return [message("Nobody has claimed it yet.")]
