from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import LagdeskError, SlackRateLimitedError, SlackRefusedError, SlackUnreachableError
from bot.i18n.messages import message
from bot.jobs.worker import Worker
from bot.ports import Clock
from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.models import Job

CARD = "card:LD-12"
NO = message("Slack did not answer.")
AWAY = SlackUnreachableError(NO, code="timeout", maybe_arrived=False)


class Carriers:
    """Carries out duties of every kind, remembering each; `answers` says how the next ones end."""

    def __init__(self, *answers: Exception | dt.datetime | None) -> None:
        self.answers = list(answers)
        self.seen: list[tuple[str, int]] = []
        self.during: Callable[[], Awaitable[Any]] | None = None

    async def __call__(self, duty: Job) -> dt.datetime | None:
        """Carry out one duty."""
        self.seen.append((duty.name, duty.attempt))
        if self.during is not None:
            await self.during()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def job_handlers(self) -> Mapping[str, Carriers]:
        """Two kinds, one carrier."""
        return {"card": self, "report": self}


def _enqueue(store: Store, clock: Any, name: str = CARD, in_s: float = 0) -> None:
    due_at = clock.now() + dt.timedelta(seconds=in_s)
    kind = name.partition(":")[0]
    store.transact_sync(lambda session: store_jobs.enqueue(session, name, kind, due_at=due_at))


def _read(store: Store, name: str = CARD) -> Job:
    duty = store.read_sync(lambda session: session.get(Job, name))
    assert duty is not None
    return duty


async def test_owed_duty_is_carried_out_once(store: Store, clock: Any) -> None:
    """However often it is woken, a duty that was owed once is carried out once."""
    job_handlers = Carriers()
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        _enqueue(store, clock)
        for _ in range(5):
            await engine.notify_workers(CARD)
            await engine.reconcile()
        await engine.wait_until_idle()
        await engine.notify_workers(CARD)
    assert job_handlers.seen == [(CARD, 1)]
    assert clock.now() == _read(store).finished_at


async def test_work_owed_before_the_start_goes_on(store: Store, clock: Any) -> None:
    """A start carries out what was committed and never woken."""
    _enqueue(store, clock)
    job_handlers = Carriers()
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        await engine.wait_until_idle()
    assert job_handlers.seen == [(CARD, 1)]


async def test_pauses_grow(store: Store, clock: Any) -> None:
    """A retryable failure is tried again after 5, 10 and 20 seconds, and not before."""
    job_handlers = Carriers(AWAY, AWAY, AWAY)
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        _enqueue(store, clock)
        for attempt, pause_s in [(1, 5), (2, 10), (3, 20)]:
            await engine.reconcile()
            await engine.wait_until_idle()
            clock.move(seconds=pause_s - 1)
            await engine.reconcile()
            await engine.wait_until_idle()
            assert attempt == len(job_handlers.seen)
            assert _read(store).last_error == "slack timeout: Slack did not answer."
            clock.move(seconds=1)
        await engine.reconcile()
        await engine.wait_until_idle()
    assert [(CARD, attempt) for attempt in (1, 2, 3, 4)] == job_handlers.seen
    assert _read(store).finished_at is not None


@pytest.mark.parametrize(
    ("answer", "due_in_s"),
    [
        (None, None),
        (AWAY, 5),
        (SlackRateLimitedError(NO, code="ratelimited", retry_after_s=30), 30),
        (SlackRefusedError(NO, code="channel_not_found"), None),
        (LagdeskError(NO), None),
        (ZeroDivisionError("a bug"), 5),
        (TimeoutError(), 5),
    ],
)
async def test_how_a_try_ends(
    store: Store, clock: Any, answer: Exception | None, due_in_s: float | None
) -> None:
    """A retryable failure and a bug keep the duty owed; anything else ends it."""
    async with Worker(store, clock, Carriers(answer).job_handlers) as engine:
        _enqueue(store, clock)
        await engine.notify_workers(CARD)
        await engine.wait_until_idle()
    duty = _read(store)
    assert (due_in_s is None) == (duty.finished_at is not None)
    assert due_in_s is None or clock.now() + dt.timedelta(seconds=due_in_s) == duty.due_at
    assert (answer is None) == (duty.last_error == "")


async def test_carrier_chooses_when_to_return(store: Store, clock: Any) -> None:
    """A carrier that returns a moment is called again then."""
    job_handlers = Carriers(clock.now() + dt.timedelta(minutes=3))
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        _enqueue(store, clock)
        await engine.notify_workers(CARD)
        await engine.wait_until_idle()
        assert clock.now() + dt.timedelta(minutes=3) == _read(store).due_at
        clock.move(minutes=3)
        await engine.reconcile()
        await engine.wait_until_idle()
    assert job_handlers.seen == [(CARD, 1), (CARD, 2)]


