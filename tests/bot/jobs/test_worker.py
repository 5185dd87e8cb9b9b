from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from bot.errors import (
    LagdeskError,
    SlackContentRefusedError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
)
from bot.i18n.messages import message
from bot.jobs.run import JobHandler, Queue, Run
from bot.jobs.worker import Worker
from bot.store import Store
from bot.store import jobs as store_jobs
from tests.bot.jobs.helpers import CARD, Jobs, enqueue, read_job, until
from tests.due_jobs import wait_until_idle
from tests.event_loop import TolerantLoop

NO = message("Slack did not answer.")
AWAY = SlackUnreachableError(NO, code="timeout", maybe_arrived=False)
LIMITED = SlackRateLimitedError(NO, code="ratelimited", retry_after_s=30)


async def test_job_runs_once(store: Store, clock: Any) -> None:
    """However often the worker is notified, a job that was enqueued once runs once."""
    jobs = Jobs()
    async with Worker(store, jobs.handlers()):
        enqueue(store, clock)
        for _ in range(5):
            store.job_signal.set()
            await asyncio.sleep(0)
        await wait_until_idle(store)
    assert (jobs.attempts, jobs.retries) == ([CARD], [False])
    assert read_job(store).finished_at == clock.now()


async def test_jobs_enqueued_before_the_start_run(store: Store, clock: Any) -> None:
    """A start runs what was committed before, failures at once."""
    enqueue(store, clock)
    jobs = Jobs(AWAY)
    async with Worker(store, jobs.handlers()):
        await wait_until_idle(store)
    assert read_job(store).due_at > clock.now()
    async with Worker(store, jobs.handlers()):
        await wait_until_idle(store)
    assert (jobs.attempts, jobs.retries) == ([CARD, CARD], [False, True])


async def test_pauses_grow(store: Store, clock: Any) -> None:
    """A retryable failure is tried again after 5, 10 and 20 seconds, and not before."""
    jobs = Jobs(AWAY, AWAY, AWAY)
    async with Worker(store, jobs.handlers()):
        enqueue(store, clock)
        for attempt, pause_s in [(1, 5), (2, 10), (3, 20)]:
            await wait_until_idle(store)
            clock.move(seconds=pause_s - 1)
            await wait_until_idle(store)
            assert len(jobs.attempts) == attempt
            assert read_job(store).last_error == "slack timeout: Slack did not answer."
            clock.move(seconds=1)
        await wait_until_idle(store)
    assert len(jobs.attempts) == 4
    assert read_job(store).finished_at is not None


