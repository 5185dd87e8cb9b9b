"""The durable engine: carries out what the duty table says is owed. Decides nothing.

The table is the truth and its rows are the locks; DBOS only executes. What it forgets, loses
or does twice costs nothing: a duty that is due and that nobody holds is offered again.
"""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.errors import LagdeskError
from bot.jobs import metrics
from bot.jobs.executor import Executor
from bot.jobs.heartbeat import HEARTBEAT_TIMEOUT, HeartbeatThread
from bot.jobs.retries import next_attempt
from bot.jobs.signal import JobSignal
from bot.ports import Clock
from bot.store import Store
from bot.store import jobs as store_jobs
from bot.store.models import Job

JobHandler = Callable[[Job], Awaitable[dt.datetime | None]]
Result = TypeVar("Result")

RECONCILE_INTERVAL_S: Final = 60.0
FINISHED_RETENTION: Final = dt.timedelta(days=30)
JOB_TIMEOUT_S: Final = 300.0  # one try; a carrier that hangs would hold its duty for ever
SHUTDOWN_TIMEOUT_S: Final = 5.0  # a host that stops us kills us after ten
_SLOTS: Final = 8  # tries at once, of one kind: slow diagnoses never keep a card waiting
_BUSY_LOOK_S: Final = 1.0
_DATABASE_PAUSE_S: Final = 1.0
_CLEAN_EVERY: Final = dt.timedelta(days=1)
_ENQUEUED_TOO_LONG: Final = dt.timedelta(seconds=10)
_SETTLED_POLL_S: Final = 0.02
_log = logging.getLogger(__name__)


