"""The table of jobs: enqueueing, bringing forward, counting and deleting them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from bot.store.models import Heartbeat, Job, JobPartition

_DELETE_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to enqueue, due at `due_at`; the same name is one job. `arguments` become JSON."""

    name: str
    kind: str
    arguments: Sequence[object]
    due_at: dt.datetime
    ticket: int | None = None
    partition: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of its row."""
        return {
            "name": self.name,
            "kind": self.kind,
            "ticket": self.ticket,
            "arguments": list(self.arguments),
            "partition": self.partition,
            "due_at": self.due_at,
            "attempt": 0,
            "rerun": False,
            "failures": 0,
            "last_error": "",
        }


def enqueue(
    session: Session,
    name: str,
    kind: str,
    *arguments: object,
    ticket: int | None = None,
    partition: str = "",
    due_at: dt.datetime,
) -> None:
    """Enqueue a job; see `enqueue_job`."""
    enqueue_job(session, NewJob(name, kind, arguments, due_at, ticket, partition))


def enqueue_new(session: Session, jobs: Sequence[NewJob]) -> None:
    """Enqueue jobs that cannot exist yet, such as those of a new ticket, in one statement."""
    connection = session.connection()
    statement = _insertion(connection.dialect.name, Job)
    connection.execute(statement, [job.columns for job in jobs])


def enqueue_job(session: Session, new: NewJob) -> None:
    """Enqueue a job.

    A finished job is enqueued again, a waiting one is due at the earlier of both moments, and
    a running one runs once more afterwards. Jobs of one partition start at its pace.
    """
    if insert_unless_known(session, Job, **new.columns):
        return
    due_at = new.due_at
    job = _lock(session, new.name)
    if job is None:  # deleted by the cleaner between the two statements
        session.add(Job(**new.columns))
        return
    job.partition = new.partition  # what was a post is an edit by now
    if job.finished_at is not None:
        job.due_at, job.finished_at = due_at, None
        job.failures = 0
    elif job.locked_by is not None:
        job.due_at = min(job.due_at, due_at) if job.rerun else due_at
        job.rerun = True
    else:
        job.due_at = min(job.due_at, due_at)


def retry_now(session: Session, now: dt.datetime) -> None:
    """Run the jobs now that wait after a failure, or that were given up for the time being."""
    is_late = col(Job.finished_at).is_not(None) | (col(Job.due_at) > now)
    update_jobs(session, (col(Job.failures) > 0) & is_late, due_at=now, finished_at=None)


def list_failing(session: Session, kind: str) -> Sequence[Job]:
    """List the jobs of a kind whose last attempt failed, the oldest ticket first."""
    statement = select(Job).where(col(Job.kind) == kind, col(Job.last_error) != "")
    return session.scalars(statement.order_by(col(Job.ticket))).all()


def move(session: Session, name: str, partition: str) -> None:
    """Let a job start at the pace of another partition from now on."""
    update_jobs(session, col(Job.name) == name, partition=partition)


def count_pending(session: Session) -> dict[str, int]:
    """Count the unfinished jobs by kind."""
    pending = (
        select(col(Job.kind), func.count().label("number"))
        .where(col(Job.finished_at).is_(None))
        .group_by(col(Job.kind))
    )
    return {row.kind: row.number for row in session.execute(pending)}


def oldest_due_at(session: Session, now: dt.datetime) -> dt.datetime | None:
    """Return since when the job that waits longest has been due, None when none waits."""
    waiting = col(Job.finished_at).is_(None) & (col(Job.due_at) <= now)
    return session.scalar(select(func.min(col(Job.due_at))).where(waiting))


def record_heartbeat(session: Session, worker: str, now: dt.datetime) -> None:
    """Record that a worker runs."""
    session.merge(Heartbeat(worker=worker, at=now))


def delete_heartbeat(session: Session, worker: str) -> None:
    """Forget a worker that stops."""
    session.execute(delete(Heartbeat).where(col(Heartbeat.worker) == worker))


def last_heartbeat(session: Session) -> dt.datetime | None:
    """Return when a worker was last seen, None when none ever was or all have stopped."""
    return session.scalar(select(func.max(col(Heartbeat.at))))


def delete_finished(session: Session, done_before: dt.datetime, failed_before: dt.datetime) -> int:
    """Delete jobs done or given up before these moments, a batch a call; returns how many."""
    is_done = (col(Job.finished_at) < done_before) & (col(Job.last_error) == "")
    old = select(col(Job.name)).where(
        col(Job.finished_at).is_not(None),
        col(Job.locked_by).is_(None),
        is_done | (col(Job.finished_at) < failed_before),
    )
    statement = delete(Job).where(col(Job.name).in_(old.limit(_DELETE_BATCH)))
    session.execute(delete(Heartbeat).where(col(Heartbeat.at) < failed_before))
    session.execute(delete(JobPartition).where(col(JobPartition.free_at) < done_before))
    options = {"synchronize_session": False}
    return _row_count(session.execute(statement, execution_options=options))


def insert_unless_known(session: Session, table: type[Job | JobPartition], **values: Any) -> bool:
    """Insert a row unless its key exists, waiting for whoever inserts it just now."""
    connection = session.connection()
    return _row_count(connection.execute(_insertion(connection.dialect.name, table), values)) == 1


@cache
def _insertion(dialect: str, table: type[Job | JobPartition]) -> Executable:
    """Build the statement once: that takes longer than the database needs to execute it."""
    builder = sqlite if dialect == "sqlite" else postgresql
    statement: Executable = builder.insert(table).on_conflict_do_nothing()
    return statement


def _lock(session: Session, name: str) -> Job | None:
    """Read a job and keep others from changing it until the transaction ends."""
    statement = select(Job).where(col(Job.name) == name).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def update_jobs(session: Session, where: ColumnElement[bool], **values: Any) -> int:
    """Set columns of the jobs that a condition selects; returns how many."""
    statement = update(Job).where(where).values(**values)
    return _row_count(session.execute(statement, execution_options={"synchronize_session": False}))


def _row_count(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