@pytest.mark.parametrize(
    ("error", "due_in_s"),
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
async def test_outcomes(
    store: Store, clock: Any, error: Exception | None, due_in_s: float | None
) -> None:
    """A retryable failure and a bug postpone the job; anything else ends it."""
    async with Worker(store, Jobs(error).handlers()):
        enqueue(store, clock)
        await wait_until_idle(store)
    job = read_job(store)
    assert (job.finished_at is not None) == (due_in_s is None)
    assert due_in_s is None or job.due_at == clock.now() + dt.timedelta(seconds=due_in_s)
    assert (job.last_error == "") == (error is None)


async def test_job_given_up_until_the_next_start(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused content is sent again by the next start or when it is enqueued again; logged once."""
    refused = SlackContentRefusedError(NO, code="invalid_blocks", problems=["no [/blocks/1]"])
    jobs = Jobs(refused, refused, refused)
    async with Worker(store, jobs.handlers()):
        for attempts in (1, 2):
            enqueue(store, clock)
            await wait_until_idle(store)
            clock.move(hours=1)
            await wait_until_idle(store)
            assert len(jobs.attempts) == attempts
    assert [each.getMessage() for each in caplog.records] == [f"{CARD} is given up: {refused}"]
    for attempts in (3, 4, 4):  # the fourth is done
        async with Worker(store, jobs.handlers()):
            await wait_until_idle(store)
        assert len(jobs.attempts) == attempts


async def test_rate_limit_pauses_the_channel(store: Store, clock: Any) -> None:
    """After a 429 nothing starts in that channel before Slack's Retry-After, elsewhere it does."""
    jobs = Jobs(SlackRateLimitedError(NO, code="ratelimited", retry_after_s=30))
    async with Worker(store, jobs.handlers()):
        enqueue(store, clock, "card:1", partition="C1")
        await wait_until_idle(store)
        enqueue(store, clock, "card:2", partition="C1")
        enqueue(store, clock, "card:3", partition="C2")
        for wait_s, names in [(29, {"card:1", "card:3"}), (1, {"card:1", "card:2", "card:3"})]:
            clock.move(seconds=wait_s)
            await wait_until_idle(store)
            assert set(jobs.attempts) == names


@pytest.mark.parametrize(
    ("errors", "retries"),
    [
        ((LIMITED, LIMITED, LIMITED), [False, False, False, False]),
        ((AWAY, LIMITED, LIMITED), [False, True, True, True]),
        ((LIMITED, AWAY, LIMITED), [False, False, True, True]),
        ((None, LIMITED), [False, True]),
    ],
)
async def test_attempts_that_sent_nothing(
    store: Store, clock: Any, errors: Sequence[Exception | None], retries: Sequence[bool]
) -> None:
    """After a 429 nothing has to be looked for, unless an earlier message may have arrived."""
    responses = iter(errors)

    async def send(run: Run) -> None:
        for error in responses:  # after a message that arrived, the next one
            with run.sending():
                if error is not None:
                    raise error

    jobs = Jobs()
    jobs.during = send
    async with Worker(store, jobs.handlers()):
        enqueue(store, clock)
        for _ in retries:
            await wait_until_idle(store)
            clock.move(seconds=60)
    assert jobs.retries == retries


async def test_function_chooses_when_to_run_again(store: Store, clock: Any) -> None:
    """A function that returns a moment runs again then."""
    jobs = Jobs(clock.now() + dt.timedelta(minutes=3))
    async with Worker(store, jobs.handlers()):
        enqueue(store, clock)
        await wait_until_idle(store)
        assert read_job(store).due_at == clock.now() + dt.timedelta(minutes=3)
        clock.move(minutes=3)
        await wait_until_idle(store)
    assert len(jobs.attempts) == 2


async def test_enqueued_while_it_runs(store: Store, clock: Any) -> None:
    """A job that is enqueued while it runs runs once more, not at the same time."""
    jobs = Jobs()

    async def enqueue_twice(_run: Run) -> None:
        jobs.during = None
        enqueue(store, clock)
        enqueue(store, clock)

    jobs.during = enqueue_twice
    async with Worker(store, jobs.handlers()):
        enqueue(store, clock)
        await wait_until_idle(store)
    assert jobs.attempts == [CARD, CARD]


async def test_bug_is_logged_with_its_traceback_once(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error has its traceback in the log the first time only."""
    bug = ZeroDivisionError("a bug")
    async with Worker(store, Jobs(bug, bug).handlers()):
        enqueue(store, clock)
        for _ in range(2):
            await wait_until_idle(store)
            clock.move(seconds=5)
    records = [entry for entry in caplog.records if "unexpectedly" in entry.message]
    assert [bool(entry.exc_info) for entry in records] == [True, False]


async def test_stop_releases_what_hangs(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not end in time after a stop is free at once, and runs at the next start."""
    monkeypatch.setattr("bot.jobs.worker.SHUTDOWN_TIMEOUT_S", 0)
    jobs, hanging = Jobs(), asyncio.Event()

    async def hang(_run: Run) -> None:
        hanging.set()
        await asyncio.Event().wait()

    jobs.during = hang
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()):
        await hanging.wait()
    job = read_job(store)
    assert (job.locked_by, job.locked_until, job.finished_at) == (None, None, None)
    assert store.read_sync(store_jobs.last_heartbeat) is None
    jobs.during = None
    async with Worker(store, jobs.handlers()):
        await wait_until_idle(store)
    assert jobs.retries == [False, True]


async def test_stop_waits_for_what_ends(store: Store, clock: Any) -> None:
    """What runs when the worker stops may end, and counts."""
    jobs, started = Jobs(), asyncio.Event()

    async def read(_run: Run) -> None:
        started.set()
        await asyncio.to_thread(read_job, store)

    jobs.during = read
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()):
        await started.wait()
    assert read_job(store).finished_at == clock.now()


async def test_hanging_attempt_is_cancelled(store: Store, clock: Any) -> None:
    """An attempt that takes longer than five minutes counts as a failure."""
    jobs, loop = Jobs(), asyncio.get_running_loop()
    hanging, cancelled = asyncio.Event(), asyncio.Event()
    assert isinstance(loop, TolerantLoop)

    async def hang(_run: Run) -> None:
        hanging.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    jobs.during = hang
    async with Worker(store, jobs.handlers()):
        enqueue(store, clock)
        await hanging.wait()
        loop.advance(298)
        await store.read(store_jobs.count_pending)  # timeouts that are over expire meanwhile
        assert not cancelled.is_set()
        loop.advance(2)
        async with asyncio.timeout(1):
            await cancelled.wait()
        await wait_until_idle(store)
    job = read_job(store)
    assert (job.last_error, job.failures) == ("TimeoutError", 1)


async def test_few_jobs_start_before_it_is_quiet(store: Store, clock: Any) -> None:
    """One starts when the wait is over, however often the worker is notified."""
    jobs, quiet, waits = Jobs(), asyncio.Event(), itertools.count()

    async def wait() -> bool:
        return next(waits) > 0 and await quiet.wait()

    enqueue(store, clock, in_s=-1)
    enqueue(store, clock, "card:LD-13")
    async with Worker(store, jobs.handlers(), wait_until_quiet=wait):
        await until(lambda: jobs.attempts == [CARD])
        store.job_signal.set()
        for _ in range(50):  # each takes as long as what the worker reads
            await store.read(store_jobs.count_pending)
        assert jobs.attempts == [CARD]
        quiet.set()
        await wait_until_idle(store)
    assert jobs.attempts == [CARD, "card:LD-13"]


async def test_slow_queue_keeps_no_other_waiting(store: Store, clock: Any) -> None:
    """However many reports hang, a card is posted."""
    free, posted = asyncio.Event(), asyncio.Event()

    async def hang(_run: Run) -> None:
        await free.wait()

    async def post(_run: Run) -> None:
        posted.set()

    handlers = {
        "report": JobHandler(Queue.BACKGROUND, hang),
        "card": JobHandler(Queue.MESSAGES, post),
    }
    async with Worker(store, handlers):
        for number in range(20):
            enqueue(store, clock, f"report:LD-{number}")
        enqueue(store, clock)
        async with asyncio.timeout(60):
            await posted.wait()
        free.set()
        await wait_until_idle(store)


async def test_run_now(store: Store, clock: Any) -> None:
    """A job can be run without polling for others; it is not run while it runs elsewhere."""
    jobs = Jobs(None, AWAY)
    enqueue(store, clock, "card:1")
    enqueue(store, clock, "card:2")
    async with Worker(store, jobs.handlers(), polls=False) as worker:
        assert await worker.run_now("card:1") is True
        assert await worker.run_now("card:1") is False
        with pytest.raises(SlackUnreachableError):
            await worker.run_now("card:2")
    async with Worker(store, jobs.handlers(), polls=False) as worker:  # leaves retries to others
        assert await worker.run_now("card:2") is False
    assert jobs.attempts == ["card:1", "card:2"]
    assert read_job(store, "card:2").failures == 1


async def test_unknown_kinds_are_left_alone(store: Store, clock: Any) -> None:
    """A worker of an older version leaves a job to the version that knows it."""
    jobs = Jobs()
    enqueue(store, clock, "invented:1")
    enqueue(store, clock)
    async with Worker(store, jobs.handlers()):
        with pytest.raises(TimeoutError, match="invented:1"):
            await wait_until_idle(store, timeout_s=0)
    assert (jobs.attempts, read_job(store, "invented:1").attempt) == ([CARD], 0)


async def test_argument_that_an_older_version_does_not_know(store: Store, clock: Any) -> None:
    """A job with one more argument fails in the older version and runs in the newer."""
    seen: list[tuple[object, ...]] = []

    async def post(_run: Run, number: int) -> None:
        seen.append((number,))

    async def post_in_colour(_run: Run, number: int, colour: str) -> None:
        seen.append((number, colour))

    due_at = clock.now()
    store.transact_sync(lambda s: store_jobs.enqueue(s, CARD, "card", 12, "red", due_at=due_at))
    for function, failures in ((post, 1), (post_in_colour, 0)):
        handlers = {"card": JobHandler(Queue.MESSAGES, function)}
        async with Worker(store, handlers):
            await wait_until_idle(store)
        assert read_job(store).failures == failures
    assert (seen, read_job(store).finished_at) == ([(12, "red")], clock.now())


async def test_worker_is_quiet(
    store: Store, clock: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Starting, running jobs and stopping log nothing."""
    caplog.set_level(logging.INFO)
    async with Worker(store, Jobs().handlers()):
        enqueue(store, clock)
        await wait_until_idle(store)
    assert [entry.message for entry in caplog.records if entry.name != "asyncio"] == []
    assert capfd.readouterr() == ("", "")
