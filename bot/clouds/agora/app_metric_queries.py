"""Requests for the metrics of a whole app: the last hour, rankings, and whole days.

The last hour is `live/*` in the API of 2020 and `realtime/*` in today's; whole days and
distributions are Data Insights. The API of 2020 allows ten requests about days per day, and
publishes a day at 08:00 UTC of the next one; the response is cached until then.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from bot.clouds.agora.app_metric_schemas import (
    EXPERIENCE,
    LIVE_SCALE,
    NETWORK,
    QUALITY,
    SCALE,
    USAGE,
    AppMetricsBody,
    Ranking,
    parse_distribution,
    parse_ranking,
    parse_time_series,
    parse_usages,
    rows_of,
)
from bot.clouds.agora.client import AgoraClient, span_params
from bot.clouds.agora.endpoints import ENDPOINTS
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.response_cache import PartialMetrics
from bot.clouds.windows import CLOCK_SKEW, split_window
from bot.ports import Window

# Each request asks for all metrics of its endpoint, so that one response serves every topic.
SEED_METRICS: Final = {
    "live_scale": SCALE,
    "live_experience": EXPERIENCE,
    "live_network": NETWORK,
}
CURRENT_METRICS: Final = {"realtime_usage": LIVE_SCALE, "realtime_quality": QUALITY}
_STEP_S: Final = {"seed": 60, "current": 20}
_RANKING_SPAN: Final = dt.timedelta(seconds=20)
_RANKING_TTL: Final = dt.timedelta(minutes=1)
_DAY: Final = dt.timedelta(days=1)
_LATE: Final = dt.timedelta(hours=3)  # after which a day that should be published is fetched again
_METRICS: Final = {"insight_usage": USAGE, "insight_quality": QUALITY}
_DISTRIBUTIONS: Final = ("quality_spread", "usage_spread")


async def fetch_live(client: AgoraClient, app: str, endpoint: Endpoint) -> PartialMetrics:
    """Fetch the last hour, as far as it is published. Raises CloudError."""
    names = {**SEED_METRICS, **CURRENT_METRICS}[endpoint.name]
    now = client.clock.now()
    step_s = _STEP_S[endpoint.generation]
    window = _newest(endpoint, now, step_s)
    params = _live_params(endpoint, window) | {"metric": ",".join(names)}
    body = await client.get(app, endpoint, params, AppMetricsBody)
    return PartialMetrics(
        fetched_at=now,
        fresh_at=now + dt.timedelta(seconds=step_s),
        since=window.since,
        until=window.until,
        trends=parse_time_series(endpoint, body, names, window.since, window.until),
    )


async def fetch_ranking(
    client: AgoraClient,
    requested_at: dt.datetime,
    app: str,
    endpoint: Endpoint,
    distribution: tuple[str, str],
) -> PartialMetrics:
    """Fetch the newest published ranking of twenty seconds. Raises CloudError.

    `distribution` is a metric and a dimension. The twenty seconds begin at a full minute before
    `requested_at`: a plan allows three requests a minute, and rankings displayed side by side
    have to be of the same moment, even when some waited for their turn.
    """
    name, dimension = distribution
    now, ttl = client.clock.now(), _RANKING_TTL + endpoint.delay + _RANKING_SPAN
    since = _step_before(
        requested_at - endpoint.delay - _RANKING_SPAN, int(_RANKING_TTL.total_seconds())
    )
    params = {
        "ts": str(int(since.timestamp())),
        "productType": "Native",
        "metric": name,
        "dimension": dimension,
    }
    body = await client.get(app, endpoint, params, Ranking)
    ranked = parse_ranking(endpoint, body, dimension, name)
    return PartialMetrics(
        fetched_at=now,
        fresh_at=since + ttl,
        since=since,
        until=since + _RANKING_SPAN,
        distributions=(replace(ranked, since=ranked.since or since),),
    )


async def fetch_days(
    client: AgoraClient, app: str, endpoint: Endpoint, days: int
) -> PartialMetrics:
    """Fetch so many published days, as far as a minute's requests go. Raises CloudError.

    A window of less than a day would return nothing (contract trap A10).
    """
    now = client.clock.now()
    window = counted_days(endpoint, now, days)
    names = _METRICS[endpoint.name]
    rows: list[dict[str, int | float | str | None]] = []
    for chunk in split_window(window, endpoint.max_span):
        params = _daily_params(endpoint, chunk) | {"metric": ",".join(names)}
        response_body = await client.get(app, endpoint, params, AppMetricsBody)
        rows += rows_of(endpoint, response_body)
    first, end = window.since.date(), window.until.date()
    parsed = parse_usages(endpoint, AppMetricsBody(data=rows), names)
    usages = tuple(usage for usage in parsed if first <= usage.day < end)
    is_whole = any(usage.day == (window.until - _DAY).date() for usage in usages)
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
    """Fetch the distribution of a metric of the last day over a dimension. Raises CloudError.

    Usage is published later than quality; the day is the last one of which both are, so that
    they can be displayed side by side.
    """
    now = client.clock.now()
    until = _midnight(now - _distribution_delay(endpoint))
    query = {
        "startTs": int((until - _DAY).timestamp()),
        "endTs": int(until.timestamp()),
        "metric": name,
        "dimension": dimension,
    }
    body = await client.post(app, endpoint, query, AppMetricsBody)
    distribution = parse_distribution(endpoint, body, dimension, name)
    return PartialMetrics(
        fetched_at=now,
        fresh_at=until + _DAY + _distribution_delay(endpoint),
        since=until - _DAY,
        until=until,
        distributions=(replace(distribution, since=until - _DAY),),
    )


def counted_days(endpoint: Endpoint, now: dt.datetime, days: int = 7) -> Window:
    """Return the last days (UTC) that are published and still available.

    Where a request has a maximum span, there are not more of them than a minute allows.
    """
    until = _midnight(now - _delay(endpoint))
    span = min(endpoint.retention, days * _DAY)
    if endpoint.max_span is not None:
        span = min(span, endpoint.max_span * endpoint.rates[0].calls)
    return Window(_midnight(now - span + CLOCK_SKEW) + _DAY, until)


def next_refresh(endpoint: Endpoint, now: dt.datetime) -> dt.datetime:
    """Return when the next day is published."""
    return _midnight(now - _delay(endpoint)) + _DAY + _delay(endpoint)


def _newest(endpoint: Endpoint, now: dt.datetime, step_s: int) -> Window:
    """The window the cloud keeps and has published, in whole steps."""
    since = now - endpoint.retention + CLOCK_SKEW
    return Window(_step_after(since, step_s), _step_before(now - endpoint.delay, step_s))


def _live_params(endpoint: Endpoint, window: Window) -> dict[str, str]:
    """Today's API names the ends differently, and requires a kind of SDK."""
    if endpoint.generation == "seed":
        return span_params(window)
    return {**_current_span(window), "productType": "Native"}


def _step_before(moment: dt.datetime, step_s: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment.timestamp() // step_s * step_s, dt.UTC)


def _step_after(moment: dt.datetime, step_s: int) -> dt.datetime:
    return _step_before(moment, step_s) + dt.timedelta(seconds=step_s)


def _delay(endpoint: Endpoint) -> dt.timedelta:
    """The documented delay: days are published at a fixed hour, however short a demo's delays."""
    return select_endpoint(
        ENDPOINTS, endpoint.name, generation=endpoint.generation, plan=endpoint.plan
    ).delay


def _distribution_delay(endpoint: Endpoint) -> dt.timedelta:
    return max(_delay(replace(endpoint, name=name)) for name in _DISTRIBUTIONS)


def _daily_params(endpoint: Endpoint, window: Window) -> dict[str, str]:
    if endpoint.generation == "seed":
        return span_params(window)
    params = _current_span(window) | {"aggregateGranularity": "1d"}
    return params | ({"productType": "Native"} if endpoint.name == "insight_quality" else {})


def _current_span(window: Window) -> dict[str, str]:
    params = span_params(window)
    return {"startTs": params["start_ts"], "endTs": params["end_ts"]}


def _midnight(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
