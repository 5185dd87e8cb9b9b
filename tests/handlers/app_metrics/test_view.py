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
    footer_lines,
    headline,
    metrics_blocks,
    print_failures,
    print_metrics,
    tables,
)
from handlers.slack.api_errors import response_error_code
from handlers.ui.renderer import Renderer
from handlers.ui.text_tables import align
from tests.handlers.samples import EN, texts_of

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
    Code("agora.live_metric", "joinSuccessRate"),
    Unit.PERCENT,
    *[100.0] * 60,
    higher_is_better=True,
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
            "network",
            Unit.PERCENT,
            (DistributionRow((Code("agora.network", "<wifi>"),), 3.2),),
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


def test_a_distribution_leads_with_its_largest() -> None:
    """The notice of a distribution names where it is worst."""
    alone = replace(FULL, trends=(), usages=())
    assert "<wifi>: 3.2%" in Renderer(Translator("en")).plain_text(headline(alone)).replace(
        " %",
        "%",
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


DAY = Code("agora.insight_metric", "userCount")
USAGES = tuple(
    Usage(dt.date(2026, 11, day), DAY, Unit.NUMBER, float(day), MetricDefinition(DAY))
    for day in (1, 3, 2)
)
BARE = AppMetrics(Topic.USAGE, "kids", "agora", fetched_at=NOON)
WIFI = Distribution("network", Unit.PERCENT, (DistributionRow((Code("x", "Wi-Fi"),), 3.2),))


@pytest.mark.parametrize(
    ("app_metrics", "expected"),
    [
        (replace(BARE, trends=(USERS,)), ": Number of users 59"),
        (replace(BARE, trends=(USERS,) * 6), ": " + ", ".join(["Number of users 59"] * 5)),
        (replace(BARE, usages=USAGES), ": Users 3"),
        (replace(BARE, usages=USAGES, trends=(replace(USERS, points=()),)), ": Users 3"),
        (replace(BARE, usages=(USAGES[0],) * 6), ": " + ", ".join(["Users 1"] * 5)),
        (replace(BARE, distributions=(WIFI,)), ": Users, Wi-Fi: 3.2%"),
        (
            replace(
                BARE,
                distributions=(
                    replace(WIFI, rows=()),
                    replace(WIFI, definition=MetricDefinition(STALLS)),
                ),
            ),
            ": Video freeze, Wi-Fi: 3.2%",
        ),
        (replace(BARE, distributions=(WIFI,) * 6), ": " + ", ".join(["Users, Wi-Fi: 3.2%"] * 5)),
        (BARE, ": no data for this period."),
        (replace(BARE, distributions=(replace(WIFI, rows=()),)), ": no data for this period."),
    ],
)
def test_the_newest_values_in_a_sentence(app_metrics: AppMetrics, expected: str) -> None:
    """Five at most: of now, else of the newest day, else the largest rows."""
    assert EN.plain_text(headline(app_metrics)) == f"kids at Agora, usage by day{expected}"
    assert fallback_text(app_metrics, EN) == f"kids at Agora, usage by day{expected}"


SPAN = {"since": NOON - MINUTE, "until": NOON}


@pytest.mark.parametrize(
    ("values", "others", "expected"),
    [
        ({"usages": USAGES}, [], ["Fetched 2026-11-20 12:00 UTC."]),
        (
            {"usages": USAGES, **SPAN},
            [],
            [
                "Period: 2026-11-20 11:59–12:00 UTC.",
                "Fetched 2026-11-20 12:00 UTC.",
            ],
        ),
        ({"usages": USAGES, "since": NOON}, [], ["Fetched 2026-11-20 12:00 UTC."]),
        ({"usages": USAGES, "until": NOON}, [], ["Fetched 2026-11-20 12:00 UTC."]),
        (SPAN, [], []),
        (
            {"fresh_at": NOON + MINUTE},
            ["adults", "teens"],
            [
                "Newer data will be available from 2026-11-20 12:01 UTC.",
                "Other apps: adults, teens (app=<name>).",
            ],
        ),
        (
            {"explanations": FULL.explanations, "failures": FULL.failures},
            [],
            ["Days are in UTC.", "Agora & <others> are away."],
        ),
    ],
)
def test_the_footer(values: dict[str, Any], others: list[str], expected: list[str]) -> None:
    """The age of the data where there is any, explanations, failures and other apps."""
    lines = footer_lines(replace(BARE, **values), others)
    assert [EN.plain_text(line) for line in lines] == expected


def test_blocks_with_native_charts_and_with_text() -> None:
    """A title, the charts or tables, and the footer."""
    native = [block["block_id"] for block in metrics_blocks(FULL, [], EN, native=True)]
    assert native == ["headline", "chart-0", "chart-1", "table-0", "table-1", "table-2", "asked"]
    text = texts_of(metrics_blocks(FULL, [], EN, native=False))
    assert list(text) == [
        *("headline", "title-0", "text-0-0", "title-1", "text-1-0", "title-2", "text-2-0"),
        "asked",
    ]
    assert text["headline"] == ["*kids* at Agora, right now"]
    assert text["title-1"] == ["*Metrics by day*"]
    assert text["text-2-0"] == ["```network type  Value", "&lt;wifi&gt;         3.2%```"]


def test_an_empty_answer_says_so() -> None:
    """It has no tables, and no age."""
    texts = texts_of(metrics_blocks(EMPTY, [], EN, native=False))
    assert texts == {
        "headline": ["*kids* at Huawei Cloud, network"],
        "empty": ["No data for this period."],
        "asked": ["Agora & <others> are away."],
    }


def test_text_that_does_not_fit_is_in_the_terminal() -> None:
    """After 8000 characters of tables the reader is referred to the command line."""
    texts = texts_of(metrics_blocks(WIDE, [], EN, native=False))
    assert texts["more"] == [
        "There is more. See all of it in the terminal: lagdesk quality",
    ]
    assert (
        sum(len(line) for name in texts if name.startswith("text") for line in texts[name]) < 8100
    )
    assert "more" not in texts_of(metrics_blocks(FULL, [], EN, native=False))


@pytest.mark.parametrize(
    ("dimension", "length", "characters"),
    [("network", 3981, 8000), ("shoe_size", 3983, 8001)],
)
def test_8000_characters_of_tables_fit(dimension: str, length: int, characters: int) -> None:
    """Titles and line ends included."""
    rows = (DistributionRow((Code("x", "x" * length),), 3.2),)
    app_metrics = replace(BARE, distributions=(Distribution(dimension, Unit.PERCENT, rows),))
    (table,) = tables(app_metrics, EN)
    assert sum(len(line) + 1 for line in (table.title, *align(table))) == characters
    texts = texts_of(metrics_blocks(app_metrics, [], EN, native=False))
    assert ("more" in texts) is (characters > 8000)


def test_charts_of_each_unit() -> None:
    """Metrics of different units are not drawn together; times have a title of their own."""
    waits = trend(Code("k", "wait"), Unit.SECONDS, 1, 2, higher_is_better=False)
    drawn = charts(replace(BARE, trends=(FREEZE, waits, USERS)), EN)
    assert [(chart.title, chart.unit) for chart in drawn] == [
        ("Freezes and delays", "%"),
        ("Time used", "s"),
    ]
    alone = charts(replace(BARE, trends=(USERS, trend(USERS.name, Unit.NUMBER, 1))), EN)
    assert [(chart.title, chart.unit, len(chart.lines)) for chart in alone] == [
        ("Users and channels", " ", 1),
    ]


def test_daily_values_are_drawn_at_noon() -> None:
    """Where there is no time series; a series of one point is none."""
    single = trend(USERS.name, Unit.NUMBER, 1)
    for trends in ((), (single,)):
        (chart,) = charts(replace(BARE, usages=USAGES[:2], trends=trends), EN)
        assert chart.lines[0].points == (
            (dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC), 1.0),
            (dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC), 3.0),
        )
    assert charts(replace(BARE, usages=USAGES[:1]), EN) == []


