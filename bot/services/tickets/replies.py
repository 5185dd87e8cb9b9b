"""Replies in tickets' threads, stored from Slack's events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.services.tickets.sentiment import wants_reopening
from bot.store import Session, models
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

_TS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply in a thread; an empty text means that it was deleted."""

    team: str
    channel: str
    thread_ts: str
    ts: str
    person: str
    text: str


def save_reply(session: Session, reply: Reply) -> Ticket | None:
    """Store a reply if its thread is a ticket's, and return that ticket if the text is new.

    Edits replace it, a deletion removes it.
    """
    ticket = tickets.find_by_thread(session, reply.team, reply.channel, reply.thread_ts)
    if ticket is None:
        return None
    tickets.lock(session, ticket.id)  # an event that comes twice may be stored at the same moment
    existing = session.get(models.ThreadReply, (reply.team, reply.channel, reply.ts))
    if not reply.text:
        if existing is not None:
            session.delete(existing)
        return None
    is_changed = existing is None or (
        existing.text != reply.text and _is_after_resolution(reply, ticket)
    )
    session.merge(
        models.ThreadReply(
            team=reply.team,
            channel=reply.channel,
            ts=reply.ts,
            ticket=ticket.id,
            person=reply.person,
            text=reply.text,
        )
    )
    return ticket if is_changed else None


def _is_after_resolution(reply: Reply, ticket: Ticket) -> bool:
    """Return whether a reply was written after the ticket's resolution, whenever it was edited."""
    if ticket.resolved_at is None or not _TS.fullmatch(reply.ts):
        return False
    return float(reply.ts) > ticket.resolved_at.timestamp()


def asks_to_reopen(ticket: Ticket, reply: Reply) -> bool:
    """Return whether a reporter writes under a resolved ticket that something is still wrong."""
    is_reporter = ticket.status is Status.RESOLVED and ticket.reporter == reply.person
    return is_reporter and wants_reopening(reply.text)
