"""Metrics: what the database has, and what this process has counted."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.jobs.run import JobHandler, Queue, Run
from bot.jobs.worker import Worker
from bot.ports import RemainingQuota
from bot.process_metrics import Histogram
from bot.services.admin.metrics import MetricsService
from bot.services.context import Context
from bot.services.summary.service import SummaryService
from bot.services.summary.weekly_figures import WeeklyFiguresService
from bot.services.summary.weeks import Week
from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.diagnosis.feedback import Rating, VerdictFeedback
from bot.store.summary.weeks import UptimeInterval, WeeklySummary
from bot.ticket import Status
from tests.bot.services.contexts import make_context
from tests.bot.store.factories import NOON, make_ticket, store_tickets
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


def _metrics(context: Context) -> MetricsService:
    return MetricsService(context, WeeklyFiguresService(context, SummaryService(context)))


async def _samples(metrics: MetricsService) -> dict[str, float]:
    """The samples of Lagdesk's own metrics, by name and labels."""
    text = (await metrics.render())[0].decode()
    lines = [line for line in text.splitlines() if line.startswith("lagdesk_")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_metrics_of_jobs(store: Store, clock: Any) -> None:
    """They count jobs by state, the wait of the oldest, finished jobs and retries, each once."""
    metrics = _metrics(make_context(store, clock))
    store.transact_sync(lambda session: _enqueue_three(clock.now(), session))
    before = await _samples(metrics)
    handlers = {"card": JobHandler(Queue.MESSAGES, _fail_first)}
    with _outcomes_repeated(store) as refused:
        async with Worker(store, handlers):
            await wait_until_idle(store)
        assert len(refused) == 2
    clock.move(seconds=11)
    after = await _samples(metrics)
    assert _jobs(before) == {"due": 2, "scheduled": 1}
    assert before['lagdesk_jobs_oldest_due_seconds{kind="card"}'] == 30
    assert _jobs(after) == {"retrying": 1, "scheduled": 1}
    for name in ("done", "retried"):
        counter = f'lagdesk_jobs_{name}_total{{kind="card"}}'
        assert after[counter] - before.get(counter, 0) == 1


def _jobs(samples: dict[str, float]) -> dict[str, float]:
    states = ("due", "retrying", "scheduled", "running", "failed")
    names = {state: f'lagdesk_jobs{{kind="card",state="{state}"}}' for state in states}
    return {state: samples[name] for state, name in names.items() if name in samples}


async def test_metrics_of_tickets_verdicts_and_quotas(store: Store, clock: Any) -> None:
    """Tickets by status, final verdicts by cause, what people said of them, calls left."""

    def work(session: Session) -> None:
        made = [make_ticket(cause="network.loss"), make_ticket(cause="network.loss"), make_ticket()]
        made[1].status = Status.CLAIMED
        numbers = store_tickets(session, *made)
        for number in numbers[:2]:
            rating = VerdictFeedback(
                ticket=number, person="U1", team="T1", cause="network.loss",
                rating=Rating.RIGHT, at=NOON,
            )  # fmt: skip
            session.add(rating)

    store.transact_sync(work)
    clouds: Any = {"kids": _Quotas()}
    metrics = _metrics(make_context(store, clock, clouds=clouds))
    samples = await _samples(metrics)
    expected = {
        'lagdesk_tickets{status="open"}': 2,
        'lagdesk_tickets{status="claimed"}': 1,
        'lagdesk_verdicts{cause="network.loss"}': 2,
        'lagdesk_verdict_ratings{cause="network.loss",rating="right"}': 2,
        'lagdesk_quota_left{app="kids",quota="calls"}': 3,
        'lagdesk_quota_limit{app="kids",quota="calls"}': 10,
        "lagdesk_database_up": 1,
    }
    assert expected.items() <= samples.items()


async def test_metrics_of_weeks(store: Store, clock: Any) -> None:
    """Zeros of weeks in which Lagdesk ran, nothing of others; freeze rates of any workspace."""
    now = clock.now()
    this_week, week = (Week.of(now - dt.timedelta(weeks=back), ZoneInfo("UTC")) for back in (0, 1))
    means = {
        "kids|experience|agora.live_metric|videoFreezeRate|": 1.25,
        "adults|experience|volcengine.metric|audio_stall_rate|web": 2.5,
        "kids|usage|agora.live_metric|videoFreezeRate|": 9.0,
        "kids|experience|agora.live_metric|joinSuccessRate|": 99.0,
    }

    def work(session: Session) -> None:
        tickets = [make_ticket(cause="network.loss"), make_ticket(cause="network.jitter")]
        store_tickets(session, *tickets)
        minute = dt.timedelta(minutes=1)
        tickets[0].created_at = now - dt.timedelta(weeks=1)
        tickets[1].created_at = now - minute
        session.add(UptimeInterval(since=week.since(ZoneInfo("UTC")), until=now))
        session.add(
            WeeklySummary(week=week.label, channel="C1", team="T1", due_at=now, metrics=means)
        )

    store.transact_sync(work)
    samples = await _samples(_metrics(make_context(store, clock)))
    weekly = {name: value for name, value in samples.items() if "_weekly_" in name}
    assert {
        f'lagdesk_weekly_tickets{{cause="network.loss",week="{week.label}"}}': 1,
        f'lagdesk_weekly_tickets{{cause="network.loss",week="{this_week.label}"}}': 0,
        f'lagdesk_weekly_tickets{{cause="network.jitter",week="{this_week.label}"}}': 1,
        f'lagdesk_weekly_verdict_ratings{{rating="right",week="{week.label}"}}': 0,
        f'lagdesk_weekly_freeze_percent{{app="kids",metric="videoFreezeRate",week="{week.label}"}}': 1.25,
        f'lagdesk_weekly_freeze_percent{{app="adults",metric="audio_stall_rate.web",week="{week.label}"}}': 2.5,
    }.items() <= weekly.items()
    assert len([name for name in weekly if "freeze" in name]) == 2
    assert {name.rpartition("week=")[2] for name in weekly} == {
        f'"{each.label}"}}' for each in (week, this_week)
    }


class _Quotas:
    async def remaining_quotas(self, app: str) -> tuple[RemainingQuota, ...]:
        assert app == "kids"
        return (RemainingQuota("calls", 3, 10, 60.0),)


async def test_without_a_database(store: Store, clock: Any) -> None:
    """What the process has counted is there all the same, at once."""
    metrics = _metrics(replace(make_context(store, clock), store=_Away()))  # type: ignore[arg-type]  # only `read`
    samples = await _samples(metrics)
    assert samples["lagdesk_database_up"] == 0
    assert not [name for name in samples if name.startswith("lagdesk_tickets")]
    assert "lagdesk_acknowledgement_seconds_count" in samples


class _Away:
    async def read(self, _work: Any) -> Any:
        raise OperationalError("", None, sqlite3.OperationalError("database is locked"))


async def test_asking_often_reads_the_database_once(store: Store, clock: Any) -> None:
    """Counts are ten seconds old at most."""
    metrics = _metrics(make_context(store, clock))
    assert not re.search("lagdesk_tickets{", (await metrics.render())[0].decode())
    store.transact_sync(lambda session: store_tickets(session, make_ticket()))
    clock.move(seconds=9)
    assert 'lagdesk_tickets{status="open"}' not in await _samples(metrics)
    clock.move(seconds=2)
    assert (await _samples(metrics))['lagdesk_tickets{status="open"}'] == 1


def test_a_histogram() -> None:
    """A duration is in the first bucket that ends after it, or with it."""
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(seconds)
    assert (histogram.counts, histogram.sum_s) == ([2, 1, 1], 7.65)


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
