"""Whose stay a sample belongs to, where a cloud measures people and not their sessions.

No cloud's field name is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Participant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

_SILENT_S: Final = 8.0  # clouds notice late that somebody fell out; who measures is still there
_SILENT_STEPS: Final = 1.5


def split_by_session(
    sessions: Sequence[Participant], times: FloatArray
) -> Iterator[tuple[Participant, NDArray[np.bool_]]]:
    """Return each of one person's stays that has samples, first joiner first, and which.

    `times` are sorted epoch seconds. A sample belongs to the stay that began last, but within
    two stays at once to the first of them as long as that lasts, so that both can be seen to
    have lasted. A stay in which nothing was measured any more when the next began was over.
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
