"""A week's charts: two native bar charts, or a text table with bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.causes import result_title
from bot.i18n.messages import Message, message
from bot.services.summary.report import WeekReport
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.native_charts import Cell, Table, distinct_names
from handlers.ui.renderer import Renderer, escape
from handlers.ui.text_tables import align, escape_code_block

_CAUSES: Final = 6
_BAR_WIDTH: Final = 12


def chart_blocks(report: WeekReport, renderer: Renderer) -> list[Block]:
    """Build two bar charts: tickets by day, and by cause beside the week before."""
    if not (report.reported or report.resolved):
        return []
    days = [_day_name(each.day) for each in report.days]
    by_day = (
        (message("Reported"), [each.reported for each in report.days]),
        (message("Resolved"), [each.resolved for each in report.days]),
    )
    blocks = [_bars("chart-days", message("Tickets by day"), days, by_day, renderer)]
    causes = report.causes[:_CAUSES]
    if causes:
        names = distinct_names([renderer.plain_text(result_title(each.key)) for each in causes])
        by_cause = (
            (message("This week"), [each.count for each in causes]),
            (message("Week before"), [each.before for each in causes]),
        )
        blocks.append(_bars("chart-causes", message("Tickets by cause"), names, by_cause, renderer))
    return blocks


def _day_name(day: dt.date) -> str:
    return f"{day:%m-%d}"


def _bars(
    block_id: str,
    title: Message,
    categories: Sequence[str],
    values: Sequence[tuple[Message, Sequence[int]]],
    renderer: Renderer,
) -> Block:
    named = [(renderer.plain_text(name), counts) for name, counts in values]
    y_label = renderer.plain_text(message("Tickets"))
    return bar_chart(block_id, renderer.plain_text(title), y_label, categories, named)


def bar_chart(
    block_id: str,
    title: str,
    y_label: str,
    categories: Sequence[str],
    values: Sequence[tuple[str, Sequence[float]]],
) -> Block:
    """Build a native bar chart; `values` are names with a value for each category."""
    names = distinct_names([name for name, _ in values])
    series = [
        {
            "name": name,
            "data": [
                {"label": label, "value": value}
                for label, value in zip(categories, counts, strict=True)
            ],
        }
        for name, (_, counts) in zip(names, values, strict=True)
    ]
    return {
        "type": "data_visualization",
        "block_id": block_id,
        "title": title,
        "chart": {
            "type": "bar",
            "series": series,
            "axis_config": {"categories": list(categories), "y_label": y_label},
        },
    }


def text_charts(report: WeekReport, renderer: Renderer) -> list[Block]:
    """Build the text table, for workspaces without native charts."""
    return [
        block_kit.section(
            f"text-{number}",
            f"*{escape(table.title)}*\n```{escape_code_block(chr(10).join(align(table)))}```",
        )
        for number, table in enumerate(day_tables(report, renderer))
    ]


def day_tables(report: WeekReport, renderer: Renderer) -> list[Table]:
    """Return the days as a table with bars; no table for a week without tickets."""
    if not (report.reported or report.resolved):
        return []
    max_count = max(each.reported for each in report.days) or 1
    rows = tuple(
        (
            Cell(_day_name(each.day)),
            Cell(str(each.reported)),
            Cell(str(each.resolved)),
            Cell(("█" * round(_BAR_WIDTH * each.reported / max_count)).ljust(_BAR_WIDTH)),
        )
        for each in report.days
    )
    head = (message("Day"), message("Reported"), message("Resolved"))
    titles = (*(renderer.plain_text(each) for each in head), "")
    return [Table(renderer.plain_text(message("Tickets by day")), titles, rows)]
