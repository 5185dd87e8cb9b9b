"""App metrics as blocks, as text and in the terminal; Slack accepts every message."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.call import (
    Code,
    Distribution,
    DistributionRow,
    Media,
    MetricDefinition,
    MissingItem,
    MissingKind,
    MissingReason,
    Trend,
    Unit,
    Usage,
)
from bot.i18n.messages import LocaleName, message
from bot.i18n.translator import Translator
from bot.ports import AppMetrics, Topic
from bot.sandbox.slack.block_kit import validate_message
from handlers.app_metrics.view import (
    charts,
    fallback_text,
    headline,
    metrics_blocks,
    print_metrics,
    tables,
)
from handlers.slack.api_errors import response_error_code
from handlers.ui.metric_names import format_value, full_name, short_name
from handlers.ui.native_charts import Chart, Line, chart_block
from handlers.ui.renderer import Renderer

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
WORDS: tuple[LocaleName, ...] = ("en", "zh", "both")
MINUTE = dt.timedelta(minutes=1)


def trend(code: Code, unit: Unit, *values: float, **definition: Any) -> Trend:
    """A figure of the last minutes."""
    points = tuple((NOON - MINUTE * (len(values) - n), value) for n, value in enumerate(values))
    return Trend(code, unit, points, MetricDefinition(code, **definition))


FREEZE = trend(
    Code("agora.live_metric", "videoFreezeRate"),
    Unit.PERCENT,
    *[0.5] * 50,
    12.345,
    higher_is_better=False,
)
USERS = trend(Code("agora.live_metric", "pcu"), Unit.NUMBER, *range(60))
JOINS = trend(
    Code("agora.live_metric", "joinSuccessRate"), Unit.PERCENT, *[100.0] * 60, higher_is_better=True
)
WEB = Code("volcengine.product_type", "web")
STALLS = Code("volcengine.quality", "video_stall_rate")
FULL = AppMetrics(
    Topic.LIVE,
    "kids",
    "agora",
    fetched_at=NOON,
    fresh_at=NOON + MINUTE,
    since=NOON - MINUTE * 60,
    until=NOON,
    trends=(FREEZE, USERS, JOINS),
    usages=tuple(
        Usage(dt.date(2026, 11, day), Code("agora.insight_metric", "userCount"), Unit.NUMBER, day)
        for day in range(1, 8)
    ),
    distributions=(
        Distribution(
            "network", Unit.PERCENT, (DistributionRow((Code("agora.network", "<wifi>"),), 3.2),)
        ),
    ),
    explanations=(message("Days are in UTC."),),
    failures=(message("Agora & <others> are away."),),
    missing=(MissingItem(MissingKind.FIGURES, MissingReason.NOT_FOUND, detail="live_net"),),
)
WIDE = replace(
    FULL,
    cloud="volcengine",
    trends=tuple(
        trend(STALLS, Unit.PERCENT, 1, 2, 3, higher_is_better=False, media=Media.VIDEO, part=part)
        for part in [None, WEB] * 10
    ),
    usages=tuple(
        Usage(dt.date(2026, 11, day), Code("k", f"metric_{n}"), Unit.SECONDS, 3600.0 * n)
        for day in range(1, 8)
        for n in range(30)
    ),
    distributions=tuple(
        Distribution(
            "province",
            Unit.PERCENT,
            tuple(
                DistributionRow((Code("volcengine.province", f"上海{n}" * 9),), n)
                for n in range(60)
            ),
        )
        for _ in range(30)
    ),
)
EMPTY = AppMetrics(Topic.NETWORK, "kids", "huawei", fetched_at=NOON, failures=FULL.failures)
MANY = replace(FULL, explanations=tuple(message(f"{n} %(x)s", x="y" * 400) for n in range(30)))


@pytest.mark.parametrize("locale", WORDS)
@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("app_metrics", [FULL, WIDE, EMPTY, MANY])
def test_slack_takes_every_answer(
    app_metrics: AppMetrics,
    native: bool,  # noqa: FBT001 - a row of the table
    locale: LocaleName,
) -> None:
    """However much there is, in every language, the blocks keep to Slack's limits."""
    renderer = Renderer(Translator(locale, "Asia/Shanghai"))
    blocks = metrics_blocks(app_metrics, ["adults"], renderer, native=native)
    assert validate_message({"text": fallback_text(app_metrics, renderer), "blocks": blocks}) == []
    assert native or not [block for block in blocks if block["type"].startswith("data_")]


