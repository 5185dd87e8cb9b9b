"""Figures of whole apps kept between questions and restarts. Asks no cloud; knows none."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from bot.call import Distribution, Trend, Usage
from bot.clouds.errors import TooEarlyError
from bot.errors import (
    CloudError,
    CloudOverQuotaError,
    CloudRefusedError,
    CloudUnreachableError,
)
from bot.ports import Clock

_CLOSED: Final = (401, 403)
_JUST_NOW: Final = dt.timedelta(seconds=70)  # an allowance of a minute, and its margins
_LOOKS_S: Final = (0.2, 0.4, 0.8, 1.0)  # a cloud that is well answers within two seconds
_VERSION: Final = "1"  # of the kept form; an answer in another form is asked for anew


Sleep = Callable[[float], Awaitable[None]]


class Answers(Protocol):
    """Where the last answer to a question is kept, whichever process asked it."""

    async def recall(self, question: str) -> tuple[str, dt.datetime] | None:
        """Return the last answer and when it was fetched."""

    async def keep(self, question: str, answer: str, at: dt.datetime) -> None:
        """Keep an answer, replacing the one before."""


class PassingAnswers:
    """Answers kept as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, dt.datetime]] = {}

    async def recall(self, question: str) -> tuple[str, dt.datetime] | None:
        """Return the last answer and when it was fetched."""
        return self._kept.get(question)

    async def keep(self, question: str, answer: str, at: dt.datetime) -> None:
        """Keep an answer, replacing the one before."""
        self._kept[question] = (answer, at)


@dataclass(frozen=True, slots=True)
class Part:
    """The figures one question brought. Times are aware.

    `fresh_at` is when the cloud can tell more than this.
    """

    fetched_at: dt.datetime
    fresh_at: dt.datetime
    since: dt.datetime
    until: dt.datetime
    trends: tuple[Trend, ...] = ()
    usages: tuple[Usage, ...] = ()
    distributions: tuple[Distribution, ...] = ()

    def only(self, *names: str) -> Part:
        """The same with the trends of these names alone, in their order."""
        by_name = {trend.name.value: trend for trend in self.trends}
        return replace(self, trends=tuple(by_name[name] for name in names if name in by_name))


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one question: its figures, new or kept, and what went wrong with asking."""

    what: str
    part: Part | None = None
    error: CloudError | None = None

    @property
    def fresh_at(self) -> dt.datetime | None:
        """When asking again brings more; None when a failure leaves that open."""
        if isinstance(self.error, CloudOverQuotaError):
            return self.error.retry_at
        return self.part.fresh_at if self.part and self.error is None else None


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: what its endpoint is called, what its answer is kept as, how it is asked."""

    what: str
    question: str
    fetch: Callable[[], Awaitable[Part]]


class Asker:
    """Asks only what is not known well enough, and falls back on what was known before."""

    def __init__(self, answers: Answers, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._answers = answers
        self._clock = clock
        self._sleep = sleep
        self._locks: dict[str, asyncio.Lock] = {}

    async def ask_all(self, asks: Iterable[Ask]) -> list[Found]:
        """Ask one after the other; a cloud that is away or closed is not asked the rest."""
        found: list[Found] = []
        closed: CloudError | None = None
        for each in asks:
            answer = await self.ask(each if closed is None else replace(each, fetch=_fail(closed)))
            if answer.error is not None and _is_closed(answer.error):
                closed = answer.error
            found.append(answer)
        return found

    async def ask(self, ask: Ask) -> Found:
        """Return the kept answer while nothing newer can be had, else the one `fetch` brings.

        When fetching fails, the kept answer comes with the error. Raises nothing of a cloud's.
        """
        async with self._locks.setdefault(ask.question, asyncio.Lock()):
            kept = await self._recall(ask.question)
            if kept is not None and self._clock.now() < kept.fresh_at:
                return Found(ask.what, kept)
            try:
                part = await ask.fetch()
            except CloudError as error:
                return await self._after(error, ask.what, ask.question)
            answer = msgspec.json.encode([_VERSION, part]).decode()
            await self._answers.keep(ask.question, answer, part.fetched_at)
            return Found(ask.what, part)

    async def _after(self, error: CloudError, what: str, question: str) -> Found:
        """Another process may have got the answer that we were refused, or be getting it."""
        kept = await self._recall(question)
        over = isinstance(error, CloudOverQuotaError) and not isinstance(error, TooEarlyError)
        if over and kept is None and self._was_just_asked(error):
            kept = await self._wait_for(question)
        if over and kept is not None and self._clock.now() < kept.fresh_at:
            return Found(what, kept)
        return Found(what, kept, error)

    def _was_just_asked(self, error: CloudError) -> bool:
        """Tell whether our own count refused, of calls that went out within the last minute."""
        if not isinstance(error, CloudOverQuotaError) or error.status:
            return False
        return error.retry_at - self._clock.now() <= _JUST_NOW

    async def _wait_for(self, question: str) -> Part | None:
        """Look again for an answer that is on its way to somebody else."""
        for pause_s in _LOOKS_S:
            await self._sleep(pause_s)
            kept = await self._recall(question)
            if kept is not None:
                return kept
        return None

    async def _recall(self, question: str) -> Part | None:
        known = await self._answers.recall(question)
        if known is None:
            return None
        try:
            version, part = msgspec.json.decode(known[0], type=tuple[str, Part])
        except msgspec.MsgspecError:
            return None
        return part if version == _VERSION else None


def _is_closed(error: CloudError) -> bool:
    """Tell what would meet every other question too: nobody answers, or the key is refused."""
    refused = isinstance(error, CloudRefusedError) and error.status in _CLOSED
    return refused or isinstance(error, CloudUnreachableError)


def _fail(error: CloudError) -> Callable[[], Awaitable[Part]]:
    async def fetch() -> Part:
        raise error

    return fetch
