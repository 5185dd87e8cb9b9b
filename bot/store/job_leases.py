"""Claiming jobs with a lease, at the pace of their partitions, and recording the outcomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Integer, Select, bindparam, case, exists, literal, select, update
from sqlmodel import Session, col

from bot.columns import UtcTime
from bot.store.jobs import insert_unless_known, update_jobs
from bot.store.models import Job, JobPartition

_CANDIDATES: Final = 10  # looked at for each free slot: some have to wait for their partition


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job and its lease: only the holder of `token` may record the outcome."""

    name: str
    kind: str
    arguments: list[Any]
    partition: str
    attempt: int
    failures: int
    last_error: str
    token: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How often jobs of one partition start: one each `interval`, after up to `burst` at once.

    With `leaves_burst` one starts only if that leaves others the rest of a burst.
    """

    interval: dt.timedelta
    burst: int
    leaves_burst: bool = False

    @property
    def saved(self) -> dt.timedelta:
        """The time that a partition saves up for a burst."""
        return (self.burst - 1) * self.interval

    def latest_free_at(self, now: dt.datetime) -> dt.datetime:
        """Return the latest `free_at` of a partition in which a job may start now."""
        return now - self.saved if self.leaves_burst else now


def has_claimable(
    session: Session,
    now: dt.datetime,
    kinds: Collection[str],
    running: Collection[str],
    pace: Pace,
) -> bool:
    """Return whether `claim` would return a job."""
    values = _values(now, kinds, running, pace)
    return bool(session.scalar(_statements().has_claimable, values))


def claim(
    session: Session,
    kinds: Collection[str],
    limit: int,
    *,
    token: str,
    now: dt.datetime,
    lease: dt.timedelta,
    pace: Pace,
    running: Collection[str] = (),
    name: str | None = None,
) -> list[ClaimedJob]:
    """Start up to `limit` jobs of these kinds (or the one of this name), the longest due first.

    Nobody else can claim them before `lease` is over. A job whose lease is over belongs to
    whoever claims it next: its worker is dead or was frozen. `running` still run in the
    worker that claims, although their leases may be over.
    """
    values = _values(now, kinds, running, pace) | {"limit": limit * _CANDIDATES}
    statement = _statements().claimable
    if name is not None:
        statement = statement.where(col(Job.name) == name)
    claimed = _within_pace(session, list(session.scalars(statement, values)), limit, now, pace)
    for job in claimed:
        job.attempt += 1
        job.locked_by, job.locked_until, job.rerun = token, now + lease, False
    session.flush()
    return [
        ClaimedJob(
            *(job.name, job.kind, job.arguments, job.partition, job.attempt),
            *(job.failures, job.last_error, token),
        )
        for job in claimed
    ]


def renew_leases(session: Session, tokens: Mapping[str, str], until: dt.datetime) -> set[str]:
    """Extend leases, given as tokens by the job's name; return the jobs that are still held."""
    statement = (
        update(Job)
        .where(col(Job.name).in_(tokens), col(Job.locked_by).in_(set(tokens.values())))
        .values(locked_until=until)
        .returning(col(Job.name))
    )
    return set(session.scalars(statement, execution_options={"synchronize_session": False}))


def is_held(session: Session, name: str, token: str) -> bool:
    """Return whether the lease is still this one; nobody can take it before the commit."""
    statement = select(col(Job.locked_by)).where(col(Job.name) == name).with_for_update()
    return session.scalar(statement) == token


def complete(
    session: Session,
    name: str,
    token: str,
    now: dt.datetime,
    *,
    error: str = "",
    failures: int = 0,
) -> bool:
    """Record that a job is done or given up (`error` says why); False without the lease.

    A job that was enqueued meanwhile is due again instead. One that is given up with `failures`
    is run again by `retry_now`.
    """
    finished_at = case((col(Job.rerun), None), else_=literal(now, UtcTime()))
    values = {"finished_at": finished_at, "failures": failures, "last_error": error}
    return _release(session, name, token, **values) == 1


def end(
    session: Session, name: str, token: str, now: dt.datetime, again_at: dt.datetime | None
) -> bool:
    """Record that a job is done, or that it is due again at `again_at`; False without the lease."""
    if again_at is None:
        return complete(session, name, token, now)
    return reschedule(session, name, token, again_at)


