"""Agora's endpoints: the API of 2020 (`seed`) and today's (`current`), by plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.clouds.endpoint import Endpoint, Plan, RateLimit, days, hours

_SEED: Final = "Agora Analytics RESTful API (Beta), 2020-09-24"
_CURRENT: Final = "Agora Analytics REST API reference, 2026-07-01"

_SEED_ENDPOINTS: Final = (
    Endpoint(
        "agora",
        "lists",
        "/beta/analytics/call/lists",
        f"{_SEED}, call search",
        rates=(RateLimit(3, 1),),
        daily_limit=1000,
        lookback=days(3),
        max_rows=10,
        delay_s=20,
        generation="seed",
    ),
    Endpoint(
        "agora",
        "details",
        "/beta/analytics/call/details",
        f"{_SEED}, call search",
        rates=(RateLimit(1, 1),),
        daily_limit=1000,
        lookback=days(3),
        max_span=hours(3),
        max_rows=10,
        delay_s=150,
        generation="seed",
    ),
    Endpoint(
        # The English page of the same endpoint has 1 per second; we keep the stricter limit.
        "agora",
        "diagnosis",
        "/beta/live/diagnosis",
        f"{_SEED}, realtime data",
        rates=(RateLimit(1, 60),),
        daily_limit=1000,
        lookback=hours(1),
        max_span=hours(1),
        max_rows=10,
        delay_s=120,
        generation="seed",
    ),
)

_REPORT_ENDPOINTS: Final = (
    Endpoint(
        "agora",
        "reportV2",
        "/beta/analytics/feedback/reportV2",
        f"{_SEED}, report",
        method="POST",
        rates=(RateLimit(10, 1),),
    ),
    Endpoint(
        "agora",
        "report",
        "/beta/analytics/feedback/report",
        "Agora Analytics RESTful API (Beta), 2021-03-11, report",
        method="POST",
        rates=(RateLimit(10, 1),),
    ),
)


@dataclass(frozen=True, slots=True)
class _PlanLimits:
    """The limits of a plan for single calls, in the units of the document."""

    plan: Plan
    per_s: int
    daily_limit: int
    look_back_days: int
    lists_span_h: int
    call_span_h: int
    lists_delay_s: float
    call_delay_s: float


_PLANS: Final = (
    _PlanLimits("standard", 1, 1000, 1, 8, 1, 60, 300),
    _PlanLimits("premium", 3, 2000, 7, 16, 3, 20, 150),
    _PlanLimits("enterprise", 10, 10000, 15, 24, 6, 20, 100),
)


# The documents name no limits for the last three; those of sessions are used.
_CALL_INSPECTOR: Final = (
    ("lists", "lists", 100),
    ("sessions", "sessions", 100),
    ("metrics", "metrics", 20),
    ("call_statistics", "statistics", None),
    ("call_minutes", "statistics/time", None),
    ("freeze_buckets", "freeze/bucket", None),
)


def _current(limits: _PlanLimits) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(
            "agora",
            name,
            f"/beta/analytics/call/{path}",
            f"{_CURRENT}, Call Inspector",
            rates=(RateLimit(limits.per_s, 1),),
            daily_limit=limits.daily_limit,
            lookback=days(limits.look_back_days),
            max_span=hours(limits.lists_span_h if name == "lists" else limits.call_span_h),
            max_rows=max_rows,
            delay_s=limits.lists_delay_s if name == "lists" else limits.call_delay_s,
            generation="current",
            plan=limits.plan,
        )
        for name, path, max_rows in _CALL_INSPECTOR
    )


def _seed_app_metric(name: str, path: str) -> Endpoint:
    """Metrics of the last hour; the English page has 1 per second, we keep the stricter limit."""
    return Endpoint(
        "agora",
        name,
        path,
        f"{_SEED}, realtime data",
        rates=(RateLimit(1, 60),),
        daily_limit=1000,
        lookback=hours(1),
        max_span=hours(1),
        delay_s=120,
        generation="seed",
    )


_SEED_APP_METRIC_ENDPOINTS: Final = (
    _seed_app_metric("live_scale", "/beta/live/scale/by_time"),
    _seed_app_metric("live_experience", "/beta/live/experience/by_time"),
    _seed_app_metric("live_network", "/beta/live/net/by_time"),
    Endpoint(
        # A day is counted by 08:00 UTC of the next one.
        "agora",
        "insight_usage",
        "/beta/insight/usage/by_time",
        f"{_SEED}, data insights",
        rates=(RateLimit(1, 60),),
        daily_limit=10,
        lookback=days(7),
        delay_s=8 * 3600,
        generation="seed",
    ),
)


@dataclass(frozen=True, slots=True)
class _AppMetricLimits:
    """The limits of a plan for whole apps; the standard plan has no such endpoints."""

    plan: Plan
    per_minute: int
    live_daily: int
    live_back_min: int
    live_delay_s: float
    insight_daily: int
    insight_back_days: int
    insight_span_days: int
    usage_delay_h: float


_APP_METRIC_PLANS: Final = (
    _AppMetricLimits("premium", 3, 480, 40, 40, 40, 14, 3, 12),
    _AppMetricLimits("enterprise", 10, 1440, 60, 20, 60, 30, 7, 6),
)
_QUALITY_DELAY_H: Final = 6


def _current_realtime(limits: _AppMetricLimits, what: str) -> Endpoint:
    span = hours(limits.live_back_min / 60)
    return Endpoint(
        "agora",
        f"realtime_{what}",
        f"/beta/realtime/{what}/by_time_20sec",
        f"{_CURRENT}, Real-time Monitoring",
        rates=(RateLimit(limits.per_minute, 60),),
        daily_limit=limits.live_daily,
        lookback=span,
        max_span=span,
        delay_s=limits.live_delay_s,
        generation="current",
        plan=limits.plan,
    )


def _current_ranking(limits: _AppMetricLimits, what: str) -> Endpoint:
    """The 20 largest along a dimension (50 devices) in the newest twenty seconds."""
    return Endpoint(
        "agora",
        f"{what}_ranking",
        f"/beta/realtime/{what}/dimension/top20",
        f"{_CURRENT}, Real-time Monitoring",
        rates=(RateLimit(limits.per_minute, 60),),
        daily_limit=limits.live_daily,
        lookback=hours(limits.live_back_min / 60),
        max_rows=20,
        delay_s=limits.live_delay_s,
        generation="current",
        plan=limits.plan,
    )


def _current_insight(limits: _AppMetricLimits, what: str, *, by_dimension: bool) -> Endpoint:
    """By day, or the 20 largest along a dimension (50 devices)."""
    delay_h = limits.usage_delay_h if what == "usage" else _QUALITY_DELAY_H
    return Endpoint(
        "agora",
        f"{what}_spread" if by_dimension else f"insight_{what}",
        f"/beta/insight/{what}/{'aggregation' if by_dimension else 'by_time'}",
        f"{_CURRENT}, Data Insights",
        method="POST" if by_dimension else "GET",
        rates=(RateLimit(limits.per_minute, 60),),
        daily_limit=limits.insight_daily,
        lookback=days(limits.insight_back_days),
        max_span=days(limits.insight_span_days),
        max_rows=20 if by_dimension else None,
        delay_s=delay_h * 3600,
        generation="current",
        plan=limits.plan,
    )


_CURRENT_APP_METRIC_ENDPOINTS: Final = tuple(
    endpoint
    for limits in _APP_METRIC_PLANS
    for what in ("usage", "quality")
    for endpoint in (
        _current_realtime(limits, what),
        _current_ranking(limits, what),
        _current_insight(limits, what, by_dimension=False),
        _current_insight(limits, what, by_dimension=True),
    )
)


ENDPOINTS: Final = (
    *_SEED_ENDPOINTS,
    *_SEED_APP_METRIC_ENDPOINTS,
    *_CURRENT_APP_METRIC_ENDPOINTS,
    *_REPORT_ENDPOINTS,
    *(endpoint for limits in _PLANS for endpoint in _current(limits)),
)
