"""The questions asked of duties and of the workers that carry them out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from bot.store.models import Duty, Heartbeat


def owe(
    session: Session, name: str, kind: str, *, ticket: int | None = None, due_at: dt.datetime
) -> None:
    """Owe a duty from `due_at` on; owing it twice is owing it once.

    A finished duty becomes owed again, an owed one is due at the earlier of both moments, and
    one that is being carried out right now is carried out once more afterwards.
    """
    if _insert(session, name=name, kind=kind, ticket=ticket, due_at=due_at):
        return
    duty = _lock(session, name)
    if duty is None:  # deleted by the cleaner between the two statements
        session.add(Duty(name=name, kind=kind, ticket=ticket, due_at=due_at))
    elif duty.holder is not None and duty.done_at is None:
        duty.due_at = min(duty.due_at, due_at) if duty.again else due_at
        duty.again = True
    elif duty.done_at is not None:
        duty.due_at, duty.done_at, duty.begun_at = due_at, None, None
        duty.failures, duty.last_error = 0, ""
    else:
        duty.due_at = min(duty.due_at, due_at)


def take(session: Session, name: str, worker: str, now: dt.datetime) -> Duty | None:
    """Begin to carry out a duty; None when it is not due, is done, or somebody holds it.

    One statement decides, so of many workers that try one alone succeeds.
    """
    begun = _change(
        session,
        _is_free(now) & (col(Duty.name) == name),
        attempt=col(Duty.attempt) + 1,
        holder=worker,
        begun_at=now,
        again=False,
    )
    return session.get(Duty, name, populate_existing=True) if begun else None


def settle(
    session: Session, name: str, now: dt.datetime, *, holder: str | None = None, error: str = ""
) -> bool:
    """Note that a duty is carried out or given up (`error` says why).

    With `holder`, only if that worker still holds it. Returns whether the duty is over: one
    that became owed meanwhile is due again instead.
    """
    duty = _held(session, name, holder)
    if duty is None:
        return False
    duty.holder, duty.failures, duty.last_error = None, 0, error
    if duty.again:
        duty.again = False
        return False
    duty.done_at = duty.done_at or now
    return True


def postpone(
    session: Session,
    name: str,
    due_at: dt.datetime,
    error: str = "",
    *,
    holder: str | None = None,
    failed: bool = False,
) -> None:
    """Put a duty off to `due_at`; `failed` counts it as a failure whose pause we chose.

    What became owed meanwhile is due at its own moment, unless this was a failure: one more
    try serves both. With `holder`, only if that worker still holds the duty.
    """
    duty = _held(session, name, holder)
    if duty is None:
        return
    duty.holder, duty.last_error = None, error
    if duty.done_at is not None:  # dropped meanwhile
        return
    earlier = duty.again and not error
    duty.due_at, duty.again = (min(duty.due_at, due_at) if earlier else due_at), False
    duty.failures = duty.failures + 1 if failed else 0


def drop(session: Session, name: str, now: dt.datetime) -> None:
    """Owe a duty no longer; what carries it out right now is not interrupted."""
    _change(
        session, (col(Duty.name) == name) & col(Duty.done_at).is_(None), done_at=now, again=False
    )


def due(
    session: Session,
    now: dt.datetime,
    limit: int,
    *,
    kind: str | None = None,
    names: Sequence[str] | None = None,
) -> list[Duty]:
    """List duties that are due and nobody carries out, the longest due first."""
    asked = select(Duty).where(_is_free(now)).order_by(col(Duty.due_at)).limit(limit)
    if kind is not None:
        asked = asked.where(col(Duty.kind) == kind)
    if names is not None:
        asked = asked.where(col(Duty.name).in_(names))
    return list(session.scalars(asked))


def next_due(session: Session) -> dt.datetime | None:
    """Return when the next duty that nobody carries out is due, None when none is owed."""
    free = col(Duty.done_at).is_(None) & col(Duty.holder).is_(None)
    return session.scalar(select(func.min(col(Duty.due_at))).where(free))


def unsettled(session: Session, now: dt.datetime) -> list[str]:
    """List the names of duties that are due or being carried out."""
    owed = col(Duty.done_at).is_(None) & (col(Duty.due_at) <= now)
    return list(session.scalars(select(col(Duty.name)).where(owed | col(Duty.holder).is_not(None))))


def count_owed(session: Session) -> dict[str, int]:
    """Count the duties not yet done, by kind."""
    owed = (
        select(col(Duty.kind), func.count().label("number"))
        .where(col(Duty.done_at).is_(None))
        .group_by(col(Duty.kind))
    )
    return {row.kind: row.number for row in session.execute(owed)}


def last_beat(session: Session) -> dt.datetime | None:
    """Return when a worker last gave a sign of life, None when none ever did or all stopped."""
    return session.scalar(select(func.max(col(Heartbeat.at))))


def oldest_due(session: Session, now: dt.datetime) -> dt.datetime | None:
    """Return since when the duty that waits longest has been due, None when none waits."""
    waiting = col(Duty.done_at).is_(None) & (col(Duty.due_at) <= now)
    return session.scalar(select(func.min(col(Duty.due_at))).where(waiting))


def skip_attempt(session: Session, name: str, attempt: int) -> bool:
    """Count an attempt that never began, so that the next one gets another name.

    Nothing happens when the duty has moved on since `attempt` was read.
    """
    stuck = (col(Duty.name) == name) & (col(Duty.attempt) == attempt)
    idle = col(Duty.holder).is_(None) & col(Duty.done_at).is_(None)
    return _change(session, stuck & idle, attempt=attempt + 1) == 1


def hasten(session: Session, now: dt.datetime) -> None:
    """Bring forward the retries whose pauses we chose; a start is a reason to try again."""
    _change(session, (col(Duty.failures) > 0) & (col(Duty.due_at) > now), due_at=now)


def bring_forward(session: Session, name: str, due_at: dt.datetime) -> None:
    """Let a duty that waits be due at `due_at` if that is earlier.

    Unlike `owe`, it leaves alone what is done and what is being carried out, as one statement.
    """
    waits = col(Duty.done_at).is_(None) & col(Duty.holder).is_(None)
    later = (col(Duty.name) == name) & (col(Duty.due_at) > due_at)
    _change(session, waits & later, due_at=due_at)


def beat(session: Session, worker: str, now: dt.datetime) -> None:
    """Give a worker's sign of life."""
    session.merge(Heartbeat(worker=worker, at=now))


