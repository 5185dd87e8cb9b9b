"""The one table of the clouds' endpoints and their limits. No code asks anything here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

Plan = Literal["standard", "premium", "enterprise"]
DAY_S: Final = 86400


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` within any `per_s` seconds."""

    calls: int
    per_s: float


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of a cloud, where it is documented, and what it may cost.

    `daily` counts calls of a UTC day. `look_back` is how far the cloud remembers, `max_span` the
    longest stretch one question may cover, `row_cap` how many rows one answer holds at most,
    `delay_s` how long data takes to appear. None: the document sets no limit. Endpoints that
    share a `budget` share one allowance; by default each has its own.
    """

    cloud: str
    name: str
    path: str
    document: str
    method: Literal["GET", "POST"] = "GET"
    rates: tuple[Rate, ...] = ()
    daily: int | None = None
    look_back: dt.timedelta | None = None
    max_span: dt.timedelta | None = None
    row_cap: int | None = None
    delay_s: float = 0.0
    generation: str = ""
    plan: Plan | None = None
    budget: str = ""

    def account(self, app_id: str) -> str:
        """The name under which calls for this app are counted."""
        return f"{self.cloud}.{self.budget or self.name}.{app_id}"

    @property
    def delay(self) -> dt.timedelta:
        """How long data takes to appear."""
        return dt.timedelta(seconds=self.delay_s)


def _hours(hours: float) -> dt.timedelta:
    return dt.timedelta(hours=hours)


def _days(days: float) -> dt.timedelta:
    return dt.timedelta(days=days)


_SEED = "Agora Analytics RESTful API (Beta), 2020-09-24"
_TODAY = "Agora Analytics REST API reference, 2026-07-01"

_SEED_ENDPOINTS: Final = (
    Endpoint(
        "agora",
        "lists",
        "/beta/analytics/call/lists",
        f"{_SEED}, call search",
        rates=(Rate(3, 1),),
        daily=1000,
        look_back=_days(3),
        row_cap=10,
        delay_s=20,
        generation="seed",
    ),
    Endpoint(
        "agora",
        "details",
        "/beta/analytics/call/details",
        f"{_SEED}, call search",
        rates=(Rate(1, 1),),
        daily=1000,
        look_back=_days(3),
        max_span=_hours(3),
        row_cap=10,
        delay_s=150,
        generation="seed",
    ),
    Endpoint(
        # The English page of the same call says 1 per second; we keep the stricter limit.
        "agora",
        "diagnosis",
        "/beta/live/diagnosis",
        f"{_SEED}, realtime data",
        rates=(Rate(1, 60),),
        daily=1000,
        look_back=_hours(1),
        max_span=_hours(1),
        row_cap=10,
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
        rates=(Rate(10, 1),),
    ),
    Endpoint(
        "agora",
        "report",
        "/beta/analytics/feedback/report",
        "Agora Analytics RESTful API (Beta), 2021-03-11, report",
        method="POST",
        rates=(Rate(10, 1),),
    ),
)


@dataclass(frozen=True, slots=True)
class _PlanLimits:
    """What one plan of today's Agora allows (times in the units of the document)."""

    plan: Plan
    per_s: int
    daily: int
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


def _today(limits: _PlanLimits) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(
            "agora",
            name,
            f"/beta/analytics/call/{name}",
            f"{_TODAY}, Call Inspector",
            rates=(Rate(limits.per_s, 1),),
            daily=limits.daily,
            look_back=_days(limits.look_back_days),
            max_span=_hours(limits.lists_span_h if name == "lists" else limits.call_span_h),
            row_cap=row_cap,
            delay_s=limits.lists_delay_s if name == "lists" else limits.call_delay_s,
            generation="current",
            plan=limits.plan,
        )
        for name, row_cap in (("lists", 100), ("sessions", 100), ("metrics", 20))
    )


ENDPOINTS: Final = (
    *_SEED_ENDPOINTS,
    *_REPORT_ENDPOINTS,
    *(endpoint for limits in _PLANS for endpoint in _today(limits)),
)


def endpoint(cloud: str, name: str, *, generation: str = "", plan: str | None = None) -> Endpoint:
    """Return one row of the table; KeyError when there is none."""
    for row in ENDPOINTS:
        same_plan = row.plan is None or row.plan == plan
        same = (row.cloud, row.name) == (cloud, name)
        if same and row.generation in ("", generation) and same_plan:
            return row
    raise KeyError(f"{cloud} {name} {generation} {plan}".strip())
