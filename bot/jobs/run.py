"""One attempt at a job, and how a job's function gets its arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.store.models import Job

# Gets a Run and the job's arguments. Returns None when done, or when to call it again.
JobFunction = Callable[..., Awaitable[dt.datetime | None]]
JobHandler = Callable[[Job], Awaitable[dt.datetime | None]]


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt. `key` is the job's id, which the messages it posts carry as metadata."""

    key: str
    is_retry: bool = False


def with_arguments(function: JobFunction) -> JobHandler:
    """Make a handler that calls `function` with a Run and the job's arguments."""

    async def handle(job: Job) -> dt.datetime | None:
        return await function(Run(job.name, is_retry=job.attempt > 1), *job.arguments)

    return handle
