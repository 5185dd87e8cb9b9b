"""What a cloud told of a whole app, and which stretches of time it was asked about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Index, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.call import AbnormalEvent, Code, Factor
from bot.ports import Look, Window
from bot.store.database import Store
from bot.store.tickets.tickets import checked
from bot.ticket import Status, Ticket, UtcTime

KEPT: Final = dt.timedelta(days=14)


class CollectedEvent(SQLModel, table=True):
    """One abnormal event a cloud told of; what windows that overlap tell twice stands once.

    `factors` are [kind, code, peer's uid or null]; `peer` is "" when there is none.
    """

    __table_args__ = (Index("ix_collectedevent_app_at", "app", "at"),)

    app: str = Field(primary_key=True)
    cname: str = Field(primary_key=True)
    at: dt.datetime = Field(primary_key=True, sa_type=UtcTime)
    uid: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    kind: str
    peer: str = ""
    factors: list[Any] = Field(sa_type=JSON)


class SeenSpan(SQLModel, table=True):
    """One stretch a cloud was asked about; a full answer may have hidden more."""

    __table_args__ = (Index("ix_seenspan_app_until", "app", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    app: str
    since: dt.datetime = Field(sa_type=UtcTime)
    until: dt.datetime = Field(sa_type=UtcTime)
    is_full: bool


class SqlEventBook:
    """The event book every process shares."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def looks(self, app: str, window: Window) -> Sequence[Look]:
        """Return the looks that touch a window, without their events."""
        return await self._store.read(lambda session: _looks(session, app, window))

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return what was seen of a channel (of all when `cname` is "") within a window."""
        return await self._store.read(lambda session: _events(session, app, cname, window))

    async def note(self, app: str, look: Look, now: dt.datetime) -> None:
        """Write a look down, and forget what is old by now."""

        def work(session: Session) -> None:
            _keep_events(session, app, look)
            span = look.span
            session.add(SeenSpan(app=app, since=span.since, until=span.until, is_full=look.is_full))
            forget(session, app, now - KEPT)

        await self._store.transact(work)


def forget(session: Session, app: str, before: dt.datetime) -> None:
    """Delete what was seen of an app before a moment."""
    of_app = col(CollectedEvent.app) == app
    session.execute(delete(CollectedEvent).where(of_app, col(CollectedEvent.at) < before))
    session.execute(delete(SeenSpan).where(col(SeenSpan.app) == app, col(SeenSpan.until) < before))


def is_awaited(session: Session, app: str, since: dt.datetime) -> bool:
    """Tell whether somebody waits for what a cloud tells: a ticket since then is not resolved."""
    waits = checked(col(Ticket.app) == app, col(Ticket.status) != Status.RESOLVED)
    asked = select(Ticket.number).where(col(Ticket.created_at) >= since, waits)
    return session.exec(asked.limit(1)).first() is not None


def _looks(session: Session, app: str, window: Window) -> list[Look]:
    touching = select(SeenSpan).where(
        SeenSpan.app == app,
        col(SeenSpan.until) > window.since,
        col(SeenSpan.since) < window.until,
    )
    return [
        Look(Window(row.since, row.until), (), row.is_full) for row in session.exec(touching).all()
    ]


def _events(session: Session, app: str, cname: str, window: Window) -> list[AbnormalEvent]:
    asked = select(CollectedEvent).where(
        CollectedEvent.app == app,
        col(CollectedEvent.at) >= window.since,
        col(CollectedEvent.at) <= window.until,
    )
    if cname:
        asked = asked.where(CollectedEvent.cname == cname)
    return [_read(row) for row in session.exec(asked.order_by(col(CollectedEvent.at))).all()]


def _read(row: CollectedEvent) -> AbnormalEvent:
    return AbnormalEvent(
        uid=row.uid,
        cname=row.cname,
        kind=Code(row.kind, row.code),
        at=row.at,
        factors=tuple(Factor(Code(kind, code), peer) for kind, code, peer in row.factors),
        peer_uid=row.peer or None,
    )


def _keep_events(session: Session, app: str, look: Look) -> None:
    """Insert what is new; of what is told again the later telling stays."""
    rows = list({event.key: _row(app, event) for event in look.events}.values())
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(CollectedEvent).values(rows)
    told = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["app", "cname", "at", "uid", "code"],
            set_={"kind": told.kind, "peer": told.peer, "factors": told.factors},
        )
    )


def _row(app: str, event: AbnormalEvent) -> dict[str, Any]:
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
