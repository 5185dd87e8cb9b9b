from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.errors import LagdeskError, SpeakLimitedError, SpeakRefusedError, SpeakUnreachableError
from bot.jobs import Engine, metrics
from bot.jobs.engine import beside
from bot.jobs.executor import Executor
from bot.store import Session, Store, duties
from bot.store.tables import Duty
from bot.words import message

CARD = "card:LD-12"
NO = message("Slack did not answer.")
AWAY = SpeakUnreachableError(NO, code="timeout", maybe_arrived=False)


class Carriers:
    """Carries out duties of every kind, remembering each; `answers` says how the next ones end."""

    def __init__(self, *answers: Exception | dt.datetime | None) -> None:
        self.answers = list(answers)
        self.seen: list[tuple[str, int]] = []
        self.during: Callable[[], Awaitable[Any]] | None = None

    async def __call__(self, duty: Duty) -> dt.datetime | None:
        """Carry out one duty."""
        self.seen.append((duty.name, duty.attempt))
        if self.during is not None:
            await self.during()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def table(self) -> Mapping[str, Carriers]:
        """Two kinds, one carrier."""
        return {"card": self, "report": self}


def _owe(store: Store, clock: Any, name: str = CARD, in_s: float = 0) -> None:
    due_at = clock.now() + dt.timedelta(seconds=in_s)
    kind = name.partition(":")[0]
    store.transact_here(lambda session: duties.owe(session, name, kind, due_at=due_at))


def _read(store: Store, name: str = CARD) -> Duty:
    duty = store.read_here(lambda session: session.get(Duty, name))
    assert duty is not None
    return duty


async def test_owed_duty_is_carried_out_once(store: Store, clock: Any) -> None:
    """However often it is woken, a duty that was owed once is carried out once."""
    carriers = Carriers()
    async with Engine(store, clock, carriers.table) as engine:
        _owe(store, clock)
        for _ in range(5):
            await engine.wake(CARD)
            await engine.reconcile()
        await engine.settled()
        await engine.wake(CARD)
    assert [(CARD, 1)] == carriers.seen
    assert clock.now() == _read(store).done_at


async def test_work_owed_before_the_start_goes_on(store: Store, clock: Any) -> None:
    """A start carries out what was committed and never woken."""
    _owe(store, clock)
    carriers = Carriers()
    async with Engine(store, clock, carriers.table) as engine:
        await engine.settled()
    assert [(CARD, 1)] == carriers.seen


async def test_pauses_grow(store: Store, clock: Any) -> None:
    """A retryable failure is tried again after 5, 10 and 20 seconds, and not before."""
    carriers = Carriers(AWAY, AWAY, AWAY)
    async with Engine(store, clock, carriers.table) as engine:
        _owe(store, clock)
        for attempt, pause_s in [(1, 5), (2, 10), (3, 20)]:
            await engine.reconcile()
            await engine.settled()
            clock.move(seconds=pause_s - 1)
            await engine.reconcile()
            await engine.settled()
            assert attempt == len(carriers.seen)
            assert "slack timeout: Slack did not answer." == _read(store).last_error
            clock.move(seconds=1)
        await engine.reconcile()
        await engine.settled()
    assert [(CARD, attempt) for attempt in (1, 2, 3, 4)] == carriers.seen
    assert _read(store).done_at is not None


@pytest.mark.parametrize(
    ("answer", "due_in_s"),
    [
        (None, None),
        (AWAY, 5),
        (SpeakLimitedError(NO, code="ratelimited", retry_after_s=30), 30),
        (SpeakRefusedError(NO, code="channel_not_found"), None),
        (LagdeskError(NO), None),
        (ZeroDivisionError("a bug"), 5),
        (TimeoutError(), 5),
    ],
)
async def test_how_a_try_ends(
    store: Store, clock: Any, answer: Exception | None, due_in_s: float | None
) -> None:
    """A retryable failure and a bug keep the duty owed; anything else ends it."""
    async with Engine(store, clock, Carriers(answer).table) as engine:
        _owe(store, clock)
        await engine.wake(CARD)
        await engine.settled()
    duty = _read(store)
    assert (due_in_s is None) == (duty.done_at is not None)
    assert due_in_s is None or clock.now() + dt.timedelta(seconds=due_in_s) == duty.due_at
    assert (answer is None) == (duty.last_error == "")


