"""The rows of Agora's figures of whole apps, for the table of endpoints. Asks nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from bot.clouds.endpoint import Endpoint, Plan, Rate

_SEED: Final = "Agora Analytics RESTful API (Beta), 2020-09-24"
_TODAY: Final = "Agora Analytics REST API reference, 2026-07-01"


def _hours(hours: float) -> dt.timedelta:
    return dt.timedelta(hours=hours)


def _days(days: float) -> dt.timedelta:
    return dt.timedelta(days=days)


def _seed_figures(name: str, path: str) -> Endpoint:
    """Figures of the last hour; the English page says 1 per second, we keep the stricter limit."""
    return Endpoint(
        "agora",
        name,
        path,
        f"{_SEED}, realtime data",
        rates=(Rate(1, 60),),
        daily=1000,
        look_back=_hours(1),
        max_span=_hours(1),
        delay_s=120,
        generation="seed",
    )


_SEED_FIGURES: Final = (
    _seed_figures("live_scale", "/beta/live/scale/by_time"),
    _seed_figures("live_experience", "/beta/live/experience/by_time"),
    _seed_figures("live_network", "/beta/live/net/by_time"),
    Endpoint(
        # A day is counted by 08:00 UTC of the next one.
        "agora",
        "insight_usage",
        "/beta/insight/usage/by_time",
        f"{_SEED}, data insights",
        rates=(Rate(1, 60),),
        daily=10,
        look_back=_days(7),
        delay_s=8 * 3600,
        generation="seed",
    ),
)


@dataclass(frozen=True, slots=True)
class _FigureLimits:
    """What one plan of today's Agora allows about whole apps; the standard plan has nothing."""

    plan: Plan
    per_minute: int
    live_daily: int
    live_back_min: int
    live_delay_s: float
    insight_daily: int
    insight_back_days: int
    insight_span_days: int
    usage_delay_h: float


_FIGURE_PLANS: Final = (
    _FigureLimits("premium", 3, 480, 40, 40, 40, 14, 3, 12),
    _FigureLimits("enterprise", 10, 1440, 60, 20, 60, 30, 7, 6),
)
_QUALITY_DELAY_H: Final = 6


def _today_live(limits: _FigureLimits, what: str) -> Endpoint:
    span = _hours(limits.live_back_min / 60)
    return Endpoint(
        "agora",
        f"realtime_{what}",
        f"/beta/realtime/{what}/by_time_20sec",
        f"{_TODAY}, Real-time Monitoring",
        rates=(Rate(limits.per_minute, 60),),
        daily=limits.live_daily,
        look_back=span,
        max_span=span,
        delay_s=limits.live_delay_s,
        generation="current",
        plan=limits.plan,
    )


def _today_ranking(limits: _FigureLimits, what: str) -> Endpoint:
    """The 20 largest along a dimension (50 devices) in twenty seconds of now."""
    return Endpoint(
        "agora",
        f"{what}_ranking",
        f"/beta/realtime/{what}/dimension/top20",
        f"{_TODAY}, Real-time Monitoring",
        rates=(Rate(limits.per_minute, 60),),
        daily=limits.live_daily,
        look_back=_hours(limits.live_back_min / 60),
        row_cap=20,
        delay_s=limits.live_delay_s,
        generation="current",
        plan=limits.plan,
    )


def _today_insight(limits: _FigureLimits, what: str, *, spread: bool) -> Endpoint:
    """By day, or the 20 largest along a dimension (50 devices)."""
    delay_h = limits.usage_delay_h if what == "usage" else _QUALITY_DELAY_H
    return Endpoint(
        "agora",
        f"{what}_spread" if spread else f"insight_{what}",
        f"/beta/insight/{what}/{'aggregation' if spread else 'by_time'}",
        f"{_TODAY}, Data Insights",
        method="POST" if spread else "GET",
        rates=(Rate(limits.per_minute, 60),),
        daily=limits.insight_daily,
        look_back=_days(limits.insight_back_days),
        max_span=_days(limits.insight_span_days),
        row_cap=20 if spread else None,
        delay_s=delay_h * 3600,
        generation="current",
        plan=limits.plan,
    )


_TODAY_FIGURES: Final = tuple(
    row
    for limits in _FIGURE_PLANS
    for what in ("usage", "quality")
    for row in (
        _today_live(limits, what),
        _today_ranking(limits, what),
        _today_insight(limits, what, spread=False),
        _today_insight(limits, what, spread=True),
    )
)


AGORA_FIGURES: Final = (*_SEED_FIGURES, *_TODAY_FIGURES)
