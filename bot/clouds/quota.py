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

from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import quota_exceeded
from bot.ports import Clock

# A call booked for a moment arrives a little later, and the next one perhaps sooner after it:
# with a quarter of a second, a machine ten times overloaded sent 11 of 10 once in two minutes.
MARGIN_S: Final = 0.5
MAX_WAIT_S: Final = 6.0  # four in a row where one a second is allowed
# What the background leaves to people: a tenth of every allowance, three calls of ten a day,
# and where an allowance is a single call, a head start whenever it comes free.
HEADROOM: Final = 0.1
MIN_HEADROOM: Final = 3
HEAD_START_S: Final = 3.0
_MAX_RESERVATIONS: Final = 3
Sleep = Callable[[float], Awaitable[None]]
_leaves_headroom: ContextVar[bool] = ContextVar("leaves_reserve", default=False)


@contextmanager
def leaving_headroom() -> Iterator[None]:
    """Within the block, calls leave to people what the background does, but wait as people do."""
    token = _leaves_headroom.set(True)
    try:
        yield
    finally:
        _leaves_headroom.reset(token)


class RateLimitStore(Protocol):
    """Where calls are counted. One ledger serves every process."""

    async def reserve_slot(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
        deadline: dt.datetime,
    ) -> tuple[dt.datetime, bool]:
        """Book the earliest moment every rate allows, unless that is after `deadline`.

        `rates` are (calls, seconds), `daily_limit` counts a UTC day. Returns the
        moment and whether it was booked.
        """

    async def block_until(self, bucket: str, until: dt.datetime) -> None:
        """Book nothing for this account before that moment."""

    async def remaining(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
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
        self,
        rate_limit_store: RateLimitStore,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rate_limit_store = rate_limit_store
        self._clock: Clock = clock or SystemClock()
        self._sleep = sleep

    async def acquire(
        self,
        endpoint: Endpoint,
        app: str,
        *,
        wait_s: float = MAX_WAIT_S,
        background: bool = False,
    ) -> None:
        """Take one call out of an app's budget (`app` is the cloud's id of it).

        Returns when the call may go out. Raises CloudOverQuotaError(retry_at) when that is more
        than `wait_s` seconds away; nothing is taken then. Work in the background neither waits
        nor takes what is kept for people. Where seconds count, a busy machine that comes too late
        for its moment books another: sent now, the call might meet the next one.
        """
        is_tight = any(rate.period_s <= MAX_WAIT_S for rate in endpoint.rates)
        for _ in range(_MAX_RESERVATIONS):
            at = await self._reserve_slot(endpoint, app, wait_s=wait_s, background=background)
            ahead_s = (at - self._clock.now()).total_seconds()
            if ahead_s > 0:
                await self._sleep(ahead_s)
            late_s = (self._clock.now() - at).total_seconds()
            if not is_tight or late_s < MARGIN_S / 2:
                return

    async def _reserve_slot(
        self, endpoint: Endpoint, app: str, *, wait_s: float, background: bool
    ) -> dt.datetime:
        now = self._clock.now()
        rates, daily_limit = _usable_limits(
            endpoint, background=background or _leaves_headroom.get()
        )
        latest = now if background else now + dt.timedelta(seconds=wait_s)
        at, is_reserved = await self._rate_limit_store.reserve_slot(
            endpoint.bucket(app), rates, daily_limit, now=now, deadline=latest
        )
        if not is_reserved:
            raise quota_exceeded(endpoint, at)
        return at

    async def remaining_today(
        self, endpoint: Endpoint, app: str, *, background: bool = False
    ) -> int | None:
        """Return how many calls the UTC day still allows, None when it sets no limit."""
        _, daily_limit = _usable_limits(endpoint, background=background)
        bucket = endpoint.bucket(app)
        return (
            await self._rate_limit_store.remaining(bucket, (), daily_limit, now=self._clock.now())
        )[1]

    async def block_until(self, endpoint: Endpoint, app: str, until: dt.datetime) -> None:
        """Remember that the cloud itself said no until then."""
        await self._rate_limit_store.block_until(endpoint.bucket(app), until)


def _usable_limits(
    endpoint: Endpoint, *, background: bool
) -> tuple[list[tuple[int, float]], int | None]:
    """The rates and the calls a day that somebody may use up."""
    rates = [(rate.calls, rate.period_s + MARGIN_S) for rate in endpoint.rates]
    if not background:
        return rates, endpoint.daily_limit
    kept = [
        (calls - max(1, round(calls * HEADROOM)), period_s)
        if calls > 1
        else (1, period_s + HEAD_START_S)
        for calls, period_s in rates
    ]
    daily_limit = endpoint.daily_limit
    if daily_limit is None:
        return kept, None
    return kept, daily_limit - max(
        math.ceil(daily_limit * HEADROOM), min(MIN_HEADROOM, daily_limit // 3)
    )
