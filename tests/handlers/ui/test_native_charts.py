"""Native charts and tables: common times, short distinct labels, Slack's limits."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.charts.native_charts import NativeChart, NativeSeries
from bot.i18n.translator import Translator
from handlers.ui.native_charts import (
    Cell,
    Chart,
    Line,
    Table,
    chart_block,
    distinct_names,
    native_chart_block,
    table_block,
)

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def line(*values: float, start: dt.datetime = NOON, step: dt.timedelta = MINUTE) -> Line:
    """A line with these values, one a step."""
    return Line("Users", tuple((start + step * n, value) for n, value in enumerate(values)))


def drawn(*lines: Line, zone: str = "UTC") -> Any:
    """A chart's inside."""
    block = chart_block("c", Chart("T", "%", lines), Translator("en", zone))
    assert block is not None
    return block["chart"]


def values_of(chart: Any) -> list[list[float]]:
    """The values of a chart's lines."""
    return [[point["value"] for point in series["data"]] for series in chart["series"]]


def labels_of(chart: Any) -> list[str]:
    """The labels under a chart, which are also those of its points."""
    labels: list[str] = chart["axis_config"]["categories"]
    for series in chart["series"]:
        assert labels == [point["label"] for point in series["data"]]
    return labels


def test_a_chart() -> None:
    """A title, the unit, the zone, and every value at its time."""
    block = chart_block("c", Chart("T", "%", (line(1.0, 2.00004),)), Translator("en"))
    assert block == {
        "type": "data_visualization",
        "block_id": "c",
        "title": "T",
        "chart": {
            "type": "line",
            "series": [
                {
                    "name": "Users",
                    "data": [{"label": "12:00", "value": 1.0}, {"label": "12:01", "value": 2.0}],
                },
            ],
            "axis_config": {"categories": ["12:00", "12:01"], "x_label": "UTC", "y_label": "%"},
        },
    }


def test_a_chart_that_is_already_sampled() -> None:
    """Its labels and values are used as they are."""
    chart = NativeChart("T", ("a", "b"), (NativeSeries("n", (1.23456, 2.0)),), "X", "Y")
    assert native_chart_block("c", chart) == {
        "type": "data_visualization",
        "block_id": "c",
        "title": "T",
        "chart": {
            "type": "line",
            "series": [
                {
                    "name": "n",
                    "data": [{"label": "a", "value": 1.2346}, {"label": "b", "value": 2.0}],
                },
            ],
            "axis_config": {"categories": ["a", "b"], "x_label": "X", "y_label": "Y"},
        },
    }


@pytest.mark.parametrize("count", [2, 3, 19, 20])
def test_up_to_twenty_points_are_drawn_as_they_are(count: int) -> None:
    """No value is averaged, and none moves."""
    values = [float(n * n) for n in range(count)]
    chart = drawn(line(*values))
    assert values_of(chart) == [values]
    assert labels_of(chart) == [f"12:{n:02}" for n in range(count)]


@pytest.mark.parametrize("count", [40, 60, 200])
def test_more_points_are_averaged_over_twenty_equal_stretches(count: int) -> None:
    """Each point is the mean of its stretch, at the stretch's first time."""
    width = count // 20
    chart = drawn(line(*map(float, range(count)), step=SECOND))
    (values,) = values_of(chart)
    assert values == [n * width + (width - 1) / 2 for n in range(20)]
    first_times = [NOON + SECOND * n * width for n in range(20)]
    assert labels_of(chart) == [f"{at:%H:%M:%S}" for at in first_times]


def test_twenty_one_points_are_averaged_too() -> None:
    """One of the twenty stretches has two points."""
    (values,) = values_of(drawn(line(*map(float, range(21)))))
    assert len(values) == 20
    assert (values[0], values[-1]) in {(0.5, 20.0), (0.0, 19.5)}


def test_uneven_times() -> None:
    """Two values of one stretch are averaged; a stretch without a value has no point."""
    points = ((NOON, 1.0), (NOON + SECOND, 3.0), (NOON + MINUTE * 10, 5.0))
    chart = drawn(Line("Users", points))
    assert values_of(chart) == [[2.0, 5.0]]
    assert labels_of(chart) == ["12:00", "12:10"]


def test_two_lines_share_their_times() -> None:
    """Slack requires a point of every line at every label: labels without one are left out."""
    whole = line(1, 2, 3, 4, 5)
    chart = drawn(whole, line(30, 40, 50, start=NOON + 2 * MINUTE))
    assert labels_of(chart) == ["12:02", "12:03", "12:04"]
    assert values_of(chart) == [[3, 4, 5], [30, 40, 50]]
    assert [series["name"] for series in chart["series"]] == ["Users", "Users 2"]


