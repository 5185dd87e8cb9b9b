"""What the clouds' rooms need remembered between processes, as a protocol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from bot.call import AbnormalEvent
from bot.ports import EventScan, Window

_KEPT: Final = dt.timedelta(minutes=90)


class EventStore(Protocol):
    """What was looked at of whole apps, and what was seen there. One book serves every process."""

    async def scans(self, app: str, window: Window) -> Sequence[EventScan]:
        """Return the looks that touch a window, without their events."""

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return what was seen of a channel (of all when `cname` is "") within a window."""

    async def add_scan(self, app: str, scan: EventScan, now: dt.datetime) -> None:
        """Write a look down, and forget what is old by now."""


class InMemoryEventStore:
    """An event book of this process alone, which remembers an hour and a half."""

    def __init__(self) -> None:
        self._scans: dict[str, list[EventScan]] = {}

    async def scans(self, app: str, window: Window) -> Sequence[EventScan]:
        """Return the looks that touch a window."""
        return [scan for scan in self._scans.get(app, []) if scan.span.overlaps(window)]

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return what was seen of a channel (of all when `cname` is "") within a window."""
        found = {
            event.key: event
            for scan in self._scans.get(app, [])
            for event in scan.events
            if cname in ("", event.cname) and window.since <= event.at <= window.until
        }
        return sorted(found.values(), key=lambda event: event.at)

    async def add_scan(self, app: str, scan: EventScan, now: dt.datetime) -> None:
        """Write a look down, and forget what is old by now."""
        kept = [each for each in self._scans.get(app, []) if each.span.until > now - _KEPT]
        self._scans[app] = [*kept, scan]
