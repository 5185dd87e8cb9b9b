"""Protocols for what clouds store across processes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from bot.call import AbnormalEvent
from bot.ports import EventScan, Window

_RETENTION: Final = dt.timedelta(minutes=90)


class EventStore(Protocol):
    """Stores scans of whole apps and the events in them. One store serves every process."""

    async def scans(self, app: str, window: Window) -> Sequence[EventScan]:
        """Return the scans that overlap a window, without their events."""

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return the events of a channel (of all when `cname` is "") within a window."""

    async def add_scan(self, app: str, scan: EventScan, now: dt.datetime) -> None:
        """Store a scan and delete old ones."""


class InMemoryEventStore:
    """Keeps events in memory, for an hour and a half."""

    def __init__(self) -> None:
        self._scans: dict[str, list[EventScan]] = {}

    async def scans(self, app: str, window: Window) -> Sequence[EventScan]:
        """Return the scans that overlap a window."""
        return [scan for scan in self._scans.get(app, []) if scan.span.overlaps(window)]

    async def events(self, app: str, cname: str, window: Window) -> Sequence[AbnormalEvent]:
        """Return the events of a channel (of all when `cname` is "") within a window."""
        events = {
            event.key: event
            for scan in self._scans.get(app, [])
            for event in scan.events
            if cname in ("", event.cname) and window.since <= event.at <= window.until
        }
        return sorted(events.values(), key=lambda event: event.at)

    async def add_scan(self, app: str, scan: EventScan, now: dt.datetime) -> None:
        """Store a scan and delete old ones."""
        kept = [each for each in self._scans.get(app, []) if each.span.until > now - _RETENTION]
        self._scans[app] = [*kept, scan]
