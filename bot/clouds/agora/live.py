"""Asking Agora about the last hour of a whole app: the 2020 `live/*`, today's `realtime/*`."""

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
    AppMetricsBody,
    Ranking,
    parse_ranking,
    parse_time_series,
)
from bot.clouds.agora.client import AgoraClient, span_params
from bot.clouds.endpoint import Endpoint
from bot.clouds.response_cache import PartialMetrics
from bot.ports import Window

# Every question asks for all its endpoint tells, so that one answer serves every topic.
SEED_METRICS: Final = {
    "live_scale": SCALE,
    "live_experience": EXPERIENCE,
    "live_network": NETWORK,
}
TODAY_METRICS: Final = {"realtime_usage": LIVE_SCALE, "realtime_quality": QUALITY}
_CLOCK_SKEW: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_STEP_S: Final = {"seed": 60, "current": 20}
_RANKED: Final = dt.timedelta(seconds=20)
_RANKING_TTL: Final = dt.timedelta(minutes=1)


async def fetch_live(client: AgoraClient, app: str, endpoint: Endpoint) -> PartialMetrics:
    """Ask for the last hour, as far as it is out. Raises CloudError."""
    names = {**SEED_METRICS, **TODAY_METRICS}[endpoint.name]
    now = client.clock.now()
    step_s = _STEP_S[endpoint.generation]
    window = _newest(endpoint, now, step_s)
    params = _params(endpoint, window) | {"metric": ",".join(names)}
    body, _ = await client.body(app, endpoint, params, AppMetricsBody)
    return PartialMetrics(
        fetched_at=now,
        fresh_at=now + dt.timedelta(seconds=step_s),
        since=window.since,
        until=window.until,
        trends=parse_time_series(endpoint, body, names, window.since, window.until),
    )


async def fetch_ranking(
    client: AgoraClient,
    asked_at: dt.datetime,
    app: str,
    endpoint: Endpoint,
    distribution: tuple[str, str],
) -> PartialMetrics:
    """Ask for twenty seconds of the last minute that is out, along a dimension. Raises CloudError.

    They begin with a minute, and are asked for again with the next one: a plan allows three
    questions in a minute, and what is shown side by side has to be of one moment. `spread` is a
    figure and a dimension, `asked_at` when the first of them was asked; some wait for their turn.
    """
    name, dimension = distribution
    now, ttl = client.clock.now(), _RANKING_TTL + endpoint.delay + _RANKED
    since = _step_before(asked_at - endpoint.delay - _RANKED, int(_RANKING_TTL.total_seconds()))
    params = {
        "ts": str(int(since.timestamp())),
        "productType": "Native",
        "metric": name,
        "dimension": dimension,
    }
    body, _ = await client.body(app, endpoint, params, Ranking)
    ranked = parse_ranking(endpoint, body, dimension, name)
    return PartialMetrics(
        fetched_at=now,
        fresh_at=since + ttl,
        since=since,
        until=since + _RANKED,
        distributions=(replace(ranked, since=ranked.since or since),),
    )


def _newest(endpoint: Endpoint, now: dt.datetime, step_s: int) -> Window:
    """The stretch the cloud remembers and has published, in whole steps."""
    since = now - (endpoint.look_back or dt.timedelta(hours=1)) + _CLOCK_SKEW
    return Window(_step_after(since, step_s), _step_before(now - endpoint.delay, step_s))


def _params(endpoint: Endpoint, window: Window) -> dict[str, str]:
    """Today's API has other names for the ends, and wants to know which SDK is asked about."""
    given = span_params(window)
    if endpoint.generation == "seed":
        return given
    return {
        "startTs": given["start_ts"],
        "endTs": given["end_ts"],
        "productType": "Native",
    }


def _step_before(moment: dt.datetime, step_s: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment.timestamp() // step_s * step_s, dt.UTC)


def _step_after(moment: dt.datetime, step_s: int) -> dt.datetime:
    return _step_before(moment, step_s) + dt.timedelta(seconds=step_s)
