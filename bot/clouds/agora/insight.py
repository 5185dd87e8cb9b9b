"""Asking Agora about whole days of an app, and how their figures are spread (Data Insights).

The 2020 API answers ten questions a day and has a day's figures at 08:00 UTC of the next one;
what was answered is kept until then.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

import msgspec

from bot.clouds.agora.app_metric_schemas import QUALITY, USAGE, Figures, distribution_of, usages_of
from bot.clouds.agora.calls import pieces
from bot.clouds.agora.client import Asking, span_params
from bot.clouds.endpoints import Endpoint, endpoint
from bot.clouds.response_cache import Part
from bot.ports import Window

DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_EDGE: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_LATE: Final = dt.timedelta(hours=3)  # a day that should be out and is not is asked for again
_METRICS: Final = {"insight_usage": USAGE, "insight_quality": QUALITY}
_SPREADS: Final = ("quality_spread", "usage_spread")


async def fetch_days(asking: Asking, app: str, row: Endpoint) -> Part:
    """Ask for the whole days of the last week that are counted. Raises CloudError.

    A window of less than a day would be answered with nothing (contract trap A10).
    """
    now = asking.clock.now()
    window = counted_days(row, now)
    names = _METRICS[row.name]
    body = Figures(data=[])
    for piece in pieces(window, row.max_span):
        params = _params(row, piece) | {"metric": ",".join(names)}
        told, _ = await asking.body(app, row, params, Figures)
        body.data = [*(body.data or []), *(told.data or [])]
    inside = (window.since.date(), window.until.date())
    usages = tuple(
        usage for usage in usages_of(row, body, names) if inside[0] <= usage.day < inside[1]
    )
    is_whole = any(usage.day == (window.until - DAY).date() for usage in usages)
    due_at = next_count(row, now)
    return Part(
        fetched_at=now,
        fresh_at=due_at if is_whole else min(due_at, now + _LATE),
        since=window.since,
        until=window.until,
        usages=usages,
    )


async def fetch_spread(asking: Asking, app: str, row: Endpoint, name: str, dimension: str) -> Part:
    """Ask how a figure of the last counted day is spread over a dimension. Raises CloudError.

    Users are counted later than quality: the day is one of which both can be told, so that they
    can stand side by side.
    """
    now = asking.clock.now()
    until = _midnight(now - _spread_delay(row))
    asked = {
        "startTs": int((until - DAY).timestamp()),
        "endTs": int(until.timestamp()),
        "metric": name,
        "dimension": dimension,
    }
    body, _ = await asking.body(app, row, {}, Figures, content=msgspec.json.encode(asked))
    spread = distribution_of(row, body, dimension, name)
    return Part(
        fetched_at=now,
        fresh_at=until + DAY + _spread_delay(row),
        since=until - DAY,
        until=until,
        distributions=(replace(spread, since=until - DAY),),
    )


def counted_days(row: Endpoint, now: dt.datetime) -> Window:
    """The days (UTC) of the last week whose figures are out, as far as they are remembered."""
    until = _midnight(now - _delay(row))
    oldest = now - min(row.look_back or _WEEK, _WEEK) + _EDGE
    return Window(_midnight(oldest) + DAY, until)


def next_count(row: Endpoint, now: dt.datetime) -> dt.datetime:
    """When the next day's figures are out."""
    return _midnight(now - _delay(row)) + DAY + _delay(row)


def _delay(row: Endpoint) -> dt.timedelta:
    """As documented: days are counted at an hour of the clock, however short a demo's delays."""
    return endpoint("agora", row.name, generation=row.generation, plan=row.plan).delay


def _spread_delay(row: Endpoint) -> dt.timedelta:
    return max(_delay(replace(row, name=name)) for name in _SPREADS)


def _params(row: Endpoint, window: Window) -> dict[str, str]:
    given = span_params(window)
    if row.generation == "seed":
        return given
    asked = {
        "startTs": given["start_ts"],
        "endTs": given["end_ts"],
        "aggregateGranularity": "1d",
    }
    return asked | ({"productType": "Native"} if row.name == "insight_quality" else {})


def _midnight(moment: dt.datetime) -> dt.datetime:
    there = moment.astimezone(dt.UTC)
    return there.replace(hour=0, minute=0, second=0, microsecond=0)