def reschedule(
    session: Session,
    name: str,
    token: str,
    due_at: dt.datetime,
    *,
    error: str = "",
    failures: int = 0,
) -> bool:
    """Postpone a job to `due_at`, after `failures` in a row; False without the lease.

    A job that was enqueued meanwhile is due at the earlier moment, unless this is a failure:
    one more attempt serves both.
    """
    is_earlier = col(Job.rerun) & (col(Job.due_at) < due_at)
    earlier = case((is_earlier, col(Job.due_at)), else_=literal(due_at, UtcTime()))
    at = due_at if error else earlier
    return _release(session, name, token, due_at=at, failures=failures, last_error=error) == 1


def release(session: Session, tokens: Collection[str]) -> None:
    """Give up leases: the jobs are due for other workers."""
    update_jobs(
        session, col(Job.locked_by).in_(tokens), locked_by=None, locked_until=None, rerun=False
    )


def pause_partition(session: Session, partition: str, until: dt.datetime) -> None:
    """Start no job of this partition before `until`."""
    insert_unless_known(session, JobPartition, name=partition, free_at=until)
    where = (col(JobPartition.name) == partition) & (col(JobPartition.free_at) < until)
    statement = update(JobPartition).where(where).values(free_at=until)
    session.execute(statement, execution_options={"synchronize_session": False})


@dataclass(frozen=True, slots=True)
class _Statements:
    """Statements run several times a second: building one takes longer than executing it."""

    has_claimable: Select[bool]
    claimable: Select[Job]


@cache
def _statements() -> _Statements:
    now = bindparam("now", type_=UtcTime())
    is_free = col(Job.locked_until).is_(None) | (col(Job.locked_until) < now)
    is_paused = exists().where(
        col(JobPartition.name) == col(Job.partition),
        col(JobPartition.free_at) > bindparam("latest_free_at", type_=UtcTime()),
    )
    is_due = col(Job.finished_at).is_(None) & (col(Job.due_at) <= now)
    is_mine = col(Job.kind).in_(bindparam("kinds", expanding=True)) & col(Job.name).not_in(
        bindparam("running", expanding=True)
    )
    is_claimable = is_due & is_free & ~is_paused & is_mine
    claimable = select(Job).where(is_claimable).order_by(col(Job.due_at))
    return _Statements(
        has_claimable=select(exists().where(is_claimable)),
        claimable=claimable.limit(bindparam("limit", type_=Integer())).with_for_update(
            skip_locked=True
        ),
    )


def _values(
    now: dt.datetime, kinds: Collection[str], running: Collection[str], pace: Pace
) -> dict[str, Any]:
    latest_free_at = pace.latest_free_at(now)
    return {"now": now, "kinds": kinds, "running": running, "latest_free_at": latest_free_at}


def _within_pace(
    session: Session, jobs: Sequence[Job], limit: int, now: dt.datetime, pace: Pace
) -> list[Job]:
    """Keep the jobs whose partitions may start one more, and count them there."""
    partitions = _lock_partitions(session, sorted({job.partition for job in jobs} - {""}), now)
    kept: list[Job] = []
    for job in jobs:
        if len(kept) == limit:
            break
        if job.partition:
            partition = partitions[job.partition]
            if partition.free_at > pace.latest_free_at(now):
                continue
            is_unused = partition.free_at <= now - pace.interval  # else this start is only late
            since = max(partition.free_at, now - pace.saved) if is_unused else now
            partition.free_at = since + pace.interval
        kept.append(job)
    return kept


def _lock_partitions(
    session: Session, names: Sequence[str], now: dt.datetime
) -> dict[str, JobPartition]:
    if not names:
        return {}
    for name in names:
        insert_unless_known(session, JobPartition, name=name, free_at=now - dt.timedelta(days=1))
    statement = select(JobPartition).where(col(JobPartition.name).in_(names))
    ordered = statement.order_by(col(JobPartition.name)).with_for_update()
    rows = session.scalars(ordered, execution_options={"populate_existing": True})
    return {row.name: row for row in rows}


def _release(session: Session, name: str, token: str, **values: Any) -> int:
    """End the attempt that holds this lease, and say what becomes of the job."""
    where = (col(Job.name) == name) & (col(Job.locked_by) == token)
    return update_jobs(session, where, locked_by=None, locked_until=None, rerun=False, **values)
