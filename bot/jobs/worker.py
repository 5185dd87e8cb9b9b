"""The worker: claims the jobs that are due, runs them and records their outcomes."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import logging
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple, Self

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.errors import LagdeskError, SlackRateLimitedError
from bot.jobs.retries import plan_retry
from bot.jobs.run import JobHandler, LeaseLostError, Queue, Run
from bot.logs import REQUEST_ID
from bot.process_metrics import JOBS_DONE, JOBS_RETRIED
from bot.store import Store, job_leases
from bot.store import jobs as store_jobs
from bot.store.job_leases import ClaimedJob, FreeSlots, Pace

LEASE: Final = dt.timedelta(seconds=6)  # work of a killed worker goes on after this
_USABLE_S: Final = 5.0  # of a lease; the rest is for what is sent at the last moment
RENEWAL_INTERVAL_S: Final = 1.5
POLL_INTERVAL_S: Final = 0.2  # for jobs of other processes; our own notify us
SLACK_PACE: Final = Pace(dt.timedelta(seconds=1), burst=3)  # Slack: one message a second a channel
ATTEMPT_TIMEOUT_S: Final = 300.0
SHUTDOWN_TIMEOUT_S: Final = 3.0  # for running jobs; a host kills us after ten seconds
_DATABASE_TIMEOUT_S: Final = 1.0  # likewise, to claim and to release jobs
_SLOTS: Final = 8  # attempts at once, in each queue: slow diagnoses never keep a card waiting
_ALL_SLOTS: Final = dict.fromkeys(Queue, _SLOTS)
# Whose turn it is while Slack's requests do not pause; nobody waits for a webhook.
_TURNS: Final = (*[queue for queue in Queue if queue is not Queue.WEBHOOKS] * 3, Queue.WEBHOOKS)
_DATABASE_PAUSE_S: Final = 1.0
_ERROR_PAUSE_S: Final = 5.0
_log = logging.getLogger(__name__)
_Task = asyncio.Task[Exception | None]


class _Attempt(NamedTuple):
    run: Run
    queue: Queue
    task: _Task


class Worker:
    """Runs jobs while its block is open; with `polls=False` only those of `run_now`.

    It looks for due jobs when some were enqueued and several times a second, each time after
    `wait_until_quiet`; when that returns False, it starts one, of each queue in turn. A job's
    function returns None when it is done, or when to run it again. A retryable LagdeskError or an
    unexpected error postpones it; another LagdeskError ends it.
    """

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, JobHandler],
        *,
        wait_until_quiet: Callable[[], Awaitable[bool]] | None = None,
        polls: bool = True,
        pace: Pace = SLACK_PACE,
    ) -> None:
        self.name: Final = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._store = store
        self._handlers = handlers
        self._slots = {
            queue: FreeSlots(
                [kind for kind, each in handlers.items() if each.queue is queue],
                _SLOTS,
                _pace_of(queue, pace),
            )
            for queue in Queue
        }
        self._wait_until_quiet = wait_until_quiet or partial(asyncio.sleep, 0, result=True)
        self._polls = polls
        self._turns = itertools.cycle(_TURNS)
        self._claim_numbers = itertools.count(1)
        self._running: dict[str, _Attempt] = {}
        self._full: set[Queue] = set()  # whose jobs may wait for a slot
        self._stopped = threading.Event()
        self._renewing = threading.Thread(target=self._keep_leases, name="leases", daemon=True)

    async def __aenter__(self) -> Self:
        """Start, also while the database is away."""
        self._renewing.start()
        self._polling = asyncio.create_task(self._poll() if self._polls else asyncio.sleep(0))
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop: start nothing, let running jobs end for a while, release the rest."""
        self._stopped.set()
        self._store.job_signal.set()
        await asyncio.wait([self._polling], timeout=_DATABASE_TIMEOUT_S)
        tasks = [self._polling, *(each.task for each in self._running.values())]
        await asyncio.wait(tasks, timeout=SHUTDOWN_TIMEOUT_S)
        tokens = [each.run.token for each in self._running.values()]
        for task in tasks:
            task.cancel()
        try:
            async with asyncio.timeout(_DATABASE_TIMEOUT_S):
                await asyncio.to_thread(self._renewing.join)
                await self._store.transact(lambda s: job_leases.release(s, self.name, tokens))
        except (SQLAlchemyError, TimeoutError) as failure:
            why = str(failure) or "the database does not answer"
            _log.warning("the leases end by themselves in %s, as %s", LEASE, why)

    async def run_now(self, name: str) -> bool:
        """Run this job here; False when it is not due or runs elsewhere. Raises its error."""
        for task in await self._start(_ALL_SLOTS, name):
            if (error := await task) is not None:
                raise error
            return True
        return False

    async def _poll(self) -> None:
        """Start what is due: when notified, when a slot is free again, and at every interval."""
        has_retried = False
        while not self._stopped.is_set():
            self._store.job_signal.clear()
            pause_s = POLL_INTERVAL_S
            try:
                if not has_retried:  # a start is a reason to try again
                    await self._store.transact(
                        lambda session: store_jobs.retry_now(session, self._store.now(session))
                    )
                    has_retried = True
                is_quiet = await self._wait_until_quiet()
                await self._start(_ALL_SLOTS if is_quiet else {next(self._turns): 1})
            except SQLAlchemyError:  # the store has logged it
                pause_s = _DATABASE_PAUSE_S
            except Exception as error:  # noqa: BLE001 - the last handler before jobs stand still
                _log.exception("jobs cannot be started, trying again: %r", error)
                pause_s = _ERROR_PAUSE_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._store.job_signal.wait()

    async def _start(self, limits: Mapping[Queue, int], name: str | None = None) -> list[_Task]:
        """Claim and start due jobs, as many as free slots and limits allow, or one by its name."""
        used = Counter(each.queue for each in self._running.values())
        free = {
            queue: replace(self._slots[queue], number=min(limit, _SLOTS - used[queue]))
            for queue, limit in limits.items()
        }
        token, running = f"{self.name}/{next(self._claim_numbers)}", tuple(self._running)
        valid_until = time.monotonic() + _USABLE_S

        def work(session: Session) -> list[ClaimedJob]:
            now = self._store.now(session)
            slots = free.values()
            return job_leases.claim(
                session, slots, token=token, now=now, lease=LEASE, running=running, name=name
            )

        claimed = await self._store.transact(work)
        started = Counter(self._handlers[job.kind].queue for job in claimed)
        tried = free.keys()
        self._full -= tried
        self._full |= {queue for queue in tried if started[queue] == free[queue].number}
        return [self._run(job, valid_until) for job in claimed]

    def _run(self, job: ClaimedJob, valid_until: float) -> _Task:
        run = Run(job.name, job.attempt > 1, job.token, valid_until)
        task = asyncio.create_task(self._execute(job, run))
        self._running[job.name] = _Attempt(run, self._handlers[job.kind].queue, task)
        task.add_done_callback(partial(self._on_end, job.name))
        return task

    def _on_end(self, name: str, task: _Task) -> None:
        if self._running.pop(name).queue in self._full:
            self._store.job_signal.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the outcome of %s cannot be recorded: %r", name, error, exc_info=error)

    async def _execute(self, job: ClaimedJob, run: Run) -> Exception | None:
        """Run a job's function and record the outcome; returns the error that it raised."""
        REQUEST_ID.set(job.request_id)  # of this task
        _log.debug("%s: attempt %d", job.name, job.attempt)
        error: Exception | None = None
        failures = 0
        try:
            async with asyncio.timeout(ATTEMPT_TIMEOUT_S):
                again_at = await self._handlers[job.kind].function(run, *job.arguments)
        except LeaseLostError as lost:  # it ends by itself, if no other worker has the job
            _log.warning("%s lost its lease", job.name)
            return lost
        except Exception as failure:  # noqa: BLE001 - whatever it is, the job must not be lost
            error = failure
            again_at, failures = plan_retry(error, job.failures, self._store.clock.now())
        is_ours = run.has_ended or await self._record(job, run, again_at, error, failures)
        if is_ours and (again_at is None or error is not None):
            (JOBS_DONE if again_at is None else JOBS_RETRIED)[(job.kind,)] += 1
        if error is not None and self._polls:  # else `run_now` raises it
            _log_failure(job, error, again_at)
        return error

    async def _record(
        self,
        job: ClaimedJob,
        run: Run,
        again_at: dt.datetime | None,
        error: Exception | None,
        failures: int,
    ) -> bool:
        """Record an outcome; the job's partition pauses too when Slack asked for a pause.

        If nothing was sent before Slack asked for it, the next attempt looks for no earlier post.
        """
        is_paused = isinstance(error, SlackRateLimitedError)

        def work(session: Session) -> bool:
            if again_at and job.partition and is_paused:
                job_leases.pause_partition(session, job.partition, again_at)
            return job_leases.end(
                *(session, job.name, job.token, self._store.clock.now(), again_at),
                error=_reason_of(error) if error else "",
                failures=failures,
                is_attempt=bool(run.sent) or not is_paused,
            )

        while True:
            try:
                return await self._store.transact(work)
            except SQLAlchemyError:  # the store has logged it; nobody else knows the outcome
                await asyncio.sleep(_DATABASE_PAUSE_S)

    def _keep_leases(self) -> None:
        """Renew every lease again and again. In a thread: a busy event loop must not lose them."""
        while True:
            with contextlib.suppress(SQLAlchemyError):  # the store has logged it
                self._renew_leases()
            if self._stopped.wait(RENEWAL_INTERVAL_S):
                return

    def _renew_leases(self) -> None:
        """Renew every lease and cancel attempts whose lease is lost; delete a batch of old jobs."""
        attempts, valid_until = dict(self._running), time.monotonic() + _USABLE_S
        tokens = {name: each.run.token for name, each in attempts.items()}

        def work(session: Session) -> set[str]:
            now = self._store.now(session)
            store_jobs.record_heartbeat(session, self.name, now)
            store_jobs.delete_finished(session, now)
            return job_leases.renew_leases(session, tokens, now + LEASE) if tokens else set()

        held = self._store.transact_sync(work)
        for name, attempt in attempts.items():
            if name in held:
                attempt.run.valid_until = valid_until
            else:
                attempt.task.get_loop().call_soon_threadsafe(attempt.task.cancel)


def _pace_of(queue: Queue, pace: Pace) -> Pace:
    """Return a queue's pace: bursts are for what somebody waits for, and for Slack."""
    if queue is Queue.WEBHOOKS:  # one at a time
        return replace(pace, burst=1)
    return replace(pace, leaves_burst=queue is not Queue.MESSAGES)


def _reason_of(error: Exception) -> str:
    return str(error) or type(error).__name__


def _log_failure(job: ClaimedJob, error: Exception, again_at: dt.datetime | None) -> None:
    """Log a failure: what repeats itself once, an error we do not know with its traceback."""
    if again_at is None:
        if job.last_error != _reason_of(error):
            _log.warning("%s is given up: %s", job.name, error)
    elif isinstance(error, LagdeskError):
        _log.info("%s is tried again at %s: %s", job.name, again_at.isoformat(), error)
    else:
        trace = None if job.failures else error
        _log.warning("%s failed unexpectedly: %r", job.name, error, exc_info=trace)
