"""Five weeks side by side: tickets by cause, answers about verdicts, and freeze rates of apps."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.call import Code, MetricDefinition, Unit, Usage
from bot.i18n.messages import Message, message
from bot.ports import AppMetrics, Inquiry, Topic
from bot.services.app_metrics.service import AppMetricsService
from bot.services.context import Context
from bot.services.inquiry_rows import enqueue_inquiry
from bot.services.summary.report import WeekReport
from bot.services.summary.service import SummaryService
from bot.services.summary.week_over_week import metric_key
from bot.services.summary.weeks import Week
from bot.store.summary import weeks as store

KIND: Final = "quality_trend"
COMPLETE_WEEKS: Final = 4
_DAYS: Final = 7
_NO_DAYS: Final = message("no data for these weeks")


@dataclass(frozen=True, slots=True)
class WeeklyMean:
    """A mean over a week, in percent, and how many of its days have a value."""

    value: float
    days: int = _DAYS


@dataclass(frozen=True, slots=True)
class FreezeRate:
    """The share of time frozen in an app, for each week; None for a week without data."""

    app: str
    cloud: str
    name: Code
    definition: MetricDefinition | None
    means: tuple[WeeklyMean | None, ...]


@dataclass(frozen=True, slots=True)
class QualityTrend:
    """The last four complete weeks and the current one, oldest first.

    `failures` are apps with the reason why something of them is missing.
    """

    weeks: tuple[WeekReport, ...]
    freezes: tuple[FreezeRate, ...] = ()
    failures: tuple[tuple[str, Message], ...] = ()
    explanations: tuple[Message, ...] = ()

    @property
    def causes(self) -> tuple[str, ...]:
        """The causes of any of the weeks, the most frequent first."""
        counts: Counter[str] = Counter()
        for each in self.weeks:
            counts.update({cause.key: cause.count for cause in each.causes if cause.count})
        return tuple(key for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing but words to show."""
        has_tickets = any(each.reported or each.feedback.count for each in self.weeks)
        return not (has_tickets or self.freezes)


class TrendService:
    """Counts the weeks and fetches the freeze rates."""

    def __init__(
        self, context: Context, summary: SummaryService, app_metrics: AppMetricsService
    ) -> None:
        self._context = context
        self._summary = summary
        self._app_metrics = app_metrics

    async def request(self, origin: str, inquiry: Inquiry) -> None:
        """Store an inquiry and enqueue its answer; the same origin is the same inquiry."""
        now = self._context.clock.now()
        await self._context.commit(
            lambda session: enqueue_inquiry(session, origin, inquiry, KIND, now)
        )

    async def load(self, team: str = "", app: str = "") -> QualityTrend:
        """Return the trend of a workspace, with the freeze rates of one app or of all its apps.

        Tickets are those of all its apps. Failures of clouds are part of the result.
        """
        current = self._summary.this_week(team)
        weeks = [current.shift(back) for back in range(-COMPLETE_WEEKS, 1)]
        reports = [await self._summary.count(week, team) for week in weeks]
        apps = [app] if app else list(self._context.clouds_of(team))
        fetched = await asyncio.gather(
            *(self._app_metrics.fetch(each, Topic.TREND) for each in apps)
        )
        stored = await self._stored_means(team, weeks)
        rates = [rate for each in fetched for rate in freeze_rates(each, weeks, stored)]
        return QualityTrend(
            tuple(reports),
            tuple(sorted(rates, key=_is_part)),
            tuple(_failures(fetched, {each.app for each in rates})),
            tuple(_unique(each for one in fetched for each in one.explanations)),
        )

    async def _stored_means(self, team: str, weeks: Sequence[Week]) -> Mapping[str, store.Means]:
        """Return the means that weekly summaries have stored: clouds delete theirs."""
        counted = team if self._context.settings.has_oauth else ""
        labels = [week.label for week in weeks]
        return await self._context.store.read(
            lambda session: store.list_means(session, labels, counted)
        )


def freeze_rates(
    app_metrics: AppMetrics, weeks: Sequence[Week], stored: Mapping[str, store.Means]
) -> list[FreezeRate]:
    """Return an app's freeze rates by week: of the days the cloud has, else as stored.

    A stored mean is of the whole week, so it replaces that of a part of a week that is over.
    """
    kinds = dict.fromkeys(
        (usage.metric, usage.definition)
        for usage in app_metrics.usages
        if usage.unit is Unit.PERCENT
    )
    experience = replace(app_metrics, topic=Topic.EXPERIENCE)  # as summaries store it
    rates = []
    for kind in kinds:
        usages = [usage for usage in app_metrics.usages if (usage.metric, usage.definition) == kind]
        key = metric_key(experience, *kind)
        means = (_mean(usages, week, stored.get(week.label, {}).get(key)) for week in weeks)
        rates.append(FreezeRate(app_metrics.app, app_metrics.cloud, *kind, tuple(means)))
    return rates


def _mean(usages: Sequence[Usage], week: Week, stored: float | None) -> WeeklyMean | None:
    values = [usage.value for usage in usages if Week.of_day(usage.day) == week]
    if stored is not None and len(values) < _DAYS:
        return WeeklyMean(stored)
    return WeeklyMean(statistics.fmean(values), len(values)) if values else None


def _is_part(rate: FreezeRate) -> bool:
    """Tell a rate of some people, such as those with browsers, from that of all."""
    return bool(rate.definition and rate.definition.part)


def _failures(fetched: Sequence[AppMetrics], known: set[str]) -> Iterable[tuple[str, Message]]:
    for each in fetched:
        yield from ((each.app, failure) for failure in each.failures)
        if each.app not in known and not each.failures:
            yield each.app, _NO_DAYS


def _unique(messages: Iterable[Message]) -> Iterable[Message]:
    """Yield each message once; messages contain mappings, so they cannot be hashed."""
    seen: list[Message] = []
    for each in messages:
        if each not in seen:
            seen.append(each)
            yield each
