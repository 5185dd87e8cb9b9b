"""Freeze rates by week: of the days that a cloud has, else as summaries stored them."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call import Code, MetricDefinition, Unit, Usage
from bot.ports import AppMetrics, Topic
from bot.services.summary.report import WeekReport
from bot.services.summary.trend import QualityTrend, WeeklyMean, freeze_rates
from bot.services.summary.week_over_week import metric_key
from bot.services.summary.weeks import Week
from tests.handlers.summary.trends import full_trend, uncollected, week_report

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
WEEK = Week.read("2026-W46")
FREEZE = Code("agora.live_metric", "videoFreezeRate")
DEFINITION = MetricDefinition(FREEZE)


def metrics(*values: float) -> AppMetrics:
    """An app whose days begin with the week's Monday."""
    usages = tuple(
        Usage(WEEK.days[0] + dt.timedelta(days=number), FREEZE, Unit.PERCENT, value, DEFINITION)
        for number, value in enumerate(values)
    )
    users = Usage(WEEK.days[0], Code("agora.usage", "users"), Unit.NUMBER, 5)
    return AppMetrics(Topic.TREND, "kids", "agora", NOW, usages=(*usages, users))


STORED = metric_key(AppMetrics(Topic.EXPERIENCE, "kids", "agora", NOW), FREEZE, DEFINITION)


@pytest.mark.parametrize(
    ("days", "stored", "expected"),
    [
        ((1.0, 3.0), {}, (None, WeeklyMean(2.0, 2), None)),
        ((1.0, 3.0), {"2026-W46": {STORED: 1.5}}, (None, WeeklyMean(1.5), None)),
        ((2.0,) * 7, {"2026-W46": {STORED: 1.5}}, (None, WeeklyMean(2.0), None)),
        ((2.0,) * 8, {}, (None, WeeklyMean(2.0), WeeklyMean(2.0, 1))),
        ((2.0,) * 7, {"2026-W45": {STORED: 0.0}}, (WeeklyMean(0.0), WeeklyMean(2.0), None)),
        ((2.0,) * 7, {"2026-W45": {"other": 1.0}}, (None, WeeklyMean(2.0), None)),
    ],
)
def test_means(
    days: tuple[float, ...],
    stored: dict[str, dict[str, float]],
    expected: tuple[WeeklyMean | None, ...],
) -> None:
    """A week without days is None; a stored mean replaces that of a part of a week."""
    weeks = [WEEK.shift(-1), WEEK, WEEK.shift(1)]
    (rate,) = freeze_rates(metrics(*days), weeks, stored)
    assert rate.means == expected
    assert (rate.app, rate.name) == ("kids", FREEZE)


def test_causes_are_sorted_by_all_weeks() -> None:
    """A cause of the week before alone is not one of the weeks."""
    weeks = (week_report(1, {"network.loss": 1}), week_report(0, {"user.muted": 3}))
    assert QualityTrend(weeks).causes == ("user.muted", "network.loss")


@pytest.mark.parametrize(
    ("weeks", "is_empty"),
    [((uncollected(1), week_report(0, {})), True), ((week_report(0, {"network.loss": 1}),), False)],
)
def test_empty(weeks: tuple[WeekReport, ...], *, is_empty: bool) -> None:
    """Neither tickets nor ratings nor rates."""
    assert QualityTrend(weeks).is_empty is is_empty
    assert not full_trend().is_empty
