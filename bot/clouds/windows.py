"""Time windows as the clouds take them: in whole seconds, and no longer than a limit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from bot.ports import Window

CLOCK_SKEW: Final = dt.timedelta(seconds=30)  # by which our clock and a cloud's may differ
_ROUND_TO_S: Final = 10
_SECOND: Final = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RequestWindow:
    """A window that is wanted, and the one around it that is requested, as it costs no more."""

    wanted: Window
    wider: Window


def round_down(moment: dt.datetime) -> dt.datetime:
    """Round a moving "until now" down to ten seconds, so that requests close in time are equal."""
    return dt.datetime.fromtimestamp(moment.timestamp() // _ROUND_TO_S * _ROUND_TO_S, dt.UTC)


def up_to_second(moment: dt.datetime) -> dt.datetime:
    """Return the next whole second, or the moment itself when it is one."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + _SECOND


def whole_seconds(window: Window) -> Window:
    """Widen a window to whole seconds."""
    return Window(window.since.replace(microsecond=0), up_to_second(window.until))


def split_window(window: Window, max_span: dt.timedelta | None) -> tuple[Window, ...]:
    """Split a window into windows of at most `max_span`, the newest first; () for an empty one."""
    windows: list[Window] = []
    until = window.until
    while until > window.since:
        since = window.since if max_span is None else max(window.since, until - max_span)
        windows.append(Window(since, until))
        until = since
    return tuple(windows)
