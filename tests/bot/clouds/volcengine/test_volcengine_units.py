"""What metrics of a whole app at Volcengine are: units, codes, which way is better."""

from __future__ import annotations

import pytest

from bot.call import Unit
from bot.clouds.volcengine.app_metric_schemas import products_for, quality_metric
from bot.clouds.volcengine.metrics import code_of, kind_of, unit_of
from bot.clouds.volcengine.series import parse_points
from tests.bot.clouds.volcengine.test_volcengine_topics import PRODUCTS


@pytest.mark.parametrize(
    ("dimension", "products"),
    [("OS", 1), ("Access", 1), ("Country", 2), ("Province", 2), (None, 2)],
)
def test_browsers_have_no_system_or_network(dimension: str | None, products: int) -> None:
    """They are requested for places only."""
    assert products_for(dimension) == PRODUCTS[:products]


@pytest.mark.parametrize(
    ("name", "higher_is_better"),
    [
        ("5s_join_room_success_rate", True),
        ("80ms_audio_stall_rate", False),
        ("first_frame_send_success_rate", True),
        ("first_frame_recv_success_rate", True),
        ("400ms_network_trans_delay", True),
        ("other", None),
    ],
)
def test_which_way_is_better(name: str, higher_is_better: object) -> None:
    """Only stalls are better when there are few; `network_trans_delay` is a share on time (V5)."""
    assert quality_metric(name, "web").higher_is_better is higher_is_better


@pytest.mark.parametrize(
    ("desc", "word", "unit", "scale"),
    [
        ("视频大流发送码率", "bps", Unit.KBPS, 0.001),
        ("视频大流发送码率", "Kbps", Unit.KBPS, 1),
        ("视频大流发送码率", "mbps", Unit.KBPS, 1000),
        ("视频大流发送码率", "fps", Unit.KBPS, 1),
        ("视频卡顿时长", " s ", Unit.MS, 1000),
        ("视频卡顿时长", "ms", Unit.MS, 1),
        ("视频卡顿时长", None, Unit.MS, 1),
        ("x", "s", Unit.MS, 1000),
        ("x", "%", Unit.PERCENT, 1),
        ("x", "fps", Unit.FPS, 1),
        ("x", "px", Unit.PIXELS, 1),
        ("x", "dB", Unit.DECIBEL, 1),
        ("x", "ms", Unit.MS, 1),
        ("x", "kbps", Unit.KBPS, 1),
        ("x", "furlong", Unit.NUMBER, 1),
    ],
)
def test_units_are_converted(desc: str, word: str | None, unit: Unit, scale: float) -> None:
    """To that of a known metric where they are of the same kind; an unknown one keeps its own."""
    kind = kind_of("", desc, word)
    assert (kind.unit, kind.scale) == (unit, scale)


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("ms", Unit.MS),
        ("%", Unit.PERCENT),
        ("s", Unit.NUMBER),
        ("mbps", Unit.NUMBER),
        (None, Unit.NUMBER),
    ],
)
def test_units_of_operations(word: str | None, unit: Unit) -> None:
    """Values are not converted, so a unit that needs it is none."""
    assert unit_of(word) is unit


def test_points_are_sorted_seconds() -> None:
    """Of epoch milliseconds; nulls are left out, of two of one moment the first is kept."""
    raw = b"""[{"Time": 3000, "Value": 3}, {"Time": 1500, "Value": 1}, {"Time": 2000},
        {"Time": 3000, "Value": 9}, {"Time": 4000, "Value": "0.5"}]"""
    times, values = parse_points(raw, 10.0)
    assert (times.tolist(), values.tolist()) == ([1.5, 3, 4], [10, 30, 5])
    assert parse_points(b"[]")[0].size == parse_points(b"null")[0].size == 0
    assert parse_points(b'[{"Time": 1000, "Value": 2}]')[1].tolist() == [2]
    with pytest.raises(ValueError, match="no points"):
        parse_points(b'[{"Value": 3}]')


@pytest.mark.parametrize(
    ("name", "desc", "code"),
    [
        ("n" * 60, "x", "n" * 48),
        ("", "新" * 60, "新" * 48),
        (" ", "a<b>", "a_b_"),
        ("", "", "unnamed"),
        (" audio_send_bitrate ", "x", "音频发送码率"),
    ],
)
def test_codes_of_metrics(name: str, desc: str, code: str) -> None:
    """The document's name, else the response's own, 48 characters at most."""
    assert code_of(kind_of(name, desc, ""), name, desc).value == code
