"""The tool about a week's tickets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from bot.services.summary.service import SummaryService
from handlers.api.routes import Reader
from handlers.api.schemas import WeekFigures
from handlers.api.weeks import week_figures
from handlers.mcp.tool import Answer, Arguments, Tool
from handlers.summary.view import preview_text
from handlers.ui.plain_renderer import without_markup


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
            WeekFigures,
            self.count,
        )

    async def count(self, reader: Reader, asked: WeekSummaryArguments) -> Answer:
        """Count a week."""
        week = self._summary.read_week(asked.week, reader.team)
        report = await self._summary.count_for(week, reader.team, reader.person)
        text = without_markup(preview_text(report, reader.renderer))
        return Answer(text, week_figures(report, reader.renderer))
