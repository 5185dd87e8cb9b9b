"""How many jobs a second one worker runs, beside bare transactions that do the same.

`python -m tests.bench jobs [sqlite|postgres ...] [jobs]`: the jobs do nothing. The bare
alternative claims and completes one row after another with one UPDATE in each transaction.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from sqlmodel import col, update

from bot.jobs.run import JobHandler, Queue, Run
from bot.jobs.worker import Worker
from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.models import Job
from tests.bench.bench_crash import start_postgres
from tests.databases import create_sqlite

_ROUNDS: Final = 3
_KINDS: Final = ("sqlite", "postgres")


async def _do_nothing(_run: Run) -> None:
    return None


def _enqueue(store: Store, number: int) -> None:
    now = store.clock.now()

    def work(session: Session) -> None:
        for index in range(number):
            store_jobs.enqueue(session, f"report:{index}", "report", due_at=now)

    store.transact_sync(work)


async def _run_worker(store: Store, number: int) -> float:
    """Return the jobs a second of a worker."""
    _enqueue(store, number)
    handlers = {"report": JobHandler(Queue.BACKGROUND, _do_nothing)}
    started = time.perf_counter()
    async with Worker(store, handlers):
        while await store.read(store_jobs.count_pending):  # noqa: ASYNC110 - no event for this
            await asyncio.sleep(0.02)
    return number / (time.perf_counter() - started)


def _run_bare(store: Store, number: int) -> float:
    """Return the jobs a second of two UPDATEs each."""
    _enqueue(store, number)
    started = time.perf_counter()
    for index in range(number):
        for values in (
            {"locked_by": "bare"},
            {"locked_by": None, "finished_at": store.clock.now()},
        ):
            statement = update(Job).where(col(Job.name) == f"report:{index}").values(**values)
            store.transact_sync(lambda session, statement=statement: session.exec(statement))  # type: ignore[misc]
    return number / (time.perf_counter() - started)


def main(kinds: list[str], number: int) -> None:
    """Measure each kind and print a line with medians."""
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="lagdesk-jobs-") as name, ExitStack() as stack:
            is_sqlite = kind == "sqlite"
            folder = Path(name)
            store = Store(
                create_sqlite(folder) if is_sqlite else stack.enter_context(start_postgres(folder))
            )
            worker = [asyncio.run(_run_worker(store, number)) for _ in range(_ROUNDS)]
            bare = [_run_bare(store, number) for _ in range(_ROUNDS)]
            store.close()
            print(  # noqa: T201 - a benchmark prints
                f"{kind}: {statistics.median(worker):.0f} jobs a second, "
                f"bare {statistics.median(bare):.0f}",
                flush=True,
            )


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    main([word for word in words if word in _KINDS] or list(_KINDS), (numbers or [500])[0])
