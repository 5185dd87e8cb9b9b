"""The query plans of what runs all the time, on both databases: history must not cost anything."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from sqlalchemy import event

from bot.call import Side
from bot.store import Session, Store, job_leases
from bot.store import jobs as store_jobs
from bot.store.diagnosis import events
from bot.store.escalation import incidents
from bot.store.escalation.incidents import Incident
from bot.store.job_leases import FreeSlots, Pace
from bot.store.rate_limits import SqlRateLimitStore
from bot.store.summary import weeks
from bot.store.tickets import tickets
from bot.ticket import Ticket
from tests.bench.filling import fill, fill_jobs

NOW: Final = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
DAY: Final = dt.timedelta(days=1)
PACE: Final = Pace(DAY, burst=1)
EXPLAIN: Final = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN (COSTS off) "}
# Whole tables of what grows with history; the others have a row a worker, or a channel.
SLOW: Final = re.compile(
    r"(?:^SCAN|Seq Scan on) (?:job|ticket|incident|evidence|polled_event|scanned_interval"
    r"|uptime_interval|api_call|webhook_event)\b(?! USING)"
)
PRIMARY_KEY: Final = r"sqlite_autoindex_\w+|INTEGER PRIMARY KEY|_pkey"
DUE: Final = "ix_job_due_at"  # has unfinished jobs only
LOCKED: Final = f"ix_job_locked_by|{PRIMARY_KEY}"  # has running jobs only
Work = Callable[[Session], object]


def claim(session: Session) -> object:
    """Claim jobs as a worker does."""
    free = [FreeSlots(["card"], 8, PACE)]
    return job_leases.claim(session, free, token="t", now=NOW, lease=DAY, running=["card:LD-1"])


def ticket() -> Ticket:
    """A ticket with a cause."""
    return Ticket(
        number=7, team="T1", origin="V1", app="kids", cloud="agora", cname="class_1",
        teacher_uid="1", student_uid="2", abnormal_side=Side.STUDENT, issue_type=3,
        reporter="U1", cause="network.loss", created_at=NOW, occurred_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("work", "index"),
    [
        (claim, DUE),
        (lambda s: job_leases.renew_leases(s, {"card:LD-1": "t"}, NOW), LOCKED),
        (lambda s: job_leases.is_held(s, "card:LD-1", "t"), PRIMARY_KEY),
        (lambda s: job_leases.end(s, "card:LD-1", "t", NOW), LOCKED),
        (lambda s: job_leases.release(s, "worker", ["t"]), "ix_job_locked_by"),
        (store_jobs.count_pending, DUE),
        (lambda s: store_jobs.oldest_due_at(s, NOW), DUE),
        (lambda s: store_jobs.delete_finished(s, NOW), "ix_job_finished_at"),
        (lambda s: tickets.lock(s, 7), PRIMARY_KEY),
        (lambda s: incidents.lock_with_same_cause(s, ticket(), NOW - DAY), "ix_ticket_created_at"),
        (lambda s: incidents.lock_open(s, ticket()), "ix_incident_closed_at"),
        (lambda s: events.has_unresolved_tickets(s, "kids", NOW - DAY), "ix_ticket_created_at"),
        (lambda s: events.delete_older(s, "kids", NOW - DAY), "ix_polled_event_app_at"),
        (lambda s: weeks.record_uptime(s, NOW, DAY), "ix_uptime_interval_until"),
    ],
)
def test_finished_work_costs_nothing(filled: Store, work: Work, index: str) -> None:
    """Each step reads an index of what is unfinished or recent, or single rows."""
    with explained(filled) as steps, Session(filled.engine) as session:
        work(session)
        session.rollback()
    assert [step for step in steps if SLOW.search(step)] == []
    assert re.search(index, "\n".join(steps)), steps


def test_booked_calls_cost_nothing(filled: Store) -> None:
    """A call of an app reads and deletes the calls of that app's account."""
    limits = SqlRateLimitStore(filled)
    with explained(filled) as steps:
        asyncio.run(limits.reserve_slot("kids", [(20, 1.0)], 1000, now=NOW, deadline=NOW))
    assert [step for step in steps if SLOW.search(step)] == []
    assert re.search(r"Delete on api_call|\(bucket=\? AND at<\?\)", "\n".join(steps)), steps


@contextmanager
def explained(store: Store) -> Iterator[list[str]]:
    """Collect the steps of the plans of what is executed."""
    steps: list[str] = []
    dialect = store.engine.dialect.name

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            run = cursor.connection.execute
            if dialect == "postgresql":  # it reads small tables whole
                run("SET LOCAL enable_seqscan = off")
            steps.extend(str(row[-1]) for row in run(EXPLAIN[dialect] + statement, values))

    event.listen(store.engine, "before_cursor_execute", explain)
    yield steps
    event.remove(store.engine, "before_cursor_execute", explain)


def closed_incident(number: int) -> Incident:
    """An incident that is over."""
    at = NOW - number * DAY
    return Incident(
        team="T1",
        app="kids",
        cause="network.loss",
        opened_at=at,
        last_ticket_at=at,
        closed_at=at,
    )


@pytest.fixture(scope="module")
def filled(each_database: Store) -> Store:
    """A database with a history, so that PostgreSQL knows what is rare."""
    fill(each_database, 2000)
    each_database.transact_sync(lambda session: session.add_all(map(closed_incident, range(200))))
    fill_jobs(each_database, 5000)
    return each_database
