"""The questions asked of private messages about tickets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from bot.store.tables import Notice


def sent(session: Session, ticket: int, kind: str) -> Sequence[Notice]:
    """Return the messages of one kind that stand in Slack."""
    asked = select(Notice).where(Notice.ticket == ticket, Notice.kind == kind)
    return session.exec(asked.where(col(Notice.ts) != "")).all()


def newest(session: Session, ticket: int, kind: str) -> Notice | None:
    """Return the message of one kind that was begun last."""
    asked = select(Notice).where(Notice.ticket == ticket, Notice.kind == kind)
    return session.exec(asked.order_by(col(Notice.begun_at).desc()).limit(1)).first()
