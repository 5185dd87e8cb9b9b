"""The database: transactions with time limits, and whether it is well."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, NullPool, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.ports import Clock, ServerClock, SystemClock
from bot.store import probe, schema
from bot.store.engine import (
    LIMITS,
    DatabaseFile,
    DatabaseUnavailableError,
    Limits,
    OpenConnections,
    create_bounded_engine,
    is_transient,
    is_unavailable,
    reason_of,
)
from bot.store.jobs import ARE_DUE
from bot.store.outage_log import OutageLog
from bot.store.writers import RAISED_STOP_ITERATION, Work, Writers

Result = TypeVar("Result")
DatabaseError = SQLAlchemyError  # for packages that may not import sqlalchemy
_CLOCK: Final = text("SELECT clock_timestamp()")
_GROUP_SIZE: Final = 32
_RETRY_PAUSES_S: Final = (0.02, 0.1)
_HEALTH_TIMEOUT_S: Final = 2.0
_WAITED: Final = "cancelled while it waited for the database"
_WAITED_TO_READ: Final = "cancelled while it read from the database"


class Store:
    """One database. Work is a plain function of a session and runs in a thread of the store.

    `transact` commits when the work returns, else rolls back. On SQLite work that waits for the
    same thread is committed together; what one of them raises concerns only itself. After a
    deadlock, or an error of work beside it, the work runs again. Whoever stops waiting rolls the
    work back, unless its commit has begun. `clock` is the database's clock; tests replace it.
    """

    def __init__(
        self,
        url: str,
        *,
        threads: int = 4,
        limits: Limits = LIMITS,
        clock: Clock | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url: Final = url
        self._limits = limits
        self._file = DatabaseFile(make_url(url))
        self.engine: Final = create_bounded_engine(url, self._file, limits)
        self._connections = OpenConnections(self.engine)
        self.is_sqlite: Final = self._file.is_sqlite
        self._server_clock = None if self.is_sqlite or clock else ServerClock()
        self.clock: Final[Clock] = clock or self._server_clock or SystemClock()
        self.job_signal: Final = asyncio.Event()
        self._outage_log = OutageLog(timer)
        self._writers = Writers(
            self._commit_group,
            threads=1 if self.is_sqlite else threads,
            group_size=_GROUP_SIZE if self.is_sqlite else 1,
        )
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix="store-read")

    @property
    def is_missing(self) -> bool:
        """Return whether this is a SQLite database whose file does not exist yet."""
        return self._file.is_missing

    def now(self, session: Session) -> dt.datetime:
        """Read the database's clock: leases are compared by it, whatever the machines' clocks are.

        SQLite has the machine's clock.
        """
        if self._server_clock is not None:
            self._server_clock.set(session.connection().execute(_CLOCK).scalar_one())
        return self.clock.now()

    async def transact(self, work: Callable[[Session], Result]) -> Result:
        """Run the work in one transaction, then set `job_signal` if it enqueued jobs."""
        are_due = False

        def noting(session: Session) -> Result:
            nonlocal are_due
            result = work(session)
            are_due = ARE_DUE in session.info
            return result

        result = await _wait_for(self._writers.submit(noting))
        if are_due:
            self.job_signal.set()
        return result

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Run work that only reads."""
        reading = self._readers.submit(_call, lambda: self.read_sync(work))
        return await _wait_for(reading, is_read=True)

    def transact_sync(self, work: Callable[[Session], Result]) -> Result:
        """Run the work in one transaction and wait for it."""
        return self._writers.submit(work).result()

    def read_sync(self, work: Callable[[Session], Result]) -> Result:
        """Run work that only reads, in the calling thread."""
        return self._observe(lambda: self._read(work), is_read=True)

    async def find_fault(self) -> str:
        """Write and read a row; return why that failed within two seconds, "" when it is well."""
        try:
            async with asyncio.timeout(_HEALTH_TIMEOUT_S):
                await _wait_for(self._readers.submit(self._observe, self._check))
        except DatabaseUnavailableError as error:
            return error.reason
        except TimeoutError:
            return "no answer within two seconds"
        return ""

    def migrate(self) -> None:
        """Upgrade to the newest revision. Raises LagdeskError for an unknown one."""
        with self.engine.connect() as connection:
            schema.migrate(connection)

    def is_current(self) -> bool:
        """Return whether the schema is at the newest revision. Raises LagdeskError if unknown."""
        with self.engine.connect() as connection:
            return schema.is_current(connection)

    def close(self) -> None:
        """Shut down the threads and close all connections.

        Work that still waits for the database after a moment fails: a frozen server never answers.
        """
        ending = threading.Thread(target=self._end_threads, name="store-close", daemon=True)
        ending.start()
        ending.join(self._limits.close_s)
        if ending.is_alive():
            self._connections.interrupt()
            ending.join(self._limits.close_s)
        self.engine.dispose()
        self._file.close()

    def _end_threads(self) -> None:
        self._writers.shutdown()
        self._readers.shutdown(wait=True)

    def _commit_group(self, group: Sequence[Work[Any]]) -> Work[Any] | None:
        def attempt() -> Work[Any] | None:
            for pause_s in _RETRY_PAUSES_S:
                try:
                    return self._commit(self.engine, group)
                except SQLAlchemyError as error:
                    if not is_transient(error) or all(each.future.cancelled() for each in group):
                        raise
                time.sleep(random.uniform(0, pause_s))  # noqa: S311 - not a secret
            return self._commit(self.engine, group)

        return self._observe(attempt)

    def _commit(self, engine: Engine, group: Sequence[Work[Any]]) -> Work[Any] | None:
        """Run a group in one transaction; returns the first that raised, with nothing committed."""
        with engine.connect() as connection:
            connection.begin()
            if self.is_sqlite:  # take the write lock now: a later upgrade could deadlock
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            for work in group:
                if not work.run(connection):
                    return work
            self._file.check()
            connection.commit()
            return None

    def _read(self, work: Callable[[Session], Result]) -> Result:
        with Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN")
            return work(session)

    def _check(self) -> None:
        """Write and read a row; on SQLite on a new connection, which reads the file again."""
        engine = self.engine
        if self.is_sqlite:
            self._file.check_content()
            engine = create_bounded_engine(self.url, self._file, self._limits, poolclass=NullPool)
            with engine.connect() as connection:
                probe.check_pages(connection)
        probing = Work(probe.write_and_read)
        self._commit(engine, [probing])
        probing.report()
        probing.future.result()

    def _observe(self, work: Callable[[], Result], *, is_read: bool = False) -> Result:
        """Log when the database begins to fail, and when it works again.

        Raises DatabaseUnavailableError when the database could not do the work.
        """
        try:
            result = work()
        except SQLAlchemyError as error:
            if not is_unavailable(error):
                raise
            reason = reason_of(error)
            self._outage_log.failed(reason)
            raise DatabaseUnavailableError(reason, is_read=is_read) from error
        self._outage_log.succeeded()
        return result


async def _wait_for(future: Future[Result], *, is_read: bool = False) -> Result:
    with noting_wait(is_read=is_read):
        return await asyncio.wrap_future(future)


@contextmanager
def noting_wait(*, is_read: bool) -> Iterator[None]:
    """Note on a cancellation that it interrupted somebody who waited for the database."""
    try:
        yield
    except asyncio.CancelledError as error:
        error.add_note(_WAITED_TO_READ if is_read else _WAITED)
        raise


def explain_cancellation(error: BaseException | None) -> DatabaseUnavailableError | None:
    """Return the reason of a cancellation that interrupted somebody who waited for the database."""
    notes = getattr(error, "__notes__", ())
    if _WAITED in notes or _WAITED_TO_READ in notes:
        return DatabaseUnavailableError("no answer in time", is_read=_WAITED not in notes)
    return None


def _call(work: Callable[[], Result]) -> Result:
    """Run the work; a future could not carry StopIteration, and would never end."""
    try:
        return work()
    except StopIteration as error:
        raise RuntimeError(RAISED_STOP_ITERATION) from error
