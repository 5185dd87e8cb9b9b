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
    Figures,
    Ranking,
    ranking_of,
    trends_of,
)
from bot.clouds.agora.client import Asking, span_params
from bot.clouds.endpoints import Endpoint
from bot.clouds.response_cache import Part
from bot.ports import Window

# Every question asks for all its endpoint tells, so that one answer serves every topic.
SEED_METRICS: Final = {
    "live_scale": SCALE,
    "live_experience": EXPERIENCE,
    "live_network": NETWORK,
}
TODAY_METRICS: Final = {"realtime_usage": LIVE_SCALE, "realtime_quality": QUALITY}
_EDGE: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_STEP_S: Final = {"seed": 60, "current": 20}
_RANKED: Final = dt.timedelta(seconds=20)
_RANKING_FRESH: Final = dt.timedelta(minutes=1)


async def fetch_live(asking: Asking, app: str, row: Endpoint) -> Part:
    """Ask for the last hour, as far as it is out. Raises CloudError."""
    names = {**SEED_METRICS, **TODAY_METRICS}[row.name]
    now = asking.clock.now()
    step_s = _STEP_S[row.generation]
    window = _newest(row, now, step_s)
    params = _params(row, window) | {"metric": ",".join(names)}
    body, _ = await asking.body(app, row, params, Figures)
    return Part(
        fetched_at=now,
        fresh_at=now + dt.timedelta(seconds=step_s),
        since=window.since,
        until=window.until,
        trends=trends_of(row, body, names, window.since, window.until),
    )


async def fetch_ranking(
    asking: Asking, asked_at: dt.datetime, app: str, row: Endpoint, spread: tuple[str, str]
) -> Part:
    """Ask for twenty seconds of the last minute that is out, along a dimension. Raises CloudError.

    They begin with a minute, and are asked for again with the next one: a plan allows three
    questions in a minute, and what is shown side by side has to be of one moment. `spread` is a
    figure and a dimension, `asked_at` when the first of them was asked; some wait for their turn.
    """
    name, dimension = spread
    now, fresh_in = asking.clock.now(), _RANKING_FRESH + row.delay + _RANKED
    since = _step_before(asked_at - row.delay - _RANKED, int(_RANKING_FRESH.total_seconds()))
    params = {
        "ts": str(int(since.timestamp())),
        "productType": "Native",
        "metric": name,
        "dimension": dimension,
    }
    body, _ = await asking.body(app, row, params, Ranking)
    ranked = ranking_of(row, body, dimension, name)
    return Part(
        fetched_at=now,
        fresh_at=since + fresh_in,
        since=since,
        until=since + _RANKED,
        distributions=(replace(ranked, since=ranked.since or since),),
    )


def _newest(row: Endpoint, now: dt.datetime, step_s: int) -> Window:
    """The stretch the cloud remembers and has published, in whole steps."""
    since = now - (row.look_back or dt.timedelta(hours=1)) + _EDGE
    return Window(_step_after(since, step_s), _step_before(now - row.delay, step_s))


def _params(row: Endpoint, window: Window) -> dict[str, str]:
    """Today's API has other names for the ends, and wants to know which SDK is asked about."""
    given = span_params(window)
    if row.generation == "seed":
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
