"""What other people's data look like: coarse, at the edge of the minutes judged, half of it missing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Media, Metric

T, S = "10001", "20002"
A, V = Media.AUDIO, Media.VIDEO
LOSS_UP = [(T, Metric.UPLINK_LOSS, V, 27), (S, Metric.END_TO_END_LOSS, V, 27)]
LOSS_DOWN = [(S, Metric.END_TO_END_LOSS, V, 27), (S, Metric.FREEZE_TIME, V, 700)]
HOT = [(T, Metric.SYSTEM_CPU, None, 95), (S, Metric.FREEZE_TIME, V, 700)]
WARM = [(T, Metric.SYSTEM_CPU, None, 84), *LOSS_DOWN]
ALWAYS = (-300, 300)


@pytest.mark.parametrize(
    ("changes", "span", "every", "absent", "expected"),
    [
        (LOSS_UP, ALWAYS, 10, None, ("network.loss", "up", T)),
        (LOSS_UP, ALWAYS, 30, None, ("network.loss", "up", T)),
        (LOSS_UP, (-300, -95), 1, None, ("network.loss", "up", T)),
        (LOSS_UP, (0, 300), 1, None, ("network.loss", "up", T)),
        (LOSS_UP, (6, 300), 1, None, ("none", None, None)),  # it begins after the complaint
        (LOSS_UP, (-300, -121), 1, None, ("none", None, None)),
        (LOSS_UP, (121, 300), 1, None, ("none", None, None)),
        (LOSS_UP, (-15, 15), 1, None, ("network.loss", "up", T)),
        (LOSS_DOWN, ALWAYS, 1, Metric.UPLINK_LOSS, ("network.loss", "up", T)),
        (HOT, ALWAYS, 1, Metric.CAPTURE_FPS, ("device.cpu_high", None, T)),
        (WARM, ALWAYS, 1, Metric.CAPTURE_FPS, ("network.loss", "down", S)),
    ],
)
def test_dirty_data(  # noqa: PLR0917 - a row of the table
    build_call: Any,
    changes: list[Any],
    span: tuple[float, float],
    every: int,
    absent: Metric | None,
    expected: tuple[str, str | None, str | None],
) -> None:
    """The verdict is the same with a sample a minute, and two minutes is the largest usable gap."""
    call_builder = build_call()
    for who, metric, media, value in changes:
        call_builder.set_values(who, metric, media, value, span)
    call_builder.without_metrics(absent)
    call_builder.curves = {
        key: (times[::every], values[::every])
        for key, (times, values) in call_builder.curves.items()
    }
    verdict = call_builder.diagnose()
    assert expected == (verdict.cause, verdict.direction, verdict.uid)
