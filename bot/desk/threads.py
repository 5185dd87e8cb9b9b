"""What people write under a ticket's card, kept with the ticket. Slack's history is never read."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store import Session, tables, tickets


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply in a thread; an empty text means that it was deleted."""

    team: str
    channel: str
    thread_ts: str
    ts: str
    person: str
    text: str


def keep(session: Session, reply: Reply) -> None:
    """Keep a reply if its thread is a ticket's; edits replace it, a deletion takes it away."""
    ticket = tickets.find_by_thread(session, reply.team, reply.channel, reply.thread_ts)
    if ticket is None:
        return
    known = session.get(tables.Remark, (reply.team, reply.channel, reply.ts))
    if not reply.text:
        if known is not None:
            session.delete(known)
        return
    session.merge(
        tables.Remark(
            team=reply.team,
            channel=reply.channel,
            ts=reply.ts,
            ticket=ticket.id,
            person=reply.person,
            text=reply.text,
        )
    )
