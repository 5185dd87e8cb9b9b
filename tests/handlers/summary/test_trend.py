"""The trend of the last weeks: its grid, its charts and its words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.charts.week_grid import GridRow, WeekGrid
from bot.sandbox.slack.block_kit import validate_message
from bot.services.summary.report import FeedbackCounts
from bot.services.summary.trend import QualityTrend
from handlers.summary.trend_grid import alt_text, grid_table, week_grid
from handlers.summary.trend_view import (
    native_trend_blocks,
    print_trend,
    trend_blocks,
    trend_headline,
    trend_notes,
)
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, ZH
from tests.handlers.summary.trends import (
    QUOTA,
    freeze_rate,
    full_trend,
    uncollected,
    week_report,
)

Json = dict[str, Any]


def rows(grid: WeekGrid) -> dict[str, GridRow]:
    """The rows by name."""
    return {row.name: row for section in grid.sections for row in section.rows}


def values(row: GridRow) -> list[float | None]:
    """The lengths of a row's bars."""
    return [cell.value for cell in row.cells]


def texts(row: GridRow) -> list[str]:
    """What is written in a row's cells."""
    return [cell.text for cell in row.cells]


def test_what_exists_is_drawn() -> None:
    """Counts, shares and rates, in the order of the weeks."""
    found = rows(week_grid(full_trend(), EN))
    assert values(found["All tickets"]) == [19, 17, 11, 5, 1]
    assert values(found["Packet loss"]) == [12, 9, 5, 3, 1]
    assert texts(found["piano: Video freeze"])[1:] == ["0.6%", "0.71%", "0.54%", "0.49%"]


def test_what_does_not_exist_is_words() -> None:
    """No bar, not even of length zero, without data, without ratings and with few of them."""
    found = rows(week_grid(full_trend(), EN))
    ratings = found["Yes, that was it"]
    assert texts(ratings) == ["60% of 10", "71% of 7", "2 of 3", "90% of 10", "no ratings"]
    assert values(ratings)[2:] == [None, 90.0, None]
    assert texts(found["adults: Video freeze"])[0] == "no data"
    assert values(found["adults: Video freeze"])[0] is None
    assert texts(found["piano: Video freeze"])[0] == "0.62%*"
    assert "* Not every day" in found[""].words
    assert found["kids"].words == "Agora has no app-wide metrics of this kind."
    assert found["kids"].cells == ()


def test_weeks_without_lagdesk_are_not_zero() -> None:
    """They say so, in the grid, in the headline and below."""
    weeks = (uncollected(4), uncollected(3), uncollected(2), week_report(1, {"network.loss": 2}))
    trend = QualityTrend((*weeks, week_report(0, {})))
    row = rows(week_grid(trend, EN))["All tickets"]
    assert values(row) == [None, None, None, 2, 0]
    assert "no record, no record, no record, 2" in str(trend_headline(trend))
    assert "nobody could report: W45, W46, W47." in print_trend(trend, EN.translator)


def test_a_used_up_quota_is_named() -> None:
    """With the numbers of the days that are cached, too."""
    trend = replace(full_trend(), failures=(("kids", QUOTA), ("piano", QUOTA)))
    found = rows(week_grid(trend, EN))
    assert "used up until 08:00" in found["kids"].words
    assert "piano" not in found
    assert "piano: The quota of Agora" in print_trend(trend, EN.translator)


def test_many_causes_end_in_others() -> None:
    """Six rows at most, with all tickets in them."""
    counts = {f"network.{number}": number for number in range(1, 9)}
    found = rows(week_grid(QualityTrend((week_report(1, counts), week_report(0, {}))), EN))
    assert len(found) == 1 + 6 + 1
    assert values(found["Other"]) == [1 + 2 + 3, 0]


@pytest.mark.parametrize(("renderer", "word"), [(EN, "so far"), (ZH, "至今")])
def test_alt_text_has_every_number(renderer: Renderer, word: str) -> None:
    """In lines of one row each."""
    grid = week_grid(full_trend(), renderer)
    text = alt_text(grid, renderer)
    assert grid.weeks[-1][1] == word
    assert "60%" in text
    assert "2.41%" in text
    assert len(text.splitlines()) == 1 + sum(len(section.rows) for section in grid.sections)


def test_alt_text_is_cut_at_a_line() -> None:
    """Slack takes 2,000 characters."""
    rates = tuple(freeze_rate(f"app{n}-{'x' * 60}", "agora", *(9.99,) * 5) for n in range(8))
    grid = week_grid(replace(full_trend(), freezes=rates), EN)
    text = alt_text(grid, EN)
    assert len(text) <= 2000
    assert text.splitlines()[-1].count("9.99%") in (0, 5)


def chart(block: Json) -> dict[str, list[float]]:
    """A native chart's values by name."""
    return {
        series["name"]: [point["value"] for point in series["data"]]
        for series in block["chart"]["series"]
    }


@pytest.mark.parametrize("renderer", [EN, ZH])
def test_native_charts_keep_to_slacks_rules(renderer: Renderer) -> None:
    """Only weeks in which every row has a value are drawn; the table has all."""
    blocks = native_trend_blocks(full_trend(), renderer)
    causes, freezes, table = blocks
    assert next(iter(chart(causes).values())) == [19, 17, 11, 5, 1]
    assert [len(values) for values in chart(freezes).values()] == [4, 4]
    assert len(table["rows"]) == 1 + 6 + 1 + 3
    answer = {"channel": "C1", "text": "x", "blocks": trend_blocks(full_trend(), renderer, blocks)}
    assert validate_message(answer) == []


def test_without_a_chart_there_is_a_table() -> None:
    """In text, with the words."""
    blocks = trend_blocks(full_trend(), EN, ())
    text = next(block["text"]["text"] for block in blocks if block["block_id"] == "text-0")
    assert "Packet loss" in text
    assert "no ratings" in text
    assert len(grid_table(week_grid(full_trend(), EN), EN).rows) == 6 + 1 + 3


def test_nothing_at_all() -> None:
    """Words alone: no picture of empty rows."""
    trend = QualityTrend(tuple(map(uncollected, range(4, -1, -1))))
    blocks = trend_blocks(trend, EN, ())
    assert [block["block_id"] for block in blocks] == ["headline", "empty", "notes"]


def test_rates_are_explained_where_there_are_some() -> None:
    """What a freeze is says nothing to whoever sees no freeze rate."""
    explained = replace(full_trend(), explanations=(QUOTA,))
    assert QUOTA in trend_notes(explained)
    assert QUOTA not in trend_notes(replace(explained, freezes=()))


def test_partly_is_not_yes() -> None:
    """The share is that of the answer itself."""
    week = week_report(0, {"network.loss": 1}, feedback=FeedbackCounts(1, 9, 0))
    assert values(rows(week_grid(QualityTrend((week,)), EN))["Yes, that was it"]) == [10.0]
