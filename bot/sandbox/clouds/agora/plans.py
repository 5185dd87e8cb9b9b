"""Agora's plans of today and their limits (docs.agora.io, "Analytics REST API reference")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from bot.sandbox.clouds.request_log import RateLimits

PlanName = Literal["standard", "premium", "enterprise"]
_DAY_S: Final = 86400
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """What one plan allows. `insight` or `realtime` None: the plan does not have them."""

    calls: RateLimits
    look_back_s: int
    lists_span_s: int
    span_s: int
    lists_delay_s: int
    delay_s: int
    insight: RateLimits | None = None
    insight_look_back_s: int = 0
    insight_span_s: int = 0
    insight_usage_delay_s: int = 0
    insight_delay_s: int = 0
    realtime: RateLimits | None = None
    realtime_look_back_s: int = 0
    realtime_delay_s: int = 0


PLANS: Final[dict[PlanName, PlanLimits]] = {
    "standard": PlanLimits(
        RateLimits(per_second=1, per_day=1000), _DAY_S, 8 * _HOUR_S, _HOUR_S, 60, 300
    ),
    "premium": PlanLimits(
        calls=RateLimits(per_second=3, per_day=2000),
        look_back_s=7 * _DAY_S,
        lists_span_s=16 * _HOUR_S,
        span_s=3 * _HOUR_S,
        lists_delay_s=20,
        delay_s=150,
        insight=RateLimits(per_minute=3, per_day=40),
        insight_look_back_s=14 * _DAY_S,
        insight_span_s=3 * _DAY_S,
        insight_usage_delay_s=12 * _HOUR_S,
        insight_delay_s=6 * _HOUR_S,
        realtime=RateLimits(per_minute=3, per_day=480),
        realtime_look_back_s=40 * 60,
        realtime_delay_s=40,
    ),
    "enterprise": PlanLimits(
        calls=RateLimits(per_second=10, per_day=10000),
        look_back_s=15 * _DAY_S,
        lists_span_s=24 * _HOUR_S,
        span_s=6 * _HOUR_S,
        lists_delay_s=20,
        delay_s=100,
        insight=RateLimits(per_minute=10, per_day=60),
        insight_look_back_s=30 * _DAY_S,
        insight_span_s=7 * _DAY_S,
        insight_usage_delay_s=6 * _HOUR_S,
        insight_delay_s=6 * _HOUR_S,
        realtime=RateLimits(per_minute=10, per_day=1440),
        realtime_look_back_s=60 * 60,
        realtime_delay_s=20,
    ),
}
