"""Statistics of everybody in one call, and the protocol of clouds that have them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from bot.call import Call, Distribution, Media, Trend
from bot.ports.clouds import Window

FREEZE_LIMIT_PERCENT: Final = 5.0  # percent of the time frozen; Agora's own limit for video


@dataclass(frozen=True, slots=True)
class FreezeBucket:
    """How many users were frozen for `low` up to `high` percent of the time."""

    media: Media
    low: float
    high: float
    people: int


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """Statistics of everybody in a call within a window, not only of the two of a complaint.

    `distributions` are shares of time frozen along a dimension, in percent; `minutes` are figures
    of each minute: the people there, and how many of them froze.
    """

    since: dt.datetime
    until: dt.datetime
    distributions: tuple[Distribution, ...] = ()
    buckets: tuple[FreezeBucket, ...] = ()
    minutes: tuple[Trend, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether there are no statistics in it."""
        has_rows = any(distribution.rows for distribution in self.distributions) or any(
            t.points for t in self.minutes
        )
        return not has_rows and not any(bucket.people for bucket in self.buckets)

    def people(self, media: Media, least: float = 0.0) -> int:
        """Count the users frozen for at least this percentage of the time."""
        return sum(
            bucket.people
            for bucket in self.buckets
            if bucket.media is media and bucket.low >= least
        )


@runtime_checkable
class SupportsCallStatistics(Protocol):
    """A cloud with statistics of everybody in one call."""

    async def fetch_call_statistics(self, call: Call, window: Window) -> CallStatistics:
        """Return the statistics within the window, fetched with background priority.

        Raises CloudUnsupportedError where there is no such endpoint, and any other CloudError.
        """
