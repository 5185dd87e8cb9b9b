"""Metrics by name: full in texts, short in legends, the code and its kind when unknown."""

from __future__ import annotations

import pytest

from bot.call import Code, Distribution, MetricDefinition, Unit
from bot.i18n.translator import Translator
from handlers.ui.metric_names import (
    dimension_name,
    dimension_value_name,
    format_value,
    full_name,
    short_name,
)
from handlers.ui.renderer import Renderer

EN, ZH = Renderer(Translator("en")), Renderer(Translator("zh"))
PCU = Code("agora.live_metric", "pcu")
NEW = Code("agora.live_metric", "new")
STALLS = Code("volcengine.quality", "video_stall_rate")


def part(value: str) -> MetricDefinition:
    """A metric of a part of the calls."""
    return MetricDefinition(STALLS, part=Code("volcengine.product_type", value))


def within(limit_ms: int | None) -> MetricDefinition:
    """A metric with a threshold of its own."""
    return MetricDefinition(STALLS, within_ms=limit_ms)


@pytest.mark.parametrize(
    ("code", "definition", "full", "short"),
    [
        (PCU, None, "Number of users", "Users"),
        (PCU, MetricDefinition(PCU, within_ms=80), "Number of users", "Users"),
        (NEW, None, "new (agora.live_metric)", "new (agora.live_metric)"),
        (NEW, within(1), "new (agora.live_metric)", "new (agora.live_metric)"),
        (STALLS, None, "Video stall rate, 500 ms threshold by default", "Video freeze"),
        (STALLS, within(None), "Video stall rate, 500 ms threshold by default", "Video freeze"),
        (STALLS, within(500), "Video stall rate, 500 ms threshold by default", "Video freeze"),
        (
            STALLS,
            within(600),
            "Video stall rate, 500 ms threshold by default (here: 0.6 s)",
            "Video freeze",
        ),
        (
            STALLS,
            within(1000),
            "Video stall rate, 500 ms threshold by default (here: 1 s)",
            "Video freeze",
        ),
        (
            STALLS,
            part("web"),
            "Video stall rate, 500 ms threshold by default · browsers",
            "Video freeze · browsers",
        ),
        (
            STALLS,
            part("video_hd"),
            "Video stall rate, 500 ms threshold by default · HD video",
            "Video freeze · HD video",
        ),
        (STALLS, part("other"), "Video stall rate, 500 ms threshold by default", "Video freeze"),
    ],
)
def test_names(code: Code, definition: MetricDefinition | None, full: str, short: str) -> None:
    """Unusual thresholds and parts of the calls are named, usual ones are in the name."""
    assert (EN.plain_text(full_name(code, definition))) == full
    assert (EN.plain_text(short_name(code, definition))) == short


@pytest.mark.parametrize(
    ("name", "usual_ms"),
    [
        ("audio_stall_rate", 80),
        ("video_stall_rate", 500),
        ("join_room_success_rate", 5000),
        ("audio_network_trans_delay", 400),
        ("video_network_trans_delay", 400),
    ],
)
def test_the_threshold_in_a_name_is_not_repeated(name: str, usual_ms: int) -> None:
    """Volcengine's names contain the thresholds its metrics have by default."""
    code = Code("volcengine.quality", name)
    usual, other = (
        EN.plain_text(full_name(code, MetricDefinition(code, within_ms=limit)))
        for limit in (usual_ms, usual_ms + 10)
    )
    assert "here:" not in usual
    assert f"{usual} (here: " in other


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (12.0, Unit.NUMBER, "12", "12"),
        (12.345, Unit.NUMBER, "12.35", "12.35"),
        (1.004, Unit.NUMBER, "1", "1"),
        (1.0, Unit.NUMBER, "1", "1"),
        (0.0096, Unit.NUMBER, "0.0096", "0.0096"),
        (0.12345, Unit.NUMBER, "0.12", "0.12"),
        (-0.012345, Unit.NUMBER, "-0.012", "-0.012"),
        (0.0, Unit.NUMBER, "0", "0"),
        (1234.5, Unit.MS, "1234 ms", "1234 ms"),
        (3600, Unit.SECONDS, "1 h", "1 小时"),
        (0.544, Unit.PERCENT, "0.54%", "0.54%"),
        (99.999, Unit.PERCENT, "100%", "100%"),
    ],
)
def test_values_have_units(value: float, unit: Unit, english: str, chinese: str) -> None:
    """A percentage has two decimals, a small number without a unit two digits."""
    assert EN.plain_text(format_value(value, unit)) == english
    assert ZH.plain_text(format_value(value, unit)) == chinese


@pytest.mark.parametrize(
    ("dimension", "english", "chinese"),
    [
        ("network", "network type", "网络类型"),
        ("access_net", "network type", "网络类型"),
        ("province", "region", "地区"),
        ("os", "system", "操作系统"),
        ("shoe_size", "shoe_size", "shoe_size"),
    ],
)
def test_dimensions(dimension: str, english: str, chinese: str) -> None:
    """A known dimension has a name, another one keeps its own."""
    distribution = Distribution(dimension, Unit.PERCENT)
    assert EN.plain_text(dimension_name(distribution)) == english
    assert ZH.plain_text(dimension_name(distribution)) == chinese


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([Code("agora.dimension.network", "Wi-Fi")], "Wi-Fi"),
        ([Code("volcengine.province", "上海"), Code("volcengine.isp", "")], "上海, –"),
        ([Code("agora.factor_id", "21")], "Upstream packet loss in video transmission (21)"),
        ([Code("volcengine.nothing", "17")], "Unknown code 17 (volcengine.nothing)"),
    ],
)
def test_values_of_dimensions(codes: list[Code], expected: str) -> None:
    """A cloud's own words stay as they are, its numbers are translated."""
    assert EN.plain_text(dimension_value_name(codes)) == expected
