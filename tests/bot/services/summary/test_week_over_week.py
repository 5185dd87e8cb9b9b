"""How figures move from one week to the next."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bot.call import Code, Trend, Unit, Usage
from bot.ports import AppMetrics, Topic
from bot.services.summary.week_over_week import (
    WeeklyMetrics,
    WeekOverWeekChange,
    week_over_week_changes,
)
from bot.services.summary.weeks import Week

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = Week.read("2026-W46")
USERS = Code("agora.usage", "users")
FREEZE = Code("agora.metric", "freeze")
MONDAY = dt.date(2026, 11, 9)


def app_metrics(**figures: object) -> AppMetrics:
    """A cloud's metrics as of the next Monday."""
    now = dt.datetime(2026, 11, 16, 1, tzinfo=dt.UTC)
    return AppMetrics(Topic.USAGE, "kids", "agora", now, **figures)  # type: ignore[arg-type]


def usage(day: int, value: float) -> Usage:
    """A figure of the day so many days after the week's Monday."""
    return Usage(MONDAY + dt.timedelta(days=day), USERS, Unit.NUMBER, value)


@pytest.mark.parametrize(
    ("days", "mean", "before", "change"),
    [
        ({0: 10, 6: 20, 7: 99}, 15, None, None),
        ({-7: 10, -1: 10, 0: 15}, 15, 10, 50),
        ({-8: 99, -1: 0, 0: 15}, 15, 0, None),
        ({-1: 8, 0: 6}, 6, 8, -25),
    ],
)
def test_figures_by_the_day(
    days: dict[int, float], mean: float, before: float | None, change: float | None
) -> None:
    """A week's days beside those of the week before."""
    current = app_metrics(usages=tuple(usage(day, value) for day, value in days.items()))
    (metric_change,) = week_over_week_changes(current, WEEK, ZONE)
    assert WeekOverWeekChange(USERS, None, Unit.NUMBER, mean, before) == metric_change
    assert change == metric_change.change


def test_figures_over_time() -> None:
    """Points belong to the week of their start; a metric without points in it is left out."""
    start = WEEK.since(ZONE)
    second = dt.timedelta(seconds=1)
    current = Trend(
        FREEZE, Unit.PERCENT, ((start - second, 4.0), (start, 1.0), (start + second, 3.0))
    )
    late = Trend(USERS, Unit.NUMBER, ((WEEK.until(ZONE), 5.0),))
    changes = week_over_week_changes(app_metrics(trends=(current, late)), WEEK, ZONE)
    assert (WeekOverWeekChange(FREEZE, None, Unit.PERCENT, 2.0, 4.0),) == changes


def test_stored_means_replace_deleted_metrics() -> None:
    """Last week's metrics that the cloud has deleted were stored then, under the same name."""
    last = app_metrics(usages=(usage(-1, 10),))
    stored = WeeklyMetrics(last, week_over_week_changes(last, WEEK.shift(-1), ZONE)).means
    current = app_metrics(usages=(usage(0, 15),))
    (metric_change,) = week_over_week_changes(current, WEEK, ZONE, stored)
    assert (metric_change.mean, metric_change.before, metric_change.change) == (15, 10, 50)


def test_days_count_more_than_the_last_hour() -> None:
    """A metric with both daily and hourly values is listed once, by its days."""
    hour = Trend(USERS, Unit.NUMBER, ((WEEK.until(ZONE) - dt.timedelta(hours=1), 99.0),))
    changes = week_over_week_changes(
        app_metrics(trends=(hour,), usages=(usage(0, 4), usage(1, 6))), WEEK, ZONE
    )
    assert (WeekOverWeekChange(USERS, None, Unit.NUMBER, 5, None),) == changes
