"""Jobs whose attempts end as a test wants."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

from bot.jobs.run import JobHandler, Queue, Run
from bot.store import Store
from bot.store import jobs as store_jobs
from bot.store.models import Job

CARD = "card:LD-12"


class Jobs:
    """Runs cards and reports, recording each attempt; `results` are how the next ones end."""

    def __init__(self, *results: Exception | dt.datetime | None) -> None:
        self.results = list(results)
        self.attempts: list[str] = []
        self.retries: list[bool] = []
        self.during: Callable[[Run], Awaitable[Any]] | None = None

    async def __call__(self, run: Run) -> dt.datetime | None:
        """Run one attempt."""
        self.attempts.append(run.key)
        self.retries.append(run.is_retry)
        if self.during is not None:
            await self.during(run)
        result = self.results.pop(0) if self.results else None
        if isinstance(result, Exception):
            raise result
        return result

    def handlers(self) -> dict[str, JobHandler]:
        """Return a handler for each of two kinds."""
        queues = {"card": Queue.MESSAGES, "report": Queue.BACKGROUND}
        return {kind: JobHandler(queue, self) for kind, queue in queues.items()}


def enqueue(store: Store, clock: Any, name: str = CARD, in_s: float = 0, **more: Any) -> None:
    """Enqueue a job."""
    due_at = clock.now() + dt.timedelta(seconds=in_s)
    kind = name.partition(":")[0]
    store.transact_sync(lambda s: store_jobs.enqueue(s, name, kind, due_at=due_at, **more))


def read_job(store: Store, name: str = CARD) -> Job:
    """Return a job as it is stored."""
    job = store.read_sync(lambda session: session.get(Job, name))
    assert job is not None
    return job


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition of this process holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the worker has no event for this
            await asyncio.sleep(0)
