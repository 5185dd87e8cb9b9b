"""Abnormal events from scans of whole apps, and the scanned intervals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Index, delete
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.call import AbnormalEvent, Code, Factor
from bot.columns import UtcTime
from bot.ports import EventScan, Window
from bot.store.database import Store
from bot.store.statements import insertion
from bot.store.tickets.tickets import unindexed
from bot.ticket import Status, Ticket

RETENTION: Final = dt.timedelta(days=14)


class PolledEvent(SQLModel, table=True):
    """One abnormal event; an event of two overlapping scans is stored once.

    `factors` are [kind, code, peer's uid or null]; `peer` is "" when there is none.
    """

    __tablename__ = "polled_event"

    __table_args__ = (Index("ix_polled_event_app_at", "app", "at"),)

    app: str = Field(primary_key=True)
    cname: str = Field(primary_key=True)
    at: dt.datetime = Field(primary_key=True, sa_type=UtcTime)
    uid: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    kind: str
    peer: str = ""
    factors: list[Any] = Field(sa_type=JSON)


class ScannedInterval(SQLModel, table=True):
    """One scanned interval; a full response may have left out events."""

    __tablename__ = "scanned_interval"

    __table_args__ = (Index("ix_scanned_interval_app_until", "app", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    app: str
    since: dt.datetime = Field(sa_type=UtcTime)
    until: dt.datetime = Field(sa_type=UtcTime)
    is_full: bool


class SqlEventStore:
    """Stores scans in the database, shared by all processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def scans(self, app: str, window: Window) -> Sequence[EventScan]:
        """Return the scans that overlap a window, without their events."""
        return await self._store.read(lambda session: _scans(session, app, window))

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return the events of a channel (of all when `cname` is "") within a window."""
        return await self._store.read(lambda session: _events(session, app, cname, window))

    async def add_scan(self, app: str, scan: EventScan, now: dt.datetime) -> None:
        """Store a scan, and delete old ones."""

        def work(session: Session) -> None:
            _save_events(session, app, scan)
            span = scan.span
            session.add(
                ScannedInterval(app=app, since=span.since, until=span.until, is_full=scan.is_full)
            )
            delete_older(session, app, now - RETENTION)

        await self._store.transact(work)


def delete_older(session: Session, app: str, before: dt.datetime) -> None:
    """Delete the events and scans of an app before a moment."""
    of_app = col(PolledEvent.app) == app
    session.execute(delete(PolledEvent).where(of_app, col(PolledEvent.at) < before))
    session.execute(
        delete(ScannedInterval).where(
            col(ScannedInterval.app) == app, col(ScannedInterval.until) < before
        )
    )


def has_unresolved_tickets(session: Session, app: str, since: dt.datetime) -> bool:
    """Return whether a ticket created since a moment is unresolved."""
    is_unresolved = unindexed(col(Ticket.app) == app, col(Ticket.status) != Status.RESOLVED)
    statement = select(Ticket.number).where(col(Ticket.created_at) >= since, is_unresolved)
    return session.exec(statement.limit(1)).first() is not None


def _scans(session: Session, app: str, window: Window) -> list[EventScan]:
    statement = select(ScannedInterval).where(
        ScannedInterval.app == app,
        col(ScannedInterval.until) > window.since,
        col(ScannedInterval.since) < window.until,
    )
    return [
        EventScan(Window(row.since, row.until), (), row.is_full)
        for row in session.exec(statement).all()
    ]


def _events(session: Session, app: str, cname: str, window: Window) -> list[AbnormalEvent]:
    statement = select(PolledEvent).where(
        PolledEvent.app == app,
        col(PolledEvent.at) >= window.since,
        col(PolledEvent.at) <= window.until,
    )
    if cname:
        statement = statement.where(PolledEvent.cname == cname)
    return [
        _event_from_row(row) for row in session.exec(statement.order_by(col(PolledEvent.at))).all()
    ]


def _event_from_row(row: PolledEvent) -> AbnormalEvent:
    return AbnormalEvent(
        uid=row.uid,
        cname=row.cname,
        kind=Code(row.kind, row.code),
        at=row.at,
        factors=tuple(Factor(Code(kind, code), peer) for kind, code, peer in row.factors),
        peer_uid=row.peer or None,
    )


def _save_events(session: Session, app: str, scan: EventScan) -> None:
    """Insert or update the events of a scan."""
    rows = list({event.key: _row_from_event(app, event) for event in scan.events}.values())
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    statement = insertion(dialect, PolledEvent).values(rows)
    excluded = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["app", "cname", "at", "uid", "code"],
            set_={"kind": excluded.kind, "peer": excluded.peer, "factors": excluded.factors},
        )
    )


def _row_from_event(app: str, event: AbnormalEvent) -> dict[str, Any]:
    return {
        "app": app,
        "cname": event.cname,
        "at": event.at,
        "uid": event.uid,
        "code": event.kind.value,
        "kind": event.kind.kind,
        "peer": event.peer_uid or "",
        "factors": [[f.code.kind, f.code.value, f.peer_uid] for f in event.factors],
    }
