"""Queries of messages that name tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from bot.store.models import Mention


def save_mention(session: Session, mention: Mention) -> list[int]:
    """Store a mention, or the additions of an edit; return the new ticket numbers."""
    key = (mention.team, mention.channel, mention.ts)
    existing = session.get(Mention, key, with_for_update=True)
    if existing is None:
        try:
            with session.begin_nested():
                session.add(mention)
        except IntegrityError:  # another process was first
            existing = session.get(Mention, key, with_for_update=True, populate_existing=True)
        else:
            return mention.ticket_numbers
    if existing is None:
        return []
    new = [number for number in mention.ticket_numbers if number not in existing.ticket_numbers]
    if new:
        existing.ticket_numbers, existing.at = [*existing.ticket_numbers, *new], mention.at
    return new


def list_in_thread(
    session: Session, team: str, channel: str, thread_ts: str, since: dt.datetime
) -> Sequence[Mention]:
    """List the tickets named in a thread since a moment, by any message."""
    statement = select(Mention).where(
        Mention.team == team,
        Mention.channel == channel,
        Mention.thread_ts == thread_ts,
        col(Mention.at) > since,
    )
    return session.exec(statement).all()
