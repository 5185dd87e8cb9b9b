"""What the clouds' rooms need remembered between processes, as a protocol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from bot.call import AbnormalEvent
from bot.ports import Look, Window

_KEPT: Final = dt.timedelta(minutes=90)


class Memory(Protocol):
    """Facts learnt once, such as which generation of an API answers."""

    async def recall(self, name: str) -> str | None:
        """Return what was remembered under this name."""

    async def remember(self, name: str, value: str, at: dt.datetime) -> None:
        """Remember a fact, replacing what stood under this name."""


class EventBook(Protocol):
    """What was looked at of whole apps, and what was seen there. One book serves every process."""

    async def looks(self, app: str, window: Window) -> Sequence[Look]:
        """Return the looks that touch a window, without their events."""

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return what was seen of a channel (of all when `cname` is "") within a window."""

    async def note(self, app: str, look: Look, now: dt.datetime) -> None:
        """Write a look down, and forget what is old by now."""


class PocketBook:
    """An event book of this process alone, which remembers an hour and a half."""

    def __init__(self) -> None:
        self._looks: dict[str, list[Look]] = {}

    async def looks(self, app: str, window: Window) -> Sequence[Look]:
        """Return the looks that touch a window."""
        return [look for look in self._looks.get(app, []) if look.span.overlaps(window)]

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return what was seen of a channel (of all when `cname` is "") within a window."""
        found = {
            event.key: event
            for look in self._looks.get(app, [])
            for event in look.events
            if cname in ("", event.cname) and window.since <= event.at <= window.until
        }
        return sorted(found.values(), key=lambda event: event.at)

    async def note(self, app: str, look: Look, now: dt.datetime) -> None:
        """Write a look down, and forget what is old by now."""
        kept = [each for each in self._looks.get(app, []) if each.span.until > now - _KEPT]
        self._looks[app] = [*kept, look]
