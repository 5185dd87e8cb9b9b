"""What a job's function gets and how it is declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol, TypeVar

from sqlmodel import Session

from bot.jobs.leases import Lease, LeaseLostError
from bot.store import Store, job_leases

# Gets a Run and the job's arguments. Returns None when done, or when to call it again.
JobFunction = Callable[..., Awaitable[dt.datetime | None]]
Function = TypeVar("Function", bound=Callable[..., Awaitable[dt.datetime | None]])
Result = TypeVar("Result")
_MARK: Final = "_job"


class Queue(IntEnum):
    """The queues, the most urgent first; each has slots of its own."""

    MESSAGES = 0  # cards and replies that somebody waits for
    DIAGNOSES = 1
    BACKGROUND = 2


class Committer(Protocol):
    """Runs work in one transaction."""

    async def commit(self, work: Callable[[Session], Result]) -> Result:
        """Commit, then notify the worker of the jobs that were enqueued."""


@dataclass(slots=True)
class Run:
    """One attempt. `key` is the job's name, which the messages it posts carry as metadata.

    A function that is called directly has no lease. `has_ended` when the outcome is recorded.
    """

    key: str
    is_retry: bool = False
    lease: Lease | None = None
    has_ended: bool = False

    def ensure_held(self) -> None:
        """Check before what must not happen twice. Raises LeaseLostError."""
        if self.lease is not None:
            self.lease.ensure_valid()

    async def commit(self, committer: Committer, work: Callable[[Session], Result]) -> Result:
        """Commit unless another worker has the job by now. Raises LeaseLostError."""

        def fenced(session: Session) -> Result:
            lease = self.lease
            if lease is not None and not job_leases.is_held(session, lease.job, lease.token):
                raise LeaseLostError(lease.job)
            return work(session)

        return await committer.commit(fenced)

    async def end(
        self,
        store: Store,
        work: Callable[[Session], object],
        again_at: dt.datetime | None = None,
    ) -> None:
        """Commit and record in the same transaction that the job is done, or due at `again_at`.

        The function then returns `again_at`. Raises LeaseLostError.
        """

        def ending(session: Session) -> None:
            work(session)
            if (lease := self.lease) is not None:
                now = store.now(session)
                if not job_leases.end(session, lease.job, lease.token, now, again_at):
                    raise LeaseLostError(lease.job)

        await store.transact(ending)
        self.has_ended = self.lease is not None


@dataclass(frozen=True, slots=True)
class JobHandler:
    """The function of one kind of job and how to run it."""

    kind: str
    queue: Queue
    timeout_s: float
    function: JobFunction


def job(
    kind: str, queue: Queue = Queue.BACKGROUND, *, timeout_s: float = 300.0
) -> Callable[[Function], Function]:
    """Declare that a method runs the jobs of a kind. An attempt is cancelled after `timeout_s`."""

    def declare(function: Function) -> Function:
        setattr(function, _MARK, (kind, queue, timeout_s))
        return function

    return declare


def collect_handlers(*features: object) -> dict[str, JobHandler]:
    """Return the handlers that these objects' methods declare, by kind.

    Raises ValueError when two declare the same kind.
    """
    handlers: dict[str, JobHandler] = {}
    for feature in features:
        for name in dir(type(feature)):
            handler = _handler(feature, name)
            if handler is not None and handlers.setdefault(handler.kind, handler) is not handler:
                raise ValueError(handler.kind)
    return handlers


def _handler(feature: object, name: str) -> JobHandler | None:
    declared: tuple[str, Queue, float] | None = getattr(getattr(type(feature), name), _MARK, None)
    if declared is None:
        return None
    kind, queue, timeout_s = declared
    return JobHandler(kind, queue, timeout_s, getattr(feature, name))
