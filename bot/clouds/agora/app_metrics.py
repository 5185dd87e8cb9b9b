"""Metrics of a whole app from Agora, by topic and generation of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bot.clouds.agora.app_metric_queries import (
    fetch_days,
    fetch_distribution,
    fetch_live,
    fetch_ranking,
)
from bot.clouds.agora.client import AgoraClient, Generation
from bot.clouds.endpoint import Endpoint
from bot.clouds.merge import merge_results, unsupported_metrics, unsupported_topic
from bot.clouds.response_cache import (
    CachedFetcher,
    FetchRequest,
    FetchResult,
    PartialMetrics,
)
from bot.errors import CloudError, CloudRefusedError
from bot.i18n.messages import Duration, Message, message
from bot.ports import AppMetrics, Topic

_NOT_FOUND: Final = 404
_STANDARD: Final = "standard"


@dataclass(frozen=True, slots=True)
class _MetricsQuery:
    """One request of a topic: its endpoint, and the metrics that the topic shows (): all."""

    endpoint: str
    metrics: tuple[str, ...] = ()
    distribution: tuple[str, str] | None = None  # a metric and a dimension
    days: int = 7  # of an endpoint with a value for each day


_NOW: Final = ("videoFreezeRate", "audioFreezeRate", "joinSuccessRate")
_EXPERIENCE: Final = (*_NOW, "joinSuccessIn5sRate")
_FREEZE_RATES: Final = ("videoFreezeRate", "audioFreezeRate")
_TREND_DAYS: Final = 35
_TOPICS: Final[dict[Generation, dict[Topic, tuple[_MetricsQuery, ...]]]] = {
    "seed": {
        Topic.LIVE: (_MetricsQuery("live_experience", _NOW), _MetricsQuery("live_scale")),
        Topic.USAGE: (_MetricsQuery("insight_usage"),),
        Topic.NETWORK: (_MetricsQuery("live_network"),),
        Topic.EXPERIENCE: (_MetricsQuery("live_experience"),),
        Topic.SCALE: (_MetricsQuery("live_scale"),),
    },
    "current": {
        Topic.LIVE: (_MetricsQuery("realtime_quality", _NOW), _MetricsQuery("realtime_usage")),
        Topic.USAGE: (_MetricsQuery("insight_usage"),),
        Topic.NETWORK: (_MetricsQuery("realtime_quality", ("networkDelay",)),),
        Topic.EXPERIENCE: (
            _MetricsQuery("realtime_quality", _EXPERIENCE),
            _MetricsQuery("insight_quality"),
        ),
        Topic.SCALE: (_MetricsQuery("realtime_usage"),),
        Topic.DISTRIBUTION: (
            _MetricsQuery("quality_ranking", distribution=("videoFreezeRate", "network")),
            _MetricsQuery("usage_ranking", distribution=("userCount", "network")),
            _MetricsQuery("quality_ranking", distribution=("videoFreezeRate", "country")),
            _MetricsQuery("usage_ranking", distribution=("userCount", "country")),
            _MetricsQuery("quality_ranking", distribution=("videoFreezeRate", "os")),
            _MetricsQuery("usage_ranking", distribution=("userCount", "os")),
            _MetricsQuery("quality_spread", distribution=("videoFreezeRate", "network")),
            _MetricsQuery("quality_spread", distribution=("videoFreezeRate", "country")),
            _MetricsQuery("quality_spread", distribution=("videoFreezeRate", "os")),
            _MetricsQuery("usage_spread", distribution=("userCount", "network")),
            _MetricsQuery("usage_spread", distribution=("userCount", "country")),
            _MetricsQuery("usage_spread", distribution=("userCount", "os")),
        ),
        Topic.TREND: (_MetricsQuery("insight_quality", _FREEZE_RATES, days=_TREND_DAYS),),
    },
}

_COUNTS: Final = message("Users: the same uid in two channels counts as two.")
_SESSIONS: Final = message("Sessions: every time somebody joins a channel counts.")
_FREEZES: Final = message(
    "Freeze rate at Agora: the share of time frozen. Video counts as frozen from 600 ms, audio "
    "from 200 ms."
)
_JOINS: Final = message("Join success: the share of people who got in, of those who tried.")
_GOOD: Final = message(
    "Good transmission at Agora: the share sent with at most 5%% packet loss. Upstream: from "
    "the sender to Agora; end to end: from the sender to the receiver."
)
_DELAYS: Final = message(
    "Network delay rate: the share of time with a delay of more than 400 ms from end to end."
)
_NATIVE: Final = message("Quality is that of native apps; Agora counts browsers separately.")
_DAYS: Final = message("Days are in UTC.")
_DEFINITIONS: Final[dict[Topic, tuple[Message, ...]]] = {
    Topic.LIVE: (_FREEZES, _JOINS, _COUNTS),
    Topic.USAGE: (_COUNTS, _SESSIONS, _DAYS),
    Topic.NETWORK: (_GOOD,),
    Topic.EXPERIENCE: (_FREEZES, _JOINS),
    Topic.SCALE: (_COUNTS,),
    Topic.DISTRIBUTION: (_FREEZES, _COUNTS, _DAYS),
    Topic.TREND: (_FREEZES, _DAYS),
}


class AppMetricsFetcher:
    """Fetches the metrics of whole apps from Agora."""

    def __init__(self, client: AgoraClient, fetcher: CachedFetcher) -> None:
        self._client = client
        self._fetcher = fetcher

    async def fetch(self, app: str, topic: Topic) -> AppMetrics:
        """Return the metrics of an app; failures are listed in it, never raised."""
        now = self._client.clock.now()
        try:
            generation = await self._client.generation(app)
        except CloudError as error:
            return merge_results(topic, app, "agora", now, [FetchResult(topic.value, error=error)])
        results = await self._fetch_all(app, topic, generation)
        if any(_is_gone(each) for each in results) and await self._has_changed(app):
            generation = await self._client.generation(app)
            results = await self._fetch_all(app, topic, generation)
        why = self._unsupported_reason(topic, generation)
        if why is not None:
            return unsupported_metrics(topic, app, "agora", now, why)
        explanations = definitions_of(topic, generation)
        if topic is Topic.DISTRIBUTION:
            explanations = (self._freshness_note(), *explanations)
        return merge_results(topic, app, "agora", now, results, explanations=explanations)

    async def _fetch_all(self, app: str, topic: Topic, generation: Generation) -> list[FetchResult]:
        if self._unsupported_reason(topic, generation) is not None:
            return []
        queries = _TOPICS[generation][topic]
        results = await self._fetcher.fetch_all(
            self._fetch_request(app, query, generation) for query in queries
        )
        return [_only_requested(each, query) for each, query in zip(results, queries, strict=True)]

    def _fetch_request(
        self, app: str, query: _MetricsQuery, generation: Generation
    ) -> FetchRequest:
        endpoint = self._client.find_endpoint(query.endpoint, generation)
        names = (
            "agora",
            generation,
            endpoint.name,
            *(query.distribution or ()),
            *(("trend",) if query.days == _TREND_DAYS else ()),
            self._client.apps[app],
        )
        return FetchRequest(
            endpoint.name, ".".join(names), _fetch_function(self._client, app, endpoint, query)
        )

    def _freshness_note(self) -> Message:
        endpoint = self._client.find_endpoint("usage_ranking", "current")
        return message(
            "First, 20 seconds of live data (%(delay)s old on the %(plan)s plan); then the "
            "last complete day.",
            plan=self._client.plan.title(),
            delay=Duration(endpoint.delay_s),
        )

    async def _has_changed(self, app: str) -> bool:
        """`live/*` is gone from today's API, and that of 2020 has no `realtime/*`."""
        try:
            return await self._client.has_changed(app)
        except CloudError:
            return False

    def _unsupported_reason(self, topic: Topic, generation: Generation) -> Message | None:
        if topic not in _TOPICS[generation]:
            return unsupported_topic("agora")
        if generation == "current" and self._client.plan == _STANDARD:
            return message(
                "Agora provides app-wide metrics from the Premium plan upwards. If your "
                "account has it, set AGORA_PLAN=premium."
            )
        return None