def test_a_label_is_the_earliest_time_of_its_points() -> None:
    """Lines whose times differ a little are drawn together."""
    ahead = Line("b", tuple((at + 5 * SECOND, value) for at, value in line(7, 8, 9).points))
    chart = drawn(line(1, 2, 3), ahead)
    assert labels_of(chart) == ["12:00", "12:01"]
    assert values_of(chart) == [[1, 2], [7, 8]]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (line(1.0),),
        (line(1, 1), line(1, 1, start=NOON + 9 * MINUTE)),
    ],
)
def test_no_chart_without_common_points(lines: tuple[Line, ...]) -> None:
    """No line, a single point, or lines that never meet make no chart."""
    assert chart_block("c", Chart("T", "%", lines), Translator("en")) is None


def test_a_line_of_one_point_is_left_out() -> None:
    """It would have no extent; the others are drawn."""
    assert values_of(drawn(line(9), line(1, 2))) == [[1, 2]]


def test_points_at_one_moment() -> None:
    """Two values at one time are averaged."""
    assert values_of(drawn(line(1, 3, step=0 * SECOND))) == [[2]]


@pytest.mark.parametrize(
    ("start", "step", "zone", "labels"),
    [
        (NOON, 20 * SECOND, "UTC", ["12:00:00", "12:00:20", "12:00:40"]),
        (NOON, HOUR, "UTC", ["12:00", "13:00", "14:00"]),
        (NOON, MINUTE, "Asia/Shanghai", ["20:00", "20:01", "20:02"]),
        (NOON, 12 * HOUR - SECOND, "UTC", ["12:00", "23:59", "11:59"]),
        (NOON, 12 * HOUR, "UTC", ["11-20 12:00", "11-21 00:00", "11-21 12:00"]),
        (NOON, 13 * HOUR, "UTC", ["11-20 12:00", "11-21 01:00", "11-21 14:00"]),
        (NOON, DAY, "UTC", ["11-20", "11-21", "11-22"]),
        (NOON, 365 * DAY, "UTC", ["1", "2", "3"]),
    ],
)
def test_labels_are_short_and_distinct(
    start: dt.datetime,
    step: dt.timedelta,
    zone: str,
    labels: list[str],
) -> None:
    """Labels have as much of the reader's time as distinguishes them, else they are numbered."""
    assert labels == labels_of(drawn(line(1, 1, 1, start=start, step=step), zone=zone))


def test_the_axis_names_the_zone() -> None:
    """Times are the reader's."""
    chart = drawn(line(1, 2), zone="Asia/Shanghai")
    assert chart["axis_config"]["x_label"] == "UTC+8"


def test_slacks_limits_of_charts() -> None:
    """Twelve lines, titles and units of 50 characters."""
    chart = Chart("T" * 51, "u" * 51, tuple(line(1, 2) for _ in range(13)))
    block = chart_block("c", chart, Translator("en"))
    assert block is not None
    assert len(block["chart"]["series"]) == 12
    assert block["title"] == "T" * 49 + "…"
    assert block["chart"]["axis_config"]["y_label"] == "u" * 49 + "…"


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a 2", "a 3"]),
        (["x" * 20, "x" * 21], ["x" * 20, "x" * 19 + "…"]),
        (["x" * 21, "x" * 22], ["x" * 19 + "…", "x" * 17 + "… 2"]),
        (["x" * 20] * 2, ["x" * 20, "x" * 17 + "… 2"]),
    ],
)
def test_names_of_lines_differ(names: list[str], unique: list[str]) -> None:
    """Names have at most 20 characters; equal ones are numbered from 2."""
    assert unique == distinct_names(names)
    assert all(len(name) <= 20 for name in distinct_names(names))


def test_a_table() -> None:
    """The first row has the titles; numbers keep their value, for sorting, and their text."""
    table = Table("T", ("Day", "n"), ((Cell("Mon"), Cell("12.3%", 12.34567)),))
    assert table_block("t", table) == {
        "type": "data_table",
        "block_id": "t",
        "caption": "T",
        "rows": [
            [{"type": "raw_text", "text": "Day"}, {"type": "raw_text", "text": "n"}],
            [
                {"type": "raw_text", "text": "Mon"},
                {"type": "raw_number", "value": 12.3457, "text": "12.3%"},
            ],
        ],
        "row_header_column_index": 0,
        "page_size": 1,
    }


@pytest.mark.parametrize(("rows", "shown", "page"), [(0, 0, 1), (19, 19, 19), (201, 200, 20)])
def test_slacks_limits_of_tables(rows: int, shown: int, page: int) -> None:
    """200 rows of 20 cells, 20 rows a page; a cell has 80 characters at most."""
    cells = (Cell("x" * 81), *[Cell("x" * 81, 1.0)] * 20)
    block = table_block("t", Table("T" * 81, ("h",) * 21, (cells,) * rows))
    assert len(block["rows"]) == shown + 1
    assert {len(row) for row in block["rows"]} == {20}
    assert block["page_size"] == page
    assert block["caption"] == "T" * 79 + "…"
    texts = {cell["text"] for row in block["rows"][1:] for cell in row}
    assert texts == ({"x" * 79 + "…"} if rows else set())
