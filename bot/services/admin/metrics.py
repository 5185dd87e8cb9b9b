"""Metrics for Prometheus: what this process has counted, and what the database has."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.ports import RemainingQuota
from bot.services.context import Context, DatabaseError
from bot.services.summary.weekly_figures import WeeklyFigures, WeeklyFiguresService
from bot.store.admin.counts import StoredCounts, read_counts

_TIMEOUT_S: Final = 2.0
_WEEKS_TIMEOUT_S: Final = 7.0  # Prometheus waits for ten
_MAX_AGE: Final = dt.timedelta(seconds=10)  # whoever asks more often gets the same counts


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the database has; without counts it did not answer in time."""

    at: dt.datetime
    counts: StoredCounts | None = None
    quotas: Mapping[str, tuple[RemainingQuota, ...]] = field(default_factory=dict)
    weeks: WeeklyFigures = field(default_factory=WeeklyFigures)


class MetricsService:
    """Renders the metrics. It never fails, and takes no thread that answers Slack for long."""

    def __init__(self, context: Context, weeks: WeeklyFiguresService) -> None:
        self._context = context
        self._weeks = weeks
        self._lock = asyncio.Lock()
        self._last: Measurement | None = None

    async def render(self) -> tuple[bytes, str]:
        """Return the metrics as text, and its content type."""
        async with self._lock:
            now = self._context.clock.now()
            if self._last is None or not now - _MAX_AGE < self._last.at <= now:
                self._last = await self._measure(now)
        return await asyncio.to_thread(_render, self._last)

    async def _measure(self, now: dt.datetime) -> Measurement:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                counts = await self._context.store.read(lambda session: read_counts(session, now))
                clouds = self._context.clouds.items()
                quotas = {app: await cloud.remaining_quotas(app) for app, cloud in clouds}
        except (DatabaseError, TimeoutError):  # the store has logged it
            return Measurement(now)
        return Measurement(now, counts, quotas, await self._count_weeks())

    async def _count_weeks(self) -> WeeklyFigures:
        """Count the weeks; without figures when that takes too long."""
        try:
            async with asyncio.timeout(_WEEKS_TIMEOUT_S):
                return await self._weeks.load()
        except (DatabaseError, TimeoutError):
            return WeeklyFigures()


def _render(measurement: Measurement) -> tuple[bytes, str]:
    from bot.services.admin import exposition  # noqa: PLC0415 - prometheus_client is slow to import

    return exposition.render(measurement.counts, measurement.quotas, measurement.weeks)
