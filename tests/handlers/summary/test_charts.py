"""A week's charts: bars by day and by cause, or a table with bars of text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.i18n.messages import LocaleName
from bot.i18n.translator import Translator
from bot.sandbox.slack.block_kit import validate_message
from bot.services.summary.report import DailyCount, WeeklyCount, WeekReport
from bot.services.summary.weeks import Week
from handlers.summary.charts import chart_blocks, day_tables, text_charts
from handlers.ui.renderer import Renderer
from handlers.ui.text_tables import align
from tests.handlers.samples import EN, ZH

SINCE = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)


def make_report(*days: tuple[int, int], **values: Any) -> WeekReport:
    """A week with so many tickets reported and resolved on each day."""
    counts = tuple(
        DailyCount(SINCE.date() + dt.timedelta(days=n), *pair) for n, pair in enumerate(days)
    )
    fields: dict[str, Any] = {
        "reported": sum(pair[0] for pair in days),
        "resolved": sum(pair[1] for pair in days),
        **values,
    }
    until = SINCE + dt.timedelta(days=7)
    return WeekReport(
        Week.read("2026-W46"),
        SINCE,
        until,
        is_over=True,
        before=0,
        days=counts,
        **fields,
    )


def test_bars_by_day_and_by_cause() -> None:
    """Reported beside resolved, and this week beside the one before."""
    causes = (WeeklyCount("network.loss", 2, 5), WeeklyCount("unknown", 1, 0))
    days, by_cause = chart_blocks(make_report((2, 1), (1, 0), causes=causes), EN)
    assert days == {
        "type": "data_visualization",
        "block_id": "chart-days",
        "title": "Tickets by day",
        "chart": {
            "type": "bar",
            "series": [
                {
                    "name": "Reported",
                    "data": [{"label": "11-09", "value": 2}, {"label": "11-10", "value": 1}],
                },
                {
                    "name": "Resolved",
                    "data": [{"label": "11-09", "value": 1}, {"label": "11-10", "value": 0}],
                },
            ],
            "axis_config": {"categories": ["11-09", "11-10"], "y_label": "Tickets"},
        },
    }
    assert (by_cause["block_id"], by_cause["title"]) == ("chart-causes", "Tickets by cause")
    assert by_cause["chart"]["axis_config"]["categories"] == ["Packet loss", "Not enough data"]
    values = {
        series["name"]: [point["value"] for point in series["data"]]
        for series in by_cause["chart"]["series"]
    }
    assert values == {"This week": [2, 1], "Week before": [5, 0]}


@pytest.mark.parametrize("locale", ["zh", "en", "both"])
def test_slack_accepts_the_charts(locale: LocaleName) -> None:
    """Titles and labels fit in every language, also in both at a time."""
    report = make_report((2, 1), causes=(WeeklyCount("network.loss", 2, 5),))
    blocks = chart_blocks(report, Renderer(Translator(locale)))
    assert validate_message({"text": "x", "blocks": blocks}) == []


def test_six_causes_are_drawn() -> None:
    """The most frequent ones; without any there is one chart."""
    causes = tuple(WeeklyCount(f"cause.{n}", 1, 0) for n in range(7))
    _, by_cause = chart_blocks(make_report((7, 0), causes=causes), EN)
    assert len(by_cause["chart"]["axis_config"]["categories"]) == 6
    assert len(chart_blocks(make_report((7, 0)), EN)) == 1


@pytest.mark.parametrize(("day", "charts"), [((0, 0), 0), ((1, 0), 1), ((0, 1), 1)])
def test_a_week_without_tickets_has_no_chart(day: tuple[int, int], charts: int) -> None:
    """A ticket reported or resolved makes one."""
    report = make_report(day)
    assert len(chart_blocks(report, EN)) == charts
    assert len(text_charts(report, EN)) == charts
    assert len(day_tables(report, EN)) == charts


def test_bars_of_text() -> None:
    """The longest bar has twelve blocks, the others their share."""
    (table,) = day_tables(make_report((4, 1), (2, 0), (0, 1), (1, 0)), EN)
    assert align(table) == [
        "Day    Reported  Resolved",
        "11-09         4         1  ████████████",
        "11-10         2         0  ██████",
        "11-11         0         1",
        "11-12         1         0  ███",
    ]
    assert table.title == "Tickets by day"


def test_the_table_is_a_code_block() -> None:
    """With its title above it, in the reader's language."""
    (block,) = text_charts(make_report((1, 0)), ZH)
    assert block["block_id"] == "text-0"
    assert block["text"]["text"].startswith("*每日工单*\n```日期")
    assert block["text"]["text"].endswith("████████████```")
