"""Agora's codes for what the simulated calls suffer from."""

from __future__ import annotations

import pytest

from bot.call import Direction, Media
from bot.causes import Cause
from bot.sandbox.clouds.agora.codes import experience_of, factor_of

_A, _V = Media.AUDIO, Media.VIDEO


@pytest.mark.parametrize(
    ("cause", "experience", "factor"),
    [
        (Cause("network", "loss", _V, Direction.UP), 4, 21),
        (Cause("network", "loss", _A, Direction.UP), 5, 22),
        (Cause("device", "cpu_high"), 4, 10),
        (Cause("join", "timeout"), 6, 36),
        (Cause("join", "blocked"), 6, 35),
        (Cause("device", "nothing"), 4, 18),
    ],
)
def test_what_a_cause_feels_like(cause: Cause, experience: int, factor: int) -> None:
    """A failed join is a slow join, a cause of the audio freezes it, the rest the video."""
    assert (experience_of(cause), factor_of(cause)) == (experience, factor)
