"""Clocks: the machine's, and one that follows a server's."""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """A clock."""

    def now(self) -> dt.datetime:
        """Return the current time, with a zone."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the current time, in UTC."""
        return dt.datetime.now(dt.UTC)


class ServerClock:
    """A server's clock as last read, and the time since: machines that share it agree.

    Setting the machine's own clock has no effect on it.
    """

    def __init__(self) -> None:
        self._offset = SystemClock().now() - _monotonic()

    def now(self) -> dt.datetime:
        """Return the server's current time, in UTC."""
        return _monotonic() + self._offset

    def set(self, now: dt.datetime) -> None:
        """Take over the server's time."""
        self._offset = now - _monotonic()


def _monotonic() -> dt.datetime:
    return dt.datetime.fromtimestamp(time.monotonic(), dt.UTC)
