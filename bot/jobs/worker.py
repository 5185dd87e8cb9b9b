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
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.errors import LagdeskError, SlackRateLimitedError
from bot.jobs import counts
from bot.jobs.leases import LEASE, Lease, LeaseLostError, LeaseThread, lease_end
from bot.jobs.requests import OpenRequests
from bot.jobs.retries import next_attempt
from bot.jobs.run import JobHandler, Queue, Run
from bot.store import Store, job_leases
from bot.store import jobs as store_jobs
from bot.store.job_leases import ClaimedJob, Pace

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
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Attempt:
    job: ClaimedJob
    handler: JobHandler
    lease: Lease


class Worker:
    """Runs jobs while its block is open; with `polls=False` only those of `run_now`.

    It looks for jobs that are due when `signal` is set, and several times a second. A job's
    function returns None when it is done, or the moment at which to run it again. A retryable
    LagdeskError or an unexpected error postpones it; another LagdeskError ends it.
    """

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, JobHandler],
        *,
        signal: asyncio.Event | None = None,
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
        self._signal = signal or asyncio.Event()
        self._requests = requests or OpenRequests()
        self._polls = polls
        self._paces = {  # bursts are for what somebody waits for
            queue: replace(pace, leaves_burst=queue is not Queue.MESSAGES) for queue in Queue
        }
        self._leases = LeaseThread(store, self.name, self._list_leases, self._on_lost)
        self._claim_numbers = itertools.count(1)
        self._stopping = False
        self._polling: list[asyncio.Task[None]] = []
        self._running: dict[asyncio.Task[Exception | None], _Attempt] = {}
        self._cleaned_at: dt.datetime | None = None

    async def __aenter__(self) -> Self:
        """Start, also while the database is away."""
        self._leases.start()
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
        self._signal.set()
        until = asyncio.get_running_loop().time() + SHUTDOWN_TIMEOUT_S
        await _finish(self._polling, until)
        tokens = {lease.token for lease in self._list_leases()}
        await _finish(self._running, until)
        try:
            async with asyncio.timeout(_RELEASE_TIMEOUT_S):
                await self._leases.stop(tokens)
        except (SQLAlchemyError, TimeoutError) as failure:
            why = str(failure) or "the database does not answer"
            _log.warning("the leases end by themselves in %s, as %s", LEASE, why)

    async def run_now(self, name: str) -> bool:
        """Run this job here; False when it is not due or runs elsewhere. Raises its error."""
        started = await self._start(tuple(self._handlers), 1, self._paces[Queue.MESSAGES], name)
        for task in started:
            error = await task
            if error is not None:
                raise error
        return bool(started)

    async def _run(self) -> None:
        """Start what is due: when notified, when a job has ended, and at every poll."""
        has_retried = False
        while not self._stopping:
            self._signal.clear()
            pause_s = POLL_INTERVAL_S
            try:
                if not has_retried:  # a start is a reason to try again
                    await self._store.transact(
                        lambda s: store_jobs.retry_now(s, self._store.now(s))
                    )
                    has_retried = True
                await self._requests.wait_until_quiet()
                await self._start_due()
                await self._clean()
            except SQLAlchemyError:  # the store has logged it
                pause_s = _DATABASE_PAUSE_S
            except Exception as error:  # noqa: BLE001 - the last handler before jobs stand still
                _log.exception("jobs cannot be started, trying again: %r", error)
                pause_s = _ERROR_PAUSE_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._signal.wait()

    async def _start_due(self) -> None:
        """Start jobs in every queue that has free slots, the most urgent queue first."""
        used = Counter(each.handler.queue for each in self._running.values())
        free = {queue: _SLOTS - used[queue] for queue in Queue if used[queue] < _SLOTS}

        def find_queues(session: Session) -> list[Queue]:
            now, running = self._store.now(session), self._running_names()

            def is_any_due(kinds: Collection[str], queue: Queue) -> bool:
                pace = self._paces[queue]
                return job_leases.has_claimable(session, now, kinds, running, pace)

            if not is_any_due(tuple(self._handlers), Queue.MESSAGES):  # mostly: one query is enough
                return []
            return [queue for queue in free if is_any_due(self._kinds[queue], queue)]

        for queue in await self._store.read(find_queues):
            await self._start(self._kinds[queue], free[queue], self._paces[queue])

    async def _start(
        self, kinds: tuple[str, ...], limit: int, pace: Pace, name: str | None = None
    ) -> list[asyncio.Task[Exception | None]]:
        """Claim and start up to `limit` jobs of these kinds, or the one of this name."""
        token = f"{self.name}/{next(self._claim_numbers)}"
        valid_until = lease_end()
        claimed = await self._store.transact(
            lambda session: job_leases.claim(
                *(session, kinds, limit),
                token=token,
                now=self._store.now(session),
                lease=LEASE,
                pace=pace,
                running=self._running_names(),
                name=name,
            )
        )
        return [self._run_in_task(job, Lease(job.name, token, valid_until)) for job in claimed]

    def _run_in_task(self, job: ClaimedJob, lease: Lease) -> asyncio.Task[Exception | None]:
        attempt = _Attempt(job, self._handlers[job.kind], lease)
        task = asyncio.create_task(self._execute(attempt))
        self._running[task] = attempt
        task.add_done_callback(self._on_end)
        return task

    def _on_end(self, task: asyncio.Task[Exception | None]) -> None:
        name = self._running.pop(task).job.name
        self._signal.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the outcome of %s cannot be recorded: %r", name, error, exc_info=error)

    def _running_names(self) -> list[str]:
        return [each.job.name for each in list(self._running.values())]

    def _list_leases(self) -> list[Lease]:
        return [each.lease for each in list(self._running.values())]

    def _on_lost(self, lease: Lease) -> None:
        """Cancel the attempt with this lease, not one that has begun since."""
        for task, attempt in list(self._running.items()):
            if attempt.lease is lease:
                task.get_loop().call_soon_threadsafe(task.cancel)

    async def _execute(self, attempt: _Attempt) -> Exception | None:
        """Run a job's function and record the outcome; returns the error that it raised."""
        job, run = attempt.job, Run(attempt.job.name, attempt.job.attempt > 1, attempt.lease)
        try:
            async with asyncio.timeout(attempt.handler.timeout_s):
                again_at = await attempt.handler.function(run, *job.arguments)
        except LeaseLostError as error:  # it ends by itself, if no other worker has the job
            _log.warning("%s lost its lease", job.name)
            return error
        except LagdeskError as error:
            await (self._postpone(job, error) if error.retryable else self._give_up(job, error))
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must not be lost
            await self._postpone(job, error)
            return error
        is_ours = run.has_ended or await self._record(
            lambda s: job_leases.end(s, job.name, job.token, self._store.now(s), again_at)
        )
        if is_ours and again_at is None:
            counts.DONE[job.kind] += 1
        return None

    async def _give_up(self, job: ClaimedJob, error: LagdeskError) -> None:
        """End a job that cannot succeed; log why once, although it may be enqueued again."""
        reason = str(error) or type(error).__name__

        def work(session: Session) -> bool:
            now, failures = self._store.now(session), int(error.retried_at_start)
            return job_leases.complete(
                session, job.name, job.token, now, error=reason, failures=failures
            )

        if await self._record(work):
            counts.DONE[job.kind] += 1
        if self._polls and job.last_error != reason:  # else `run_now` raises it
            _log.warning("%s is given up: %s", job.name, reason)

    async def _postpone(self, job: ClaimedJob, error: Exception) -> None:
        """Try a job again later; so must its partition if the receiver asked for a pause."""
        reason = str(error) or type(error).__name__

        def work(session: Session) -> tuple[dt.datetime, bool]:
            due_at, is_ours = next_attempt(error, job.failures, self._store.now(session))
            failures = job.failures + 1 if is_ours else 0
            is_held = job_leases.reschedule(
                session, job.name, job.token, due_at, error=reason, failures=failures
            )
            if job.partition and isinstance(error, SlackRateLimitedError):
                job_leases.pause_partition(session, job.partition, due_at)
            return due_at, is_held

        due_at, is_held = await self._record(work)
        if is_held:
            counts.RETRIED[job.kind] += 1
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


async def _finish(tasks: Iterable[asyncio.Task[Any]], until: float) -> None:
    """Let tasks end in their own time, and cancel those that take too long."""
    unfinished = set(tasks)
    if not unfinished:
        return
    now = asyncio.get_running_loop().time()
    _, unfinished = await asyncio.wait(unfinished, timeout=max(0.0, until - now))
    for task in unfinished:
        task.cancel()
    if unfinished:
        await asyncio.wait(unfinished, timeout=_CANCEL_TIMEOUT_S)
