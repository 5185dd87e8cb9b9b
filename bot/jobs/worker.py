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
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from cachetools import LRUCache
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.errors import LagdeskError, SlackRateLimitedError
from bot.jobs import metrics
from bot.jobs.leases import LEASE, Lease, LeaseLostError, LeaseThread, lease_end
from bot.jobs.requests import OpenRequests
from bot.jobs.retries import next_attempt
from bot.jobs.run import JobHandler, Queue, Run
from bot.jobs.signal import JobSignal
from bot.store import Store
from bot.store import jobs as store_jobs
from bot.store.jobs import ClaimedJob, Pace

Result = TypeVar("Result")

SLACK_PACE: Final = Pace(dt.timedelta(seconds=1), burst=3)  # Slack: one message a second a channel
SHUTDOWN_TIMEOUT_S: Final = 3.0  # for running jobs; a host kills us after ten seconds
_RELEASE_TIMEOUT_S: Final = 1.0
_CANCEL_TIMEOUT_S: Final = 0.5
POLL_INTERVAL_S: Final = 0.2  # for jobs of other processes; our own notify us
DONE_RETENTION: Final = dt.timedelta(hours=1)
FAILED_RETENTION: Final = dt.timedelta(days=30)
_SLOTS: Final = 8  # attempts at once, in each queue: slow diagnoses never keep a card waiting
_DATABASE_PAUSE_S: Final = 1.0
_ERROR_PAUSE_S: Final = 5.0
_CLEANING_INTERVAL: Final = dt.timedelta(minutes=5)
_MAX_GIVEN_UP: Final = 1000  # names in memory
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Running:
    task: asyncio.Task[Exception | None]
    queue: Queue
    lease: Lease


@dataclass(frozen=True, slots=True)
class _Attempt:
    job: ClaimedJob
    handler: JobHandler
    lease: Lease


