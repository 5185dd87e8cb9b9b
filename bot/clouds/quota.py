"""Quotas per app and endpoint, enforced before each request, across processes.

Requests are counted in a table (`bot/store/rate_limits.py`); this module waits or refuses.
pyrate-limiter was tried first: its SQLite bucket let two processes book 21 calls of 20, its
file lock needs a further package, and none of its buckets counts calendar days.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol

from bot.clouds.endpoint import DAY_S, Endpoint
from bot.clouds.errors import quota_exceeded
from bot.ports import Clock, Priority, RemainingQuota

# A request reserved for a moment arrives a little later, and the next one perhaps sooner after it:
# with a quarter of a second, a machine ten times overloaded sent 11 of 10 once in two minutes.
MARGIN_S: Final = 0.5
MAX_WAIT_S: Final = 6.0  # four in a row where one a second is allowed
# What is left to people who wait: a tenth of every quota, three calls of ten a day, and where a
# quota is a single call, a head start whenever it is free again.
HEADROOM: Final = 0.1
MIN_HEADROOM: Final = 3
HEAD_START_S: Final = 3.0
_MAX_RESERVATIONS: Final = 3
_MIN_PERIOD_S: Final = 60.0  # a quota that is free again within seconds is not worth showing
Sleep = Callable[[float], Awaitable[None]]


class RateLimitStore(Protocol):
    """Where requests are counted. One store serves every process."""

    async def reserve_slot(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
        deadline: dt.datetime,
    ) -> tuple[dt.datetime, bool]:
        """Reserve the earliest moment every rate allows, unless that is after `deadline`.

        `rates` are (calls, seconds), `daily_limit` counts a UTC day. Returns the moment and
        whether it was reserved.
        """

    async def block_until(self, bucket: str, until: dt.datetime) -> None:
        """Reserve nothing in this bucket before that moment."""

    async def remaining(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
    ) -> tuple[tuple[int, ...], int | None]:
        """Return how many calls each rate, and the UTC day, still allow. Reserves nothing."""


class Quota:
    """Reserves a slot before every request: waits for a near one, refuses a distant one."""

    def __init__(
        self,
        rate_limit_store: RateLimitStore,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rate_limit_store = rate_limit_store
        self._clock = clock
        self._sleep = sleep

    async def acquire(
        self, endpoint: Endpoint, app_id: str, priority: Priority = Priority.INTERACTIVE
    ) -> None:
        """Take one call of an app's quota; returns when the request may be sent.

        Raises CloudQuotaExceededError(retry_at) when that is more than MAX_WAIT_S away, for
        BACKGROUND when it is not now; nothing is taken then. Where a limit counts seconds, a busy
        machine that wakes up too late reserves another slot: sent now, the request might arrive
        together with the next one.
        """
        is_tight = any(rate.period_s <= MAX_WAIT_S for rate in endpoint.rates)
        for _ in range(_MAX_RESERVATIONS):
            at = await self._reserve_slot(endpoint, app_id, priority)
            ahead_s = (at - self._clock.now()).total_seconds()
            if ahead_s > 0:
                await self._sleep(ahead_s)
            late_s = (self._clock.now() - at).total_seconds()
            if not is_tight or late_s < MARGIN_S / 2:
                return

    async def remaining_today(
        self, endpoint: Endpoint, app_id: str, priority: Priority = Priority.INTERACTIVE
    ) -> int | None:
        """Return how many calls are left of the UTC day, None when it has no limit."""
        _, daily_limit = _usable_limits(endpoint, priority)
        bucket = endpoint.bucket(app_id)
        now = self._clock.now()
        return (await self._rate_limit_store.remaining(bucket, (), daily_limit, now=now))[1]

    async def remaining(
        self, endpoints: Iterable[Endpoint], app_id: str
    ) -> tuple[RemainingQuota, ...]:
        """Return what is left of each quota of a minute or longer; a shared one once."""
        by_bucket = {endpoint.bucket(app_id): endpoint for endpoint in endpoints}
        quotas = [await self._remaining(bucket, each) for bucket, each in by_bucket.items()]
        return tuple(quota for quota in quotas if quota is not None)

    async def block_until(self, endpoint: Endpoint, app_id: str, until: dt.datetime) -> None:
        """Store that the cloud itself refuses requests until then."""
        await self._rate_limit_store.block_until(endpoint.bucket(app_id), until)

    async def _reserve_slot(
        self, endpoint: Endpoint, app_id: str, priority: Priority
    ) -> dt.datetime:
        now = self._clock.now()
        rates, daily_limit = _usable_limits(endpoint, priority)
        wait_s = 0.0 if priority is Priority.BACKGROUND else MAX_WAIT_S
        at, is_reserved = await self._rate_limit_store.reserve_slot(
            endpoint.bucket(app_id),
            rates,
            daily_limit,
            now=now,
            deadline=now + dt.timedelta(seconds=wait_s),
        )
        if not is_reserved:
            raise quota_exceeded(endpoint, at)
        return at

    async def _remaining(self, bucket: str, endpoint: Endpoint) -> RemainingQuota | None:
        name = endpoint.quota_group or endpoint.name
        rates = [
            (rate.calls, rate.period_s) for rate in endpoint.rates if rate.period_s >= _MIN_PERIOD_S
        ]
        by_rate, today = await self._rate_limit_store.remaining(
            bucket, rates, endpoint.daily_limit, now=self._clock.now()
        )
        if endpoint.daily_limit is not None and today is not None:
            return RemainingQuota(name, today, endpoint.daily_limit, DAY_S)
        if not rates:
            return None
        (most, period_s), left = max(zip(rates, by_rate, strict=True), key=lambda each: each[0][1])
        return RemainingQuota(name, left, most, period_s)


def _usable_limits(
    endpoint: Endpoint, priority: Priority
) -> tuple[list[tuple[int, float]], int | None]:
    """The rates and the daily limit that requests of this priority may use up."""
    rates = [(rate.calls, rate.period_s + MARGIN_S) for rate in endpoint.rates]
    daily_limit = endpoint.daily_limit
    if priority is Priority.INTERACTIVE:
        return rates, daily_limit
    rates = [
        (calls - max(1, round(calls * HEADROOM)), period_s)
        if calls > 1
        else (1, period_s + HEAD_START_S)
        for calls, period_s in rates
    ]
    if daily_limit is not None:
        headroom = max(math.ceil(daily_limit * HEADROOM), min(MIN_HEADROOM, daily_limit // 3))
        daily_limit -= headroom
    return rates, daily_limit
