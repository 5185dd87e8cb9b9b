from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from bot.call import AbnormalEvent, Code, Factor
from bot.ports import EventScan, Window
from bot.store import Store
from bot.store.diagnosis.events import RETENTION, SqlEventStore

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
HOUR = Window(NOON - 60 * MINUTE, NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite database."""
    made = Store(f"sqlite:///{tmp_path / 'lagdesk.db'}")
    SQLModel.metadata.create_all(made.engine)
    yield made
    made.close()


def event(ago: int, cname: str = "class_1", peer: str | None = None) -> AbnormalEvent:
    """Something bad, so many minutes before noon."""
    factors = (Factor(Code("agora.factor_id", "18"), peer), Factor(Code("agora.factor_id", "18")))
    return AbnormalEvent(
        "20002", cname, Code("agora.exp_id", "4"), NOON - ago * MINUTE, factors, peer
    )


def scan(since: int, until: int, *events: AbnormalEvent, full: bool = False) -> EventScan:
    """A look from so many minutes before noon to so many."""
    return EventScan(Window(NOON - since * MINUTE, NOON - until * MINUTE), events, full)


async def test_events_round_trip(store: Store) -> None:
    """Factors that stand twice, peers and times survive; another process reads them."""
    received = event(10, peer="10001")
    await SqlEventStore(store).add_scan("kids", scan(20, 5, received, event(12)), NOON)
    assert [event(12), received] == await SqlEventStore(store).events("kids", "class_1", HOUR)


async def test_overlapping_scans_store_an_event_once(store: Store) -> None:
    """The later version is stored."""
    event_store = SqlEventStore(store)
    await event_store.add_scan("kids", scan(20, 5, event(10)), NOON)
    await event_store.add_scan(
        "kids", scan(15, 0, event(10, peer="10001"), event(10, peer="10001")), NOON
    )
    assert [event(10, peer="10001")] == await event_store.events("kids", "", HOUR)


async def test_channels_apps_and_windows_are_apart(store: Store) -> None:
    """A channel's own events of the window, of all channels when none is named."""
    event_store = SqlEventStore(store)
    await event_store.add_scan(
        "kids", scan(90, 5, event(10), event(11, "class_2"), event(70)), NOON
    )
    await event_store.add_scan("adults", scan(20, 5, event(9)), NOON)
    assert [event(10)] == await event_store.events("kids", "class_1", HOUR)
    assert [event(11, "class_2"), event(10)] == await event_store.events("kids", "", HOUR)


async def test_adjacent_scans_are_returned(store: Store) -> None:
    """Scans have their ends and whether they were full; a shared edge is no overlap."""
    event_store = SqlEventStore(store)
    for each in (scan(90, 60), scan(61, 50, full=True), scan(5, -5)):
        await event_store.add_scan("kids", each, NOON)
    assert [scan(61, 50, full=True), scan(5, -5)] == list(await event_store.scans("kids", HOUR))
    assert await event_store.scans("adults", HOUR) == []


async def test_events_are_stored_for_two_weeks(store: Store) -> None:
    """Older events and looks are forgotten when the next one is written down."""
    event_store = SqlEventStore(store)
    await event_store.add_scan("kids", scan(20, 5, event(10)), NOON)
    later = NOON + RETENTION - 11 * MINUTE
    await event_store.add_scan("kids", scan(-60, -61), later)
    assert [event(10)] == await event_store.events("kids", "", HOUR)
    await event_store.add_scan("kids", scan(-61, -62), later + 10 * MINUTE)
    assert await event_store.events("kids", "", HOUR) == []
    assert await event_store.scans("kids", HOUR) == []
