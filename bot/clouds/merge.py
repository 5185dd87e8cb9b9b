"""Merges the responses about a whole app into one AppMetrics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bot.call import MissingItem, MissingKind, MissingReason
from bot.clouds.errors import cloud_name
from bot.clouds.reasons import reason_for
from bot.clouds.response_cache import FetchResult
from bot.errors import CloudError, CloudQuotaExceededError
from bot.i18n.messages import Message, message
from bot.ports import AppMetrics, Topic


def merge_results(
    topic: Topic,
    app: str,
    cloud: str,
    now: dt.datetime,
    results: Sequence[FetchResult],
    *,
    explanations: Sequence[Message] = (),
    missing: Sequence[MissingItem] = (),
) -> AppMetrics:
    """Merge the results of several requests; failures are listed in it, never raised."""
    parts = [each.metrics for each in results if each.metrics is not None]
    errors = [(each.endpoint_name, each.error) for each in results if each.error is not None]
    moments = [each.fresh_at for each in results if each.fresh_at is not None]
    return AppMetrics(
        topic=topic,
        app=app,
        cloud=cloud,
        fetched_at=min((metrics.fetched_at for metrics in parts), default=now),
        fresh_at=min(moments, default=None),
        since=min((metrics.since for metrics in parts), default=None),
        until=max((metrics.until for metrics in parts), default=None),
        trends=tuple(trend for metrics in parts for trend in metrics.trends),
        usages=tuple(usage for metrics in parts for usage in metrics.usages),
        distributions=tuple(each for metrics in parts for each in metrics.distributions),
        explanations=tuple(explanations) if parts else (),
        missing=(*missing, *(_missing(endpoint_name, error) for endpoint_name, error in errors)),
        failures=_unique([error.user_message for _, error in errors]),
        endpoints=tuple(dict.fromkeys(each.endpoint_name for each in results)),
    )


def _unique(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Each message once; messages contain mappings, so they cannot be hashed."""
    return tuple(each for index, each in enumerate(messages) if each not in messages[:index])


def unsupported_metrics(
    topic: Topic, app: str, cloud: str, now: dt.datetime, why: Message
) -> AppMetrics:
    """Return the metrics of a topic this cloud has no data for."""
    gap = MissingItem(MissingKind.FIGURES, MissingReason.UNSUPPORTED, detail=topic.value)
    return AppMetrics(topic, app, cloud, fetched_at=now, missing=(gap,), failures=(why,))


def unsupported_topic(cloud: str) -> Message:
    """Return the message that a cloud has no endpoint for a topic."""
    return message("%(cloud)s has no app-wide metrics of this kind.", cloud=cloud_name(cloud))


def _missing(endpoint_name: str, error: CloudError) -> MissingItem:
    retry_at = error.retry_at if isinstance(error, CloudQuotaExceededError) else None
    return MissingItem(MissingKind.FIGURES, reason_for(error), retry_at, endpoint_name)
