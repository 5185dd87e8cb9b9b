"""Claiming jobs with a lease, at the pace of their partitions, and recording the outcomes.

Statements that run several times a second are built once, which takes longer than executing them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    Executable,
    Integer,
    Row,
    Select,
    String,
    Update,
    bindparam,
    case,
    literal,
    select,
    update,
)
from sqlmodel import Session, col

from bot.columns import UtcTime
from bot.store.jobs import delete_heartbeat, update_jobs
from bot.store.models import Job, JobPartition
from bot.store.statements import insertion

_CANDIDATES: Final = 10  # looked at for each free slot: some have to wait for their partition
_NEVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_NOBODY: Final[Mapping[str, Any]] = {"locked_by": None, "locked_until": None, "rerun": False}


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job and its lease: only the holder of `token` may record the outcome."""

    name: str
    kind: str
    request_id: str
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

    def start(self, free_at: dt.datetime, now: dt.datetime) -> dt.datetime | None:
        """Return the partition's `free_at` after a start now, None if none is allowed."""
        if free_at > self.latest_free_at(now):
            return None
        is_unused = free_at <= now - self.interval  # else this start is only late
        return (max(free_at, now - self.saved) if is_unused else now) + self.interval


@dataclass(frozen=True, slots=True)
class FreeSlots:
    """How many jobs of some kinds may start, and at which pace."""

    kinds: Collection[str]
    number: int
    pace: Pace


def claim(
    session: Session,
    slots: Iterable[FreeSlots],
    *,
    token: str,
    now: dt.datetime,
    lease: dt.timedelta,
    running: Collection[str] = (),
    name: str | None = None,
) -> list[ClaimedJob]:
    """Start jobs for which slots are free (or the one of this name), the longest due first.

    Of two that share a partition the one of the earlier slots starts first. Nobody else can claim
    them before `lease` is over. A job whose lease is over belongs to whoever claims it next: its
    worker is dead or was frozen. `running` still run in the worker that claims, although their
    leases may be over.
    """
    free = [each for each in slots if each.number]
    rows = _find_candidates(session, free, now, name) if free else []
    claimed = _book_starts(session, [row for row in rows if row.name not in running], free, now)
    if claimed:
        values = {"token": token, "until": now + lease}
        session.connection().execute(_locking(), [{"job": row.name, **values} for row in claimed])
    return [
        ClaimedJob(
            *(row.name, row.kind, row.request_id, row.arguments, row.partition, row.attempt + 1),
            *(row.failures, row.last_error, token),
        )
        for row in claimed
    ]


def renew_leases(session: Session, tokens: Mapping[str, str], until: dt.datetime) -> set[str]:
    """Extend leases, given as tokens by the job's name; return the jobs that are still held."""
    statement = (
        update(Job)
        .where(col(Job.name).in_(tokens), col(Job.locked_by).in_(set(tokens.values())))
        .values(locked_until=until)
        .returning(col(Job.name))
    )
    return set(session.connection().scalars(statement))


def is_held(session: Session, name: str, token: str) -> bool:
    """Return whether the lease is still this one; nobody can take it before the commit."""
    session.flush()
    holder: str | None = session.connection().scalar(_holder(), {"name": name})
    return holder == token


def end(
    session: Session,
    name: str,
    token: str,
    now: dt.datetime,
    again_at: dt.datetime | None = None,
    *,
    error: str = "",
    failures: int = 0,
    is_attempt: bool = True,
) -> bool:
    """Record that a job is done or given up, or due `again_at`; False without the lease.

    `error` says why it failed, `failures` how often in a row. One that is given up with `failures`
    is run again by `retry_now`. A job that was enqueued meanwhile is due again instead of done,
    and at the earlier moment unless this is a failure: one more attempt serves both. Without
    `is_attempt` it counts as if it had not been started.
    """
    session.flush()
    values = {"job": name, "token": token, "error": error, "failed": failures}
    values |= {"uncounted": int(not is_attempt)}
    if again_at is None:
        statement, at = _finishing(), now
    else:
        statement, at = _postponing(), again_at
    return session.connection().execute(statement, values | {"at": at}).rowcount == 1


def release(session: Session, worker: str, tokens: Collection[str]) -> None:
    """Give up a worker's leases: the jobs are due for others. Forget the worker."""
    update_jobs(session, col(Job.locked_by).in_(tokens), **_NOBODY)
    delete_heartbeat(session, worker)


def pause_partition(session: Session, partition: str, until: dt.datetime) -> None:
    """Start no job of this partition before `until`."""
    _move(session, partition, until, until)


def release_partition(
    session: Session, partition: str, free_at: dt.datetime, held_until: dt.datetime
) -> None:
    """Let the next job of a partition that was paused until `held_until` start at `free_at`.

    One that somebody has paused for longer since stays so.
    """
    _move(session, partition, free_at, max(free_at, held_until))


