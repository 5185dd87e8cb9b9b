"""Causes, metrics and missing items by name."""

from __future__ import annotations

import pytest

from bot.call import Direction, Media, Metric, MissingKind, MissingReason
from bot.i18n.translator import Translator
from handlers.ui.causes import (
    MISSING_ITEM_NAMES,
    MISSING_REASON_TEXTS,
    cause_title,
    metric_name,
)
from handlers.ui.renderer import Renderer

EN, ZH = Renderer(Translator("en")), Renderer(Translator("zh"))


@pytest.mark.parametrize(
    ("key", "media", "direction", "english", "chinese"),
    [
        ("network.loss", None, None, "Packet loss", "网络丢包"),
        ("network.loss", Media.VIDEO, None, "Packet loss (video)", "网络丢包（视频）"),
        ("network.loss", None, Direction.UP, "Packet loss (uplink)", "网络丢包（上行）"),
        (
            "network.loss",
            Media.AUDIO,
            Direction.DOWN,
            "Packet loss (audio, downlink)",
            "网络丢包（音频下行）",
        ),
        (
            "device.decoder",
            Media.VIDEO,
            Direction.DOWN,
            "The device decodes video too slowly",
            "设备解码视频太慢",
        ),
        (
            "user_action.stopped_sending",
            Media.AUDIO,
            Direction.UP,
            "Stopped sending (audio)",
            "停止发送（音频）",
        ),
        ("media.no_sound", Media.AUDIO, Direction.UP, "No sound (uplink)", "没有声音（上行）"),
        ("later.cause", Media.VIDEO, None, "later.cause (video)", "later.cause（视频）"),
    ],
)
def test_a_cause_names_its_medium_and_direction(
    key: str,
    media: Media | None,
    direction: Direction | None,
    english: str,
    chinese: str,
) -> None:
    """What is not known is left out; a cause without a name keeps its key."""
    assert EN.plain_text(cause_title(key, media, direction)) == english
    assert ZH.plain_text(cause_title(key, media, direction)) == chinese


def test_metrics() -> None:
    """A metric has a name, one without keeps its own."""
    names = {EN.plain_text(metric_name(metric)) for metric in Metric}
    assert len(names) == len(Metric)
    assert EN.plain_text(metric_name("fresh_metric")) == "fresh_metric"
    assert EN.plain_text(metric_name(Metric.APP_CPU)) == "App CPU"


def test_every_missing_item_has_a_name_of_its_own() -> None:
    """What is missing and why, in both languages."""
    assert set(MISSING_ITEM_NAMES) == set(MissingKind)
    assert set(MISSING_REASON_TEXTS) == set(MissingReason)
    for renderer in (EN, ZH):
        texts = [*MISSING_ITEM_NAMES.values(), *MISSING_REASON_TEXTS.values()]
        assert len({renderer.plain_text(text) for text in texts}) == len(texts)
