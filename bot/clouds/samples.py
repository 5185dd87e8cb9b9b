"""Time-sorted samples: merged, cut to a window, and assigned to sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Participant
from bot.ports import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

_SILENT_S: Final = 8.0  # clouds notice late that somebody dropped out; a sample proves presence
_SILENT_STEPS: Final = 1.5


def merge_samples(
    times: Sequence[FloatArray], values: Sequence[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Join a series from several responses; of two samples of one second the first is kept."""
    joined, first = np.unique(np.concatenate(times), return_index=True)
    return joined, np.concatenate(values)[first]


def clip_samples(
    times: FloatArray, values: FloatArray, window: Window
) -> tuple[FloatArray, FloatArray]:
    """Return the samples within a window, both ends included. `times` are epoch seconds."""
    inside = (times >= window.since.timestamp()) & (times <= window.until.timestamp())
    return times[inside], values[inside]


def split_by_session(
    sessions: Sequence[Participant], times: FloatArray
) -> Iterator[tuple[Participant, NDArray[np.bool_]]]:
    """Yield each of one person's sessions that has samples, with a mask of its samples.

    `sessions` are sorted by when they began, `times` are sorted epoch seconds. A sample belongs
    to the session that began last. Of two sessions at the same time it belongs to the first while
    that one lasts, so that both keep samples. A session without samples just before the next one
    began had ended.
    """
    begins = np.array([session.joined_at.timestamp() for session in sessions])
    owners = (np.searchsorted(begins, times, side="right") - 1).clip(0)
    silent_s = _silent_s(times)
    for number in reversed(range(len(sessions) - 1)):
        left_at = sessions[number].left_at
        is_ongoing = times >= begins[number]
        is_ongoing &= times <= (np.inf if left_at is None else left_at.timestamp())
        before = times[is_ongoing & (times < begins[number + 1])]
        if before.size and begins[number + 1] - before[-1] <= silent_s:
            owners[is_ongoing] = number
    for number, session in enumerate(sessions):
        own = owners == number
        if own.any():
            yield session, own


def _silent_s(times: FloatArray) -> float:
    step_s = float(np.median(np.diff(times))) if times.size > 1 else 0.0
    return max(_SILENT_S, _SILENT_STEPS * step_s)
