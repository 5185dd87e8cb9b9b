"""How a cloud's figures moved from one week to the next. Pure: asks nobody, says nothing."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.call import Code, Figure, Unit
from bot.ports import Overview
from bot.services.summary.weeks import Week


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure's mean over a week and over the one before; None where nothing was told.

    A figure that is told by the day is averaged over its days, one told over time over its points.
    """

    name: Code
    figure: Figure | None
    unit: Unit
    mean: float
    before: float | None

    @property
    def change(self) -> float | None:
        """By how much it moved, in percent of what it was; None where that means nothing."""
        return None if not self.before else (self.mean - self.before) / self.before * 100


@dataclass(frozen=True, slots=True)
class CloudWeek:
    """What a cloud told of one topic of an app, and how its figures moved."""

    overview: Overview
    drifts: tuple[Drift, ...]

    @property
    def means(self) -> dict[str, float]:
        """The week's means, to be kept for the next week: clouds forget within days."""
        return {
            key_of(self.overview, drift.name, drift.figure): drift.mean for drift in self.drifts
        }


def key_of(overview: Overview, name: Code, figure: Figure | None) -> str:
    """Name a figure of an app for good."""
    part = figure.part.value if figure and figure.part else ""
    return f"{overview.app}|{overview.topic}|{name.kind}|{name.value}|{part}"


def find_drifts(
    overview: Overview, week: Week, zone: ZoneInfo, kept: Mapping[str, float] | None = None
) -> tuple[Drift, ...]:
    """Return how each figure that has a value this week moved.

    `kept` are last week's means by `key_of`, for clouds that no longer tell them.
    """
    found: list[Drift] = []
    by_day = {usage.metric for usage in overview.usages}  # a week is not told by its last hour
    for trend in (each for each in overview.trends if each.name not in by_day):
        told = [(at.astimezone(zone).date(), value) for at, value in trend.points]
        found += _drift(trend.name, trend.figure, trend.unit, told, week)
    for kind in dict.fromkeys((usage.metric, usage.figure) for usage in overview.usages):
        same = [usage for usage in overview.usages if (usage.metric, usage.figure) == kind]
        days = [(usage.day, usage.value) for usage in same]
        found += _drift(*kind, same[0].unit, days, week)
    return tuple(
        drift
        if drift.before is not None
        else replace(drift, before=(kept or {}).get(key_of(overview, drift.name, drift.figure)))
        for drift in found
    )


def _drift(
    name: Code,
    figure: Figure | None,
    unit: Unit,
    told: Iterable[tuple[dt.date, float]],
    week: Week,
) -> list[Drift]:
    told = list(told)
    now = [value for day, value in told if Week.of_day(day) == week]
    before = [value for day, value in told if Week.of_day(day) == week.shift(-1)]
    if not now:
        return []
    earlier = statistics.fmean(before) if before else None
    return [Drift(name, figure, unit, statistics.fmean(now), earlier)]