def _find_candidates(
    session: Session, free: Sequence[FreeSlots], now: dt.datetime, name: str | None
) -> list[Row[Any]]:
    """Find jobs that may start, of any kind; if these are too many, for each of the slots."""
    limit = sum(each.number for each in free) * _CANDIDATES
    latest_free_at = max(each.pace.latest_free_at(now) for each in free)
    statement = _claimable(tuple(free[0].kinds) if len(free) == 1 else ())
    if name is not None:
        statement = statement.where(col(Job.name) == name)
    values = {"now": now, "latest_free_at": latest_free_at, "limit": limit}
    rows = list(session.connection().execute(statement, values))
    if len(rows) < limit or len(free) == 1:
        return rows
    return [row for each in free for row in _find_candidates(session, [each], now, name)]


def _book_starts(
    session: Session, rows: Sequence[Row[Any]], free: Sequence[FreeSlots], now: dt.datetime
) -> list[Row[Any]]:
    """Choose the jobs that start, no more than their partitions allow, and book them there."""
    known = {row.partition: row.free_at or _NEVER for row in rows if row.partition}
    free_at = dict(known)

    def is_allowed(row: Row[Any], pace: Pace) -> bool:
        if not row.partition:
            return True
        after = pace.start(free_at[row.partition], now)
        free_at[row.partition] = after or free_at[row.partition]
        return after is not None

    chosen: list[Row[Any]] = []
    for each in free:
        allowed = (row for row in rows if row.kind in each.kinds and is_allowed(row, each.pace))
        chosen += islice(allowed, each.number)
    overtaken = {  # by another worker, since the candidates were read
        partition
        for partition in sorted(known)
        if free_at[partition] != known[partition]
        and not _move(session, partition, free_at[partition], known[partition])
    }
    return [row for row in chosen if row.partition not in overtaken]


def _move(session: Session, partition: str, free_at: dt.datetime, latest: dt.datetime) -> bool:
    """Set a partition's `free_at` unless it is after `latest`; return whether it was set."""
    connection = session.connection()
    values = {"name": partition, "free_at": free_at, "latest": latest}
    return connection.scalar(_moving(connection.dialect.name), values) is not None


@cache
def _claimable(kinds: Sequence[str]) -> Select[Any]:
    """Without kinds it selects those of every kind: binding thirty takes longer than the rest."""
    now = bindparam("now", type_=UtcTime())
    free_at, locked_until = col(JobPartition.free_at), col(Job.locked_until)
    latest_free_at = bindparam("latest_free_at", type_=UtcTime())
    columns = [col(getattr(Job, each.name)) for each in fields(ClaimedJob) if each.name != "token"]
    of_kinds = [col(Job.kind).in_([literal(kind) for kind in kinds])] if kinds else []
    return (
        select(*columns, free_at)
        .outerjoin(JobPartition, col(JobPartition.name) == col(Job.partition))
        .where(
            col(Job.finished_at).is_(None),
            col(Job.due_at) <= now,
            locked_until.is_(None) | (locked_until < now),
            free_at.is_(None) | (free_at <= latest_free_at),
            *of_kinds,
        )
        .order_by(col(Job.due_at))
        .limit(bindparam("limit", type_=Integer()))
        .with_for_update(of=Job, skip_locked=True)
    )


@cache
def _locking() -> Update:
    return (
        update(Job)
        .where(col(Job.name) == bindparam("job"))
        .values(
            attempt=col(Job.attempt) + 1,
            locked_by=bindparam("token"),
            locked_until=bindparam("until", type_=UtcTime()),
            rerun=False,
        )
    )


@cache
def _holder() -> Select[Any]:
    return select(col(Job.locked_by)).where(col(Job.name) == bindparam("name")).with_for_update()


@cache
def _finishing() -> Update:
    at = bindparam("at", type_=UtcTime())
    return _ending().values(finished_at=case((col(Job.rerun), None), else_=at))


@cache
def _postponing() -> Update:
    at = bindparam("at", type_=UtcTime())
    stays = col(Job.rerun) & (col(Job.due_at) < at) & (bindparam("error", type_=String()) == "")
    return _ending().values(due_at=case((stays, col(Job.due_at)), else_=at))


def _ending() -> Update:
    """End the attempt that holds a lease."""
    return (
        update(Job)
        .where(col(Job.name) == bindparam("job"), col(Job.locked_by) == bindparam("token"))
        .values(
            attempt=col(Job.attempt) - bindparam("uncounted", type_=Integer()),
            failures=bindparam("failed"),
            last_error=bindparam("error"),
            **_NOBODY,
        )
    )


@cache
def _moving(dialect: str) -> Executable:
    new = insertion(dialect, JobPartition)
    moved = new.on_conflict_do_update(
        index_elements=["name"],
        set_={"free_at": new.excluded.free_at},
        where=col(JobPartition.free_at) <= bindparam("latest", type_=UtcTime()),
    )
    return moved.returning(col(JobPartition.name))
