"""The table of jobs: enqueueing, bringing forward, counting and deleting them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, CursorResult, Executable, case, delete, func, select, update
from sqlmodel import Session, col

from bot.logs import REQUEST_ID
from bot.store.models import Heartbeat, Job, JobPartition
from bot.store.statements import insertion
from bot.ticket import Ticket

DONE_RETENTION: Final = dt.timedelta(hours=1)
FAILED_RETENTION: Final = dt.timedelta(days=30)
ARE_DUE: Final = "jobs are due"  # in the `info` of a session: jobs may be due when it commits
_DELETE_BATCH: Final = 1000


class NewJob(NamedTuple):
    """A job to enqueue, due at `due_at`; the same name is one job. `arguments` become JSON."""

    name: str
    kind: str
    arguments: Sequence[object]
    due_at: dt.datetime
    ticket: int | None = None
    partition: str = ""


def enqueue(
    session: Session,
    name: str,
    kind: str,
    *arguments: object,
    ticket: int | None = None,
    partition: str = "",
    due_at: dt.datetime,
) -> None:
    """Enqueue a job; see `enqueue_all`."""
    enqueue_all(session, [NewJob(name, kind, arguments, due_at, ticket, partition)])


def enqueue_all(session: Session, jobs: Iterable[NewJob]) -> None:
    """Enqueue jobs.

    A finished job is enqueued again, a waiting one is due at the earlier of both moments, and
    a running one runs once more afterwards. Jobs of one partition start at its pace.
    """
    connection = session.connection()
    request_id = {"request_id": REQUEST_ID.get()}
    rows = [job._asdict() | request_id for job in jobs]
    connection.execute(_enqueueing(connection.dialect.name), rows)
    session.info[ARE_DUE] = True


@cache
def _enqueueing(dialect: str) -> Executable:
    """Build the statement once: that takes longer than the database needs to execute it."""
    new = insertion(dialect, Job)
    is_finished, is_running = col(Job.finished_at).is_not(None), col(Job.locked_by).is_not(None)
    is_waiting = ~is_finished & (~is_running | col(Job.rerun))
    stays = is_waiting & (col(Job.due_at) < new.excluded.due_at)
    return new.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "partition": new.excluded.partition,  # what was a post is an edit by now
            "due_at": case((stays, col(Job.due_at)), else_=new.excluded.due_at),
            "finished_at": None,
            "request_id": new.excluded.request_id,
            "rerun": is_running,
            "failures": case((is_finished, 0), else_=col(Job.failures)),
        },
    )


def retry_now(session: Session, now: dt.datetime) -> None:
    """Run the jobs now that wait after a failure, or that were given up for the time being."""
    is_late = col(Job.finished_at).is_not(None) | (col(Job.due_at) > now)
    session.info[ARE_DUE] = True
    update_jobs(session, (col(Job.failures) > 0) & is_late, due_at=now, finished_at=None)


def bring_forward(session: Session, name: str, now: dt.datetime) -> None:
    """Let a job that waits be due now; one that is finished, or that there is not, stays so."""
    session.info[ARE_DUE] = True
    update_jobs(session, (col(Job.name) == name) & col(Job.finished_at).is_(None), due_at=now)


def list_failing(session: Session, kind: str, team: str) -> Sequence[Job]:
    """List a workspace's jobs of a kind whose last attempt failed, the oldest ticket first.

    Those of all workspaces for "".
    """
    statement = select(Job).where(col(Job.kind) == kind, col(Job.last_error) != "")
    if team:
        statement = statement.join(Ticket, col(Ticket.number) == Job.ticket)
        statement = statement.where(col(Ticket.team) == team)
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
    connection = session.connection()
    connection.execute(_beating(connection.dialect.name), {"worker": worker, "at": now})


@cache
def _beating(dialect: str) -> Executable:
    new = insertion(dialect, Heartbeat)
    return new.on_conflict_do_update(index_elements=["worker"], set_={"at": new.excluded.at})


def delete_heartbeat(session: Session, worker: str) -> None:
    """Forget a worker that stops."""
    session.execute(delete(Heartbeat).where(col(Heartbeat.worker) == worker))


def last_heartbeat(session: Session) -> dt.datetime | None:
    """Return when a worker was last seen, None when none ever was or all have stopped."""
    return session.scalar(select(func.max(col(Heartbeat.at))))


def delete_finished(session: Session, now: dt.datetime) -> int:
    """Delete a batch of jobs done an hour ago or given up 30 days ago; returns how many.

    What another transaction has locked waits for the next batch.
    """
    done_before, failed_before = now - DONE_RETENTION, now - FAILED_RETENTION
    finished_at = col(Job.finished_at)
    is_old = (col(Job.last_error) == "") | (finished_at < failed_before)
    old = select(col(Job.name)).where(
        finished_at < done_before, is_old, col(Job.locked_by).is_(None)
    )
    batch = old.limit(_DELETE_BATCH).with_for_update(skip_locked=True)
    connection = session.connection()
    connection.execute(delete(Heartbeat).where(col(Heartbeat.at) < failed_before))
    connection.execute(delete(JobPartition).where(col(JobPartition.free_at) < done_before))
    return connection.execute(delete(Job).where(col(Job.name).in_(batch))).rowcount


def update_jobs(session: Session, where: ColumnElement[bool], **values: Any) -> int:
    """Set columns of the jobs that a condition selects; returns how many."""
    statement = update(Job).where(where).values(**values)
    return _row_count(session.execute(statement, execution_options={"synchronize_session": False}))


def _row_count(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
