"""The one table of the clouds' endpoints and their limits. No code asks anything here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.clouds.agora.app_metric_endpoints import AGORA_APP_METRIC_ENDPOINTS
from bot.clouds.appearances import ENDPOINT_USAGE
from bot.clouds.endpoint import DAY_S, Endpoint, Method, Plan, RateLimit

__all__ = ["DAY_S", "ENDPOINTS", "Endpoint", "Plan", "RateLimit", "find_endpoint"]


def _hours(hours: float) -> dt.timedelta:
    return dt.timedelta(hours=hours)


def _days(days: float) -> dt.timedelta:
    return dt.timedelta(days=days)


_SEED = "Agora Analytics RESTful API (Beta), 2020-09-24"
_CURRENT = "Agora Analytics REST API reference, 2026-07-01"

_SEED_ENDPOINTS: Final = (
    Endpoint(
        "agora",
        "lists",
        "/beta/analytics/call/lists",
        f"{_SEED}, call search",
        rates=(RateLimit(3, 1),),
        daily_limit=1000,
        look_back=_days(3),
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
        look_back=_days(3),
        max_span=_hours(3),
        max_rows=10,
        delay_s=150,
        generation="seed",
    ),
    Endpoint(
        # The English page of the same call says 1 per second; we keep the stricter limit.
        "agora",
        "diagnosis",
        "/beta/live/diagnosis",
        f"{_SEED}, realtime data",
        rates=(RateLimit(1, 60),),
        daily_limit=1000,
        look_back=_hours(1),
        max_span=_hours(1),
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
    """What one plan of today's Agora allows (times in the units of the document)."""

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


# The documents name no limits for the last three; they are taken for those of sessions.
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
            look_back=_days(limits.look_back_days),
            max_span=_hours(limits.lists_span_h if name == "lists" else limits.call_span_h),
            max_rows=max_rows,
            delay_s=limits.lists_delay_s if name == "lists" else limits.call_delay_s,
            generation="current",
            plan=limits.plan,
        )
        for name, path, max_rows in _CALL_INSPECTOR
    )


_HUAWEI = "SparkRTC API reference, 2023-11"
_STATISTICS: Final = (RateLimit(30, 60),)  # all of chapter 13 together (contract trap W2)
_CONTROLS: Final = {
    "management": RateLimit(60, 60),
    "jobs": RateLimit(10, 1),
    "room_management": RateLimit(60, 60),
}
_PER_PROJECT: Final = "/v1/{project_id}/rtc"
_OF_APP: Final = "/v2/apps/{app_id}"
_FIVE_MINUTES_S: Final = 300.0  # how late Huawei's console says data may be


def _statistic(
    chapter: str,
    name: str,
    path: str,
    *,
    look_back: float | None = None,
    span: float | None = None,
    rows: int | None = None,
    delay_s: float = _FIVE_MINUTES_S,
) -> Endpoint:
    """One call of chapter 13; look-back and span in days."""
    return Endpoint(
        "huawei",
        name,
        path,
        f"{_HUAWEI}, {chapter}",
        rates=_STATISTICS,
        look_back=None if look_back is None else _days(look_back),
        max_span=None if span is None else _days(span),
        max_rows=rows,
        delay_s=delay_s,
        quota_group="statistics",
    )


def _control(chapter: str, name: str, path: str, method: Method, quota_group: str) -> Endpoint:
    """One call of the chapters that act."""
    return Endpoint(
        "huawei",
        name,
        path,
        f"{_HUAWEI}, {chapter}",
        method=method,
        rates=(_CONTROLS[quota_group],),
        quota_group=quota_group,
    )


