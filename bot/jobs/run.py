"""What a job's function gets and how it is declared."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, TypeVar

from sqlmodel import Session

from bot.errors import SlackRateLimitedError
from bot.store import Store, job_leases

# Gets a Run and the job's arguments. Returns None when done, or when to call it again.
JobFunction = Callable[..., Awaitable[dt.datetime | None]]
Function = TypeVar("Function", bound=JobFunction)
Result = TypeVar("Result")
_MARK: Final = "_job"


class Queue(IntEnum):
    """The queues, the most urgent first; each has slots of its own."""

    MESSAGES = 0  # cards and replies that somebody waits for
    DIAGNOSES = 1
    BACKGROUND = 2
    WEBHOOKS = 3  # to receivers that may be slow: no other job waits for them


class LeaseLostError(Exception):
    """Another worker may have the job: this one was frozen or without a database for too long."""


@dataclass(slots=True)
class Run:
    """One attempt. `key` is the job's name, which the messages it posts carry as metadata.

    `token` is its lease: nobody else can claim the job before `valid_until`, a monotonic time. A
    function that is called directly has none. `has_ended` when the outcome is recorded. `sent`
    counts the messages that have arrived, or may have.
    """

    key: str
    is_retry: bool = False
    token: str = ""
    valid_until: float = math.inf
    has_ended: bool = False
    sent: int = 0

    def ensure_held(self) -> None:
        """Check before what must not happen twice. Raises LeaseLostError."""
        if time.monotonic() > self.valid_until:
            raise LeaseLostError(self.key)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send a message that must not be sent twice. Raises LeaseLostError."""
        self.ensure_held()
        self.sent += 1
        try:
            yield
        except SlackRateLimitedError:  # it has certainly not arrived
            self.sent -= 1
            raise

    def fenced(self, work: Callable[[Session], Result]) -> Callable[[Session], Result]:
        """Return work that raises LeaseLostError if another worker has the job by then."""

        def fenced_work(session: Session) -> Result:
            result = work(session)  # locks the ticket before the job, as whoever enqueues does
            if self.token and not job_leases.is_held(session, self.key, self.token):
                raise LeaseLostError(self.key)
            return result

        return fenced_work

    async def end(
        self, store: Store, work: Callable[[Session], object], again_at: dt.datetime | None = None
    ) -> None:
        """Commit work, and that the job is done, or due at `again_at`. Raises LeaseLostError."""

        def ending(session: Session) -> None:
            work(session)
            now = store.clock.now()
            if self.token and not job_leases.end(session, self.key, self.token, now, again_at):
                raise LeaseLostError(self.key)

        await store.transact(ending)
        self.has_ended = bool(self.token)


class JobHandler(NamedTuple):
    """How the jobs of one kind are run."""

    queue: Queue
    function: JobFunction


def job(kind: str, queue: Queue = Queue.BACKGROUND) -> Callable[[Function], Function]:
    """Declare that a method runs the jobs of a kind."""

    def declare(function: Function) -> Function:
        setattr(function, _MARK, (kind, queue))
        return function

    return declare


def collect_handlers(*features: object) -> dict[str, JobHandler]:
    """Return the methods declared as jobs, by kind. Raises ValueError for a kind declared twice."""
    handlers: dict[str, JobHandler] = {}
    for feature in features:
        for name in dir(type(feature)):
            kind, queue = getattr(getattr(type(feature), name), _MARK, ("", None))
            if kind in handlers:
                raise ValueError(kind)
            if queue is not None:
                handlers[kind] = JobHandler(queue, getattr(feature, name))
    return handlers
