"""Samples are assigned to sessions where a cloud numbers none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from bot.call import Participant
from bot.clouds.samples import split_by_session

NOON_S = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp()
ALWAYS = np.arange(0.0, 100, 2)
HOLE = ALWAYS[(ALWAYS < 30) | (ALWAYS > 48)]


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
    ],
    ids=["one after the other", "both at once", "fell out and was noticed late", "within", "early"],
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
