"""What the tables have of each kind, for /metrics; every count reads an index or a short table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlmodel import Session, col

from bot.store import jobs
from bot.store.diagnosis.feedback import VerdictFeedback
from bot.store.models import Job
from bot.ticket import Ticket


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """Counts as of one moment. Times are seconds; a job's state is one of `_state_of`."""

    tickets: Mapping[tuple[str, ...], int]  # by status
    verdicts: Mapping[tuple[str, ...], int]  # tickets by the cause of their final verdict
    ratings: Mapping[tuple[str, ...], int]  # by cause and rating
    jobs: Mapping[tuple[str, ...], int]  # by kind and state
    oldest_due_s: Mapping[str, float]  # how long the oldest due job of a kind has waited
    worker_seen_s: float | None  # since a worker was last seen


def read_counts(session: Session, now: dt.datetime) -> StoredCounts:
    """Count tickets, verdicts, ratings and jobs."""
    seen_at = jobs.last_heartbeat(session)
    feedback = VerdictFeedback
    return StoredCounts(
        tickets=_count(session, _grouped(Ticket.status)),
        verdicts=_count(session, _grouped(Ticket.cause).where(col(Ticket.cause) != "")),
        ratings=_count(session, _grouped(feedback.cause, feedback.rating)),
        jobs=_count(session, _grouped(Job.kind, _state_of(now)).where(_is_shown())),
        oldest_due_s={
            row.kind: (now - row.due_at).total_seconds()
            for row in session.execute(_oldest_due(now))
        },
        worker_seen_s=None if seen_at is None else max(0.0, (now - seen_at).total_seconds()),
    )


def _grouped(*columns: Any) -> Select[Any]:
    return select(*columns, func.count()).group_by(*columns)


def _count(session: Session, statement: Select[Any]) -> dict[tuple[str, ...], int]:
    return {tuple(map(str, row[:-1])): row[-1] for row in session.execute(statement)}


def _is_shown() -> Any:
    return or_(col(Job.finished_at).is_(None), col(Job.last_error) != "")


def _state_of(now: dt.datetime) -> Any:
    return case(
        (col(Job.finished_at).is_not(None), "failed"),
        (col(Job.locked_by).is_not(None), "running"),
        (col(Job.failures) > 0, "retrying"),
        (col(Job.due_at) <= now, "due"),
        else_="scheduled",
    )


def _oldest_due(now: dt.datetime) -> Select[Any]:
    is_due = (col(Job.finished_at).is_(None), col(Job.locked_by).is_(None), col(Job.due_at) <= now)
    columns: list[Any] = [Job.kind, func.min(col(Job.due_at)).label("due_at")]
    return select(*columns).where(*is_due).group_by(col(Job.kind))