def leave(session: Session, worker: str, now: dt.datetime) -> None:
    """A worker stops: free what it still holds and forget it."""
    _change(session, col(Duty.holder) == worker, holder=None, due_at=now, again=False)
    session.execute(delete(Heartbeat).where(col(Heartbeat.worker) == worker))


def is_alive(session: Session, worker: str, now: dt.datetime, silent_for: dt.timedelta) -> bool:
    """Tell whether a worker gave a sign of life lately."""
    heartbeat = session.get(Heartbeat, worker)
    return heartbeat is not None and heartbeat.at >= now - silent_for


def release_dead(session: Session, now: dt.datetime, silent_for: dt.timedelta) -> int:
    """Free what workers hold that have been silent, and forget them; returns how many duties.

    The update locks its rows until the transaction ends, so that two sweepers never free the
    same duty twice.
    """
    alive = select(col(Heartbeat.worker)).where(col(Heartbeat.at) >= now - silent_for)
    held_by_dead = col(Duty.holder).is_not(None) & col(Duty.holder).not_in(alive)
    freed = _change(session, held_by_dead, holder=None, due_at=now, again=False)
    session.execute(delete(Heartbeat).where(col(Heartbeat.at) < now - silent_for))
    return freed


def delete_finished(session: Session, before: dt.datetime) -> int:
    """Delete the duties done before a moment; returns how many."""
    old = (col(Duty.done_at) < before) & col(Duty.holder).is_(None)
    return _rows(session.execute(delete(Duty).where(old)))


def _is_free(now: dt.datetime) -> ColumnElement[bool]:
    return col(Duty.done_at).is_(None) & col(Duty.holder).is_(None) & (col(Duty.due_at) <= now)


def _insert(session: Session, **values: Any) -> bool:
    """Insert the duty unless its name exists, waiting for whoever inserts it just now."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Duty).values(
        attempt=0, again=False, failures=0, last_error="", **values
    )
    return _rows(session.execute(statement.on_conflict_do_nothing())) == 1


def _lock(session: Session, name: str) -> Duty | None:
    """Read a duty and keep others from changing it until the transaction ends."""
    asked = select(Duty).where(col(Duty.name) == name).with_for_update()
    return session.scalars(asked, execution_options={"populate_existing": True}).one_or_none()


def _held(session: Session, name: str, holder: str | None) -> Duty | None:
    duty = _lock(session, name)
    if duty is None or (holder is not None and duty.holder != holder):
        return None
    return duty


def _change(session: Session, where: ColumnElement[bool], **values: Any) -> int:
    statement = update(Duty).where(where).values(**values)
    return _rows(session.execute(statement, execution_options={"synchronize_session": False}))


def _rows(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
