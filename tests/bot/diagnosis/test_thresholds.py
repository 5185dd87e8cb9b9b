"""The limits, each as in its document."""

from __future__ import annotations

import pytest

from bot.call import Media, Metric, Unit
from bot.diagnosis import thresholds
from bot.diagnosis.thresholds import AGORA, DETECTOR, HUAWEI, OWN, TWILIO, Limit, source_of

M = Metric


@pytest.mark.parametrize(
    ("limit", "bound", "unit", "source", "below"),
    [
        (thresholds.LOSS, 5, Unit.PERCENT, AGORA, False),
        (thresholds.HEAVY_LOSS, 20, Unit.PERCENT, HUAWEI, False),
        (thresholds.LATENCY, 400, Unit.MS, TWILIO, False),
        (thresholds.LATENCY_NOTICEABLE, 250, Unit.MS, DETECTOR, False),
        (thresholds.JITTER, 500, Unit.MS, HUAWEI, False),
        (thresholds.ROUTER_LATENCY_LIMIT, 500, Unit.MS, AGORA, False),
        (thresholds.SYSTEM_CPU, 80, Unit.PERCENT, HUAWEI, False),
        (thresholds.APP_CPU, 70, Unit.PERCENT, HUAWEI, False),
        (thresholds.TASK_DELAY, 80, Unit.MS, AGORA, False),
        (thresholds.CAPTURE, 3, Unit.FPS, AGORA, True),
        (thresholds.FREEZE_SHARE[Media.AUDIO], 3, Unit.PERCENT, AGORA, False),
        (thresholds.FREEZE_SHARE[Media.VIDEO], 5, Unit.PERCENT, AGORA, False),
    ],
)
def test_documented_limits(
    limit: Limit, bound: float, unit: Unit, source: str, *, below: bool
) -> None:
    """Of Agora and Huawei, and where theirs are late to notice it, of Twilio and a detector."""
    assert limit == Limit(bound, unit, source, below)


def test_our_own_limits_are_stricter_than_the_documents() -> None:
    """They count less, or only together with another sign."""
    assert thresholds.JITTER_NOTICEABLE.bound < thresholds.JITTER.bound
    assert thresholds.ROUTER_LATENCY_NOTICEABLE.bound < thresholds.ROUTER_LATENCY_LIMIT.bound
    for limit in (thresholds.JITTER_NOTICEABLE, thresholds.ROUTER_LATENCY_NOTICEABLE):
        assert (limit.source, limit.unit, limit.below) == (OWN, Unit.MS, False)
        assert 50 <= limit.bound <= 150


@pytest.mark.parametrize(
    ("limit", "unit"),
    [(thresholds.NOTHING_SENT, Unit.KBPS), (thresholds.SILENCE, Unit.DECIBEL)],
)
def test_nothing_is_less_than_one(limit: Limit, unit: Unit) -> None:
    """Clouds round bitrates and volumes to whole numbers."""
    assert limit == Limit(1, unit, OWN, below=True)


@pytest.mark.parametrize(
    ("metric", "bound", "source"),
    [
        (M.UPLINK_LOSS, 5, AGORA),
        (M.DOWNLINK_LOSS, 20, HUAWEI),
        (M.END_TO_END_LOSS, 20, HUAWEI),
        (M.LATENCY, 400, TWILIO),
        (M.UPLINK_LATENCY, 250, DETECTOR),
        (M.JITTER, 500, HUAWEI),
        (M.JITTER, thresholds.JITTER_NOTICEABLE.bound, OWN),
        (M.ROUTER_LATENCY, 500, AGORA),
        (M.ROUTER_LATENCY, thresholds.ROUTER_LATENCY_NOTICEABLE.bound, OWN),
        (M.FREEZE_RATE, 3, AGORA),
        (M.FREEZE_TIME, 5, AGORA),
        (M.SEND_BITRATE, 1, OWN),
        (M.PLAY_VOLUME, 1, OWN),
        (M.UPLINK_LOSS, 6, None),
        (M.PICTURE_QP, 5, None),
        ("overlap", 8, None),
        ("", 5, None),
    ],
)
def test_the_document_of_a_limit(metric: str, bound: float, source: str | None) -> None:
    """Evidence names the document; an unknown metric or limit has none."""
    assert source_of(metric, bound) == source