async def test_carrier_chooses_when_to_return(store: Store, clock: Any) -> None:
    """A carrier that returns a moment is called again then."""
    carriers = Carriers(clock.now() + dt.timedelta(minutes=3))
    async with Engine(store, clock, carriers.table) as engine:
        _owe(store, clock)
        await engine.wake(CARD)
        await engine.settled()
        assert clock.now() + dt.timedelta(minutes=3) == _read(store).due_at
        clock.move(minutes=3)
        await engine.reconcile()
        await engine.settled()
    assert [(CARD, 1), (CARD, 2)] == carriers.seen


async def test_owed_meanwhile_is_carried_out_once_more(store: Store, clock: Any) -> None:
    """What becomes owed while it is carried out is carried out once more, not at the same time."""
    carriers = Carriers()

    async def owe_twice() -> None:
        carriers.during = None
        _owe(store, clock)
        _owe(store, clock)

    carriers.during = owe_twice
    async with Engine(store, clock, carriers.table) as engine:
        _owe(store, clock)
        await engine.wake(CARD)
        await engine.settled()
    assert [(CARD, 1), (CARD, 2)] == carriers.seen


async def test_bug_is_logged_with_its_traceback_once(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected failure shows its traceback the first time and only says so afterwards."""
    bug = ZeroDivisionError("a bug")
    async with Engine(store, clock, Carriers(bug, bug).table) as engine:
        _owe(store, clock)
        for _ in range(2):
            await engine.reconcile()
            await engine.settled()
            clock.move(seconds=5)
    records = [entry for entry in caplog.records if "unexpectedly" in entry.message]
    assert [True, False] == [bool(entry.exc_info) for entry in records]


async def test_slow_kind_keeps_no_other_waiting(store: Store, clock: Any) -> None:
    """However many reports hang, a card is posted."""
    free = asyncio.Event()
    posted = asyncio.Event()

    async def hang(_: Duty) -> None:
        await free.wait()

    async def post(_: Duty) -> None:
        posted.set()

    async with Engine(store, clock, {"report": hang, "card": post}) as engine:
        for number in range(20):
            _owe(store, clock, f"report:LD-{number}")
        await engine.reconcile()
        _owe(store, clock)
        await engine.wake(CARD)
        async with asyncio.timeout(5):
            await posted.wait()
        free.set()
        await engine.settled()


@pytest.mark.parametrize(
    ("status", "executor_id"),
    [("SUCCESS", "ghost"), ("ERROR", "ghost"), ("CANCELLED", None), ("PENDING", "ghost")],
)
async def test_lost_attempt_is_replaced(
    store: Store, clock: Any, tmp_path: Path, status: str, executor_id: str | None
) -> None:
    """A job that is over or in dead hands, although its duty never began, is offered anew."""
    _owe(store, clock)
    async with Engine(store, clock, {}, worker=False) as web:
        await web.wake(CARD)
    with sqlite3.connect(tmp_path / "lagdesk.jobs.db") as connection:
        changed = connection.execute(
            "UPDATE workflow_status SET status = ?, executor_id = ?", (status, executor_id)
        )
        assert 1 == changed.rowcount
    connection.close()
    carriers = Carriers()
    async with Engine(store, clock, carriers.table) as engine:
        await engine.settled()
    assert [(CARD, 2)] == carriers.seen


async def test_web_process_only_enqueues(store: Store, clock: Any) -> None:
    """A process without a worker leaves the work to one that has it."""
    carriers = Carriers()
    _owe(store, clock)
    async with Engine(store, clock, carriers.table, worker=False) as web:
        await web.wake(CARD)
    assert [] == carriers.seen
    async with (
        Engine(store, clock, carriers.table, poll_s=0.05) as engine,
        Engine(store, clock, {}, worker=False) as web,
    ):
        _owe(store, clock, "report:LD-12")
        await web.wake("report:LD-12")
        await engine.settled()
    assert {CARD, "report:LD-12"} == {name for name, _ in carriers.seen}


async def test_engines_follow_one_another(store: Store, clock: Any) -> None:
    """One process may start workers one after another, never two at once."""
    for round_ in (1, 2):
        carriers = Carriers()
        async with Engine(store, clock, carriers.table) as engine:
            _owe(store, clock)
            await engine.wake(CARD)
            await engine.settled()
            with pytest.raises(RuntimeError, match="another worker"):
                await Engine(store, clock, {}).__aenter__()
        assert [(CARD, round_)] == carriers.seen
        assert "still works" == await asyncio.to_thread(str, "still works")


async def test_settled_names_what_is_left(store: Store, clock: Any) -> None:
    """Waiting for what does not end says what it is."""
    async with Engine(store, clock, {}) as engine:
        _owe(store, clock)
        with pytest.raises(TimeoutError, match=CARD):
            await engine.settled(timeout_s=0)


async def test_engine_is_quiet(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Starting, working and stopping say nothing anybody would have to read."""
    caplog.set_level(logging.INFO)
    async with Engine(store, clock, Carriers().table) as engine:
        _owe(store, clock)
        await engine.wake()
        await engine.settled()
    assert [] == [entry.message for entry in caplog.records if entry.name != "asyncio"]
    assert ("", "") == capfd.readouterr()


async def test_old_finished_work_is_deleted(store: Store, clock: Any) -> None:
    """A start deletes what was finished more than thirty days ago."""
    async with Engine(store, clock, Carriers().table) as engine:
        _owe(store, clock)
        await engine.wake(CARD)
        await engine.settled()
    clock.move(days=29)
    for days_more, kept in [(0, 1), (2, 0)]:
        clock.move(days=days_more)
        async with Engine(store, clock, {}) as engine:
            await engine.reconcile()
            async with asyncio.timeout(5):
                await engine._cleaned.wait()
        assert kept == store.read_here(_count_duties)


def _count_duties(session: Session) -> int:
    return len(session.exec(select(Duty)).all())


async def test_executor_forgets_old_jobs(tmp_path: Path) -> None:
    """Jobs older than asked are deleted, so that their names may be used again."""
    executor = Executor(f"sqlite:///{tmp_path / 'x.db'}", executor_id="w1", poll_s=1)
    await executor.open(None)
    await executor.enqueue("card:LD-1#1", "card:LD-1")
    assert 0 == await executor.delete_older(dt.timedelta(days=30))
    assert ("ENQUEUED", None) == await executor.whereabouts("card:LD-1#1")
    assert 1 == await executor.delete_older(dt.timedelta(0))
    assert await executor.whereabouts("card:LD-1#1") is None
    await executor.close()


async def test_jobs_stand_in_a_file_of_their_own(store: Store, clock: Any, tmp_path: Path) -> None:
    """DBOS's tables stand beside our database, with a write-ahead log."""
    async with Engine(store, clock, {}, worker=False):
        with sqlite3.connect(tmp_path / "lagdesk.jobs.db") as connection:
            assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()
        connection.close()


@pytest.mark.parametrize(
    ("url", "jobs_url"),
    [
        ("sqlite:///lagdesk.db", "sqlite:///lagdesk.jobs.db"),
        ("sqlite:////var/lib/desk", "sqlite:////var/lib/desk.jobs.db"),
        ("postgresql+psycopg://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
    ],
)
def test_beside(url: str, jobs_url: str) -> None:
    """A file gets a neighbour; a server keeps the database and gets a schema."""
    assert jobs_url == beside(url)


async def test_metrics_tell_what_is_owed(store: Store, clock: Any) -> None:
    """The gauges show the duties not done, by kind, and how long the oldest has waited."""
    for number, in_s in enumerate([-30, -10, 60]):
        _owe(store, clock, f"card:LD-{number}", in_s)
    await metrics.measure(store, clock.now())
    assert 3 == metrics.OWED.labels("card")._value.get()
    assert 30 == metrics.OLDEST._value.get()
    done = metrics.DONE.labels("card")._value.get()
    retried = metrics.RETRIED.labels("card")._value.get()
    async with Engine(store, clock, Carriers(AWAY).table) as engine:
        await engine.settled()
    await metrics.measure(store, clock.now())
    assert done + 1 == metrics.DONE.labels("card")._value.get()
    assert retried + 1 == metrics.RETRIED.labels("card")._value.get()
    assert (2, 0) == (metrics.OWED.labels("card")._value.get(), metrics.OLDEST._value.get())