class Worker:
    """Runs jobs while its block is open; with `polls=False` only those of `run_now`.

    A job's function returns None when it is done, or the moment at which to run it again. A
    retryable LagdeskError or an unexpected error postpones it; another LagdeskError ends it.
    """

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, JobHandler],
        *,
        signal: JobSignal | None = None,
        requests: OpenRequests | None = None,
        polls: bool = True,
        pace: Pace = SLACK_PACE,
    ) -> None:
        self.name: Final = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._store = store
        self._handlers = handlers
        self._kinds = {
            queue: tuple(each.kind for each in handlers.values() if each.queue is queue)
            for queue in Queue
        }
        self._signal = signal or JobSignal()
        self._requests = requests or OpenRequests()
        self._polls = polls
        self._pace = pace
        self._leases = LeaseThread(store, self.name, self._on_lost)
        self._claim_numbers = itertools.count(1)
        self._wakeup = asyncio.Event()
        self._stopping = False
        self._has_retried = not polls
        self._polling: list[asyncio.Task[None]] = []
        self._running: dict[str, _Running] = {}
        self._cleaned_at: dt.datetime | None = None
        self._given_up: LRUCache[str, str] = LRUCache(_MAX_GIVEN_UP)

    async def __aenter__(self) -> Self:
        """Start, also while the database is away; what waits after a failure runs at once."""
        self._signal.subscribe(self._wakeup.set)
        self._leases.start()
        with contextlib.suppress(SQLAlchemyError):
            await self._retry_failures()
        if self._polls:
            self._polling.append(asyncio.create_task(self._run()))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop: start nothing, let running jobs end for a while, release the rest."""
        self._stopping = True
        self._signal.unsubscribe(self._wakeup.set)
        self._wakeup.set()
        until = asyncio.get_running_loop().time() + SHUTDOWN_TIMEOUT_S
        await _finish(set(self._polling), until)
        await _finish({each.task for each in self._running.values()}, until)
        try:
            async with asyncio.timeout(_RELEASE_TIMEOUT_S):
                await self._leases.stop()
        except (SQLAlchemyError, TimeoutError) as failure:
            why = str(failure) or "the database does not answer"
            _log.warning("the leases end by themselves in %s, as %s", LEASE, why)

    async def run_now(self, name: str) -> bool:
        """Run this job here; False when it is not due or runs elsewhere. Raises its error."""
        claimed = await self._claim(tuple(self._handlers), 1, name=name)
        for attempt in claimed:
            error = await self._run_attempt(attempt)
            if error is not None:
                raise error
        return bool(claimed)

    async def _run(self) -> None:
        """Start what is due: when notified, when a job has ended, and at every poll."""
        while not self._stopping:
            self._wakeup.clear()
            pause_s = POLL_INTERVAL_S
            try:
                await self._retry_failures()
                await self._requests.wait_until_none()
                await self._start_due()
                await self._clean()
            except SQLAlchemyError:  # the store has logged it
                pause_s = _DATABASE_PAUSE_S
            except Exception as error:  # noqa: BLE001 - the last handler before jobs stand still
                _log.exception("jobs cannot be started, trying again: %r", error)
                pause_s = _ERROR_PAUSE_S
            try:
                async with asyncio.timeout(pause_s):
                    await self._wakeup.wait()
            except TimeoutError:
                continue

    async def _retry_failures(self) -> None:
        """Run what waits after a failure, once: a start is a reason to try again."""
        if not self._has_retried:
            await self._store.transact(lambda s: store_jobs.retry_now(s, self._store.now(s)))
            self._has_retried = True

    async def _start_due(self) -> None:
        """Start jobs in every queue that has free slots, the most urgent queue first."""
        used = Counter(each.queue for each in self._running.values())
        free = {queue: _SLOTS - used[queue] for queue in Queue if used[queue] < _SLOTS}
        for queue in await self._store.read(partial(self._queues_with_work, free)):
            for attempt in await self._claim(self._kinds[queue], free[queue]):
                self._start(attempt)

    def _queues_with_work(self, queues: Iterable[Queue], session: Session) -> list[Queue]:
        now, running = self._store.now(session), tuple(self._running)
        every_kind = tuple(self._handlers)
        if not store_jobs.has_claimable(session, now, every_kind, running):  # mostly
            return []
        return [
            queue
            for queue in queues
            if store_jobs.has_claimable(session, now, self._kinds[queue], running)
        ]

    async def _claim(
        self, kinds: tuple[str, ...], limit: int, *, name: str | None = None
    ) -> list[_Attempt]:
        token = f"{self.name}/{next(self._claim_numbers)}"
        valid_until = lease_end()
        claimed = await self._store.transact(
            lambda session: store_jobs.claim(
                session,
                kinds,
                limit,
                token=token,
                now=self._store.now(session),
                lease=LEASE,
                pace=self._pace,
                running=tuple(self._running),
                name=name,
            )
        )
        return [self._lease(job, valid_until) for job in claimed]

    def _lease(self, job: ClaimedJob, valid_until: float) -> _Attempt:
        lease = Lease(job.name, job.token, valid_until)
        self._leases.add(lease)
        return _Attempt(job, self._handlers[job.kind], lease)

    def _start(self, attempt: _Attempt) -> None:
        task = asyncio.create_task(self._run_attempt(attempt))
        self._running[attempt.job.name] = _Running(task, attempt.handler.queue, attempt.lease)
        task.add_done_callback(partial(self._on_end, attempt.job.name))

    def _on_end(self, name: str, task: asyncio.Task[Exception | None]) -> None:
        del self._running[name]
        self._wakeup.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the outcome of %s cannot be recorded: %r", name, error, exc_info=error)

    def _on_lost(self, lease: Lease) -> None:
        """Cancel the attempt with this lease, not one that has begun since."""
        running = self._running.get(lease.job)
        if running is not None and running.lease is lease:
            running.task.get_loop().call_soon_threadsafe(running.task.cancel)

    async def _run_attempt(self, attempt: _Attempt) -> Exception | None:
        """Run a job's function and record the outcome; returns the error that it raised."""
        try:
            return await self._execute(attempt)
        finally:
            if not self._stopping:  # what is cancelled at the stop is released there
                self._leases.remove(attempt.lease)

    async def _execute(self, attempt: _Attempt) -> Exception | None:
        job, run = attempt.job, Run(attempt.job.name, attempt.job.attempt > 1, attempt.lease)
        try:
            async with asyncio.timeout(attempt.handler.timeout_s):
                again_at = await attempt.handler.function(run, *job.arguments)
        except LeaseLostError as error:
            await self._end_lost(job)
            return error
        except LagdeskError as error:
            await (self._postpone(job, error) if error.retryable else self._give_up(job, error))
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must not be lost
            await self._postpone(job, error)
            return error
        await self._end(job, again_at)
        return None

    async def _end(self, job: ClaimedJob, again_at: dt.datetime | None) -> None:
        def work(session: Session) -> bool:
            if again_at is None:
                return store_jobs.complete(session, job.name, job.token, self._store.now(session))
            store_jobs.reschedule(session, job.name, job.token, again_at)
            return False

        if await self._record(work):
            metrics.DONE.labels(job.kind).inc()

    async def _end_lost(self, job: ClaimedJob) -> None:
        """Run a job again whose lease was not renewed in time, unless another worker does."""
        is_ours = await self._record(
            lambda s: store_jobs.reschedule(s, job.name, job.token, self._store.now(s))
        )
        _log.warning("%s lost its lease; %s", job.name, "again" if is_ours else "others have it")

    async def _give_up(self, job: ClaimedJob, error: LagdeskError) -> None:
        """End a job that cannot succeed; log why once, although it may be enqueued again."""
        reason = str(error) or type(error).__name__

        def work(session: Session) -> bool:
            now, failures = self._store.now(session), int(error.retried_at_start)
            return store_jobs.complete(
                session, job.name, job.token, now, error=reason, failures=failures
            )

        if await self._record(work):
            metrics.DONE.labels(job.kind).inc()
        if self._polls and self._given_up.get(job.name) != reason:  # else `run_now` raises it
            self._given_up[job.name] = reason
            _log.warning("%s is given up: %s", job.name, reason)

    async def _postpone(self, job: ClaimedJob, error: Exception) -> None:
        """Try a job again later; so must its partition if the receiver asked for a pause."""
        reason = str(error) or type(error).__name__

        def work(session: Session) -> tuple[dt.datetime, bool]:
            due_at, is_ours = next_attempt(error, job.failures, self._store.now(session))
            failures = job.failures + 1 if is_ours else 0
            is_held = store_jobs.reschedule(
                session, job.name, job.token, due_at, error=reason, failures=failures
            )
            if job.partition and isinstance(error, SlackRateLimitedError):
                store_jobs.pause_partition(session, job.partition, due_at)
            return due_at, is_held

        due_at, is_held = await self._record(work)
        if is_held:
            metrics.RETRIED.labels(job.kind).inc()
        if self._polls:
            _log_failure(job, error, due_at)

    async def _record(self, work: Callable[[Session], Result]) -> Result:
        """Write an outcome, waiting for a database that is away: the outcome is known."""
        while True:
            try:
                return await self._store.transact(work)
            except SQLAlchemyError:
                await asyncio.sleep(_DATABASE_PAUSE_S)

    async def _clean(self) -> None:
        """Delete what was finished some time ago, every few minutes."""
        now = self._store.clock.now()
        if self._cleaned_at is not None and now - self._cleaned_at < _CLEANING_INTERVAL:
            return
        delete = partial(
            store_jobs.delete_finished,
            done_before=now - DONE_RETENTION,
            failed_before=now - FAILED_RETENTION,
        )
        while await self._store.transact(delete):
            continue
        self._cleaned_at = now


def _log_failure(job: ClaimedJob, error: Exception, due_at: dt.datetime) -> None:
    """Log a failure: an error we know in one line, another with its traceback the first time."""
    if isinstance(error, LagdeskError):
        _log.info("%s is tried again at %s: %s", job.name, due_at.isoformat(), error)
        return
    trace = None if job.failures else error
    _log.warning("%s failed unexpectedly: %r", job.name, error, exc_info=trace)


async def _finish(tasks: set[asyncio.Task[Any]], until: float) -> None:
    """Let tasks end in their own time, and cancel those that take too long."""
    if not tasks:
        return
    now = asyncio.get_running_loop().time()
    _, unfinished = await asyncio.wait(tasks, timeout=max(0.0, until - now))
    for task in unfinished:
        task.cancel()
    if unfinished:
        await asyncio.wait(unfinished, timeout=_CANCEL_TIMEOUT_S)