def definitions_of(topic: Topic, generation: Generation) -> Sequence[Message]:
    """Return what the metrics of a topic mean."""
    if generation == "seed":
        return _DEFINITIONS[topic]
    known = (_DELAYS,) if topic is Topic.NETWORK else _DEFINITIONS[topic]
    counts_only = topic in {Topic.USAGE, Topic.SCALE}
    return known if counts_only else (*known, _NATIVE)


def _fetch_function(
    client: AgoraClient, app: str, endpoint: Endpoint, query: _MetricsQuery
) -> Callable[[], Awaitable[PartialMetrics]]:
    if query.distribution and endpoint.name.endswith("ranking"):
        return partial(fetch_ranking, client, client.clock.now(), app, endpoint, query.distribution)
    if query.distribution:
        return partial(fetch_distribution, client, app, endpoint, *query.distribution)
    if endpoint.name.startswith("insight"):
        return partial(fetch_days, client, app, endpoint, query.days)
    return partial(fetch_live, client, app, endpoint)


def _only_requested(result: FetchResult, query: _MetricsQuery) -> FetchResult:
    """Leave out the metrics of other topics."""
    if result.metrics is None or not query.metrics:
        return result
    return replace(result, metrics=result.metrics.only(*query.metrics))


def _is_gone(result: FetchResult) -> bool:
    return isinstance(result.error, CloudRefusedError) and result.error.status == _NOT_FOUND
