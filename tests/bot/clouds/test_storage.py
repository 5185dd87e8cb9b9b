"""Scans of a whole app that are kept in memory."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call import AbnormalEvent, Code
from bot.clouds.storage import InMemoryEventStore
from bot.ports import EventScan, Window

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def at(minutes: float) -> dt.datetime:
    """A moment in minutes from noon."""
    return NOON + dt.timedelta(minutes=minutes)


def event(minutes: float, cname: str = "class", uid: str = "1") -> AbnormalEvent:
    """One event."""
    return AbnormalEvent(uid=uid, cname=cname, kind=Code("k", "4"), at=at(minutes), factors=())


def scan(since: float, until: float, *events: AbnormalEvent) -> EventScan:
    """A response about a window, in minutes from noon."""
    return EventScan(Window(at(since), at(until)), events, is_full=False)


async def test_events_of_a_channel_within_a_window() -> None:
    """Both ends are included, every event occurs once, and "" is all channels."""
    store = InMemoryEventStore()
    events = [event(-9), event(-10), event(-5), event(-10.1), event(-4.9), event(-7, "other")]
    await store.add_scan("kids", scan(-20, -7, *events[:4]), NOON)
    await store.add_scan("kids", scan(-7, 0, *events[2:]), NOON)
    window = Window(at(-10), at(-5))
    kids = [await store.events("kids", cname, window) for cname in ("class", "", "unknown")]
    assert [[(each.at - NOON).total_seconds() / 60 for each in found] for found in kids] == [
        [-10, -9, -5],
        [-10, -9, -7, -5],
        [],
    ]
    assert await store.events("adults", "class", window) == []


async def test_scans_that_overlap_a_window() -> None:
    """A common edge is no overlap; apps are separate."""
    store = InMemoryEventStore()
    scans = [scan(-20, -10), scan(-10, -5), scan(-5, 0)]
    for each in scans:
        await store.add_scan("kids", each, NOON)
    assert await store.scans("kids", Window(at(-9), at(-5))) == [scans[1]]
    assert await store.scans("adults", Window(at(-20), at(0))) == []


@pytest.mark.parametrize(("until", "is_kept"), [(-90, False), (-89, True)])
async def test_scans_are_kept_for_an_hour_and_a_half(until: float, *, is_kept: bool) -> None:
    """An older one is deleted when the next one is stored."""
    store = InMemoryEventStore()
    await store.add_scan("kids", scan(-120, until), at(-80))
    await store.add_scan("kids", scan(-5, 0), NOON)
    assert len(await store.scans("kids", Window(at(-200), NOON))) == 1 + is_kept
