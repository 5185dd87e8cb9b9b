"""Webhooks that have not arrived: those that are tried again, and those that were given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_
from sqlmodel import Session, col, func, select

from bot.store.models import Job

_HAS_FAILED: Final = col(Job.last_error) != ""  # in the last attempt


@dataclass(frozen=True, slots=True)
class Backlog:
    """The webhooks to one address whose last attempt failed; `last_error` is the newest of them."""

    retried: int = 0
    given_up: int = 0
    first_given_up_at: dt.datetime | None = None
    last_error: str = ""


def backlog_of(session: Session, kind: str, partition: str) -> Backlog:
    """Count the webhooks to the address that a partition is of."""
    has_failed = and_(col(Job.kind) == kind, col(Job.partition) == partition, _HAS_FAILED)
    retried, given_up, first = session.exec(
        select(
            func.count() - func.count(col(Job.finished_at)),
            func.count(col(Job.finished_at)),
            func.min(col(Job.finished_at)),
        ).where(has_failed)
    ).one()
    newest = select(Job.last_error).where(has_failed).order_by(col(Job.due_at).desc()).limit(1)
    return Backlog(retried, given_up, first, session.exec(newest).first() or "")


def list_given_up(session: Session, kind: str) -> Sequence[Job]:
    """List the webhooks that were given up, the oldest first."""
    is_given_up = and_(col(Job.kind) == kind, col(Job.finished_at).is_not(None), _HAS_FAILED)
    return session.exec(select(Job).where(is_given_up).order_by(col(Job.finished_at))).all()
