"""Metrics of a whole app from Volcengine, by topic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Final

from bot.clouds.merge import merge_results
from bot.clouds.response_cache import CachedFetcher, FetchRequest, PartialMetrics
from bot.clouds.volcengine.app_metric_queries import StatisticsApi
from bot.clouds.volcengine.app_metric_schemas import (
    DIMENSIONS,
    OPERATIONS,
    QUALITY,
    REALTIME_OPERATIONS,
)
from bot.clouds.volcengine.client import DISTRIBUTION, VolcengineClient
from bot.clouds.volcengine.schemas import CHINA
from bot.i18n.messages import Message, message
from bot.ports import AppMetrics, Topic, Window

_HOUR: Final = dt.timedelta(hours=1)
_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_TREND: Final = dt.timedelta(days=28)  # whole days of the 30 that are kept
_PUBLISHED_AFTER: Final = dt.timedelta(hours=8)
_LIVE_TTL: Final = dt.timedelta(seconds=30)
_LIVE_DISTRIBUTION: Final = "ListRealTimeQualityDistribution"
_PUBLISH_DELAY: Final = dt.timedelta(minutes=1)
_NEWEST: Final = dt.timedelta(minutes=2)  # a few half minutes, of which the newest is displayed
_BY_DAY: Final[dict[Topic, tuple[str, ...]]] = {
    Topic.NETWORK: ("network_trans_delay",),
    Topic.EXPERIENCE: ("join_room_success_rate", "stall_rate"),
    Topic.TREND: ("stall_rate",),
}

_STALLS: Final = message(
    "Stall rate at Volcengine: counted with the threshold shown beside it, usually 80 ms for "
    "audio and 500 ms for video."
)
_JOINS: Final = message(
    "Join success: the share of people who got in within the time shown beside it."
)
_ON_TIME: Final = message(
    "Transmission at Volcengine: the share of time within the delay target, usually 400 ms; "
    "higher is better."
)
_APART: Final = message("Volcengine counts users of browsers and of apps separately.")
_ONCE: Final = message("Users: somebody in two channels counts once.")
_DAYS: Final = message("Days are in Beijing time (UTC+08:00).")
_FRESHNESS_NOTE: Final = message(
    "First, 30 seconds from the last few minutes; then the last complete day."
)
_DEFINITIONS: Final[dict[Topic, tuple[Message, ...]]] = {
    Topic.LIVE: (_STALLS, _JOINS, _APART),
    Topic.USAGE: (_ONCE, _DAYS),
    Topic.NETWORK: (_ON_TIME, _APART, _DAYS),
    Topic.EXPERIENCE: (_STALLS, _JOINS, _APART, _DAYS),
    Topic.SCALE: (),
    Topic.DISTRIBUTION: (_STALLS, _JOINS, _ON_TIME, _APART, _FRESHNESS_NOTE, _DAYS),
    Topic.TREND: (_STALLS, _APART, _DAYS),
}
_LIVE_QUALITY: Final[dict[Topic, tuple[str, ...]]] = {
    Topic.LIVE: ("stall_rate", "join_room_success_rate"),
    Topic.NETWORK: ("network_trans_delay",),
    Topic.EXPERIENCE: tuple(name for name in QUALITY if name != "network_trans_delay"),
}


class AppMetricsFetcher:
    """Fetches the metrics of whole apps from Volcengine."""

    def __init__(self, client: VolcengineClient, fetcher: CachedFetcher) -> None:
        self._client = client
        self._statistics = StatisticsApi(client)
        self._fetcher = fetcher

    async def fetch(self, app: str, topic: Topic) -> AppMetrics:
        """Return the metrics of an app; failures are listed in it, never raised."""
        now = self._client.clock.now()
        distributions = await self._fetcher.fetch_all(self._fetch_requests(app, topic, now))
        return merge_results(
            topic, app, "volcengine", now, distributions, explanations=_DEFINITIONS[topic]
        )

    def _fetch_requests(self, app: str, topic: Topic, now: dt.datetime) -> Iterable[FetchRequest]:
        hour, week = Window(now - _HOUR, now), _published(now, _WEEK)
        if topic in _LIVE_QUALITY:
            names = _LIVE_QUALITY[topic]
            live = partial(self._live, names=names)
            yield self._fetch_request(app, "ListRealTimeQuality", ",".join(names), live, hour)
        if topic in {Topic.LIVE, Topic.SCALE}:
            yield self._fetch_request(app, "ListRealTimeOperationData", "", self._scale, hour)
        if topic is Topic.USAGE:
            yield self._fetch_request(app, "ListOperationData", "", self._usage, week)
        if topic in _BY_DAY:
            names = _BY_DAY[topic]
            daily = partial(self._daily, names=names)
            what = ",".join((*names, *(("trend",) if topic is Topic.TREND else ())))
            window = _published(now, _TREND) if topic is Topic.TREND else week
            yield self._fetch_request(app, "ListQuality", what, daily, window)
        if topic is Topic.DISTRIBUTION:
            yield from self._distributions(app, now)

    def _distributions(self, app: str, now: dt.datetime) -> Iterable[FetchRequest]:
        """Freezes in the newest half minute first, then all indicators of the last day."""
        newest = Window(now - _PUBLISH_DELAY - _NEWEST, now - _PUBLISH_DELAY)
        for dimension in DIMENSIONS:
            live = partial(self._live_distribution, dimension=dimension)
            yield self._fetch_request(app, _LIVE_DISTRIBUTION, dimension, live, newest)
        for dimension, indicator in product(DIMENSIONS, QUALITY):
            distribution = partial(self._distribution, indicator=indicator, dimension=dimension)
            what = f"{indicator}.{dimension}"
            yield self._fetch_request(app, DISTRIBUTION, what, distribution, _published(now, _DAY))

    def _fetch_request(
        self,
        app: str,
        action: str,
        what: str,
        fetch: Callable[[str, Window], Awaitable[PartialMetrics]],
        window: Window,
    ) -> FetchRequest:
        cache_key = ".".join(("volcengine", action, what, self._client.apps[app]))
        return FetchRequest(action, cache_key, partial(fetch, app, window))

    async def _usage(self, app: str, window: Window) -> PartialMetrics:
        usages = await self._statistics.usage(app, OPERATIONS, window)
        return replace(self._part(window, window.until + _DAY + _PUBLISHED_AFTER), usages=usages)

    async def _daily(self, app: str, window: Window, names: Sequence[str]) -> PartialMetrics:
        usages = await self._statistics.daily(app, names, window)
        return replace(self._part(window, window.until + _DAY + _PUBLISHED_AFTER), usages=usages)

    async def _distribution(
        self, app: str, window: Window, indicator: str, dimension: str
    ) -> PartialMetrics:
        distributions = await self._statistics.distribution(app, indicator, dimension, window)
        fresh_at = window.until + _DAY + _PUBLISHED_AFTER
        return replace(self._part(window, fresh_at), distributions=distributions)

    async def _live_distribution(self, app: str, window: Window, dimension: str) -> PartialMetrics:
        all_distributions = await self._statistics.distribution(
            app, "stall_rate", dimension, window, is_live=True
        )
        newest = max(
            (distribution.since for distribution in all_distributions if distribution.since),
            default=None,
        )
        distributions = tuple(
            distribution for distribution in all_distributions if distribution.since == newest
        )
        fresh_at = self._client.clock.now() + _LIVE_TTL
        return replace(self._part(window, fresh_at), distributions=distributions)

    async def _live(self, app: str, window: Window, names: Sequence[str]) -> PartialMetrics:
        trends = await self._statistics.trends(app, names, window, is_live=True)
        return replace(self._part(window, self._client.clock.now() + _LIVE_TTL), trends=trends)

    async def _scale(self, app: str, window: Window) -> PartialMetrics:
        trends = await self._statistics.live_operations(app, REALTIME_OPERATIONS, window)
        return replace(self._part(window, self._client.clock.now() + _LIVE_TTL), trends=trends)

    def _part(self, window: Window, fresh_at: dt.datetime) -> PartialMetrics:
        return PartialMetrics(self._client.clock.now(), fresh_at, window.since, window.until)


def _published(now: dt.datetime, span: dt.timedelta) -> Window:
    """The newest whole days of +08:00 that are published, `span` of them."""
    published = (now - _PUBLISHED_AFTER).astimezone(CHINA)
    midnight = published.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(midnight - span, midnight)
