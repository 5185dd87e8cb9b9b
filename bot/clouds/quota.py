"""Budgets kept before they are broken, per app and endpoint, shared by all processes.

The counting is the ledger's (a table, in `bot/store/rate_limits.py`); waiting and refusing is ours.
pyrate-limiter was tried first: its SQLite bucket let two processes book 21 calls of 20, its
file lock needs a further package, and no bucket of it knows calendar days.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol

from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import over_quota
from bot.ports import Clock

# A call booked for a moment arrives a little later, and the next one perhaps sooner after it:
# with a quarter of a second, a machine ten times overloaded sent 11 of 10 once in two minutes.
MARGIN_S: Final = 0.5
SHORT_WAIT_S: Final = 6.0  # four in a row where one a second is allowed
# What the background leaves to people: a tenth of every allowance, three calls of ten a day,
# and where an allowance is a single call, a head start whenever it comes free.
RESERVE: Final = 0.1
LEAST_RESERVE: Final = 3
HEAD_START_S: Final = 3.0
_BOOKINGS: Final = 3
Sleep = Callable[[float], Awaitable[None]]
_leaves_reserve: ContextVar[bool] = ContextVar("leaves_reserve", default=False)


@contextmanager
def leaving_reserve() -> Iterator[None]:
    """Within the block, calls leave to people what the background does, but wait as people do."""
    token = _leaves_reserve.set(True)
    try:
        yield
    finally:
        _leaves_reserve.reset(token)


class Ledger(Protocol):
    """Where calls are counted. One ledger serves every process."""

    async def book(
        self,
        account: str,
        rates: Sequence[tuple[int, float]],
        daily: int | None,
        *,
        now: dt.datetime,
        latest: dt.datetime,
    ) -> tuple[dt.datetime, bool]:
        """Book the earliest moment every rate allows, unless that is after `latest`.

        `rates` are (calls, seconds), `daily` counts a UTC day. Returns the moment and whether it
        was booked.
        """

    async def shut(self, account: str, until: dt.datetime) -> None:
        """Book nothing for this account before that moment."""

    async def left(
        self,
        account: str,
        rates: Sequence[tuple[int, float]],
        daily: int | None,
        *,
        now: dt.datetime,
    ) -> tuple[tuple[int, ...], int | None]:
        """Return how many calls each rate, and the UTC day, still allow. Books nothing."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Now, in UTC."""
        return dt.datetime.now(dt.UTC)


class Quota:
    """Asks the ledger before every call, waits short waits, and refuses long ones."""

    def __init__(
        self, ledger: Ledger, clock: Clock | None = None, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._ledger = ledger
        self._clock: Clock = clock or SystemClock()
        self._sleep = sleep

    async def spend(
        self,
        endpoint: Endpoint,
        app: str,
        *,
        wait_s: float = SHORT_WAIT_S,
        background: bool = False,
    ) -> None:
        """Take one call out of an app's budget (`app` is the cloud's id of it).

        Returns when the call may go out. Raises CloudOverQuotaError(retry_at) when that is more
        than `wait_s` seconds away; nothing is taken then. Work in the background neither waits
        nor takes what is kept for people. Where seconds count, a busy machine that comes too late
        for its moment books another: sent now, the call might meet the next one.
        """
        is_tight = any(rate.per_s <= SHORT_WAIT_S for rate in endpoint.rates)
        for _ in range(_BOOKINGS):
            at = await self._book(endpoint, app, wait_s=wait_s, background=background)
            ahead_s = (at - self._clock.now()).total_seconds()
            if ahead_s > 0:
                await self._sleep(ahead_s)
            late_s = (self._clock.now() - at).total_seconds()
            if not is_tight or late_s < MARGIN_S / 2:
                return

    async def _book(
        self, endpoint: Endpoint, app: str, *, wait_s: float, background: bool
    ) -> dt.datetime:
        now = self._clock.now()
        rates, daily = _share(endpoint, background=background or _leaves_reserve.get())
        latest = now if background else now + dt.timedelta(seconds=wait_s)
        at, booked = await self._ledger.book(
            endpoint.account(app), rates, daily, now=now, latest=latest
        )
        if not booked:
            raise over_quota(endpoint, at)
        return at

    async def left_today(
        self, endpoint: Endpoint, app: str, *, background: bool = False
    ) -> int | None:
        """Return how many calls the UTC day still allows, None when it sets no limit."""
        _, daily = _share(endpoint, background=background)
        account = endpoint.account(app)
        return (await self._ledger.left(account, (), daily, now=self._clock.now()))[1]

    async def shut(self, endpoint: Endpoint, app: str, until: dt.datetime) -> None:
        """Remember that the cloud itself said no until then."""
        await self._ledger.shut(endpoint.account(app), until)


def _share(endpoint: Endpoint, *, background: bool) -> tuple[list[tuple[int, float]], int | None]:
    """The rates and the calls a day that somebody may use up."""
    rates = [(rate.calls, rate.per_s + MARGIN_S) for rate in endpoint.rates]
    if not background:
        return rates, endpoint.daily
    kept = [
        (calls - max(1, round(calls * RESERVE)), per_s) if calls > 1 else (1, per_s + HEAD_START_S)
        for calls, per_s in rates
    ]
    daily = endpoint.daily
    if daily is None:
        return kept, None
    return kept, daily - max(math.ceil(daily * RESERVE), min(LEAST_RESERVE, daily // 3))