async def test_duty_begins_when_it_is_due(store: Store, real_clock: Clock) -> None:
    """A duty that is due later begins then, without anybody saying so."""
    carried_at: asyncio.Future[dt.datetime] = asyncio.get_running_loop().create_future()

    async def carry(_: Job) -> None:
        carried_at.set_result(real_clock.now())

    async with Worker(store, real_clock, {"card": carry}) as engine:
        _enqueue(store, real_clock, in_s=0.3)
        due_at = _read(store).due_at
        await engine.notify_workers(CARD)
        async with asyncio.timeout(5):
            assert dt.timedelta(0) <= await carried_at - due_at < dt.timedelta(seconds=1)


async def test_owed_meanwhile_is_carried_out_once_more(store: Store, clock: Any) -> None:
    """What becomes owed while it is carried out is carried out once more, not at the same time."""
    job_handlers = Carriers()

    async def owe_twice() -> None:
        job_handlers.during = None
        _enqueue(store, clock)
        _enqueue(store, clock)

    job_handlers.during = owe_twice
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        _enqueue(store, clock)
        await engine.notify_workers(CARD)
        await engine.wait_until_idle()
    assert job_handlers.seen == [(CARD, 1), (CARD, 2)]


async def test_bug_is_logged_with_its_traceback_once(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected failure shows its traceback the first time and only says so afterwards."""
    bug = ZeroDivisionError("a bug")
    async with Worker(store, clock, Carriers(bug, bug).job_handlers) as engine:
        _enqueue(store, clock)
        for _ in range(2):
            await engine.reconcile()
            await engine.wait_until_idle()
            clock.move(seconds=5)
    records = [entry for entry in caplog.records if "unexpectedly" in entry.message]
    assert [bool(entry.exc_info) for entry in records] == [True, False]


async def test_stop_hands_back_what_hangs(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not end in time after a stop is free and due, and goes on at the next start."""
    monkeypatch.setattr("bot.jobs.worker.SHUTDOWN_TIMEOUT_S", 0)
    job_handlers = Carriers()
    hanging = asyncio.Event()

    async def hang() -> None:
        hanging.set()
        await asyncio.Event().wait()

    job_handlers.during = hang
    _enqueue(store, clock)
    async with Worker(store, clock, job_handlers.job_handlers):
        await hanging.wait()
    duty = _read(store)
    assert (None, None, clock.now()) == (duty.locked_by, duty.finished_at, duty.due_at)
    job_handlers.during = None
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        await engine.wait_until_idle()
    assert job_handlers.seen == [(CARD, 1), (CARD, 2)]


async def test_stop_waits_for_what_ends(store: Store, clock: Any) -> None:
    """What runs when the engine stops may end, and counts."""
    job_handlers = Carriers()
    started = asyncio.Event()

    async def take_a_while() -> None:
        started.set()
        await asyncio.to_thread(_read, store)

    job_handlers.during = take_a_while
    _enqueue(store, clock)
    async with Worker(store, clock, job_handlers.job_handlers):
        await started.wait()
    assert clock.now() == _read(store).finished_at


async def test_hanging_try_is_ended(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try that takes too long counts as a failure, so that the duty is not held for ever."""
    monkeypatch.setattr("bot.jobs.worker.JOB_TIMEOUT_S", 0.01)
    job_handlers = Carriers()
    job_handlers.during = asyncio.Event().wait
    _enqueue(store, clock)
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        await engine.wait_until_idle()
    duty = _read(store)
    assert (duty.last_error, duty.failures) == ("TimeoutError", 1)


async def test_outcome_survives_a_database_that_is_away(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was carried out is written down once the database is back, not carried out again."""
    monkeypatch.setattr("bot.jobs.worker._DATABASE_PAUSE_S", 0)
    job_handlers = Carriers()
    transact = store.transact
    refusals = iter([OperationalError("COMMIT", {}, sqlite3.OperationalError("locked"))] * 3)

    async def refuse(work: Callable[[Session], Any]) -> Any:
        for refusal in refusals:
            raise refusal
        return await transact(work)

    async def go_away() -> None:
        monkeypatch.setattr(store, "transact", refuse)

    job_handlers.during = go_away
    _enqueue(store, clock)
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        await engine.wait_until_idle()
    assert job_handlers.seen == [(CARD, 1)]
    assert clock.now() == _read(store).finished_at


async def test_failed_pass_is_followed_by_another(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A pass that fails says so and costs no duty."""
    monkeypatch.setattr("bot.jobs.worker._DATABASE_PAUSE_S", 0)
    job_handlers = Carriers()
    engine = Worker(store, clock, job_handlers.job_handlers)
    start = engine._executor.start
    failures = iter([OSError("disk full")])

    async def fail_once(job: str, name: str) -> bool:
        for failure in failures:
            raise failure
        return await start(job, name)

    monkeypatch.setattr(engine._executor, "start", fail_once)
    _enqueue(store, clock)
    async with engine:
        await engine.wait_until_idle()
    assert job_handlers.seen == [(CARD, 1)]
    assert [entry.message for entry in caplog.records if entry.exc_info] == [
        "A pass over the duties failed; the next one follows."
    ]


async def test_slow_kind_keeps_no_other_waiting(store: Store, clock: Any) -> None:
    """However many reports hang, a card is posted."""
    free = asyncio.Event()
    posted = asyncio.Event()

    async def hang(_: Job) -> None:
        await free.wait()

    async def post(_: Job) -> None:
        posted.set()

    async with Worker(store, clock, {"report": hang, "card": post}) as engine:
        for number in range(20):
            _enqueue(store, clock, f"report:LD-{number}")
        await engine.reconcile()
        _enqueue(store, clock)
        await engine.notify_workers(CARD)
        async with asyncio.timeout(5):
            await posted.wait()
        free.set()
        await engine.wait_until_idle()


@pytest.mark.parametrize(
    ("status", "executor_id"),
    [("SUCCESS", "ghost"), ("ERROR", "ghost"), ("CANCELLED", None), ("PENDING", "ghost")],
)
async def test_lost_attempt_is_replaced(
    store: Store, clock: Any, tmp_path: Path, status: str, executor_id: str | None
) -> None:
    """A job that is over or in dead hands, although its duty never began, is offered anew."""
    _enqueue(store, clock)
    async with Worker(store, clock, {}, worker=False) as web:
        await web.notify_workers(CARD)
    with sqlite3.connect(tmp_path / "lagdesk.jobs.db") as connection:
        changed = connection.execute(
            "UPDATE workflow_status SET status = ?, executor_id = ?", (status, executor_id)
        )
        assert changed.rowcount == 1
    connection.close()
    job_handlers = Carriers()
    async with Worker(store, clock, job_handlers.job_handlers) as engine:
        await engine.wait_until_idle()
    assert job_handlers.seen == [(CARD, 2)]


async def test_web_process_only_enqueues(store: Store, clock: Any) -> None:
    """A process without a worker leaves the work to one that has it."""
    job_handlers = Carriers()
    _enqueue(store, clock)
    async with Worker(store, clock, job_handlers.job_handlers, worker=False) as web:
        await web.notify_workers(CARD)
    assert job_handlers.seen == []
    async with (
        Worker(store, clock, job_handlers.job_handlers, poll_s=0.05) as engine,
        Worker(store, clock, {}, worker=False) as web,
    ):
        _enqueue(store, clock, "report:LD-12")
        await web.notify_workers("report:LD-12")
        await engine.wait_until_idle()
    assert {CARD, "report:LD-12"} == {name for name, _ in job_handlers.seen}


async def test_engines_follow_one_another(store: Store, clock: Any) -> None:
    """One process may start workers one after another, never two at once."""
    for round_ in (1, 2):
        job_handlers = Carriers()
        async with Worker(store, clock, job_handlers.job_handlers) as engine:
            _enqueue(store, clock)
            await engine.notify_workers(CARD)
            await engine.wait_until_idle()
            with pytest.raises(RuntimeError, match="another worker"):
                await Worker(store, clock, {}).__aenter__()
        assert [(CARD, round_)] == job_handlers.seen
        assert await asyncio.to_thread(str, "still works") == "still works"


async def test_settled_names_what_is_left(store: Store, clock: Any) -> None:
    """Waiting for what does not end says what it is."""
    async with Worker(store, clock, {}) as engine:
        _enqueue(store, clock)
        with pytest.raises(TimeoutError, match=CARD):
            await engine.wait_until_idle(timeout_s=0)


async def test_engine_is_quiet(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Starting, working and stopping say nothing anybody would have to read."""
    caplog.set_level(logging.INFO)
    async with Worker(store, clock, Carriers().job_handlers) as engine:
        _enqueue(store, clock)
        await engine.notify_workers()
        await engine.wait_until_idle()
    assert [entry.message for entry in caplog.records if entry.name != "asyncio"] == []
    assert capfd.readouterr() == ("", "")
