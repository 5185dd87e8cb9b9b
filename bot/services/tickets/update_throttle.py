"""A limit on how often cards and private messages are edited."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from typing import Final

_MAX_EDITS: Final = 6  # of one message within _BURST_WINDOW (Slack's tier 3: 50 a minute)
_BURST_WINDOW: Final = dt.timedelta(seconds=1)
_MAX_MESSAGES: Final = 1000


class UpdateThrottle:
    """Limits the edits of each message, so that many changes at once make few edits."""

    def __init__(self) -> None:
        self._edited: OrderedDict[str, deque[dt.datetime]] = OrderedDict()

    def throttled_until(self, key: str, now: dt.datetime) -> dt.datetime | None:
        """Count an edit and return None, or return when the next edit is allowed."""
        edits = self._edited.setdefault(key, deque(maxlen=_MAX_EDITS))
        if len(edits) == _MAX_EDITS and edits[0] <= now < edits[0] + _BURST_WINDOW:
            return edits[-1] + _BURST_WINDOW
        edits.append(now)
        self._edited.move_to_end(key)
        if len(self._edited) > _MAX_MESSAGES:
            self._edited.popitem(last=False)
        return None
