"""Axes: ticks of values and times, and positions in pixels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bot.call import Unit
from bot.charts.axes import Box, Frame, time_ticks, value_ticks
from bot.i18n.translator import Translator

SINCE = 1_600_948_800.0  # 2020-09-24 12:00 UTC


@pytest.mark.parametrize(
    ("highest", "unit", "ticks"),
    [
        (0, Unit.KBPS, [0, 0.5, 1]),
        (1, Unit.MS, [0, 0.5, 1, 1.5]),
        (9, Unit.FPS, [0, 5, 10]),
        (15, Unit.FPS, [0, 10, 20]),
        (600, Unit.KBPS, [0, 250, 500, 750]),
        (100, Unit.MS, [0, 50, 100, 150]),
        (100, Unit.PERCENT, [0, 50, 100]),
        (51, Unit.PERCENT, [0, 50, 100]),
        (50, Unit.PERCENT, [0, 20, 40, 60]),
        (101, Unit.PERCENT, [0, 50, 100, 150]),
        (2, Unit.PERCENT, [0, 1, 2, 3]),
        (94, Unit.MS, [0, 50, 100]),
        (95, Unit.MS, [0, 50, 100, 150]),  # the highest value does not touch the frame
        (28, Unit.MS, [0, 10, 20, 30]),
        (70, Unit.MS, [0, 25, 50, 75]),
        (71, Unit.MS, [0, 50, 100]),
        (-5, Unit.MS, [0, 0.5, 1]),
    ],
)
def test_value_ticks(highest: float, unit: Unit, ticks: list[float]) -> None:
    """Round numbers from 0 to above the highest value; percentages above half end at 100."""
    assert value_ticks(highest, unit) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("length_s", "most", "labels"),
    [
        (240, 4, ["12:00", "12:01", "12:02", "12:03", "12:04"]),
        (60, 4, ["12:00:00", "12:00:15", "12:00:30", "12:00:45", "12:01:00"]),
        (3600, 2, ["12:00", "12:30", "13:00"]),
    ],
)
def test_time_ticks(length_s: float, most: int, labels: list[str]) -> None:
    """The smallest step with no more intervals than requested; seconds only below a minute."""
    ticks = time_ticks(SINCE, SINCE + length_s, Translator("en"), most)
    assert [label for _, label in ticks] == labels
    assert [at - SINCE for at, _ in ticks] == list(np.linspace(0, length_s, len(labels)))


DAY = 1_600_905_600.0  # 2020-09-24 00:00 UTC
STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
NEXT_STEPS = [*pairwise(STEPS_S), (86400, 86400)]


@pytest.mark.parametrize(("step_s", "next_s"), NEXT_STEPS)
def test_steps_are_round(step_s: int, next_s: int) -> None:
    """The next one when there would be more ticks than requested; never more than a day."""
    for length_s, expected in ((4 * step_s, step_s), (4 * step_s + 1, next_s)):
        ticks = time_ticks(DAY, DAY + length_s, Translator("en"), 4)
        assert {two - one for (one, _), (two, _) in pairwise(ticks)} <= {expected}
        assert ticks[1][0] - DAY == expected or length_s < expected
        assert all(len(label) == (5 if expected >= 60 else 8) for _, label in ticks)


def test_time_ticks_are_round_in_the_readers_zone() -> None:
    """In a zone half an hour off, hours are at other moments."""
    ticks = time_ticks(SINCE + 1, SINCE + 7200, Translator("en", "Asia/Kolkata"), 2)
    assert [label for _, label in ticks] == ["18:00", "19:00"]
    assert ticks[0][0] == SINCE + 1800


def test_positions() -> None:
    """Times and values are scaled into the box; those outside are at its edges."""
    frame = Frame(Box(10, 20, 110, 220), SINCE, SINCE + 100, 50.0)
    assert [frame.x(SINCE + at) for at in (-5, 0, 25, 100, 105)] == [10, 10, 35, 110, 110]
    assert [frame.y(value) for value in (-1, 0, 12.5, 50, 60)] == [220, 220, 170, 20, 20]
    times, values = SINCE + np.array([-5.0, 25, 105]), np.array([-1.0, 12.5, 60])
    assert frame.xs(times).tolist() == [10, 35, 110]
    assert frame.ys(values).tolist() == [220, 170, 20]
