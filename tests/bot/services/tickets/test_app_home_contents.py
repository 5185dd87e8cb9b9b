"""The contents of an App Home: whose lists, in which order, and its stored filters."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.services.tickets.app_home import FILTER_OPTIONS, AppHome, QueueFilter, read_home
from bot.store import Session
from bot.store.preferences import preferences
from bot.store.tickets.lists import TicketPage
from bot.ticket import Status
from tests.bot.services.conftest import SUPPORT, TEAM, ServiceHarness
from tests.bot.store.factories import MOMENT, NOON, make_ticket, store_tickets

HOUR: Final = dt.timedelta(hours=1)


@pytest.fixture
def session(service_harness: ServiceHarness) -> Any:
    """A transaction on a database without this test's team, which is rolled back."""
    with Session(service_harness.context.store.engine) as session:
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session
        session.rollback()


def home(
    session: Session, person: str = "U1", *, is_support: bool = True, after: str = ""
) -> AppHome:
    """Read a person's home at noon."""
    return read_home(session, "T9", person, NOON, is_support=is_support, after=after)


def ticket(**changes: Any) -> Any:
    """A ticket of the test's team."""
    return make_ticket(**{"team": "T9", "reporter": "U1", **changes})


def queue(session: Session, **chosen: str) -> list[int]:
    """Return the queue of a person with these filters."""
    preferences.save_home_filters(session, "T9", "U2", chosen)
    session.flush()
    page = home(session, "U2").queue
    assert page is not None
    return [each.id for each in page.tickets]


def test_other_people_see_their_own_reports(session: Session) -> None:
    """The newest first, ten on a page, and neither a queue nor counts."""
    numbers = store_tickets(session, *(ticket() for _ in range(12)), ticket(reporter="U2"))
    first = home(session, is_support=False)
    assert [each.id for each in first.mine.tickets] == numbers[11:1:-1]
    assert (first.queue, first.counts, first.is_first) == (None, {}, True)
    assert first.next_page == str(numbers[2])
    second = home(session, is_support=False, after=first.next_page)
    assert [each.id for each in second.mine.tickets] == numbers[1::-1]
    assert (second.next_page, second.is_first) == ("", False)


def test_support_sees_five_own_reports_and_the_queue(session: Session) -> None:
    """The queue is their work: by urgency, of these the oldest first."""
    numbers = store_tickets(session, *(ticket(urgency=n % 2) for n in range(12)))
    first = home(session)
    assert [each.id for each in first.mine.tickets] == numbers[:6:-1]
    assert first.queue is not None
    urgent, other = numbers[1::2], numbers[::2]
    assert [each.id for each in first.queue.tickets] == [*urgent, *other[:4]]
    assert first.next_page == f"0-{other[3]}"
    second = home(session, after=first.next_page)
    assert second.queue is not None
    assert [each.id for each in second.queue.tickets] == other[4:]
    assert [each.id for each in second.mine.tickets] == numbers[:6:-1]
    assert not second.is_first


def test_cursor_of_the_next_page() -> None:
    """Of the queue if there is one, else of the person's own list."""
    fields: dict[str, Any] = {"counts": {}, "filter": QueueFilter(), "is_greeted": True}
    fields |= {"is_support": None}
    mine = TicketPage((), before=15)
    for queue_page, expected in (
        (None, "15"),
        (TicketPage((), after=(2, 7)), "2-7"),
        (TicketPage((), before=9), "9"),
        (TicketPage(()), ""),
    ):
        assert AppHome(mine=mine, queue=queue_page, is_first=True, **fields).next_page == expected


def test_counts_of_unresolved_tickets(session: Session) -> None:
    """By status, of the team."""
    statuses = [Status.OPEN, Status.OPEN, Status.CLAIMED, Status.RESOLVED]
    store_tickets(session, *(ticket(status=each) for each in statuses))
    assert home(session).counts == {Status.OPEN: 2, Status.CLAIMED: 1}


def test_state_of_the_queue(session: Session) -> None:
    """Unresolved tickets by urgency; with resolved ones the newest first."""
    statuses = [Status.OPEN, Status.CLAIMED, Status.RESOLVED, Status.OPEN]
    one, claimed, resolved, other = store_tickets(
        session, *(ticket(status=each, assignee="U2") for each in statuses)
    )
    assert queue(session) == [one, claimed, other]
    assert queue(session, state="open") == [one, other]
    assert queue(session, state="claimed") == [claimed]
    assert queue(session, state="resolved") == [resolved]
    assert queue(session, state="all") == [other, resolved, claimed, one]
    assert queue(session, state="claimed", whose="nobody") == [one, other]


def test_other_filters_of_the_queue(session: Session) -> None:
    """By app, cause and assignee."""
    fields = ({"app": "adults"}, {"cause": "network.loss"}, {"assignee": "U2"}, {"assignee": "U1"})
    app, cause, mine, other = store_tickets(session, *(ticket(**each) for each in fields))
    assert queue(session, app="adults") == [app]
    assert queue(session, cause="network.loss") == [cause]
    assert queue(session, whose="mine") == [mine]
    assert queue(session, app="all", cause="all", whose="all", age="all") == [
        app,
        cause,
        mine,
        other,
    ]


@pytest.mark.parametrize(("age", "hours"), [("1h", 1), ("1d", 24), ("7d", 168), ("30d", 720)])
def test_age_of_the_queue(age: str, hours: int, session: Session) -> None:
    """A ticket of exactly this age counts."""
    edge = NOON - hours * HOUR
    young, _old = store_tickets(session, ticket(created_at=edge), ticket(created_at=edge - MOMENT))
    assert queue(session, age=age) == [young]


def test_options_that_are_offered() -> None:
    """Each filter begins with its default or with all."""
    assert FILTER_OPTIONS == {
        "state": ("unresolved", "open", "claimed", "resolved", "all"),
        "age": ("all", "1h", "1d", "7d", "30d"),
        "whose": ("all", "mine", "nobody"),
    }
    assert QueueFilter() == QueueFilter("unresolved", "all", "all", "all", "all")


async def test_filters_are_stored_one_at_a_time(service_harness: ServiceHarness) -> None:
    """Each leaves the others as they are; unknown names and values change nothing."""
    app_home, person = service_harness.services.app_home, "U-HOME"
    for name, value in (("state", "open"), ("age", "7d"), ("age", "3d"), ("colour", "red")):
        await app_home.set_filter(TEAM, person, name, value)
    loaded = await app_home.load(TEAM, person)
    assert loaded.filter == QueueFilter(state="open", age="7d")
    assert (await app_home.load(TEAM, SUPPORT)).filter == QueueFilter()


async def test_greeting_is_dismissed_once(service_harness: ServiceHarness) -> None:
    """For the person who dismissed it."""
    app_home, person = service_harness.services.app_home, "U-GREETED"
    assert not (await app_home.load(TEAM, person)).is_greeted
    await app_home.mark_greeted(TEAM, person)
    assert (await app_home.load(TEAM, person)).is_greeted
    assert not (await app_home.load(TEAM, "U-NEW")).is_greeted


async def test_only_support_has_a_queue(service_harness: ServiceHarness) -> None:
    """Nobody else sees the tickets of others."""
    app_home = service_harness.services.app_home
    assert (await app_home.load(TEAM, SUPPORT)).queue is not None
    assert (await app_home.load(TEAM, "U-HOME")).queue is None
