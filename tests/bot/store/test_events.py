from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from bot.call import AbnormalEvent, Code, Factor
from bot.ports import Look, Window
from bot.store import Store
from bot.store.diagnosis.events import KEPT, SqlEventBook

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


def look(since: int, until: int, *events: AbnormalEvent, full: bool = False) -> Look:
    """A look from so many minutes before noon to so many."""
    return Look(Window(NOON - since * MINUTE, NOON - until * MINUTE), events, full)


async def test_what_was_seen_comes_back_as_it_was(store: Store) -> None:
    """Factors that stand twice, peers and times survive; another process reads them."""
    told = event(10, peer="10001")
    await SqlEventBook(store).note("kids", look(20, 5, told, event(12)), NOON)
    assert [event(12), told] == await SqlEventBook(store).events("kids", "class_1", HOUR)


async def test_overlapping_looks_tell_an_event_once(store: Store) -> None:
    """The later telling stays."""
    book = SqlEventBook(store)
    await book.note("kids", look(20, 5, event(10)), NOON)
    await book.note("kids", look(15, 0, event(10, peer="10001"), event(10, peer="10001")), NOON)
    assert [event(10, peer="10001")] == await book.events("kids", "", HOUR)


async def test_channels_apps_and_windows_are_apart(store: Store) -> None:
    """A channel's own events of the window, of all channels when none is named."""
    book = SqlEventBook(store)
    await book.note("kids", look(90, 5, event(10), event(11, "class_2"), event(70)), NOON)
    await book.note("adults", look(20, 5, event(9)), NOON)
    assert [event(10)] == await book.events("kids", "class_1", HOUR)
    assert [event(11, "class_2"), event(10)] == await book.events("kids", "", HOUR)


async def test_looks_that_touch_are_found(store: Store) -> None:
    """Looks come back with their ends and whether they were full; an edge is no touch."""
    book = SqlEventBook(store)
    for each in (look(90, 60), look(61, 50, full=True), look(5, -5)):
        await book.note("kids", each, NOON)
    assert [look(61, 50, full=True), look(5, -5)] == list(await book.looks("kids", HOUR))
    assert [] == await book.looks("adults", HOUR)


async def test_two_weeks_are_kept(store: Store) -> None:
    """Older events and looks are forgotten when the next one is written down."""
    book = SqlEventBook(store)
    await book.note("kids", look(20, 5, event(10)), NOON)
    later = NOON + KEPT - 11 * MINUTE
    await book.note("kids", look(-60, -61), later)
    assert [event(10)] == await book.events("kids", "", HOUR)
    await book.note("kids", look(-61, -62), later + 10 * MINUTE)
    assert [] == await book.events("kids", "", HOUR)
    assert [] == await book.looks("kids", HOUR)
