"""Tickets named in channels: heard from messages, told in their threads.

Slack sends no `link_shared` for links into Slack itself, and Lagdesk has no pages of its own whose
links could be unfurled: what unfurls a ticket is the message that names it. Implements
desk.mentions.MentionNotes. Decides nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bot.diagnosis import UNKNOWN, Verdict
from bot.i18n.messages import Message, PersonId, message
from bot.ports import Diagnosis, Posted
from bot.services.tickets.mentions import Heard, Mentions
from bot.services.tickets.service import Desk
from bot.store import models
from bot.ticket import Status, Ticket
from handlers.diagnosis.verdict_message import headline
from handlers.slack.errors import Asker, Body
from handlers.slack.notifier import SlackSpeaker
from handlers.slack.user_directory import People
from handlers.tickets import card as tickets_card
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import resolution_name
from handlers.ui.renderer import Link, Voice, hide_uids

_WRITTEN: Final = frozenset({None, "file_share", "thread_broadcast", "me_message"})
_EDITED: Final = "message_changed"
_TS: Final = re.compile(r"[0-9]+\.[0-9]+")
_ID: Final = re.compile(r"[A-Z0-9]+")


class MentionEar:
    """Listens for ticket names in whatever people write."""

    def __init__(self, desk: Desk) -> None:
        self._mentions = Mentions(desk)

    async def hear(self, event: dict[str, Any], body: Body) -> None:
        """Hand on what a person wrote or edited; neither bots' messages nor Slack's own edits."""
        subtype = event.get("subtype")
        said = event.get("message") or {} if subtype == _EDITED else event
        is_news = bool(said.get("edited")) if subtype == _EDITED else subtype in _WRITTEN
        if not is_news or said.get("bot_id") or said.get("subtype") not in _WRITTEN:
            return
        ts, person = str(said.get("ts") or ""), str(said.get("user") or "")
        channel, team = str(event.get("channel") or ""), Asker.of(body).team
        if _TS.fullmatch(ts) and person and _ID.fullmatch(channel) and _ID.fullmatch(team):
            thread_ts = str(said.get("thread_ts") or ts)
            text = str(said.get("text") or "")
            await self._mentions.hear(Heard(team, channel, ts, thread_ts, person, text))


class ThreadMentions:
    """Tells tickets' states in channels."""

    def __init__(self, speaker: SlackSpeaker, people: People) -> None:
        self._speaker = speaker
        self._people = people

    async def tell(self, mention: models.Mention, found: Sequence[Ticket], key: str) -> Posted:
        """Tell the state of these tickets in the mention's thread."""
        voice = await self._people.channel_voice(mention.team, mention.channel)
        names = {
            person: await self._people.name(mention.team, person)
            for person in {_concerned(ticket) for ticket in found}
            if person
        }
        # whatever the settings say of uids, this may be anybody's channel
        text, shown = states(found, names, replace(voice, mask=True))
        place = Posted(mention.channel, mention.thread_ts)
        return await self._speaker.reply(mention.team, place, key, text, shown)

    async def find(self, mention: models.Mention, key: str, since: dt.datetime) -> Posted | None:
        """Look there for a post with this key."""
        place = Posted(mention.channel, mention.thread_ts)
        return await self._speaker.find_reply(mention.team, place, key, since)


def states(found: Sequence[Ticket], names: dict[str, str], voice: Voice) -> tuple[str, list[Block]]:
    """The state of a few tickets: notice text and blocks. `names` are people's, by their ids."""
    text = " ".join(tickets_card.ticket_notice(_hidden(ticket), voice) for ticket in found)
    return text, [
        block_kit.section(
            f"state-{ticket.id}",
            "\n".join(voice.markup(line) for line in _lines(_hidden(ticket), names)),
        )
        for ticket in found
    ]


def _hidden(ticket: Ticket) -> Ticket:
    """A copy whose channel's name tells nobody's uid."""
    cname = hide_uids(ticket.cname, (ticket.teacher_uid, ticket.student_uid))
    return Ticket(**(ticket.model_dump() | {"cname": cname}))


def _lines(ticket: Ticket, names: dict[str, str]) -> list[Message]:
    name: object = Link(ticket.permalink, ticket.label) if ticket.permalink else ticket.label
    lines = [
        message(
            "%(mark)s *%(ticket)s* %(cname)s · %(status)s · %(when)s",
            mark=tickets_card.MARKS[ticket.status],
            ticket=name,
            cname=ticket.cname,
            status=tickets_card.STATUSES[ticket.status],
            when=ticket.created_at,
        )
    ]
    verdict = Verdict.from_json(ticket.verdict) if ticket.verdict else None
    if verdict is not None and verdict.cause != UNKNOWN:
        asked_at = ticket.diagnosed_at or ticket.created_at
        lines.append(headline(Diagnosis(ticket.report, ticket.cloud, verdict, asked_at)))
    return [*lines, *_whose(ticket, names)]


def _concerned(ticket: Ticket) -> str:
    """Whoever has the ticket, or had it last."""
    return (ticket.resolver if ticket.status is Status.RESOLVED else ticket.assignee) or ""


def _whose(ticket: Ticket, names: dict[str, str]) -> list[Message]:
    """Who has it. People are named and not mentioned: being talked about calls nobody."""
    person = _concerned(ticket)
    shown = names.get(person) or PersonId(person)
    if ticket.status is Status.RESOLVED and ticket.resolved_at:
        resolved = message(
            "Resolved by %(person)s, %(when)s", person=shown, when=ticket.resolved_at
        )
        if not ticket.resolved_cause:
            return [resolved]
        cause = resolution_name(ticket.resolved_cause)
        return [message("*Resolution*: %(cause)s", cause=cause), resolved]
    if ticket.claimed_at and person:
        return [message("Claimed by %(person)s, %(when)s", person=shown, when=ticket.claimed_at)]
    return [message("Nobody has claimed it yet.")]
