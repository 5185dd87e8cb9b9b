"""Windows in whole seconds, and windows that are too long for one request."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.clouds.windows import CLOCK_SKEW, round_down, split_window, up_to_second, whole_seconds
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def at(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return NOON + dt.timedelta(seconds=seconds)


def hours(since: float, until: float) -> Window:
    """A window in hours from noon."""
    return Window(NOON + since * HOUR, NOON + until * HOUR)


def test_clocks_may_differ_by_half_a_minute() -> None:
    """Nothing is requested that is less than this from expiring."""
    assert dt.timedelta(seconds=30) == CLOCK_SKEW


@pytest.mark.parametrize(
    ("seconds", "rounded"), [(0, 0), (9.999, 0), (10, 10), (19, 10), (-1, -10)]
)
def test_now_is_rounded_down_to_ten_seconds(seconds: float, rounded: float) -> None:
    """Requests of the same ten seconds are the same."""
    assert at(rounded) == round_down(at(seconds))


@pytest.mark.parametrize(("seconds", "whole"), [(0, 0), (0.000001, 1), (0.5, 1), (1, 1)])
def test_ends_are_the_next_whole_second(seconds: float, whole: float) -> None:
    """A whole second is its own end."""
    assert at(whole) == up_to_second(at(seconds))


def test_windows_are_widened_to_whole_seconds() -> None:
    """Both ends move outwards, or not at all."""
    assert whole_seconds(Window(at(0.7), at(5.2))) == Window(at(0), at(6))
    assert whole_seconds(Window(at(1), at(5))) == Window(at(1), at(5))


@pytest.mark.parametrize(
    ("window", "most", "parts"),
    [
        (hours(0, 10), 4, [hours(6, 10), hours(2, 6), hours(0, 2)]),
        (hours(0, 8), 4, [hours(4, 8), hours(0, 4)]),
        (hours(0, 3), 4, [hours(0, 3)]),
        (hours(0, 300), None, [hours(0, 300)]),
        (hours(2, 2), 4, []),
        (hours(2, 1), None, []),
    ],
)
def test_long_windows_are_split(window: Window, most: float | None, parts: list[Window]) -> None:
    """The newest part is first, the rest of the oldest may be shorter, an empty window has none."""
    assert split_window(window, None if most is None else most * HOUR) == tuple(parts)
