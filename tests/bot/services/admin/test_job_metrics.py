"""Metrics of jobs."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import REGISTRY
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.jobs.run import JobHandler, Queue, Run
from bot.jobs.worker import Worker
from bot.services.admin import job_metrics
from bot.store import Session, Store
from bot.store import jobs as store_jobs
from tests.due_jobs import wait_until_idle


class _AwayError(LagdeskError):
    retryable = True


async def _fail_first(run: Run) -> None:
    if run.key == "card:LD-0":
        raise _AwayError(message("Slack did not answer."))


def _enqueue_three(now: dt.datetime, session: Session) -> None:
    for number, due_in_s in enumerate([-30, -10, 60]):
        due_at = now + dt.timedelta(seconds=due_in_s)
        store_jobs.enqueue(session, f"card:LD-{number}", "card", due_at=due_at)


def _sample(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"kind": "card"}) or 0


def _counted() -> dict[str, float]:
    return {
        "pending": job_metrics.PENDING.labels("card")._value.get(),
        "oldest_s": job_metrics.OLDEST._value.get(),
        "done": _sample("lagdesk_jobs_done_total"),
        "retried": _sample("lagdesk_jobs_retried_total"),
    }


async def test_metrics_of_jobs(store: Store, clock: Any) -> None:
    """They count pending jobs, the wait of the oldest, finished jobs and retries, each once."""
    store.transact_sync(lambda session: _enqueue_three(clock.now(), session))
    job_metrics.PENDING.labels("report").set(1)  # of the last measurement
    await job_metrics.measure(store, clock.now())
    assert [each.labels for each in next(iter(job_metrics.PENDING.collect())).samples] == [
        {"kind": "card"}
    ]
    before = _counted()
    handlers = {"card": JobHandler(Queue.MESSAGES, _fail_first)}
    with _outcomes_repeated(store) as refused:
        async with Worker(store, handlers):
            await wait_until_idle(store)
        assert len(refused) == 2
    await job_metrics.measure(store, clock.now())
    after = _counted()
    assert (before["pending"], before["oldest_s"]) == (3, 30)
    assert (after["pending"], after["oldest_s"]) == (2, 0)
    assert (after["done"] - before["done"], after["retried"] - before["retried"]) == (1, 1)


@contextmanager
def _outcomes_repeated(store: Store) -> Iterator[set[str]]:
    """Let the database refuse the first commit of each kind of outcome, as after a deadlock."""
    refused: set[str] = set()
    refusing: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "last_error=" in statement and statement not in refused:
            refusing.append(statement)

    def refuse(connection: Connection) -> None:
        if refusing:
            refused.add(refusing.pop())
            connection.exec_driver_sql("ROLLBACK")
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise OperationalError("", None, busy)

    event.listen(store.engine, "before_cursor_execute", see)
    event.listen(store.engine, "commit", refuse)
    yield refused
    event.remove(store.engine, "commit", refuse)
    event.remove(store.engine, "before_cursor_execute", see)
