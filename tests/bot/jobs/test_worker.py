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

from bot.errors import LagdeskError, SpeakLimitedError, SpeakRefusedError, SpeakUnreachableError
from bot.i18n.messages import message
from bot.jobs import Engine
from bot.ports import Clock
from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.models import Duty

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
    store.transact_here(lambda session: store_jobs.owe(session, name, kind, due_at=due_at))


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


async def test_duty_begins_when_it_is_due(store: Store, real_clock: Clock) -> None:
    """A duty that is due later begins then, without anybody saying so."""
    carried_at: asyncio.Future[dt.datetime] = asyncio.get_running_loop().create_future()

    async def carry(_: Duty) -> None:
        carried_at.set_result(real_clock.now())

    async with Engine(store, real_clock, {"card": carry}) as engine:
        _owe(store, real_clock, in_s=0.3)
        due_at = _read(store).due_at
        await engine.wake(CARD)
        async with asyncio.timeout(5):
            assert dt.timedelta(0) <= await carried_at - due_at < dt.timedelta(seconds=1)


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


async def test_stop_hands_back_what_hangs(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not end in time after a stop is free and due, and goes on at the next start."""
    monkeypatch.setattr("bot.jobs.worker.STOP_S", 0)
    carriers = Carriers()
    hanging = asyncio.Event()

    async def hang() -> None:
        hanging.set()
        await asyncio.Event().wait()

    carriers.during = hang
    _owe(store, clock)
    async with Engine(store, clock, carriers.table):
        await hanging.wait()
    duty = _read(store)
    assert (None, None, clock.now()) == (duty.holder, duty.done_at, duty.due_at)
    carriers.during = None
    async with Engine(store, clock, carriers.table) as engine:
        await engine.settled()
    assert [(CARD, 1), (CARD, 2)] == carriers.seen


async def test_stop_waits_for_what_ends(store: Store, clock: Any) -> None:
    """What runs when the engine stops may end, and counts."""
    carriers = Carriers()
    started = asyncio.Event()

    async def take_a_while() -> None:
        started.set()
        await asyncio.to_thread(_read, store)

    carriers.during = take_a_while
    _owe(store, clock)
    async with Engine(store, clock, carriers.table):
        await started.wait()
    assert clock.now() == _read(store).done_at


async def test_hanging_try_is_ended(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try that takes too long counts as a failure, so that the duty is not held for ever."""
    monkeypatch.setattr("bot.jobs.worker.CARRY_LIMIT_S", 0.01)
    carriers = Carriers()
    carriers.during = asyncio.Event().wait
    _owe(store, clock)
    async with Engine(store, clock, carriers.table) as engine:
        await engine.settled()
    duty = _read(store)
    assert ("TimeoutError", 1) == (duty.last_error, duty.failures)


async def test_outcome_survives_a_database_that_is_away(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was carried out is written down once the database is back, not carried out again."""
    monkeypatch.setattr("bot.jobs.worker._DATABASE_PAUSE_S", 0)
    carriers = Carriers()
    transact = store.transact
    refusals = iter([OperationalError("COMMIT", {}, sqlite3.OperationalError("locked"))] * 3)

    async def refuse(work: Callable[[Session], Any]) -> Any:
        for refusal in refusals:
            raise refusal
        return await transact(work)

    async def go_away() -> None:
        monkeypatch.setattr(store, "transact", refuse)

    carriers.during = go_away
    _owe(store, clock)
    async with Engine(store, clock, carriers.table) as engine:
        await engine.settled()
    assert [(CARD, 1)] == carriers.seen
    assert clock.now() == _read(store).done_at


async def test_failed_pass_is_followed_by_another(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A pass that fails says so and costs no duty."""
    monkeypatch.setattr("bot.jobs.worker._DATABASE_PAUSE_S", 0)
    carriers = Carriers()
    engine = Engine(store, clock, carriers.table)
    start = engine._executor.start
    failures = iter([OSError("disk full")])

    async def fail_once(job: str, name: str) -> bool:
        for failure in failures:
            raise failure
        return await start(job, name)

    monkeypatch.setattr(engine._executor, "start", fail_once)
    _owe(store, clock)
    async with engine:
        await engine.settled()
    assert [(CARD, 1)] == carriers.seen
    assert ["A pass over the duties failed; the next one follows."] == [
        entry.message for entry in caplog.records if entry.exc_info
    ]


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
