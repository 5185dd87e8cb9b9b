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
from bot.jobs.heartbeat import SILENT_FOR, Pulse
from bot.jobs.retries import next_try
from bot.ports import Clock
from bot.store import Store
from bot.store import jobs as store_jobs
from bot.store.models import Duty

Carrier = Callable[[Duty], Awaitable[dt.datetime | None]]
Result = TypeVar("Result")

RECONCILE_S: Final = 60.0
KEEP_FINISHED: Final = dt.timedelta(days=30)
CARRY_LIMIT_S: Final = 300.0  # one try; a carrier that hangs would hold its duty for ever
STOP_S: Final = 5.0  # a host that stops us kills us after ten
_SLOTS: Final = 8  # tries at once, of one kind: slow diagnoses never keep a card waiting
_BUSY_LOOK_S: Final = 1.0
_DATABASE_PAUSE_S: Final = 1.0
_CLEAN_EVERY: Final = dt.timedelta(days=1)
_ENQUEUED_TOO_LONG: Final = dt.timedelta(seconds=10)
_SETTLED_POLL_S: Final = 0.02
_log = logging.getLogger(__name__)


class Engine:
    """Carries duties out (`worker`), or leaves them to processes that do.

    A carrier gets the duty and returns None when it is done, or the moment at which it wants
    to be called again. A retryable LagdeskError puts the duty off; one that is not retryable
    ends it, for the carrier has recorded what it means.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        carriers: Mapping[str, Carrier],
        *,
        jobs_url: str | None = None,
        worker: bool = True,
        poll_s: float = 0.2,
    ) -> None:
        self._store = store
        self._clock = clock
        self._carriers = carriers
        self._is_worker = worker
        self.name: Final = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        url = jobs_url or beside(store.url)
        self._executor = Executor(url, executor_id=self.name, poll_s=poll_s)
        self._pulse: Pulse | None = None
        self._stopping = False
        self._nudged = asyncio.Event()
        self._passing = asyncio.Lock()
        self._begun: dict[str, str] = {}  # duties started here and not over: name -> kind
        self._tries: set[asyncio.Task[None]] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._cleaned_at: dt.datetime | None = None
        self._cleaned = asyncio.Event()  # the first cleaning of this start is over

    async def __aenter__(self) -> Self:
        """Start; what is owed goes on at once."""
        if not self._is_worker:
            await self._executor.open(None)
            return self
        self._loop = asyncio.get_running_loop()
        self._pulse = Pulse(self._store, self._clock, self.name, self._alarm)
        await asyncio.to_thread(self._pulse.beat)  # alive before DBOS knows our name
        await self._store.transact(lambda session: store_jobs.hasten(session, self._clock.now()))
        await self._executor.open(self._carry)
        self._pulse.start()
        self._do(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop: begin nothing, let what runs end for a while, hand the rest back."""
        self._stopping = True
        self._nudged.set()
        await _finish(self._chores | self._tries, STOP_S)
        try:
            await self._executor.close()
        finally:
            if self._pulse is not None:
                await asyncio.to_thread(self._pulse.stop)
                await self._store.transact(
                    lambda session: store_jobs.leave(session, self.name, self._clock.now())
                )

    async def wake(self, *names: str) -> None:
        """Say that duties were committed, all those due when no name is given.

        Returns at once. A wake that is lost or repeated does no harm.
        """
        if self._is_worker:
            self._nudged.set()
        elif not self._stopping:
            self._do(self._enqueue(names))

    async def reconcile(self) -> None:
        """Offer what is due and nobody is doing, and free what dead workers held."""
        if self._is_worker and self._pulse is not None:
            await asyncio.to_thread(self._pulse.beat)
            await asyncio.create_task(self._pass(), context=contextvars.Context())
        else:
            await asyncio.create_task(self._enqueue(()), context=contextvars.Context())

    async def settled(self, timeout_s: float = 5.0) -> None:
        """Wait until nothing is due and nothing runs; TimeoutError names what is left."""
        until = asyncio.get_running_loop().time() + timeout_s
        while True:
            left = await self._store.read(
                lambda session: store_jobs.unsettled(session, self._clock.now())
            )
            if not left and not self._begun:
                return
            if asyncio.get_running_loop().time() > until:
                raise TimeoutError(f"not settled: {', '.join(left) or 'the last job'}")
            await asyncio.sleep(_SETTLED_POLL_S)

    def _alarm(self) -> None:
        """Nudge from another thread."""
        self._loop.call_soon_threadsafe(self._nudged.set)

    def _do(self, chore: Coroutine[None, None, None]) -> None:
        """Run a chore in the background, outside of DBOS's idea of who asked for it."""
        task = asyncio.create_task(chore, context=contextvars.Context())
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _run(self) -> None:
        """Pass after pass: on a nudge, when the next duty is due, and every minute."""
        while not self._stopping:
            self._nudged.clear()
            try:
                wait_s = await self._pass()
                await self._clean()
            except Exception:  # noqa: BLE001 - the last line before owed work stands still
                _log.exception("A pass over the duties failed; the next one follows.")
                wait_s = _DATABASE_PAUSE_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._nudged.wait()
            except TimeoutError:
                continue

    async def _pass(self) -> float:
        """Start what is due; returns how many seconds the next pass can wait for."""
        async with self._passing:
            for duty in await self._store.read(self._startable):
                if not self._stopping:
                    await self._start(duty)
            due_at = await self._store.read(store_jobs.next_due)
        if due_at is None:
            return RECONCILE_S
        wait_s = (due_at - self._clock.now()).total_seconds()
        return min(wait_s, RECONCILE_S) if wait_s > 0 else _BUSY_LOOK_S

    def _startable(self, session: Session) -> list[Duty]:
        """List what is due of each kind that has room, leaving out what is begun here."""
        now = self._clock.now()
        begun = Counter(self._begun.values())
        found: list[Duty] = []
        for kind in self._carriers:
            room = _SLOTS - begun[kind]
            # what is begun and not yet taken still looks free: look past it
            waiting = store_jobs.due(session, now, _SLOTS, kind=kind) if room > 0 else []
            found += [duty for duty in waiting if duty.name not in self._begun][:room]
        return found

    async def _start(self, duty: Duty) -> None:
        """Start a duty's next attempt here, unless somebody has begun it."""
        job = job_id(duty)
        self._begun[duty.name] = duty.kind
        started = False
        try:
            started = await self._executor.start(job, duty.name)
        finally:
            if not started:
                self._begun.pop(duty.name, None)
        if not started and await self._is_lost(duty, job):
            await self._store.transact(
                lambda session: store_jobs.skip_attempt(session, duty.name, duty.attempt)
            )
            self._nudged.set()

    async def _is_lost(self, duty: Duty, job: str) -> bool:
        """Tell whether a job known to DBOS will never take its duty: over, or its worker dead."""
        known = await self._executor.whereabouts(job)
        if known is None:
            return False
        status, executor_id = known
        now = self._clock.now()
        if status == "ENQUEUED":
            return now - duty.due_at > _ENQUEUED_TOO_LONG
        if status != "PENDING" or executor_id == self.name:
            return status != "PENDING"
        return not await self._store.read(
            lambda session: store_jobs.is_alive(session, executor_id or "", now, SILENT_FOR)
        )

    async def _enqueue(self, names: tuple[str, ...]) -> None:
        """Leave what is due to the workers; if this fails, their next look finds it."""
        waiting = await self._store.read(
            lambda session: store_jobs.due(session, self._clock.now(), 100, names=names or None)
        )
        for duty in waiting:
            await self._executor.enqueue(job_id(duty), duty.name)

    async def _carry(self, name: str) -> None:
        """Carry out one attempt; DBOS calls this. Whoever takes the row does the work."""
        try:
            if self._stopping:
                return
            now = self._clock.now()
            duty = await self._write(lambda session: store_jobs.take(session, name, self.name, now))
            if duty is not None:
                await self._try(duty)
        finally:
            self._begun.pop(name, None)
            self._nudged.set()

    async def _try(self, duty: Duty) -> None:
        one_try = asyncio.create_task(self._carry_out(duty), context=contextvars.Context())
        self._tries.add(one_try)
        one_try.add_done_callback(self._tries.discard)
        await asyncio.wait({one_try})
        if not one_try.cancelled():
            one_try.result()

    async def _carry_out(self, duty: Duty) -> None:
        try:
            async with asyncio.timeout(CARRY_LIMIT_S):
                again_at = await self._carriers[duty.kind](duty)
        except LagdeskError as error:
            await (self._put_off if error.retryable else self._give_up)(duty, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the duty stays owed
            _log.warning(
                "%s failed unexpectedly.", duty.name, exc_info=None if duty.failures else error
            )
            await self._put_off(duty, error)
        else:
            await self._end(duty, again_at)

    async def _end(self, duty: Duty, again_at: dt.datetime | None) -> None:
        name, now = duty.name, self._clock.now()
        if again_at is not None:
            at = again_at
            await self._write(lambda s: store_jobs.postpone(s, name, at, holder=self.name))
            return
        metrics.DONE.labels(duty.kind).inc()
        await self._write(lambda s: store_jobs.settle(s, name, now, holder=self.name))

    async def _give_up(self, duty: Duty, error: Exception) -> None:
        _log.warning("%s is given up: %s", duty.name, error)
        metrics.DONE.labels(duty.kind).inc()
        name, now, why = duty.name, self._clock.now(), str(error)
        await self._write(lambda s: store_jobs.settle(s, name, now, holder=self.name, error=why))

    async def _put_off(self, duty: Duty, error: Exception) -> None:
        now = self._clock.now()
        due_at, ours = next_try(error, duty.failures, now)
        _log.info("%s is tried again at %s: %s", duty.name, due_at.isoformat(), error)
        metrics.RETRIED.labels(duty.kind).inc()
        why = str(error) or type(error).__name__
        await self._write(
            lambda session: store_jobs.postpone(
                session, duty.name, due_at, why, holder=self.name, failed=ours
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
            lambda session: store_jobs.delete_finished(session, now - KEEP_FINISHED)
        )
        await self._executor.delete_older(KEEP_FINISHED)
        self._cleaned.set()


async def _finish(tasks: set[asyncio.Task[None]], timeout_s: float) -> None:
    """Let tasks end in their own time, and cancel those that take too long."""
    if not tasks:
        return
    _, unfinished = await asyncio.wait(tasks, timeout=timeout_s)
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*unfinished, return_exceptions=True)


def job_id(duty: Duty) -> str:
    """Name a duty's next attempt, such as `report:LD-12#1`."""
    return f"{duty.name}#{duty.attempt + 1}"


def beside(url: str) -> str:
    """Return where DBOS keeps its tables: `lagdesk.jobs.db` beside `lagdesk.db`.

    On PostgreSQL the same database; there a schema of its own keeps them apart.
    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        parts = parts.set(database=str(Path(parts.database or "lagdesk").with_suffix(".jobs.db")))
    return parts.render_as_string(hide_password=False)
