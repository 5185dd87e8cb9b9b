"""The route about a week's tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.causes import result_title
from bot.decoding import convert_object
from bot.errors import InputError, NotFoundError
from bot.i18n.messages import Message, message
from bot.services.summary.report import WeeklyCount, WeekReport
from bot.services.summary.service import SummaryService
from bot.services.summary.times import AppTimes
from handlers.api.parameters import WeekParameters
from handlers.api.routes import Reader, Route
from handlers.api.schemas import Count, Span, WeekFigures
from handlers.summary.view import headline
from handlers.ui.labels import ISSUE_TYPE_NAMES, SIDE_NAMES
from handlers.ui.renderer import Renderer


class WeekRoutes:
    """Counts weeks."""

    def __init__(self, summary: SummaryService) -> None:
        self._summary = summary

    def routes(self) -> Iterator[Route]:
        """Yield the route."""
        yield Route(
            "readWeek",
            "/weeks/{week}",
            "The figures of a week, as in the weekly summary.",
            WeekParameters,
            WeekFigures,
            self.read_week,
        )

    async def read_week(self, reader: Reader, asked: WeekParameters) -> WeekFigures:
        """Count a week of the reader's workspace. NotFoundError for one that was not yet."""
        try:
            week = self._summary.read_week(asked.week, reader.team)
        except InputError as error:
            raise NotFoundError(error.user_message) from error
        report = await self._summary.count_for(week, reader.team, reader.person)
        return week_figures(report, reader.renderer)


def week_figures(report: WeekReport, renderer: Renderer) -> WeekFigures:
    """Return the figures of a week."""
    types = {str(int(kind)): name for kind, name in ISSUE_TYPE_NAMES.items()}
    sides = {side.value: name for side, name in SIDE_NAMES.items()}
    as_counted = {name: getattr(report, name, None) for name in WeekFigures.__struct_fields__}
    values = as_counted | {
        "week": report.week.label,
        "headline": renderer.plain_text(headline(report)),
        "causes": _counts(report.causes, result_title, renderer),
        "types": _counts(report.types, types.__getitem__, renderer),
        "apps": _counts(report.apps, lambda app: message("%(text)s", text=app), renderer),
        "sides": _counts(report.sides, sides.__getitem__, renderer),
        "times": _times(report),
        "outcomes": report.resolution_outcomes,
        "gaps": [Span(since=since, until=until) for since, until in report.gaps],
    }
    return convert_object(values, WeekFigures, from_attributes=True)


def _counts(
    counts: Sequence[WeeklyCount], name: Callable[[str], Message], renderer: Renderer
) -> list[Count]:
    return [
        Count(
            key=each.key,
            title=renderer.plain_text(name(each.key)),
            count=each.count,
            before=each.before,
        )
        for each in counts
    ]


def _times(report: WeekReport) -> list[AppTimes]:
    """Return the times of all apps, then those of the apps that have targets."""
    everything = AppTimes(
        "", report.claim, report.claim_target, report.resolve, report.resolve_target
    )
    return [everything, *report.app_times]
