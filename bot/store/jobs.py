"""The questions asked of duties and of the workers that carry them out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from bot.store.models import Heartbeat, Job


def enqueue(
    session: Session,
    name: str,
    kind: str,
    *arguments: object,
    ticket: int | None = None,
    due_at: dt.datetime,
) -> None:
    """Owe a duty from `due_at` on; owing it twice is owing it once. `arguments` become JSON.

    A finished duty becomes owed again, an owed one is due at the earlier of both moments, and
    one that is being carried out right now is carried out once more afterwards.
    """
    values: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "ticket": ticket,
        "arguments": list(arguments),
        "due_at": due_at,
    }
    if _insert(session, **values):
        return
    job = _lock(session, name)
    if job is None:  # deleted by the cleaner between the two statements
        session.add(Job(**values))
    elif job.locked_by is not None and job.finished_at is None:
        job.due_at = min(job.due_at, due_at) if job.rerun else due_at
        job.rerun = True
    elif job.finished_at is not None:
        job.due_at, job.finished_at, job.attempted_at = due_at, None, None
        job.failures, job.last_error = 0, ""
    else:
        job.due_at = min(job.due_at, due_at)


def start_attempt(session: Session, name: str, worker: str, now: dt.datetime) -> Job | None:
    """Begin to carry out a duty; None when it is not due, is done, or somebody holds it.

    One statement decides, so of many workers that try one alone succeeds.
    """
    updated = _update(
        session,
        _is_runnable(now) & (col(Job.name) == name),
        attempt=col(Job.attempt) + 1,
        locked_by=worker,
        attempted_at=now,
        rerun=False,
    )
    return session.get(Job, name, populate_existing=True) if updated else None


def complete(
    session: Session, name: str, now: dt.datetime, *, locked_by: str | None = None, error: str = ""
) -> bool:
    """Note that a duty is carried out or given up (`error` says why).

    With `locked_by`, only if that worker still holds it. Returns whether the duty is over: one
    that became owed meanwhile is due again instead.
    """
    job = _lock_held(session, name, locked_by)
    if job is None:
        return False
    job.locked_by, job.failures, job.last_error = None, 0, error
    if job.rerun:
        job.rerun = False
        return False
    job.finished_at = job.finished_at or now
    return True


def reschedule(
    session: Session,
    name: str,
    due_at: dt.datetime,
    error: str = "",
    *,
    locked_by: str | None = None,
    failed: bool = False,
) -> None:
    """Put a duty off to `due_at`; `failed` counts it as a failure whose pause we chose.

    What became owed meanwhile is due at its own moment, unless this was a failure: one more
    try serves both. With `locked_by`, only if that worker still holds the duty.
    """
    job = _lock_held(session, name, locked_by)
    if job is None:
        return
    job.locked_by, job.last_error = None, error
    if job.finished_at is not None:  # dropped meanwhile
        return
    keeps_earlier = job.rerun and not error
    job.due_at, job.rerun = (min(job.due_at, due_at) if keeps_earlier else due_at), False
    job.failures = job.failures + 1 if failed else 0


def cancel(session: Session, name: str, now: dt.datetime) -> None:
    """Owe a duty no longer; what carries it out right now is not interrupted."""
    _update(
        session,
        (col(Job.name) == name) & col(Job.finished_at).is_(None),
        finished_at=now,
        rerun=False,
    )


def list_due(
    session: Session,
    now: dt.datetime,
    limit: int,
    *,
    kind: str | None = None,
    names: Sequence[str] | None = None,
) -> list[Job]:
    """List duties that are due and nobody carries out, the longest due first."""
    statement = select(Job).where(_is_runnable(now)).order_by(col(Job.due_at)).limit(limit)
    if kind is not None:
        statement = statement.where(col(Job.kind) == kind)
    if names is not None:
        statement = statement.where(col(Job.name).in_(names))
    return list(session.scalars(statement))


def next_due_at(session: Session) -> dt.datetime | None:
    """Return when the next duty that nobody carries out is due, None when none is owed."""
    free = col(Job.finished_at).is_(None) & col(Job.locked_by).is_(None)
    return session.scalar(select(func.min(col(Job.due_at))).where(free))


def list_unfinished(session: Session, now: dt.datetime) -> list[str]:
    """List the names of duties that are due or being carried out."""
    pending = col(Job.finished_at).is_(None) & (col(Job.due_at) <= now)
    return list(
        session.scalars(select(col(Job.name)).where(pending | col(Job.locked_by).is_not(None)))
    )


def count_pending(session: Session) -> dict[str, int]:
    """Count the duties not yet done, by kind."""
    pending = (
        select(col(Job.kind), func.count().label("number"))
        .where(col(Job.finished_at).is_(None))
        .group_by(col(Job.kind))
    )
    return {row.kind: row.number for row in session.execute(pending)}


def last_heartbeat(session: Session) -> dt.datetime | None:
    """Return when a worker last gave a sign of life, None when none ever did or all stopped."""
    return session.scalar(select(func.max(col(Heartbeat.at))))


def oldest_due_at(session: Session, now: dt.datetime) -> dt.datetime | None:
    """Return since when the duty that waits longest has been due, None when none waits."""
    waiting = col(Job.finished_at).is_(None) & (col(Job.due_at) <= now)
    return session.scalar(select(func.min(col(Job.due_at))).where(waiting))


def skip_attempt(session: Session, name: str, attempt: int) -> bool:
    """Count an attempt that never began, so that the next one gets another name.

    Nothing happens when the duty has moved on since `attempt` was read.
    """
    is_same_attempt = (col(Job.name) == name) & (col(Job.attempt) == attempt)
    is_waiting = col(Job.locked_by).is_(None) & col(Job.finished_at).is_(None)
    return _update(session, is_same_attempt & is_waiting, attempt=attempt + 1) == 1


def retry_now(session: Session, now: dt.datetime) -> None:
    """Bring forward the retries whose pauses we chose; a start is a reason to try again."""
    _update(session, (col(Job.failures) > 0) & (col(Job.due_at) > now), due_at=now)


def reschedule_earlier(session: Session, name: str, due_at: dt.datetime) -> None:
    """Let a duty that waits be due at `due_at` if that is earlier.

    Unlike `enqueue`, it leaves alone what is done and what is being carried out, as one statement.
    """
    is_waiting = col(Job.finished_at).is_(None) & col(Job.locked_by).is_(None)
    is_later = (col(Job.name) == name) & (col(Job.due_at) > due_at)
    _update(session, is_waiting & is_later, due_at=due_at)


def record_heartbeat(session: Session, worker: str, now: dt.datetime) -> None:
    """Give a worker's sign of life."""
    session.merge(Heartbeat(worker=worker, at=now))


