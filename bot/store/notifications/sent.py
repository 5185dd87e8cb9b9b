"""The questions asked of private messages about tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from sqlmodel import Session, col, select

from bot.store.models import Notice


class Place(Protocol):
    """Where somebody wrote something; `thread_ts` is "" outside threads."""

    @property
    def person(self) -> str:
        """Who wrote."""

    @property
    def channel(self) -> str:
        """In which channel."""

    @property
    def thread_ts(self) -> str:
        """In which thread."""


def sent(session: Session, ticket: int, kind: str) -> Sequence[Notice]:
    """Return the messages of one kind that stand in Slack."""
    asked = select(Notice).where(Notice.ticket == ticket, Notice.kind == kind)
    return session.exec(asked.where(col(Notice.ts) != "")).all()


def answered(session: Session, kind: str, answer: Place, after: dt.datetime) -> Notice | None:
    """Return the message that somebody answers: in its thread, or the newest told after then."""
    asked = select(Notice).where(Notice.person == answer.person, Notice.kind == kind)
    if answer.thread_ts:
        asked = asked.where(Notice.channel == answer.channel, Notice.ts == answer.thread_ts)
    else:
        asked = asked.where(Notice.channel == answer.channel, col(Notice.told_at) >= after)
    return session.exec(asked.order_by(col(Notice.told_at).desc()).limit(1)).first()


def newest(session: Session, ticket: int, kind: str) -> Notice | None:
    """Return the message of one kind that was begun last."""
    asked = select(Notice).where(Notice.ticket == ticket, Notice.kind == kind)
    return session.exec(asked.order_by(col(Notice.begun_at).desc()).limit(1)).first()
