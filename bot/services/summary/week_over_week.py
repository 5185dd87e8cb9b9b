"""Changes of a cloud's metrics from one week to the next, computed by pure functions."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.call import Code, MetricDefinition, Unit
from bot.ports import AppMetrics
from bot.services.summary.weeks import Week


@dataclass(frozen=True, slots=True)
class WeekOverWeekChange:
    """A figure's mean over a week and over the one before; None without values.

    A daily figure is averaged over its days, a time series over its points.
    """

    name: Code
    definition: MetricDefinition | None
    unit: Unit
    mean: float
    before: float | None

    @property
    def change(self) -> float | None:
        """The change in percent of the earlier mean; None where that is undefined."""
        return None if not self.before else (self.mean - self.before) / self.before * 100


@dataclass(frozen=True, slots=True)
class WeeklyMetrics:
    """A cloud's metrics of one topic of an app, and their changes."""

    app_metrics: AppMetrics
    changes: tuple[WeekOverWeekChange, ...]

    @property
    def means(self) -> dict[str, float]:
        """The week's means, stored for the next week: clouds delete metrics within days."""
        return {
            metric_key(
                self.app_metrics, metric_change.name, metric_change.definition
            ): metric_change.mean
            for metric_change in self.changes
        }


def metric_key(app_metrics: AppMetrics, name: Code, definition: MetricDefinition | None) -> str:
    """Return the permanent key of an app's figure."""
    part = definition.part.value if definition and definition.part else ""
    return f"{app_metrics.app}|{app_metrics.topic}|{name.kind}|{name.value}|{part}"


def split_metric_key(key: str) -> tuple[str, str, str, str]:
    """Return the app, the topic, the metric's name and its part of a key; "" without a part."""
    app, topic, _kind, name, part = key.rsplit("|", 4)
    return app, topic, name, part


def week_over_week_changes(
    app_metrics: AppMetrics,
    week: Week,
    zone: ZoneInfo,
    previous_means: Mapping[str, float] | None = None,
) -> tuple[WeekOverWeekChange, ...]:
    """Return the change of each figure that has a value this week.

    `previous_means` are last week's means by `metric_key`, for clouds that no longer return them.
    """
    changes: list[WeekOverWeekChange] = []
    by_day = {
        usage.metric for usage in app_metrics.usages
    }  # the last hour does not represent a week
    for trend in (each for each in app_metrics.trends if each.name not in by_day):
        points = [(at.astimezone(zone).date(), value) for at, value in trend.points]
        changes += _week_change(trend.name, trend.definition, trend.unit, points, week)
    for kind in dict.fromkeys((usage.metric, usage.definition) for usage in app_metrics.usages):
        same = [usage for usage in app_metrics.usages if (usage.metric, usage.definition) == kind]
        days = [(usage.day, usage.value) for usage in same]
        changes += _week_change(*kind, same[0].unit, days, week)
    return tuple(
        metric_change
        if metric_change.before is not None
        else replace(
            metric_change,
            before=(previous_means or {}).get(
                metric_key(app_metrics, metric_change.name, metric_change.definition)
            ),
        )
        for metric_change in changes
    )


def _week_change(
    name: Code,
    definition: MetricDefinition | None,
    unit: Unit,
    points: Iterable[tuple[dt.date, float]],
    week: Week,
) -> list[WeekOverWeekChange]:
    points = list(points)
    now = [value for day, value in points if Week.of_day(day) == week]
    before = [value for day, value in points if Week.of_day(day) == week.shift(-1)]
    if not now:
        return []
    earlier = statistics.fmean(before) if before else None
    return [WeekOverWeekChange(name, definition, unit, statistics.fmean(now), earlier)]
