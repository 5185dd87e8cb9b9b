"""Huawei SparkRTC's endpoints; chapters are those of its API reference of 2023-11."""

from __future__ import annotations

from typing import Final

from bot.clouds.endpoint import Endpoint, Method, RateLimit, days

_HUAWEI: Final = "SparkRTC API reference, 2023-11"
_STATISTICS: Final = (RateLimit(30, 60),)  # all of chapter 13 together (contract trap W2)
_CONTROLS: Final = {
    "management": RateLimit(60, 60),
    "jobs": RateLimit(10, 1),
    "room_management": RateLimit(60, 60),
}
_PER_PROJECT: Final = "/v1/{project_id}/rtc"
_OF_APP: Final = "/v2/apps/{app_id}"
_FIVE_MINUTES_S: Final = 300.0  # the delay according to Huawei's console


def _statistic(
    chapter: str,
    name: str,
    path: str,
    *,
    lookback: float | None = None,
    span: float | None = None,
    rows: int | None = None,
    delay_s: float = _FIVE_MINUTES_S,
) -> Endpoint:
    """An endpoint of chapter 13; look-back and span in days."""
    return Endpoint(
        "huawei",
        name,
        path,
        f"{_HUAWEI}, {chapter}",
        rates=_STATISTICS,
        lookback=None if lookback is None else days(lookback),
        max_span=None if span is None else days(span),
        max_rows=rows,
        delay_s=delay_s,
        quota_group="statistics",
    )


def _control(chapter: str, name: str, path: str, method: Method, quota_group: str) -> Endpoint:
    """An endpoint of the chapters that control rooms and recordings."""
    return Endpoint(
        "huawei",
        name,
        path,
        f"{_HUAWEI}, {chapter}",
        method=method,
        rates=(_CONTROLS[quota_group],),
        quota_group=quota_group,
    )


ENDPOINTS: Final = (
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
    _statistic("13.1", "rooms", f"{_PER_PROJECT}/rooms", lookback=90, span=90, rows=100),
    _statistic("13.2", "users", f"{_PER_PROJECT}/users", lookback=90, span=90, rows=100),
    _statistic("13.3", "realtime_scale", f"{_PER_PROJECT}/realtime/scale", span=1),
    _statistic("13.4", "realtime_dimension", f"{_PER_PROJECT}/realtime/scale/dimension"),
    _statistic("13.5", "realtime_quality", f"{_PER_PROJECT}/realtime/quality", span=1),
    _statistic("13.6", "realtime_network", f"{_PER_PROJECT}/realtime/network", span=1),
    _statistic("13.7", "history_usage", f"{_PER_PROJECT}/history/usage"),
    _statistic("13.8", "history_scale", f"{_PER_PROJECT}/history/scale", lookback=31, span=31),
    _statistic("13.9", "history_quality", f"{_PER_PROJECT}/history/quality", lookback=31, span=31),
    _statistic("13.10", "qos", f"{_PER_PROJECT}/client/qos/details", lookback=5, span=1, rows=100),
    _statistic("13.11", "client_events", f"{_PER_PROJECT}/client/event", lookback=5, span=1 / 24),
    _statistic(
        "13.12", "client_abnormal", f"{_PER_PROJECT}/client/abnormalevent", lookback=5, span=1 / 24
    ),
    _statistic("13.13", "abnormal_events", "/v1/rtc/data/abnormal-events", span=1, rows=100),
    _statistic("13.14", "abnormal_dimension", "/v1/rtc/data/abnormal-event/dimension", span=1),
)