def release_worker(session: Session, worker: str, now: dt.datetime) -> None:
    """A worker stops: free what it still holds and forget it."""
    _update(session, col(Job.locked_by) == worker, locked_by=None, due_at=now, rerun=False)
    session.execute(delete(Heartbeat).where(col(Heartbeat.worker) == worker))


def is_alive(session: Session, worker: str, now: dt.datetime, timeout: dt.timedelta) -> bool:
    """Tell whether a worker gave a sign of life lately."""
    heartbeat = session.get(Heartbeat, worker)
    return heartbeat is not None and heartbeat.at >= now - timeout


def release_dead_workers(session: Session, now: dt.datetime, timeout: dt.timedelta) -> int:
    """Free what workers hold that have been silent, and forget them; returns how many duties.

    The update locks its rows until the transaction ends, so that two sweepers never free the
    same duty twice.
    """
    alive = select(col(Heartbeat.worker)).where(col(Heartbeat.at) >= now - timeout)
    is_held_by_dead_worker = col(Job.locked_by).is_not(None) & col(Job.locked_by).not_in(alive)
    released = _update(session, is_held_by_dead_worker, locked_by=None, due_at=now, rerun=False)
    session.execute(delete(Heartbeat).where(col(Heartbeat.at) < now - timeout))
    return released


def delete_finished(session: Session, before: dt.datetime) -> int:
    """Delete the duties done before a moment; returns how many."""
    old = (col(Job.finished_at) < before) & col(Job.locked_by).is_(None)
    return _row_count(session.execute(delete(Job).where(old)))


def _is_runnable(now: dt.datetime) -> ColumnElement[bool]:
    return col(Job.finished_at).is_(None) & col(Job.locked_by).is_(None) & (col(Job.due_at) <= now)


def _insert(session: Session, **values: Any) -> bool:
    """Insert the duty unless its name exists, waiting for whoever inserts it just now."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Job).values(
        attempt=0, rerun=False, failures=0, last_error="", **values
    )
    return _row_count(session.execute(statement.on_conflict_do_nothing())) == 1


def _lock(session: Session, name: str) -> Job | None:
    """Read a duty and keep others from changing it until the transaction ends."""
    statement = select(Job).where(col(Job.name) == name).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def _lock_held(session: Session, name: str, locked_by: str | None) -> Job | None:
    job = _lock(session, name)
    if job is None or (locked_by is not None and job.locked_by != locked_by):
        return None
    return job


def _update(session: Session, where: ColumnElement[bool], **values: Any) -> int:
    statement = update(Job).where(where).values(**values)
    return _row_count(session.execute(statement, execution_options={"synchronize_session": False}))


def _row_count(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
