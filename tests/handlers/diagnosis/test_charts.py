"""A diagnosis as a chart: titles without uids, native blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.call import Side
from bot.sandbox.slack.block_kit import validate_message
from handlers.diagnosis.charts import choose_chart, native_chart_blocks
from tests.handlers.diagnosis.sample_diagnosis import LOSS, make_diagnosis, with_series
from tests.handlers.samples import EN, ZH, texts_of


@pytest.mark.parametrize(
    ("cause", "values", "english", "chinese"),
    [
        ("none", {}, "The call looked healthy", "通话看起来正常"),
        ("unknown", {}, "Not enough data to say why", "数据不足，无法判断原因"),
        (
            "network.loss",
            {**LOSS, "side": Side.STUDENT},
            "Student: Packet loss (video, uplink)",
            "学生：网络丢包（视频上行）",
        ),
        ("network.loss", {"uid": "3"}, "Somebody: Packet loss", None),
        ("server.route", {}, "A fault of the cloud or of the route to it", None),
        ("unknown.other", {}, "No specific cause was found", "没有找到具体原因"),
    ],
)
def test_the_title_of_a_chart_has_no_uid(
    cause: str,
    values: dict[str, Any],
    english: str,
    chinese: str | None,
) -> None:
    """An image cannot be edited later."""
    chart = choose_chart(make_diagnosis(cause, **values), EN)
    assert EN.plain_text(chart.title) == english
    if chinese:
        assert ZH.plain_text(chart.title) == chinese


def test_no_native_charts_without_data() -> None:
    """Nor a caption."""
    assert native_chart_blocks(make_diagnosis("unknown"), EN) == []


def test_a_chart_of_an_inquiry_is_not_a_reports() -> None:
    """Nobody complained at its time."""
    diagnosis = make_diagnosis("network.loss", **LOSS)
    assert choose_chart(diagnosis, EN).is_reported
    assert not choose_chart(replace(diagnosis, named=frozenset()), EN).is_reported


def test_native_charts_and_their_caption() -> None:
    """The caption says what the charts leave out."""
    *charts, caption = native_chart_blocks(with_series(), EN)
    assert [block["block_id"] for block in charts] == ["chart-0"]
    assert {block["type"] for block in charts} == {"data_visualization"}
    assert list(texts_of([caption])) == ["charts"]
    assert validate_message({"text": "x", "blocks": [*charts, caption]}) == []