_HUAWEI_ENDPOINTS: Final = (
    Endpoint("huawei", "tokens", "/v3/auth/tokens", f"{_HUAWEI}, 3.2", method="POST"),
    _control("5.2", "apps", "/v2/apps", "GET", "management"),
    _control("8.1", "set_callback", f"{_OF_APP}/record-callback", "PUT", "management"),
    _control("8.2", "callback", f"{_OF_APP}/record-callback", "GET", "management"),
    _control("10.1", "start_job", f"{_OF_APP}/individual-stream-jobs", "POST", "jobs"),
    _control("10.2", "job", f"{_OF_APP}/individual-stream-jobs/{{job_id}}", "GET", "jobs"),
    _control(
        "10.3",
        "stop_job",
        f"{_OF_APP}/individual-stream-jobs/{{job_id}}",
        "DELETE",
        "jobs",
    ),
    _control(
        "11.1",
        "remove_users",
        f"{_OF_APP}/rooms/{{room_id}}/batch-remove-users",
        "POST",
        "room_management",
    ),
    _control(
        "11.2",
        "dismiss",
        f"{_OF_APP}/rooms/{{room_id}}/dismiss",
        "POST",
        "room_management",
    ),
    # The document names no page size for 13.1, 13.2 and 13.10; 100 is what 5.2 allows.
    _statistic("13.1", "rooms", f"{_PER_PROJECT}/rooms", look_back=90, span=90, rows=100),
    _statistic("13.2", "users", f"{_PER_PROJECT}/users", look_back=90, span=90, rows=100),
    _statistic("13.3", "realtime_scale", f"{_PER_PROJECT}/realtime/scale", span=1),
    _statistic("13.4", "realtime_dimension", f"{_PER_PROJECT}/realtime/scale/dimension"),
    _statistic("13.5", "realtime_quality", f"{_PER_PROJECT}/realtime/quality", span=1),
    _statistic("13.6", "realtime_network", f"{_PER_PROJECT}/realtime/network", span=1),
    _statistic("13.7", "history_usage", f"{_PER_PROJECT}/history/usage"),
    _statistic("13.8", "history_scale", f"{_PER_PROJECT}/history/scale", look_back=31, span=31),
    _statistic("13.9", "history_quality", f"{_PER_PROJECT}/history/quality", look_back=31, span=31),
    _statistic("13.10", "qos", f"{_PER_PROJECT}/client/qos/details", look_back=5, span=1, rows=100),
    _statistic("13.11", "client_events", f"{_PER_PROJECT}/client/event", look_back=5, span=1 / 24),
    _statistic(
        "13.12", "client_abnormal", f"{_PER_PROJECT}/client/abnormalevent", look_back=5, span=1 / 24
    ),
    _statistic("13.13", "abnormal_events", "/v1/rtc/data/abnormal-events", span=1, rows=100),
    _statistic("13.14", "abnormal_dimension", "/v1/rtc/data/abnormal-event/dimension", span=1),
)


_VOLCENGINE: Final = "Volcengine RTC OpenAPI, 2024-11"
_CALLS: Final = "2023-11-01"  # the version of everything about single calls


def _volcengine(
    name: str,
    version: str,
    rate: int,
    *,
    look_back: dt.timedelta | None = None,
    span: dt.timedelta | None = None,
    rows: int | None = None,
    delay_s: float = 0.0,
    method: Literal["GET", "POST"] = "POST",
) -> Endpoint:
    """One Action of one Version; every one has the path `/` and a rate a second."""
    return Endpoint(
        "volcengine",
        name,
        "/",
        f"{_VOLCENGINE}, {name} {version}",
        method=method,
        rates=(RateLimit(rate, 1),),
        look_back=look_back,
        max_span=span,
        max_rows=rows,
        delay_s=delay_s,
        generation=version,
    )


def _volcengine_call(
    name: str, look_back: float, span_h: float, rows: int, delay_s: float
) -> Endpoint:
    """A call about single calls: look-back in days; `rows` a page, or users a question."""
    return _volcengine(
        name,
        _CALLS,
        10,
        look_back=_days(look_back),
        span=_hours(span_h),
        rows=rows,
        delay_s=delay_s,
        method="GET",
    )


def _volcengine_app_metric(name: str, version: str = _CALLS) -> Endpoint:
    """Numbers of a whole app: of the last hour, or of 30 days in pieces of seven."""
    is_live = "RealTime" in name
    return _volcengine(
        name,
        version,
        2,
        look_back=_hours(1) if is_live else _days(30),
        span=_hours(1) if is_live else _days(7),
        delay_s=60 if is_live else 8 * 3600,
    )


_VOLCENGINE_ENDPOINTS: Final = (
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


_ROWS: Final = (
    *_SEED_ENDPOINTS,
    *AGORA_APP_METRIC_ENDPOINTS,
    *_REPORT_ENDPOINTS,
    *(endpoint for limits in _PLANS for endpoint in _current(limits)),
    *_HUAWEI_ENDPOINTS,
    *_VOLCENGINE_ENDPOINTS,
)
ENDPOINTS: Final = tuple(
    replace(endpoint, used_in=ENDPOINT_USAGE[endpoint.cloud, endpoint.name]) for endpoint in _ROWS
)


def find_endpoint(
    cloud: str, name: str, *, generation: str = "", plan: str | None = None
) -> Endpoint:
    """Return one row of the table; KeyError when there is none."""
    for endpoint in ENDPOINTS:
        same_plan = endpoint.plan is None or endpoint.plan == plan
        same = (endpoint.cloud, endpoint.name) == (cloud, name)
        if same and endpoint.generation in ("", generation) and same_plan:
            return endpoint
    raise KeyError(f"{cloud} {name} {generation} {plan}".strip())
