"""The threads that run transactions; on SQLite one, which commits those that wait together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection
from sqlmodel import Session

from bot.store.engine import is_unavailable

Result = TypeVar("Result")
RAISED_STOP_ITERATION: Final = "the work raised StopIteration"


class _CancelledError(Exception):
    """Nobody waits for this work any more."""


class Work(Generic[Result]):
    """A function of a session, and the future of its result; cancelling that rolls it back."""

    def __init__(self, function: Callable[[Session], Result]) -> None:
        self.future: Future[Result] = Future()
        self._function = function
        self._context = copy_context()  # jobs that it enqueues belong to the same request
        self._report: Callable[[], None] = partial(self.fail, _CancelledError())

    def run(self, connection: Connection) -> bool:
        """Run the function; False when it raised, and the transaction is rolled back.

        Raises only when the database itself failed.
        """
        if self.future.cancelled():
            return True
        try:
            self._report = partial(self.future.set_result, self._run(connection))
        except StopIteration:  # a coroutine cannot raise it
            self._report = partial(self.fail, RuntimeError(RAISED_STOP_ITERATION))
        except Exception as error:  # the caller gets it, or the group fails
            if is_unavailable(error):
                raise
            self._report = partial(self.fail, error)
        else:
            return True
        return False

    def _run(self, connection: Connection) -> Result:
        with Session(connection, join_transaction_mode="rollback_only") as session:
            result = self._context.run(self._function, session)
            session.flush()
            if not (self.future.running() or self.future.set_running_or_notify_cancel()):
                raise _CancelledError
            return result

    def report(self) -> None:
        """Give the result, or the error, to whoever waits for it; call it after the commit."""
        with suppress(InvalidStateError):  # cancelled
            self._report()

    def fail(self, error: BaseException) -> None:
        """Give an error to whoever waits."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)


class Writers:
    """Threads that run what is submitted, up to `group_size` in one transaction.

    `commit` runs a group in one transaction. When one of it raises, it commits nothing and returns
    that one; it then runs alone, after the others. That is rare, and savepoints would cost every
    ticket a tenth more. When `commit` itself raises, the whole group has failed.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Work[Any]]], Work[Any] | None],
        threads: int,
        group_size: int,
    ) -> None:
        self._commit = commit
        self._group_size = group_size
        self._waiting: deque[Work[Any]] = deque()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store-write")

    def submit(self, function: Callable[[Session], Result]) -> Future[Result]:
        """Let a thread run this in the next transaction."""
        work = Work(function)
        self._waiting.append(work)
        self._threads.submit(self._run_waiting)
        return work.future

    def shutdown(self) -> None:
        """Wait for what was submitted."""
        self._threads.shutdown(wait=True)

    def _run_waiting(self) -> None:
        """Run what waits; nothing when an earlier group took it."""
        group: list[Work[Any]] = []
        with suppress(IndexError):
            while len(group) < self._group_size:
                group.append(self._waiting.popleft())
        if group:
            self._run(group)

    def _run(self, group: Sequence[Work[Any]]) -> None:
        try:
            failed = self._commit(group)
        except Exception as error:  # noqa: BLE001 - each caller gets it
            for work in group:
                work.fail(error)
            return
        if failed is not None and len(group) > 1:
            self._run([work for work in group if work is not failed])
            self._run([failed])
            return
        for work in group:
            work.report()