def test_the_table_of_days() -> None:
    """Newest first; a day without a value has a dash."""
    other = Usage(dt.date(2026, 11, 3), Code("k", "other"), Unit.NUMBER, 9.0)
    (table,) = tables(replace(BARE, usages=(*USAGES, other)), EN)
    assert table.title == "Metrics by day"
    assert table.head == ("Day", "Users", "other (k)")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["2026-11-03", "3", "9"],
        ["2026-11-02", "2", "–"],
        ["2026-11-01", "1", "–"],
    ]
    assert [cell.value for cell in table.rows[0]] == [None, 3.0, 9.0]


def test_the_table_of_a_period() -> None:
    """The newest value, the mean and the range."""
    series = trend(USERS.name, Unit.NUMBER, 4, 1, 7, 2)
    (table,) = tables(replace(BARE, trends=(series, replace(series, points=()))), EN)
    assert table.title == "Metrics for this period"
    assert table.head == ("Metric", "Now", "Average", "Lowest", "Highest")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Number of users", "2", "3.5", "1", "7"],
    ]
    assert [cell.value for cell in table.rows[0]] == [None, 2, 3.5, 1, 7]


def test_the_terminals_lines() -> None:
    """The headline, each table under its title, and the footer, with empty lines between."""
    rows = print_metrics(replace(BARE, usages=USAGES[:1]), ["adults"], Translator("en"))
    assert rows.splitlines() == [
        "kids at Agora, usage by day: Users 1",
        "",
        "Metrics by day",
        "Day         Users",
        "2026-11-01      1",
        "",
        "Fetched 2026-11-20 12:00 UTC.",
        "Other apps: adults (app=<name>).",
    ]
    assert print_failures(FULL, Translator("en")) == ["Agora & <others> are away."]
