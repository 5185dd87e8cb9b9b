"""Metrics of a whole app from Huawei, by topic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bot.call import Code, Media, MetricDefinition, Trend
from bot.clouds.huawei.app_metric_queries import (
    Dimension,
    LiveNetwork,
    LiveQuality,
    LiveScale,
    SdkType,
    StatisticsApi,
    UsageKind,
)
from bot.clouds.huawei.client import HuaweiClient
from bot.clouds.merge import merge_results
from bot.clouds.response_cache import CachedFetcher, FetchRequest, PartialMetrics
from bot.i18n.messages import Message, message
from bot.ports import AppMetrics, Topic, Window

_HOUR: Final = dt.timedelta(hours=1)
_DAY: Final = dt.timedelta(days=1)
_DAYS: Final = 7
_TREND_DAYS: Final = 31  # as many as the document keeps
_STEP: Final = dt.timedelta(seconds=60)
_SCALE: Final[tuple[LiveScale, ...]] = ("OnlineUsers", "RoomCount")
_NOW: Final[tuple[LiveQuality, ...]] = ("VideoFreezeRate", "AudioFreezeRate", "JoinSuccessRate")
_EXPERIENCE: Final[tuple[LiveQuality, ...]] = (*_NOW, "JoinSuccess5SecsRate")
_NETWORK: Final[tuple[LiveNetwork, ...]] = (
    "VideoExcellentTransRate",
    "AudioExcellentTransRate",
    "VideoUpstreamExcellentTransRate",
    "AudioUpstreamExcellentTransRate",
)
_SDKS: Final[tuple[SdkType, ...]] = ("native", "webrtc")
_USAGE: Final = (
    "UserCount",
    "SessionCount",
    "RoomCount",
    "MaxOnlineUserCount",
    "MaxOnlineRoomCount",
    "VideoCommunicationDuration",
    "AudioCommunicationDuration",
)
_BY_DAY: Final[dict[Topic, tuple[str, ...]]] = {
    Topic.EXPERIENCE: (
        *_EXPERIENCE,
        "FirstVideoRecvTime",
        "FirstAudioRecvTime",
        "PullStreamSuccessRate",
        "PushStreamSuccessRate",
    ),
    Topic.NETWORK: (*_NETWORK, "VideoTransDelay", "AudioTransDelay"),
    Topic.TREND: ("VideoFreezeRate", "AudioFreezeRate"),
}
_CALLS: Final = "CommunicationDuration"
_BILLED: Final[tuple[UsageKind, ...]] = (_CALLS, "TranscodeDuration", "RecordDuration")
_DIMENSIONS: Final[tuple[Dimension, ...]] = ("region", "access_net", "platform", "sdk")
_FREEZE_MS: Final = 600
_JOIN_MS: Final = 5000

_FREEZES: Final = message(
    "Freeze rate at Huawei: the share of time frozen. It counts as frozen from 600 ms."
)
_JOINS: Final = message("Join success: the share of people who got in, of those who tried.")
_GOOD: Final = message(
    "Good transmission at Huawei: the document does not define how much packet loss still "
    "counts as good."
)
_SCALELESS: Final = message(
    "Huawei does not document the scale of its live rates, so they are shown unchanged. "
    "Daily rates are percentages."
)
_SDK: Final = message("Native apps and browsers are counted separately.")
_COUNTS: Final = message("Users: the same uid in two channels counts as two.")
_BILLING: Final = message(
    "Huawei splits call time into audio and SD, HD and larger video; the document does not "
    "define the boundaries."
)
_UTC_DAYS: Final = message("Days are in UTC; today's data is not available.")
_MEDIANS: Final = message("Network delay by day: the median of all users, from end to end.")
_DISTRIBUTION: Final = message(
    "Users online at the same time; below, users with problems within an hour."
)
_DEFINITIONS: Final[dict[Topic, tuple[Message, ...]]] = {
    Topic.LIVE: (_FREEZES, _JOINS, _SCALELESS, _SDK),
    Topic.USAGE: (_COUNTS, _BILLING, _UTC_DAYS),
    Topic.NETWORK: (_GOOD, _SCALELESS, _SDK, _MEDIANS, _UTC_DAYS),
    Topic.EXPERIENCE: (_FREEZES, _JOINS, _SCALELESS, _SDK, _UTC_DAYS),
    Topic.SCALE: (_COUNTS,),
    Topic.DISTRIBUTION: (_DISTRIBUTION,),
    Topic.TREND: (_FREEZES, _UTC_DAYS),
}


class AppMetricsFetcher:
    """Fetches the metrics of whole apps from Huawei.

    All requests share one quota of 30 a minute with those of diagnoses.
    """

    def __init__(self, client: HuaweiClient, fetcher: CachedFetcher) -> None:
        self._client = client
        self._statistics = StatisticsApi(client)
        self._fetcher = fetcher

    async def fetch(self, app: str, topic: Topic) -> AppMetrics:
        """Return the metrics of an app; failures are listed in it, never raised."""
        now = self._client.clock.now()
        results = await self._fetcher.fetch_all(self._fetch_requests(app, topic))
        return merge_results(topic, app, "huawei", now, results, explanations=_DEFINITIONS[topic])

    def _fetch_requests(self, app: str, topic: Topic) -> Iterable[FetchRequest]:
        if topic is Topic.USAGE:
            yield self._fetch_request(app, "history_scale", "", self._usage)
            for kind in _BILLED:
                yield self._fetch_request(
                    app, "history_usage", kind, partial(self._billed, kind=kind)
                )
        if topic is Topic.DISTRIBUTION:
            for dimension in _DIMENSIONS:
                distribution = partial(self._distribution, dimension=dimension)
                yield self._fetch_request(app, "realtime_dimension", dimension, distribution)
            yield self._fetch_request(app, "abnormal_dimension", "", self._abnormal_distribution)
        qualities = {Topic.LIVE: _NOW, Topic.EXPERIENCE: _EXPERIENCE}.get(topic, ())
        for sdk in _SDKS:
            for quality in qualities:
                rate = partial(self._live_quality, metric=quality, sdk=sdk)
                yield self._fetch_request(app, "realtime_quality", f"{quality}.{sdk}", rate)
            for network in _NETWORK if topic is Topic.NETWORK else ():
                share = partial(self._live_network, metric=network, sdk=sdk)
                yield self._fetch_request(app, "realtime_network", f"{network}.{sdk}", share)
        for metric in _SCALE if topic in {Topic.LIVE, Topic.SCALE} else ():
            count = partial(self._live_scale, metric=metric)
            yield self._fetch_request(app, "realtime_scale", metric, count)
        if topic in _BY_DAY:
            days = _TREND_DAYS if topic is Topic.TREND else _DAYS
            daily = partial(self._daily_quality, metrics=_BY_DAY[topic], days=days)
            yield self._fetch_request(app, "history_quality", topic.value, daily)

    def _fetch_request(
        self, app: str, name: str, what: str, fetch: Callable[[str], Awaitable[PartialMetrics]]
    ) -> FetchRequest:
        cache_key = ".".join(("huawei", name, what, self._client.apps[app]))
        return FetchRequest(name, cache_key, partial(fetch, app))

    async def _live_scale(self, app: str, metric: LiveScale) -> PartialMetrics:
        window = self._last_hour("realtime_scale")
        return self._live(await self._statistics.live_scale(app, metric, window), window)

    async def _live_quality(self, app: str, metric: LiveQuality, sdk: SdkType) -> PartialMetrics:
        window = self._last_hour("realtime_quality")
        trend = await self._statistics.live_quality(app, metric, sdk, window)
        return self._live(replace(trend, definition=_definition(trend.name, sdk)), window)

    async def _live_network(self, app: str, metric: LiveNetwork, sdk: SdkType) -> PartialMetrics:
        window = self._last_hour("realtime_network")
        trend = await self._statistics.live_network(app, metric, sdk, window)
        return self._live(replace(trend, definition=_definition(trend.name, sdk)), window)

    def _live(self, trend: Trend, window: Window) -> PartialMetrics:
        now = self._client.clock.now()
        return PartialMetrics(now, now + _STEP, window.since, window.until, trends=(trend,))

    async def _usage(self, app: str) -> PartialMetrics:
        since, until = self._days()
        usages = await self._statistics.daily_scale(
            app, _USAGE, since.date(), (until - _DAY).date()
        )
        return PartialMetrics(self._client.clock.now(), until + _DAY, since, until, usages=usages)

    async def _billed(self, app: str, kind: UsageKind) -> PartialMetrics:
        """The time of calls also by picture size, without the sizes that nobody used."""
        since, until = self._days()
        usages = await self._statistics.usage(app, kind, since.date(), (until - _DAY).date())
        used = {usage.definition for usage in usages if usage.value and kind == _CALLS}
        usages = tuple(
            each for each in usages if each.definition is None or each.definition in used
        )
        return PartialMetrics(self._client.clock.now(), until + _DAY, since, until, usages=usages)

    async def _daily_quality(self, app: str, metrics: Sequence[str], days: int) -> PartialMetrics:
        since, until = self._days(days)
        last = (until - _DAY).date()
        daily_usages = await self._statistics.daily_quality(app, metrics, since.date(), last)
        usages = tuple(
            replace(usage, definition=_definition(usage.metric)) for usage in daily_usages
        )
        return PartialMetrics(self._client.clock.now(), until + _DAY, since, until, usages=usages)

    async def _distribution(self, app: str, dimension: Dimension) -> PartialMetrics:
        now = self._client.clock.now()
        at = now - self._client.find_endpoint("realtime_dimension").delay
        distribution = await self._statistics.live_distribution(app, dimension, at)
        return PartialMetrics(
            now, now + _STEP, at, at, distributions=(replace(distribution, since=at),)
        )

    async def _abnormal_distribution(self, app: str) -> PartialMetrics:
        now = self._client.clock.now()
        window = self._last_hour("abnormal_dimension")
        distribution = await self._statistics.abnormal_distribution(app, window)
        return PartialMetrics(
            now, now + _STEP, window.since, window.until, distributions=(distribution,)
        )

    def _last_hour(self, name: str) -> Window:
        until = self._client.clock.now() - self._client.find_endpoint(name).delay
        return Window(until - _HOUR, until)

    def _days(self, count: int = _DAYS) -> tuple[dt.datetime, dt.datetime]:
        """The last whole days of UTC, as midnights; the second is today's."""
        now = self._client.clock.now().astimezone(dt.UTC)
        until = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return until - count * _DAY, until


def _definition(name: Code, sdk: SdkType | None = None) -> MetricDefinition:
    """The definition of a rate or a time; `sdk` is the kind of client a live one counts."""
    is_freeze = "Freeze" in name.value
    is_good = not is_freeze and not name.value.endswith(("Time", "Delay"))
    within = _FREEZE_MS if is_freeze else _JOIN_MS if "5Secs" in name.value else None
    media = next((each for each in Media if each.value in name.value.lower()), None)
    return MetricDefinition(
        name, media, within, is_good, Code("huawei.sdk_type", sdk) if sdk else None
    )
