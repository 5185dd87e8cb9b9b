"""Trends as tests draw them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from bot.call import Code, Media, MetricDefinition
from bot.causes import HEALTHY, NO_VERDICT, UNKNOWN
from bot.i18n.messages import message
from bot.services.summary.report import FeedbackCounts, WeeklyCount, WeekReport
from bot.services.summary.trend import FreezeRate, QualityTrend, WeeklyMean
from bot.services.summary.weeks import Week

_CURRENT: Final = Week.read("2026-W49")
_FREEZES: Final = {
    "agora": ("agora.live_metric", "videoFreezeRate"),
    "huawei": ("huawei.metric", "VideoFreezeRate"),
}
QUOTA: Final = message("The quota of Agora for app kids is used up until 08:00.")


def week_report(back: int, counts: dict[str, int], **values: Any) -> WeekReport:
    """A week before the current one with so many tickets of each cause."""
    week = _CURRENT.shift(-back)
    since = dt.datetime.combine(week.days[0], dt.time(), dt.UTC)
    causes = tuple(WeeklyCount(key, count, 0) for key, count in counts.items())
    fields = {"until": since + dt.timedelta(days=7), "is_over": back > 0, "before": 0, **values}
    reported = sum(counts.values())
    return WeekReport(
        week=week, since=since, reported=reported, resolved=0, causes=causes, **fields
    )


def uncollected(back: int) -> WeekReport:
    """A week in which Lagdesk did not run."""
    report = week_report(back, {})
    return week_report(back, {}, gaps=((report.since, report.until),))


def freeze_rate(app: str, cloud: str, *means: float | WeeklyMean | None) -> FreezeRate:
    """An app's share of time frozen, by week."""
    code = Code(*_FREEZES[cloud])
    definition = MetricDefinition(code, Media.VIDEO, 600, higher_is_better=False)
    days = (WeeklyMean(mean) if isinstance(mean, float) else mean for mean in means)
    return FreezeRate(app, cloud, code, definition, tuple(days))


def full_trend() -> QualityTrend:
    """Five weeks with tickets, ratings and two apps; the cloud of a third has no freeze rates."""
    weeks = (
        week_report(
            4,
            {"network.loss": 12, "media.no_sound": 6, NO_VERDICT: 1},
            feedback=FeedbackCounts(6, 2, 2),
        ),
        week_report(3, {"network.loss": 9, "media.no_sound": 8}, feedback=FeedbackCounts(5, 1, 1)),
        week_report(
            2, {"network.loss": 5, "media.no_sound": 4, HEALTHY: 2}, feedback=FeedbackCounts(2, 1)
        ),
        week_report(1, {"network.loss": 3, UNKNOWN: 2}, feedback=FeedbackCounts(9, 0, 1)),
        week_report(0, {"network.loss": 1}),
    )
    freezes = (
        freeze_rate("adults", "agora", None, 2.41, 1.9, 1.12, 1.05),
        freeze_rate("piano", "huawei", WeeklyMean(0.62, 3), 0.6, 0.71, 0.54, 0.49),
    )
    why = message("%(cloud)s has no app-wide metrics of this kind.", cloud="Agora")
    return QualityTrend(weeks, freezes, (("kids", why),))
