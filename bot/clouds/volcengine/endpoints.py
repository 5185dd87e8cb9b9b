"""Volcengine RTC's endpoints: an Action in a Version each."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from bot.clouds.endpoint import Endpoint, RateLimit, days, hours

_VOLCENGINE: Final = "Volcengine RTC OpenAPI, 2024-11"
_CALLS: Final = "2023-11-01"  # the Version of the endpoints for single calls


def _volcengine(
    name: str,
    version: str,
    rate: int,
    *,
    lookback: dt.timedelta | None = None,
    span: dt.timedelta | None = None,
    rows: int | None = None,
    delay_s: float = 0.0,
    method: Literal["GET", "POST"] = "POST",
) -> Endpoint:
    """One Action of one Version; all have the path `/` and a limit per second."""
    return Endpoint(
        "volcengine",
        name,
        "/",
        f"{_VOLCENGINE}, {name} {version}",
        method=method,
        rates=(RateLimit(rate, 1),),
        lookback=lookback,
        max_span=span,
        max_rows=rows,
        delay_s=delay_s,
        generation=version,
    )


def _volcengine_call(
    name: str, lookback: float, span_h: float, rows: int, delay_s: float
) -> Endpoint:
    """An endpoint for single calls: look-back in days; `rows` per page, or users per request."""
    return _volcengine(
        name,
        _CALLS,
        10,
        lookback=days(lookback),
        span=hours(span_h),
        rows=rows,
        delay_s=delay_s,
        method="GET",
    )


def _volcengine_app_metric(name: str, version: str = _CALLS) -> Endpoint:
    """Metrics of a whole app: of the last hour, or of 30 days in windows of seven."""
    is_live = "RealTime" in name
    return _volcengine(
        name,
        version,
        2,
        lookback=hours(1) if is_live else days(30),
        span=hours(1) if is_live else days(7),
        delay_s=60 if is_live else 8 * 3600,
    )


ENDPOINTS: Final = (
    _volcengine_call("ListRoomInfo", 14, 24, 100, 20),
    _volcengine_call("ListUserInfo", 14, 6, 100, 100),
    _volcengine_call("ListCallDetail", 6, 1, 20, 100),
    _volcengine_app_metric("ListQualityDistribution", "2020-12-01"),
    _volcengine_app_metric("ListQualityDistribution"),
    _volcengine_app_metric("ListQuality"),
    _volcengine_app_metric("ListOperationData"),
    _volcengine_app_metric("ListRealTimeQuality"),
    _volcengine_app_metric("ListRealTimeQualityDistribution"),
    _volcengine_app_metric("ListRealTimeOperationData"),
    _volcengine("GetRoomOnlineUsers", _CALLS, 40, method="GET"),
)
