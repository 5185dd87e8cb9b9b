"""What Volcengine's metrics measure, and the format of its times."""

from __future__ import annotations

import pytest

from bot.call import Direction, Media, Metric, Unit
from bot.clouds.volcengine.metrics import DESCS, code_of, kind_of
from bot.clouds.volcengine.schemas import parse_time
from bot.clouds.volcengine.series import parse_points


@pytest.mark.parametrize("desc", DESCS)
def test_v9_every_chinese_name_is_known(desc: str) -> None:
    """V9: a metric of an unknown Name is recognized by its Desc, with any spacing."""
    for spelt in (desc, desc.replace(" ", ""), f" {desc}（Kbps）"):
        kind = kind_of("x_1", spelt, None)
        assert desc == kind.desc
        assert desc == code_of(kind, "x_1", spelt).value


@pytest.mark.parametrize(
    ("name", "desc", "unit", "result"),
    [
        ("audio_uplink_loss", "", "%", (Metric.UPLINK_LOSS, Media.AUDIO, Unit.PERCENT)),
        ("AUDIO_UPLINK_LOSS", None, "", (Metric.UPLINK_LOSS, Media.AUDIO, Unit.PERCENT)),
        ("bandwidth", "音频发送码率", "fps", (Metric.SEND_BITRATE, Media.AUDIO, Unit.KBPS)),
        ("bandwidth", "视频接收码率", "Kbps", (Metric.RECEIVE_BITRATE, Media.VIDEO, Unit.KBPS)),
        ("音频卡顿时长", None, "ms", (Metric.FREEZE_TIME, Media.AUDIO, Unit.MS)),
        ("bandwidth", "带宽", "Kbps", (Metric.OTHER, None, Unit.KBPS)),
        (None, None, None, (Metric.OTHER, None, Unit.NUMBER)),
        ("new_one", "新指标", "——", (Metric.OTHER, None, Unit.NUMBER)),
    ],
)
def test_v9_name_before_desc(
    name: str | None,
    desc: str | None,
    unit: str,
    result: tuple[Metric, Media | None, Unit],
) -> None:
    """V9: a known Name is used, else the Desc; any other metric keeps its code."""
    kind = kind_of(name, desc, unit)
    assert result == (kind.metric, kind.media, kind.unit)


@pytest.mark.parametrize(
    ("desc", "unit", "factor"),
    [
        ("视频上行网络延时", "s", 1000),
        ("音频发送码率", "bps", 0.001),
        ("音频发送码率", "Mbps", 1000),
        ("音频发送码率", "ms", 1),
    ],
)
def test_units_are_kept(desc: str, unit: str, factor: float) -> None:
    """A unit of the same kind is converted; one of another kind is an error of the document."""
    kind = kind_of("", desc, unit)
    _, values = parse_points(b'[{"Time": 1000, "Value": 2}]', kind.scale)
    assert [2 * factor] == values.tolist()


def test_v7_v17_no_table_is_parsed_from_the_documents() -> None:
    """V7, V17: misplaced headers do not matter: the 27 names are our own list."""
    assert len(set(DESCS)) == 27
    directions = {kind_of("", desc, None).direction for desc in DESCS}
    assert {None, *Direction} == directions


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-20T20:00:00+08:00", 1795176000),
        ("2026-11-20T12:00:00Z", 1795176000),
        ("2026-11-20T20:00:00", 1795176000),
        (" 2026-11-20T20:00:00+08:00 ", 1795176000),
        ("", None),
        ("-", None),
        (None, None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_times_are_parsed(text: str | None, seconds: float | None) -> None:
    """Section 0: with an offset, in UTC or without a zone; and every notation for none."""
    matches = parse_time(text)
    assert seconds == (None if matches is None else matches.timestamp())


@pytest.mark.parametrize("text", ["now", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "5"])
def test_what_is_no_time(text: str) -> None:
    """Anything else is a ValueError, which becomes an invalid response."""
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)
