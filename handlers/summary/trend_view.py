"""The trend of the last weeks as blocks and as terminal text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.charts.week_grid import GridSection, WeekGrid
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.services.summary.trend import QualityTrend
from handlers.summary.charts import bar_chart
from handlers.summary.trend_grid import (
    MAX_RATES,
    MIN_RATINGS,
    NOT_COLLECTED,
    grid_table,
    trend_title,
    week_grid,
    week_name,
)
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.native_charts import table_block
from handlers.ui.renderer import Renderer
from handlers.ui.text_tables import align, chunks, escape_code_block

_NOTES_LENGTH: Final = 2900
_EMPTY: Final = message(
    "There is nothing to show for these weeks: no tickets, no ratings of verdicts and no "
    "freeze rates."
)


def trend_headline(trend: QualityTrend) -> Message:
    """Return the weeks in one sentence."""
    *complete, current = trend.weeks
    counts = [NOT_COLLECTED if week.is_uncollected else week.reported for week in complete]
    return message(
        "%(title)s. Tickets of the last %(number)s weeks: %(counts)s; this week so far: %(now)s.",
        title=trend_title(trend),
        number=len(complete),
        counts=counts,
        now=current.reported,
    )


def trend_notes(trend: QualityTrend) -> Iterator[Message]:
    """Yield what the numbers mean, and what is missing and why."""
    missing = [week_name(week) for week in trend.weeks if week.is_uncollected]
    if missing:
        yield message(
            "Lagdesk was not running in these weeks, so nobody could report: %(weeks)s.",
            weeks=missing,
        )
    if any(0 < week.feedback.count < MIN_RATINGS for week in trend.weeks):
        yield message(
            "A share is shown from %(count)s ratings a week on; of fewer, how many said yes.",
            count=MIN_RATINGS,
        )
    if len(trend.freezes) > MAX_RATES:
        yield message(
            "There are more freeze rates: /quality app=<name> trend shows those of one app."
        )
    if trend.freezes:
        yield from trend.explanations
    for app, failure in trend.failures:
        yield message("%(app)s: %(why)s", app=app, why=failure)


def trend_blocks(trend: QualityTrend, renderer: Renderer, charts: Sequence[Block]) -> list[Block]:
    """Build the answer around its charts; without any, the numbers are a text table."""
    headline = block_kit.section("headline", renderer.mrkdwn(trend_headline(trend)))
    if trend.is_empty:
        body = [block_kit.section("empty", renderer.mrkdwn(_EMPTY))]
    else:
        body = list(charts) or _text_table(trend, renderer)
    notes = "\n".join(renderer.mrkdwn(line) for line in trend_notes(trend))
    if not notes:
        return [headline, *body]
    return [
        headline,
        *body,
        block_kit.context("notes", block_kit.clip_mrkdwn(notes, _NOTES_LENGTH)),
    ]


def native_trend_blocks(trend: QualityTrend, renderer: Renderer) -> list[Block]:
    """Build two bar charts and a table, which alone has what a bar could only show as zero."""
    grid = week_grid(trend, renderer)
    tickets, _, freezes = grid.sections
    charts = (
        _bars("chart-causes", tickets, grid, message("Tickets"), renderer),
        _bars("chart-freezes", freezes, grid, message("percent"), renderer),
    )
    table = table_block("table", grid_table(grid, renderer))
    return [*(chart for chart in charts if chart is not None), table]


def _bars(
    block_id: str, section: GridSection, grid: WeekGrid, unit: Message, renderer: Renderer
) -> Block | None:
    """Build a chart of the weeks in which each of its rows has a value; None without any."""
    rows = [row for row in section.rows if any(cell.value is not None for cell in row.cells)]
    weeks = [
        number
        for number in range(len(grid.weeks))
        if all(row.cells[number].value is not None for row in rows)
    ]
    if not rows or not weeks:
        return None
    series = [(row.name, [row.cells[number].value or 0.0 for number in weeks]) for row in rows]
    labels = [" ".join(grid.weeks[number]) for number in weeks]
    return bar_chart(block_id, section.title, renderer.plain_text(unit), labels, series)


def _text_table(trend: QualityTrend, renderer: Renderer) -> list[Block]:
    lines = align(grid_table(week_grid(trend, renderer), renderer))
    return [
        block_kit.section(f"text-{number}", f"```{escape_code_block(piece)}```")
        for number, piece in enumerate(chunks(lines))
    ]


def print_trend(trend: QualityTrend, translator: Translator) -> str:
    """Return the trend as plain text, for a terminal."""
    renderer = Renderer(translator, mask=False)
    lines = [renderer.plain_text(trend_headline(trend)), ""]
    if trend.is_empty:
        lines.append(renderer.plain_text(_EMPTY))
    else:
        lines += align(grid_table(week_grid(trend, renderer), renderer))
    return "\n".join([*lines, "", *map(renderer.plain_text, trend_notes(trend))])
