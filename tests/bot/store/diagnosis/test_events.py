from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.call import AbnormalEvent, Code, Factor
from bot.ports import EventScan, Window
from bot.store import Session, Store
from bot.store.diagnosis.events import (
    PolledEvent,
    ScannedInterval,
    SqlEventStore,
    has_unresolved_tickets,
)
from bot.ticket import Status
from tests.bot.store.factories import MINUTE, MOMENT, NOON, make_ticket, store_tickets
from tests.bot.store.schema import schema_of_database, schema_of_model
from tests.databases import create_sqlite

RETENTION = dt.timedelta(days=14)
HOUR = Window(NOON - 60 * MINUTE, NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite database."""
    made = Store(create_sqlite(tmp_path))
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


async def test_events_at_the_ends_of_a_window_count(store: Store) -> None:
    """A window has both its ends; what is a moment outside does not count."""
    event_store = SqlEventStore(store)
    await event_store.add_scan("kids", scan(90, -5, event(60), event(30), event(0)), NOON)
    assert [event(60), event(30), event(0)] == await event_store.events("kids", "class_1", HOUR)
    inside = Window(HOUR.since + MOMENT, HOUR.until - MOMENT)
    assert [event(30)] == await event_store.events("kids", "class_1", inside)


async def test_scan_before_or_after_a_window_does_not_overlap(store: Store) -> None:
    """A shared edge is no overlap on either side."""
    event_store = SqlEventStore(store)
    for each in (scan(70, 60), scan(0, -10)):
        await event_store.add_scan("kids", each, NOON)
    assert await event_store.scans("kids", HOUR) == []


async def test_events_are_stored_for_two_weeks(store: Store) -> None:
    """Older events and scans are deleted with the next scan, those of other apps with theirs."""
    event_store = SqlEventStore(store)
    for app in ("kids", "adults"):
        await event_store.add_scan(app, scan(20, 10, event(10)), NOON)
    later = NOON + RETENTION - 10 * MINUTE
    await event_store.add_scan("kids", scan(-60, -61), later)
    assert [event(10)] == await event_store.events("kids", "", HOUR)
    assert [scan(20, 10)] == list(await event_store.scans("kids", HOUR))
    await event_store.add_scan("kids", scan(-61, -62), later + MOMENT)
    assert await event_store.events("kids", "", HOUR) == []
    assert await event_store.scans("kids", HOUR) == []
    assert [event(10)] == await event_store.events("adults", "", HOUR)
    assert [scan(20, 10)] == list(await event_store.scans("adults", HOUR))


@pytest.mark.parametrize(
    ("changes", "is_awaited"),
    [
        ({}, True),
        ({"status": Status.CLAIMED}, True),
        ({"status": Status.RESOLVED}, False),
        ({"app": "adults"}, False),
        ({"created_at": NOON - MOMENT}, False),
    ],
)
def test_unresolved_tickets_of_an_app(
    *, changes: dict[str, Any], is_awaited: bool, session: Session
) -> None:
    """A ticket filed since the moment itself counts until it is resolved."""
    assert not has_unresolved_tickets(session, "kids", NOON)
    store_tickets(session, make_ticket(**changes))
    assert has_unresolved_tickets(session, "kids", NOON) is is_awaited


@pytest.mark.parametrize("model", [PolledEvent, ScannedInterval])
def test_tables_are_those_of_the_migrations(model: type[SQLModel], migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(model) == schema_of_database(migrated_store, model)