def test_charts_hold_what_shares_a_scale() -> None:
    """Freezes are not drawn beside success, and there are two charts at most."""
    drawn = charts(FULL, Renderer(Translator("en")))
    assert [[line.name for line in c.lines] for c in drawn] == [["Video freeze"], ["Users"]]
    alone = charts(replace(FULL, trends=(JOINS,)), Renderer(Translator("en")))
    assert [chart.title for chart in alone] == ["Success and good transmission"]


def drawn(*lines: Line, zone: str = "UTC") -> Any:
    """A chart's inside."""
    block = chart_block("c", Chart("T", "%", lines), Translator("en", zone))
    assert block is not None
    return block["chart"]


@pytest.mark.parametrize("count", [2, 3, 19, 20, 21, 40, 57, 180])
def test_twenty_points_keep_the_mean(count: int) -> None:
    """Of up to 20 points each is drawn; of more, as many means of equal stretches."""
    points = tuple((NOON + MINUTE * n, float(n)) for n in range(count))
    data = drawn(Line("Users", points))["series"][0]["data"]
    values = [point["value"] for point in data]
    assert min(count, 20) == len(values)
    assert sorted(values) == values
    if count <= 20:
        assert [float(n) for n in range(count)] == values
    assert abs(sum(values) / len(values) - (count - 1) / 2) < 1


def test_times_are_the_readers() -> None:
    """Labels stand in the reader's zone, which the axis names."""
    points = ((NOON, 1.0), (NOON + MINUTE, 2.0))
    chart = drawn(Line("Users", points), zone="Asia/Shanghai")
    assert chart["axis_config"]["categories"] == ["20:00", "20:01"]
    assert chart["axis_config"]["x_label"] == "UTC+8"


@pytest.mark.parametrize(
    ("step", "labels"),
    [
        (dt.timedelta(seconds=20), ["12:00:00", "12:00:20", "12:00:40"]),
        (dt.timedelta(hours=13), ["11-20 12:00", "11-21 01:00", "11-21 14:00"]),
        (dt.timedelta(days=1), ["11-20", "11-21", "11-22"]),
    ],
)
def test_labels_are_short_and_differ(step: dt.timedelta, labels: list[str]) -> None:
    """Labels have as much of the time as distinguishes them."""
    points = tuple((NOON + step * n, 1.0) for n in range(3))
    assert labels == drawn(Line("Users", points))["axis_config"]["categories"]


def test_lines_with_gaps_share_their_points() -> None:
    """Slack requires a point of every line at every label: labels without one are left out."""
    whole = tuple((NOON + MINUTE * n, 1.0) for n in range(5))
    chart = drawn(Line("Users", whole), Line("Users", whole[2:]))
    assert chart["axis_config"]["categories"] == ["12:02", "12:03", "12:04"]
    assert [series["name"] for series in chart["series"]] == ["Users", "Users 2"]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line("Users", ((NOON, 1.0),)),),
        (
            Line("a", ((NOON, 1.0), (NOON + MINUTE, 1.0))),
            Line("b", ((NOON + MINUTE * 9, 1.0), (NOON + MINUTE * 10, 1.0))),
        ),
    ],
)
def test_no_chart_without_points(lines: tuple[Line, ...]) -> None:
    """No line, a single point, or lines that never meet make no chart."""
    assert chart_block("c", Chart("T", "%", lines), Translator("en")) is None


