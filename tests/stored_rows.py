"""Rows that only tests read: the newest ticket about a channel, the audited actions on a ticket."""

from __future__ import annotations

from sqlmodel import col, select

from bot.store import Session
from bot.store.admin.audit_log import AuditEntry
from bot.ticket import Ticket


def find_newest_ticket(session: Session, cname: str) -> Ticket | None:
    """Find the newest ticket about a channel."""
    newest = col(Ticket.number).desc()
    about = select(Ticket).where(Ticket.cname == cname)
    return session.exec(about.order_by(newest).limit(1)).first()


def list_audit_entries(session: Session, ticket: int) -> list[AuditEntry]:
    """Return the audited actions on a ticket, oldest first."""
    entries = select(AuditEntry).where(AuditEntry.ticket == ticket).order_by(col(AuditEntry.id))
    return list(session.exec(entries).all())
