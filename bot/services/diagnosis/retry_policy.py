"""When to look again, and when to stop looking. Asks nobody anything."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.call import Lack, Missing
from bot.diagnosis import UNKNOWN, Verdict
from bot.ports import Diagnosis

DIAGNOSED_WITHIN: Final = dt.timedelta(hours=26)  # a day's quota comes back within 24
ANSWERED_WITHIN: Final = dt.timedelta(minutes=29)  # Slack's answer address lives for 30
_WEIGHTY: Final = frozenset({Lack.CALL, Lack.TEACHER_METRICS, Lack.STUDENT_METRICS})
_LIGHT_WITHIN: Final = dt.timedelta(hours=1)  # the clouds keep their own diagnosis no longer
_LIGHT_PAUSE: Final = dt.timedelta(minutes=3)
_LONGEST_PAUSE: Final = dt.timedelta(minutes=5)
_PATIENCE: Final = 0.1  # of the time that has passed already
_EDITS: Final = 6  # within ...
_BURST: Final = dt.timedelta(seconds=1)  # ... fold what follows (Slack's tier 3: 50 a minute)
_CARDS: Final = 1000


class Bursts:
    """Remembers when cards were edited lately; many changes at once make few edits."""

    def __init__(self) -> None:
        self._edited: OrderedDict[str, deque[dt.datetime]] = OrderedDict()

    def pause_until(self, card: str, now: dt.datetime) -> dt.datetime | None:
        """Note an edit, or say when the next one may go out."""
        edits = self._edited.setdefault(card, deque(maxlen=_EDITS))
        if len(edits) == _EDITS and edits[0] <= now < edits[0] + _BURST:
            return edits[-1] + _BURST
        edits.append(now)
        self._edited.move_to_end(card)
        if len(self._edited) > _CARDS:
            self._edited.popitem(last=False)
        return None


def pace(
    diagnosis: Diagnosis, now: dt.datetime, asked_at: dt.datetime, within: dt.timedelta
) -> Diagnosis:
    """Make a diagnosis promise the looks that will really be taken: ever rarer, and not for ever.

    Nothing is promised for later than `within` after the question was asked; where a verdict
    stands already and only the cloud's own diagnosis has gaps, not for long at all.
    """
    pause, verdict = min((now - asked_at) * _PATIENCE, _LONGEST_PAUSE), diagnosis.verdict
    if is_final(verdict):
        pause, within = max(pause, _LIGHT_PAUSE), min(within, _LIGHT_WITHIN)
    missing = tuple(
        replace(lack, retry_at=_next_look(lack, now + pause, asked_at + within))
        for lack in verdict.missing
    )
    return replace(diagnosis, verdict=replace(verdict, missing=missing))


def _next_look(lack: Missing, earliest: dt.datetime, latest: dt.datetime) -> dt.datetime | None:
    if lack.retry_at is None:
        return None
    at = max(lack.retry_at, earliest)
    return at if at <= latest else None


def is_final(verdict: Verdict) -> bool:
    """Tell whether a verdict can be told as the last word.

    Either nothing is waited for, or a cause is known and only minutes of the cloud's own
    diagnosis are still to come.
    """
    if verdict.retry_at is None:
        return True
    waited_for = {lack.what for lack in verdict.missing if lack.retry_at is not None}
    return verdict.cause != UNKNOWN and not waited_for & _WEIGHTY


def is_worse(verdict: Verdict, before: Mapping[str, Any] | None) -> bool:
    """Tell whether a new look knows less than what was found before (as JSON)."""
    if before is None or before["cause"] == UNKNOWN:
        return False
    return verdict.cause == UNKNOWN or (
        not is_final(verdict) and is_final(Verdict.from_json(before))
    )
