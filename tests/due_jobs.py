"""Waiting until the jobs that are due have run."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Final

from sqlmodel import Session, col, select

from bot.store import Store
from bot.store.models import Job, JobPartition

_FIRST_POLL_S: Final = 0.002
_LAST_POLL_S: Final = 0.02


async def wait_until_idle(store: Store, timeout_s: float = 60.0) -> None:
    """Wait until no job can run and none runs; TimeoutError names those that are left."""
    until, poll_s = asyncio.get_running_loop().time() + timeout_s, _FIRST_POLL_S
    while left := await store.read(lambda session: list_unfinished(session, store.now(session))):
        if asyncio.get_running_loop().time() > until:
            raise TimeoutError(f"not finished: {', '.join(left)}")
        await asyncio.sleep(poll_s)
        poll_s = min(2 * poll_s, _LAST_POLL_S)


def list_unfinished(session: Session, now: dt.datetime) -> list[str]:
    """List the names of jobs that run or could."""
    is_unfinished = col(Job.finished_at).is_(None) | col(Job.locked_by).is_not(None)
    return [
        job.name
        for job in session.exec(select(Job).where(is_unfinished))
        if job.locked_by is not None or (job.due_at <= now and not _is_paused(session, job, now))
    ]


def _is_paused(session: Session, job: Job, now: dt.datetime) -> bool:
    partition = session.get(JobPartition, job.partition)
    return partition is not None and partition.free_at > now