@pytest.mark.parametrize(
    ("code", "definition", "expected", "short"),
    [
        (Code("agora.live_metric", "pcu"), None, "Number of users", "Users"),
        (
            Code("agora.live_metric", "new"),
            None,
            "new (agora.live_metric)",
            "new (agora.live_metric)",
        ),
        (STALLS, MetricDefinition(STALLS, part=WEB), "Video stall rate", "Video freeze (browsers)"),
        (
            STALLS,
            MetricDefinition(STALLS, within_ms=500),
            "Video stall rate, 500 ms",
            "Video freeze",
        ),
    ],
)
def test_names(code: Code, definition: MetricDefinition | None, expected: str, short: str) -> None:
    """Known figures have words, unknown ones keep their code and kind; browsers are named."""
    renderer = Renderer(Translator("en"))
    assert renderer.plain_text(full_name(code, definition)).startswith(expected)
    assert short == renderer.plain_text(short_name(code, definition))


def test_an_unusual_threshold_is_displayed() -> None:
    """The name implies the usual threshold; another one is displayed beside it."""
    expected = Renderer(Translator("en")).plain_text(
        full_name(STALLS, MetricDefinition(STALLS, within_ms=600))
    )
    assert "here: 0.6 s" in expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (12.0, Unit.NUMBER, "12"),
        (0.0096, Unit.NUMBER, "0.0096"),
        (0.0, Unit.NUMBER, "0"),
        (1234.5, Unit.MS, "1234 ms"),
        (3600, Unit.SECONDS, "1 h"),
        (0.54, Unit.PERCENT, "0.54%"),
    ],
)
def test_values_have_units(value: float, unit: Unit, expected: str) -> None:
    """A percentage has two decimals, a small number without a unit two digits."""
    assert expected == Renderer(Translator("en")).plain_text(format_value(value, unit)).replace(
        " %", "%"
    )


def test_a_distribution_leads_with_its_largest() -> None:
    """The notice of a distribution names where it is worst."""
    alone = replace(FULL, trends=(), usages=())
    assert "<wifi>: 3.2%" in Renderer(Translator("en")).plain_text(headline(alone)).replace(
        " %", "%"
    )


def test_a_table_has_the_latest_value_and_the_range() -> None:
    """Numbers with their units: now, average, lowest and highest; days newest first."""
    of_time, by_day, distribution = tables(FULL, Renderer(Translator("en")))
    rows = [(cell.value, cell.text.replace(" ", "")) for cell in of_time.rows[0][1:]]
    assert [rows[0], *rows[2:]] == [(12.345, "12.35%"), (0.5, "0.5%"), (12.345, "12.35%")]
    assert rows[1][1] == "0.73%"
    assert tuple(cell.text for cell in by_day.rows[0]) == ("2026-11-07", "7")
    assert (distribution.rows[0][0].text, distribution.rows[0][1].value) == ("<wifi>", 3.2)


def test_the_terminal_output_is_the_same() -> None:
    """Columns stand under each other, and how old it is and what is missing below them."""
    rows = print_metrics(FULL, ["adults"], Translator("en", "UTC"))
    for expected in ("12:00 UTC", "12:01 UTC", "Agora & <others> are away.", "adults"):
        assert expected in rows
    head, first, *_ = rows.splitlines()[3:]
    assert len(head) == len(first)


def test_an_empty_result() -> None:
    """An empty result says so, with the errors and without a wrong statement."""
    renderer = Renderer(Translator("en"))
    assert (
        renderer.plain_text(headline(EMPTY))
        == "kids at Huawei Cloud, network: no data for this period."
    )
    blocks = repr(metrics_blocks(EMPTY, [], renderer, native=True))
    assert "are away" in blocks
    assert "Fetched" not in blocks


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, "ok", ""),
        (200, '{"ok": true}', ""),
        (200, '{"ok": false, "error": "invalid_blocks"}', "invalid_blocks"),
        (400, "invalid_blocks", "invalid_blocks"),
        (404, '{"ok": false, "error": "used_url"}', "used_url"),
        (500, "<html>", "http_500"),
    ],
)
def test_a_refusal_may_stand_in_the_body(status: int, body: str, code: str) -> None:
    """Slack's response URLs refuse in several ways."""
    assert code == response_error_code(status, body)
