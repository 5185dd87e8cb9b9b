"""The last weeks for `/metrics`: tickets by cause, ratings, and freeze rates that are stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from bot.ports import Topic
from bot.services.context import Context
from bot.services.summary.report import WeekReport
from bot.services.summary.service import SummaryService
from bot.services.summary.trend import COMPLETE_WEEKS, QualityTrend
from bot.services.summary.week_over_week import split_metric_key
from bot.store.summary import weeks as store

_MAX_AGE: Final = dt.timedelta(minutes=10)  # counting five weeks reads all their tickets
_FREEZE_RATES: Final = frozenset(
    {
        *("videoFreezeRate", "audioFreezeRate", "VideoFreezeRate", "AudioFreezeRate"),
        *("video_stall_rate", "audio_stall_rate"),
    }
)
Figures = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class WeeklyFigures:
    """Figures by week and a further key; a week in which Lagdesk did not run has none.

    `freezes` are percentages by week, app and metric, as weekly summaries stored them.
    """

    tickets: Figures = field(default_factory=dict)
    ratings: Figures = field(default_factory=dict)
    freezes: Figures = field(default_factory=dict)


class WeeklyFiguresService:
    """Counts the weeks of all workspaces, again after ten minutes."""

    def __init__(self, context: Context, summary: SummaryService) -> None:
        self._context = context
        self._summary = summary
        self._last: tuple[dt.datetime, WeeklyFigures] | None = None

    async def load(self) -> WeeklyFigures:
        """Return the figures, at most ten minutes old. Raises DatabaseError."""
        now = self._context.clock.now()
        if self._last is None or not now - _MAX_AGE < self._last[0] <= now:
            self._last = (now, await self._count())
        return self._last[1]

    async def _count(self) -> WeeklyFigures:
        current = self._summary.this_week()
        weeks = [current.shift(back) for back in range(-COMPLETE_WEEKS, 1)]
        reports = [await self._summary.count(week) for week in weeks]
        labels = [week.label for week in weeks]
        means = await self._context.store.read(lambda session: store.list_means(session, labels))
        return WeeklyFigures(
            dict(_tickets(reports)), dict(_ratings(reports)), dict(_freezes(means))
        )


def _tickets(reports: Sequence[WeekReport]) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield counts, also zeros: only a week without Lagdesk has none."""
    causes = QualityTrend(tuple(reports)).causes
    for report in (each for each in reports if not each.is_uncollected):
        counts = {each.key: each.count for each in report.causes}
        yield from (((report.week.label, cause), counts.get(cause, 0)) for cause in causes)


def _ratings(reports: Sequence[WeekReport]) -> Iterator[tuple[tuple[str, str], float]]:
    for report in (each for each in reports if not each.is_uncollected):
        counts = asdict(report.feedback).items()
        yield from (((report.week.label, rating), count) for rating, count in counts)


def _freezes(means: Mapping[str, store.Means]) -> Iterator[tuple[tuple[str, ...], float]]:
    for week, by_key in means.items():
        for key, mean in by_key.items():
            app, topic, name, part = split_metric_key(key)
            if topic == Topic.EXPERIENCE and name in _FREEZE_RATES:
                yield (week, app, f"{name}.{part}" if part else name), mean
