"""Samples are assigned to sessions where a cloud numbers none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from bot.call import Participant
from bot.clouds.samples import clip_samples, merge_samples, split_by_session
from bot.ports import Window

NOON_S = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp()
ALWAYS = np.arange(0.0, 100, 2)
HOLE = ALWAYS[(ALWAYS < 30) | (ALWAYS > 48)]


def until(last: float, step: float = 2) -> np.ndarray:
    """Samples up to a second, and again from second 50 on."""
    return np.concatenate([np.arange(last % step, last + 1, step), np.arange(50.0, 100, step)])


def session(since_s: float, until_s: float | None) -> Participant:
    """A user's session, open or ended, in seconds from noon."""
    moments = [
        None if s is None else dt.datetime.fromtimestamp(NOON_S + s, dt.UTC)
        for s in (since_s, until_s)
    ]
    assert moments[0] is not None
    return Participant("1", f"{since_s:g}", moments[0], moments[1])


@pytest.mark.parametrize(
    ("sessions", "times", "spans"),
    [
        ([session(0, 40), session(50, None)], ALWAYS, {"0": (0, 48), "50": (50, 98)}),
        ([session(0, 80), session(50, None)], ALWAYS, {"0": (0, 80), "50": (82, 98)}),
        ([session(0, 60), session(50, None)], HOLE, {"0": (0, 28), "50": (50, 98)}),
        ([session(0, None), session(50, 60)], ALWAYS, {"0": (0, 98)}),
        ([session(20, 60), session(70, None)], ALWAYS[:5], {"20": (0, 8)}),
        ([session(0, 60), session(50, None)], until(42), {"0": (0, 60), "50": (62, 98)}),
        ([session(0, 60), session(50, None)], until(41), {"0": (1, 41), "50": (50, 98)}),
        ([session(0, 60), session(50, None)], until(35, 10), {"0": (5, 60), "50": (70, 90)}),
        ([session(0, 60), session(50, None)], until(34, 10), {"0": (4, 34), "50": (50, 90)}),
        ([session(0, 60), session(50, None)], np.array([45.0]), {"0": (45, 45)}),
        (
            [session(0, 70), session(30, 80), session(50, None)],
            ALWAYS,
            {"0": (0, 70), "30": (72, 80), "50": (82, 98)},
        ),
        ([session(0, None)], np.array([]), {}),
    ],
    ids=[
        "one after the other",
        "both at once",
        "fell out and was noticed late",
        "within",
        "early",
        "silent for 8 seconds",
        "silent for 9 seconds",
        "silent for a step and a half",
        "silent for longer",
        "a single sample",
        "three at once",
        "no samples",
    ],
)
def test_samples_belong_to_sessions(
    sessions: list[Participant], times: np.ndarray, spans: dict[str, tuple[float, float]]
) -> None:
    """Overlapping sessions differ from a rejoin by whether samples continued."""
    matches = {
        one.sid: (float(times[own][0]), float(times[own][-1]))
        for one, own in split_by_session(sessions, NOON_S + times)
    }
    assert spans == matches


def test_of_two_samples_of_a_second_the_first_is_kept() -> None:
    """Responses overlap at their edges."""
    times, values = merge_samples(
        [np.array([4.0, 5.0]), np.array([1.0, 4.0])],
        [np.array([40.0, 50.0]), np.array([10.0, 41.0])],
    )
    assert (times.tolist(), values.tolist()) == ([1, 4, 5], [10, 40, 50])


def test_both_ends_of_a_window_belong_to_it() -> None:
    """Samples a second outside do not."""
    window = Window(*(dt.datetime.fromtimestamp(NOON_S + s, dt.UTC) for s in (10, 20)))
    times, values = clip_samples(NOON_S + np.array([9.0, 10, 20, 21]), np.arange(4.0), window)
    assert ((times - NOON_S).tolist(), values.tolist()) == ([10, 20], [1, 2])
