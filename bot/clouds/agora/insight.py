"""Asking Agora about whole days of an app, and how their figures are spread (Data Insights).

The 2020 API answers ten questions a day and has a day's figures at 08:00 UTC of the next one;
what was answered is kept until then.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

import msgspec

from bot.clouds.agora.app_metric_schemas import (
    QUALITY,
    USAGE,
    AppMetricsBody,
    parse_distribution,
    parse_usages,
)
from bot.clouds.agora.calls import split_window
from bot.clouds.agora.client import AgoraClient, span_params
from bot.clouds.agora.endpoints import ENDPOINTS
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.response_cache import PartialMetrics
from bot.ports import Window

DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_CLOCK_SKEW: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_LATE: Final = dt.timedelta(hours=3)  # a day that should be out and is not is asked for again
_METRICS: Final = {"insight_usage": USAGE, "insight_quality": QUALITY}
_DISTRIBUTIONS: Final = ("quality_spread", "usage_spread")


async def fetch_days(client: AgoraClient, app: str, endpoint: Endpoint) -> PartialMetrics:
    """Ask for the whole days of the last week that are counted. Raises CloudError.

    A window of less than a day would be answered with nothing (contract trap A10).
    """
    now = client.clock.now()
    window = counted_days(endpoint, now)
    names = _METRICS[endpoint.name]
    body = AppMetricsBody(data=[])
    for chunk in split_window(window, endpoint.max_span):
        params = _params(endpoint, chunk) | {"metric": ",".join(names)}
        response_body, _ = await client.body(app, endpoint, params, AppMetricsBody)
        body.data = [*(body.data or []), *(response_body.data or [])]
    inside = (window.since.date(), window.until.date())
    usages = tuple(
        usage for usage in parse_usages(endpoint, body, names) if inside[0] <= usage.day < inside[1]
    )
    is_whole = any(usage.day == (window.until - DAY).date() for usage in usages)
    due_at = next_refresh(endpoint, now)
    return PartialMetrics(
        fetched_at=now,
        fresh_at=due_at if is_whole else min(due_at, now + _LATE),
        since=window.since,
        until=window.until,
        usages=usages,
    )


async def fetch_distribution(
    client: AgoraClient, app: str, endpoint: Endpoint, name: str, dimension: str
) -> PartialMetrics:
    """Ask how a figure of the last counted day is spread over a dimension. Raises CloudError.

    Users are counted later than quality: the day is one of which both can be told, so that they
    can stand side by side.
    """
    now = client.clock.now()
    until = _midnight(now - _distribution_delay(endpoint))
    query = {
        "startTs": int((until - DAY).timestamp()),
        "endTs": int(until.timestamp()),
        "metric": name,
        "dimension": dimension,
    }
    body, _ = await client.body(
        app, endpoint, {}, AppMetricsBody, content=msgspec.json.encode(query)
    )
    distribution = parse_distribution(endpoint, body, dimension, name)
    return PartialMetrics(
        fetched_at=now,
        fresh_at=until + DAY + _distribution_delay(endpoint),
        since=until - DAY,
        until=until,
        distributions=(replace(distribution, since=until - DAY),),
    )


def counted_days(endpoint: Endpoint, now: dt.datetime) -> Window:
    """The days (UTC) of the last week whose figures are out, as far as they are remembered."""
    until = _midnight(now - _delay(endpoint))
    oldest = now - min(endpoint.look_back or _WEEK, _WEEK) + _CLOCK_SKEW
    return Window(_midnight(oldest) + DAY, until)


def next_refresh(endpoint: Endpoint, now: dt.datetime) -> dt.datetime:
    """When the next day's figures are out."""
    return _midnight(now - _delay(endpoint)) + DAY + _delay(endpoint)


def _delay(endpoint: Endpoint) -> dt.timedelta:
    """As documented: days are counted at an hour of the clock, however short a demo's delays."""
    return select_endpoint(
        ENDPOINTS, endpoint.name, generation=endpoint.generation, plan=endpoint.plan
    ).delay


def _distribution_delay(endpoint: Endpoint) -> dt.timedelta:
    return max(_delay(replace(endpoint, name=name)) for name in _DISTRIBUTIONS)


def _params(endpoint: Endpoint, window: Window) -> dict[str, str]:
    given = span_params(window)
    if endpoint.generation == "seed":
        return given
    query = {
        "startTs": given["start_ts"],
        "endTs": given["end_ts"],
        "aggregateGranularity": "1d",
    }
    return query | ({"productType": "Native"} if endpoint.name == "insight_quality" else {})


def _midnight(moment: dt.datetime) -> dt.datetime:
    there = moment.astimezone(dt.UTC)
    return there.replace(hour=0, minute=0, second=0, microsecond=0)