class Worker:
    """Carries duties out (`worker`), or leaves them to processes that do.

    A carrier gets the duty and returns None when it is done, or the moment at which it wants
    to be called again. A retryable LagdeskError puts the duty off; one that is not retryable
    ends it, for the carrier has recorded what it means.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        job_handlers: Mapping[str, JobHandler],
        *,
        signal: JobSignal | None = None,
        jobs_url: str | None = None,
        worker: bool = True,
        poll_s: float = 0.2,
    ) -> None:
        self._store = store
        self._clock = clock
        self._job_handlers = job_handlers
        self._signal = signal or JobSignal()
        self._unsubscribe: Callable[[], None] | None = None
        self._is_worker = worker
        self.name: Final = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        url = jobs_url or jobs_database_url(store.url)
        self._executor = Executor(url, executor_id=self.name, poll_s=poll_s)
        self._pulse: HeartbeatThread | None = None
        self._stopping = False
        self._wakeup = asyncio.Event()
        self._pass_lock = asyncio.Lock()
        self._started: dict[str, str] = {}  # duties started here and not over: name -> kind
        self._tries: set[asyncio.Task[None]] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._cleaned_at: dt.datetime | None = None
        self._cleaned = asyncio.Event()  # the first cleaning of this start is over

    async def __aenter__(self) -> Self:
        """Start; what is owed goes on at once."""
        self._unsubscribe = self._signal.subscribe(self._on_signal)
        if not self._is_worker:
            await self._executor.open(None)
            return self
        self._loop = asyncio.get_running_loop()
        self._pulse = HeartbeatThread(self._store, self._clock, self.name, self._alarm)
        await asyncio.to_thread(self._pulse.beat)  # alive before DBOS knows our name
        await self._store.transact(lambda session: store_jobs.retry_now(session, self._clock.now()))
        await self._executor.open(self._carry)
        self._pulse.start()
        self._run_in_background(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop: begin nothing, let what runs end for a while, hand the rest back."""
        self._stopping = True
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._wakeup.set()
        await _finish(self._chores | self._tries, SHUTDOWN_TIMEOUT_S)
        try:
            await self._executor.close()
        finally:
            if self._pulse is not None:
                await asyncio.to_thread(self._pulse.stop)
                await self._store.transact(
                    lambda session: store_jobs.release_worker(session, self.name, self._clock.now())
                )

    async def notify_workers(self, *names: str) -> None:
        """Say that duties were committed, all those due when no name is given.

        Returns at once. A wake that is lost or repeated does no harm.
        """
        if self._is_worker:
            self._wakeup.set()
        elif not self._stopping:
            self._run_in_background(self._enqueue(names))

    def _on_signal(self) -> None:
        """Look for the jobs that were just committed."""
        if self._is_worker:
            self._wakeup.set()
        elif not self._stopping:
            self._run_in_background(self._enqueue(()))

    async def reconcile(self) -> None:
        """Offer what is due and nobody is doing, and free what dead workers held."""
        if self._is_worker and self._pulse is not None:
            await asyncio.to_thread(self._pulse.beat)
            await asyncio.create_task(self._pass(), context=contextvars.Context())
        else:
            await asyncio.create_task(self._enqueue(()), context=contextvars.Context())

    async def wait_until_idle(self, timeout_s: float = 5.0) -> None:
        """Wait until nothing is due and nothing runs; TimeoutError names what is left."""
        until = asyncio.get_running_loop().time() + timeout_s
        while True:
            left = await self._store.read(
                lambda session: store_jobs.list_unfinished(session, self._clock.now())
            )
            if not left and not self._started:
                return
            if asyncio.get_running_loop().time() > until:
                raise TimeoutError(f"not settled: {', '.join(left) or 'the last job'}")
            await asyncio.sleep(_SETTLED_POLL_S)

    def _alarm(self) -> None:
        """Nudge from another thread."""
        self._loop.call_soon_threadsafe(self._wakeup.set)

    def _run_in_background(self, coroutine: Coroutine[None, None, None]) -> None:
        """Run a chore in the background, outside of DBOS's idea of who asked for it."""
        task = asyncio.create_task(coroutine, context=contextvars.Context())
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _run(self) -> None:
        """Pass after pass: on a nudge, when the next duty is due, and every minute."""
        while not self._stopping:
            self._wakeup.clear()
            try:
                wait_s = await self._pass()
                await self._clean()
            except Exception:  # noqa: BLE001 - the last line before owed work stands still
                _log.exception("A pass over the duties failed; the next one follows.")
                wait_s = _DATABASE_PAUSE_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._wakeup.wait()
            except TimeoutError:
                continue

    async def _pass(self) -> float:
        """Start what is due; returns how many seconds the next pass can wait for."""
        async with self._pass_lock:
            for duty in await self._store.read(self._list_startable):
                if not self._stopping:
                    await self._start(duty)
            due_at = await self._store.read(store_jobs.next_due_at)
        if due_at is None:
            return RECONCILE_INTERVAL_S
        wait_s = (due_at - self._clock.now()).total_seconds()
        return min(wait_s, RECONCILE_INTERVAL_S) if wait_s > 0 else _BUSY_LOOK_S

    def _list_startable(self, session: Session) -> list[Job]:
        """List what is due of each kind that has room, leaving out what is begun here."""
        now = self._clock.now()
        begun = Counter(self._started.values())
        found: list[Job] = []
        for kind in self._job_handlers:
            room = _SLOTS - begun[kind]
            # what is begun and not yet taken still looks free: look past it
            waiting = store_jobs.list_due(session, now, _SLOTS, kind=kind) if room > 0 else []
            found += [duty for duty in waiting if duty.name not in self._started][:room]
        return found

    async def _start(self, duty: Job) -> None:
        """Start a duty's next attempt here, unless somebody has begun it."""
        job = attempt_id(duty)
        self._started[duty.name] = duty.kind
        started = False
        try:
            started = await self._executor.start(job, duty.name)
        finally:
            if not started:
                self._started.pop(duty.name, None)
        if not started and await self._is_lost(duty, job):
            await self._store.transact(
                lambda session: store_jobs.skip_attempt(session, duty.name, duty.attempt)
            )
            self._wakeup.set()

    async def _is_lost(self, duty: Job, job: str) -> bool:
        """Tell whether a job known to DBOS will never take its duty: over, or its worker dead."""
        known = await self._executor.job_status(job)
        if known is None:
            return False
        status, executor_id = known
        now = self._clock.now()
        if status == "ENQUEUED":
            return now - duty.due_at > _ENQUEUED_TOO_LONG
        if status != "PENDING" or executor_id == self.name:
            return status != "PENDING"
        return not await self._store.read(
            lambda session: store_jobs.is_alive(session, executor_id or "", now, HEARTBEAT_TIMEOUT)
        )

    async def _enqueue(self, names: tuple[str, ...]) -> None:
        """Leave what is due to the workers; if this fails, their next look finds it."""
        waiting = await self._store.read(
            lambda session: store_jobs.list_due(
                session, self._clock.now(), 100, names=names or None
            )
        )
        for duty in waiting:
            await self._executor.enqueue(attempt_id(duty), duty.name)

    async def _carry(self, name: str) -> None:
        """Carry out one attempt; DBOS calls this. Whoever takes the row does the work."""
        try:
            if self._stopping:
                return
            now = self._clock.now()
            duty = await self._write(
                lambda session: store_jobs.start_attempt(session, name, self.name, now)
            )
            if duty is not None:
                await self._attempt(duty)
        finally:
            self._started.pop(name, None)
            self._wakeup.set()

    async def _attempt(self, duty: Job) -> None:
        attempt = asyncio.create_task(self._run_attempt(duty), context=contextvars.Context())
        self._tries.add(attempt)
        attempt.add_done_callback(self._tries.discard)
        await asyncio.wait({attempt})
        if not attempt.cancelled():
            attempt.result()

    async def _run_attempt(self, duty: Job) -> None:
        try:
            async with asyncio.timeout(JOB_TIMEOUT_S):
                again_at = await self._job_handlers[duty.kind](duty)
        except LagdeskError as error:
            await (self._schedule_retry if error.retryable else self._give_up)(duty, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the duty stays owed
            _log.warning(
                "%s failed unexpectedly.", duty.name, exc_info=None if duty.failures else error
            )
            await self._schedule_retry(duty, error)
        else:
            await self._end(duty, again_at)

    async def _end(self, duty: Job, again_at: dt.datetime | None) -> None:
        name, now = duty.name, self._clock.now()
        if again_at is not None:
            at = again_at
            await self._write(lambda s: store_jobs.reschedule(s, name, at, locked_by=self.name))
            return
        metrics.DONE.labels(duty.kind).inc()
        await self._write(lambda s: store_jobs.complete(s, name, now, locked_by=self.name))

    async def _give_up(self, duty: Job, error: Exception) -> None:
        _log.warning("%s is given up: %s", duty.name, error)
        metrics.DONE.labels(duty.kind).inc()
        name, now, why = duty.name, self._clock.now(), str(error)
        await self._write(
            lambda s: store_jobs.complete(s, name, now, locked_by=self.name, error=why)
        )

    async def _schedule_retry(self, duty: Job, error: Exception) -> None:
        now = self._clock.now()
        due_at, ours = next_attempt(error, duty.failures, now)
        _log.info("%s is tried again at %s: %s", duty.name, due_at.isoformat(), error)
        metrics.RETRIED.labels(duty.kind).inc()
        why = str(error) or type(error).__name__
        await self._write(
            lambda session: store_jobs.reschedule(
                session, duty.name, due_at, why, locked_by=self.name, failed=ours
            )
        )

    async def _write(self, work: Callable[[Session], Result]) -> Result:
        """Write to the table, waiting for a database that is away: the outcome is known."""
        while True:
            try:
                return await self._store.transact(work)
            except SQLAlchemyError:
                _log.warning("The database is away; trying again.", exc_info=True)
                await asyncio.sleep(_DATABASE_PAUSE_S)

    async def _clean(self) -> None:
        """Once a day, delete what was finished long ago."""
        now = self._clock.now()
        if self._cleaned_at is not None and now - self._cleaned_at < _CLEAN_EVERY:
            return
        self._cleaned_at = now
        await self._store.transact(
            lambda session: store_jobs.delete_finished(session, now - FINISHED_RETENTION)
        )
        await self._executor.delete_older(FINISHED_RETENTION)
        self._cleaned.set()


async def _finish(tasks: set[asyncio.Task[None]], timeout_s: float) -> None:
    """Let tasks end in their own time, and cancel those that take too long."""
    if not tasks:
        return
    _, unfinished = await asyncio.wait(tasks, timeout=timeout_s)
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*unfinished, return_exceptions=True)


def attempt_id(duty: Job) -> str:
    """Name a duty's next attempt, such as `report:LD-12#1`."""
    return f"{duty.name}#{duty.attempt + 1}"


def jobs_database_url(url: str) -> str:
    """Return where DBOS keeps its tables: `lagdesk.jobs.db` beside `lagdesk.db`.

    On PostgreSQL the same database; there a schema of its own keeps them apart.
    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        parts = parts.set(database=str(Path(parts.database or "lagdesk").with_suffix(".jobs.db")))
    return parts.render_as_string(hide_password=False)
