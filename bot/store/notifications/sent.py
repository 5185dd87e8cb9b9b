"""Queries of private messages about tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Protocol

from sqlalchemy import Executable, update
from sqlmodel import Session, col, select

from bot.store.models import SentNotification
from bot.store.statements import insertion
from bot.ticket import Status, Ticket


class IncomingMessage(Protocol):
    """The author and position of a message; `thread_ts` is "" outside threads."""

    @property
    def team(self) -> str:
        """In which workspace."""

    @property
    def person(self) -> str:
        """Who wrote."""

    @property
    def channel(self) -> str:
        """In which channel."""

    @property
    def thread_ts(self) -> str:
        """In which thread."""


def list_sent(session: Session, ticket: int, kind: str) -> Sequence[SentNotification]:
    """Return the messages of one kind that were sent."""
    statement = select(SentNotification).where(
        SentNotification.ticket == ticket, SentNotification.kind == kind
    )
    return session.exec(statement.where(col(SentNotification.ts) != "")).all()


def reserve(session: Session, new: SentNotification) -> tuple[SentNotification, bool]:
    """Store that a message is being sent, or find its row; return whether it is new."""
    connection, values = session.connection(), new.model_dump()
    if connection.scalar(_reserving(connection.dialect.name), values) is not None:
        return new, True
    return session.get_one(SentNotification, (new.ticket, new.person, new.kind, new.key)), False


@cache
def _reserving(dialect: str) -> Executable:
    """Build the statement once: that takes longer than the database needs to execute it."""
    new = insertion(dialect, SentNotification).on_conflict_do_nothing()
    return new.returning(col(SentNotification.ticket))


def mark_sent(
    session: Session, reserved: SentNotification, channel: str, ts: str, at: dt.datetime
) -> None:
    """Store that a message was sent, and its position."""
    statement = update(SentNotification).where(
        col(SentNotification.ticket) == reserved.ticket,
        col(SentNotification.person) == reserved.person,
        col(SentNotification.kind) == reserved.kind,
        col(SentNotification.key) == reserved.key,
    )
    session.connection().execute(statement.values(channel=channel, ts=ts, sent_at=at))


def find_answered(
    session: Session, kind: str, message: IncomingMessage, after: dt.datetime
) -> Ticket | None:
    """Return the ticket whose message of a kind a reply is to.

    Outside a thread it is the one that was resolved last, after a moment.
    """
    statement = (
        select(Ticket)
        .join(SentNotification, col(SentNotification.ticket) == col(Ticket.number))
        .where(SentNotification.person == message.person, SentNotification.kind == kind)
        .where(SentNotification.channel == message.channel, Ticket.team == message.team)
    )
    if message.thread_ts:
        statement = statement.where(SentNotification.ts == message.thread_ts)
    else:
        statement = statement.where(col(Ticket.resolved_at) >= after)
    return session.exec(statement.order_by(col(Ticket.resolved_at).desc()).limit(1)).first()


def list_written_to(
    session: Session, kind: str, message: IncomingMessage, limit: int
) -> Sequence[Ticket]:
    """Return the unresolved tickets whose messages of a kind a reply may be to, newest first.

    In a thread it is the one whose message starts it, outside all of the person's.
    """
    statement = (
        select(Ticket)
        .join(SentNotification, col(SentNotification.ticket) == col(Ticket.number))
        .where(SentNotification.person == message.person, SentNotification.kind == kind)
        .where(SentNotification.channel == message.channel, Ticket.team == message.team)
        .where(Ticket.status != Status.RESOLVED)
    )
    if message.thread_ts:
        statement = statement.where(SentNotification.ts == message.thread_ts)
    return session.exec(statement.order_by(col(Ticket.number).desc()).limit(limit)).all()


def find_newest(session: Session, ticket: int, kind: str) -> SentNotification | None:
    """Return the newest message of one kind, sent or not."""
    statement = select(SentNotification).where(
        SentNotification.ticket == ticket, SentNotification.kind == kind
    )
    return session.exec(
        statement.order_by(col(SentNotification.attempted_at).desc()).limit(1)
    ).first()
