"""Metrics of whole apps: arguments of /quality, fetching, and the JSON of the terminal."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bot.call import Distribution, MissingItem, Trend, Usage
from bot.diagnosis.verdict import write_time
from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.i18n.traditional import to_simplified
from bot.ports import AppMetrics, Inquiry, Priority, RemainingQuota, Topic
from bot.services.app_names import find_app, no_such_app
from bot.services.command_options import clean_options
from bot.services.context import Context
from bot.services.inquiry_rows import enqueue_inquiry
from bot.services.prefill.cleaning import clean, clean_name, to_half_width

KIND: Final = "app_metrics"
_ARGUMENT: Final = re.compile(
    r"(?P<option>app=)?"
    r"(?:(?P<mark>[\"'`])(?P<quoted>[^\"'`\n]*)(?P=mark)(?!\S)|(?P<bare>\S*))",
    re.IGNORECASE,
)
_TOPICS: Final[dict[str, Topic]] = {
    **{topic.value: topic for topic in Topic},
    **dict.fromkeys(("now", "realtime", "实时", "现在"), Topic.LIVE),
    **dict.fromkeys(("用量", "使用"), Topic.USAGE),
    **dict.fromkeys(("net", "网络"), Topic.NETWORK),
    **dict.fromkeys(("体验", "质量"), Topic.EXPERIENCE),
    **dict.fromkeys(("规模", "人数"), Topic.SCALE),
    **dict.fromkeys(("分布",), Topic.DISTRIBUTION),
    **dict.fromkeys(("趋势", "走势", "四周"), Topic.TREND),
}


@dataclass(frozen=True, slots=True)
class QualityArguments:
    """The arguments of /quality: an app and a topic; app "" is all apps, for the trend only."""

    app: str
    topic: Topic = Topic.LIVE


def parse_quality(text: str, apps: Sequence[str]) -> QualityArguments:
    """Read `[app=<name>] [topic]` in any order; without topic `live`.

    Without app= it is the first app, for the trend all. Raises InputError for anything else, and
    for an app that is not configured.
    """
    named: list[str] = []
    topics: list[Topic] = []
    for match in _ARGUMENT.finditer(clean_options(to_half_width(clean(text).readable), ("app",))):
        word = clean_name(match["bare"] if match["quoted"] is None else match["quoted"])
        if match["option"]:
            named.append(word)
        elif word:
            topics.append(_topic(word))
    if len(named) > 1 or len(topics) > 1:
        raise _input_error("text", message("Give at most one app and one topic."))
    topic = topics[0] if topics else Topic.LIVE
    if topic is Topic.TREND and not named:
        return QualityArguments("", topic)
    return QualityArguments(choose_app(named[0] if named else None, apps), topic)


def _topic(word: str) -> Topic:
    topic = _TOPICS.get(to_simplified(word.lower()))
    if topic is None:
        topics = [topic.value for topic in Topic]
        raise _input_error(
            "text",
            message(
                "There is no topic %(word)s. Topics: %(topics)s.", word=word[:80], topics=topics
            ),
        )
    return topic


def choose_app(requested: str | None, apps: Sequence[str]) -> str:
    """Return the named app, or the first one; InputError for an unknown name."""
    if requested is None and apps:
        return apps[0]
    if not requested:
        raise _input_error("app", message("Write the app's name after app=."))
    app = find_app(requested, apps)
    if app is None:
        raise _input_error("app", no_such_app(requested, apps))
    return app


def _input_error(field: str, reason: Message) -> InputError:
    return InputError({field: reason})


@dataclass(frozen=True, slots=True)
class AppQuotas:
    """What is left of an app's quotas, how late its cloud's data is, and how far back it goes."""

    app: str
    cloud: str
    remaining: tuple[RemainingQuota, ...]
    metrics_delay: dt.timedelta
    lookback: dt.timedelta

    @property
    def is_low(self) -> bool:
        """Return whether less than a tenth of a day's calls is left of any."""
        return any(quota.is_low for quota in self.remaining)


class AppMetricsService:
    """Fetches metrics of whole apps, and stores inquiries about them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def others(self, team: str, app: str) -> tuple[str, ...]:
        """Return the other apps of a workspace."""
        return tuple(each for each in self._context.clouds_of(team) if each != app)

    async def fetch(
        self, app: str, topic: Topic, *, priority: Priority = Priority.INTERACTIVE
    ) -> AppMetrics:
        """Fetch an app's metrics from its cloud; failures are part of the result."""
        cloud = self._context.clouds[app]
        app_metrics = await cloud.fetch_app_metrics(app, topic, priority=priority)
        if not app_metrics.endpoints:
            return app_metrics
        return replace(
            app_metrics,
            remaining_quotas=await cloud.remaining_quotas(app, app_metrics.endpoints),
        )

    async def read_quotas(self, team: str) -> list[AppQuotas]:
        """Return what is left of the quotas of a workspace's apps; asks no cloud."""
        return [
            AppQuotas(
                app=app,
                cloud=cloud.name,
                remaining=await cloud.remaining_quotas(app),
                metrics_delay=cloud.capabilities.metrics_delay,
                lookback=cloud.capabilities.lookback,
            )
            for app, cloud in self._context.clouds_of(team).items()
        ]

    async def request(self, origin: str, inquiry: Inquiry) -> None:
        """Store an inquiry and enqueue its answer; the same origin is the same inquiry."""
        now = self._context.clock.now()
        await self._context.commit(
            lambda session: enqueue_inquiry(session, origin, inquiry, KIND, now)
        )


def to_json(app_metrics: AppMetrics) -> dict[str, Any]:
    """Write an overview as JSON; times in ISO 8601, UTC."""
    return {
        "app": app_metrics.app,
        "cloud": app_metrics.cloud,
        "topic": app_metrics.topic.value,
        "since": _iso(app_metrics.since),
        "until": _iso(app_metrics.until),
        "fetched_at": _iso(app_metrics.fetched_at),
        "fresh_at": _iso(app_metrics.fresh_at),
        "trends": [_trend(trend) for trend in app_metrics.trends],
        "usages": [_usage(usage) for usage in app_metrics.usages],
        "distributions": [_distribution(each) for each in app_metrics.distributions],
        "missing": [_missing(gap) for gap in app_metrics.missing],
        "quotas": [asdict(quota) for quota in app_metrics.remaining_quotas or ()],
    }


def _trend(trend: Trend) -> dict[str, Any]:
    part = trend.definition.part.value if trend.definition and trend.definition.part else None
    points = [[_iso(at), value] for at, value in trend.points]
    return {"name": trend.name.value, "unit": trend.unit.value, "part": part, "points": points}


def _usage(usage: Usage) -> dict[str, Any]:
    part = usage.definition.part.value if usage.definition and usage.definition.part else None
    return {
        "day": usage.day.isoformat(),
        "name": usage.metric.value,
        "unit": usage.unit.value,
        "part": part,
        "value": usage.value,
    }


def _distribution(distribution: Distribution) -> dict[str, Any]:
    definition = distribution.definition
    return {
        "dimension": distribution.dimension,
        "name": definition.name.value
        if definition
        else "users",  # a dimension without a metric counts users
        "unit": distribution.unit.value,
        "part": definition.part.value if definition and definition.part else None,
        "since": _iso(distribution.since),
        "rows": [[*(code.value for code in row.codes), row.value] for row in distribution.rows],
    }


def _missing(gap: MissingItem) -> dict[str, Any]:
    why, retry_at = gap.why.value, _iso(gap.retry_at)
    return {"what": gap.what.value, "why": why, "retry_at": retry_at, "detail": gap.detail}


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else write_time(moment)
