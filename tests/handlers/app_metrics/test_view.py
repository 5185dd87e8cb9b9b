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
