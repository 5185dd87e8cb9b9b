"""The tool about a week's tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from bot.causes import result_title
from bot.diagnosis.verdict import write_time
from bot.i18n.messages import Message, message
from bot.services.summary.report import WeeklyCount, WeekReport
from bot.services.summary.service import SummaryService
from handlers.mcp.tool import Answer, Arguments, Reader, Tool
from handlers.summary.view import preview_text
from handlers.ui.labels import ISSUE_TYPE_NAMES, SIDE_NAMES
from handlers.ui.plain_renderer import without_markup
from handlers.ui.renderer import Renderer


class WeekSummaryArguments(Arguments, frozen=True, kw_only=True):
    """The arguments of week_summary."""

    week: Annotated[
        str,
        msgspec.Meta(
            description="An ISO week; by default the last one that is over. The current week is "
            "counted until now.",
            examples=["2026-W46"],
            max_length=40,
        ),
    ] = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many tickets had something in common, that week and the week before."""

    key: str
    label: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """The figures of a week; `before` is the week before.

    `is_over` is false for the current week, counted until `until`. `is_comparable` is false when
    the week before was not collected.
    """

    week: str
    since: str
    until: str
    is_over: bool
    is_comparable: bool
    reported: int
    before: int
    resolved: int
    still_open: int
    by_cause: list[Count]
    by_type: list[Count]
    by_app: list[Count]
    by_side: list[Count]


class SummaryTool:
    """Shows people what `/lagdesk summary` shows them."""

    def __init__(self, summary: SummaryService) -> None:
        self._summary = summary

    def tools(self) -> Iterable[Tool]:
        """Return the tool."""
        yield Tool(
            "week_summary",
            "Summary of a week",
            "Counts the workspace's tickets of one week: how many were reported and resolved "
            "compared with the week before, by cause, type, app and side, how long they waited, "
            "what is still open, and what needs a decision. It lists no tickets (find_tickets "
            "does) and counts only what people reported, not all calls.",
            WeekSummaryArguments,
            WeekSummary,
            self.count,
        )

    async def count(self, reader: Reader, asked: WeekSummaryArguments) -> Answer:
        """Count a week."""
        week = self._summary.read_week(asked.week, reader.team)
        report = await self._summary.count_for(week, reader.team, reader.person)
        text = without_markup(preview_text(report, reader.renderer))
        return Answer(text, _figures(report, reader.renderer))


def _figures(report: WeekReport, renderer: Renderer) -> WeekSummary:
    types = {str(int(kind)): name for kind, name in ISSUE_TYPE_NAMES.items()}
    sides = {side.value: name for side, name in SIDE_NAMES.items()}
    return WeekSummary(
        report.week.label,
        since=write_time(report.since),
        until=write_time(report.until),
        is_over=report.is_over,
        is_comparable=report.is_comparable,
        reported=report.reported,
        before=report.before,
        resolved=report.resolved,
        still_open=report.open_count,
        by_cause=_counts(report.causes, result_title, renderer),
        by_type=_counts(report.types, types.__getitem__, renderer),
        by_app=_counts(report.apps, lambda app: message("%(text)s", text=app), renderer),
        by_side=_counts(report.sides, sides.__getitem__, renderer),
    )


def _counts(
    counts: Sequence[WeeklyCount], name: Callable[[str], Message], renderer: Renderer
) -> list[Count]:
    return [
        Count(each.key, renderer.plain_text(name(each.key)), each.count, each.before)
        for each in counts
    ]
