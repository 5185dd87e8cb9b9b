"""How often cards are edited."""

from __future__ import annotations

import datetime as dt

from bot.services.tickets.update_throttle import UpdateThrottle

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)


def test_bursts() -> None:
    """Six edits go out at once, then one a second after the newest; other cards do not wait."""
    throttle = UpdateThrottle()
    moments = [NOW + dt.timedelta(milliseconds=50 * number) for number in range(8)]
    allowed = [throttle.throttled_until("card:LD-1", moment) for moment in moments]
    free = moments[5] + dt.timedelta(seconds=1)
    assert allowed == [None] * 6 + [free, free]
    assert throttle.throttled_until("card:LD-2", moments[-1]) is None
    assert throttle.throttled_until("card:LD-1", free) is None
