"""Lists of tickets on both databases: every page of every query, against a plain filter."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from bot.call import Side
from bot.store import Session, Store, lists
from bot.store.lists import TicketQuery
from bot.ticket import Status, Ticket

START = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
OPEN = (Status.OPEN, Status.CLAIMED)
Keep = Callable[[Ticket], bool]


def made_up(chance: random.Random, number: int) -> Ticket:
    """Some ticket, filed so many minutes after the start."""
    told: dict[str, Any] = {"created_at": START + number * MINUTE, "occurred_at": START}
    return Ticket(
        team=chance.choice(["T1", "T1", "T1", "T2"]),
        origin=f"V{number}",
        status=chance.choice(list(Status)),
        app=chance.choice(["kids", "adults"]),
        cloud=chance.choice(["agora", "huawei"]),
        cname=chance.choice(["class_77_1", "class_77_2"]),
        cause=chance.choice(["", "network.loss"]),
        reporter=chance.choice(["U1", "U2"]),
        assignee=chance.choice([None, "U1", "U2"]),
        is_live=chance.choice([None, True, False]),
        incident=chance.choice([None, 3]),
        urgency=chance.choice([0, 0, 0, 1, 3, 19]),
        teacher_uid="1",
        student_uid="2",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        **told,
    )


@pytest.fixture(scope="module")
def filed(each_database: Store) -> list[Ticket]:
    """Two hundred tickets in the database, oldest first."""
    chance = random.Random(12)  # noqa: S311 - no secret
    some = [made_up(chance, number) for number in range(200)]
    each_database.transact_here(lambda session: session.add_all(some))
    return some


def pages(store: Store, query: TicketQuery) -> Iterator[list[int]]:
    """The numbers on every page, as somebody who turns pages sees them."""
    while True:

        def work(session: Session, asked: TicketQuery = query) -> lists.TicketPage:
            return lists.page(session, asked, 7)

        found = store.read_here(work)
        yield [ticket.id for ticket in found.tickets]
        if found.before is None and found.after is None:
            return
        query = replace(query, before=found.before, after=found.after)


@pytest.mark.parametrize(
    ("wanted", "keep"),
    [
        ({}, bool),
        ({"statuses": OPEN}, lambda t: t.status in OPEN),
        ({"statuses": (Status.RESOLVED,), "app": "kids"}, lambda t: (t.status, t.app) == ("resolved", "kids")),
        ({"cloud": "huawei", "cause": "network.loss"}, lambda t: (t.cloud, t.cause) == ("huawei", "network.loss")),
        ({"concerns": "U1"}, lambda t: "U1" in (t.reporter, t.assignee)),
        ({"concerns": "U1", "statuses": OPEN}, lambda t: "U1" in (t.reporter, t.assignee) and t.status in OPEN),
        ({"reporter": "U1", "assignee": "U2"}, lambda t: (t.reporter, t.assignee) == ("U1", "U2")),
        ({"cname": "class_77_2", "is_live": True}, lambda t: t.cname == "class_77_2" and t.is_live),
        ({"is_live": False, "incident": 3}, lambda t: t.is_live is False and t.incident == 3),
        ({"since": START + 150 * MINUTE}, lambda t: t.created_at >= START + 150 * MINUTE),
        ({"until": START + 20 * MINUTE, "app": "kids"}, lambda t: t.created_at < START + 20 * MINUTE and t.app == "kids"),
        ({"since": START + 999 * MINUTE}, lambda t: not t),
        ({"until": START}, lambda t: not t),
        ({"app": "nobody's"}, lambda t: not t),
    ],
)  # fmt: skip
def test_every_page_of_every_query(
    wanted: dict[str, Any], keep: Keep, each_database: Store, filed: list[Ticket]
) -> None:
    """Each ticket stands on one page, in order; and counting stops where it is told to."""
    query = TicketQuery("T1", **wanted)
    expected = [ticket for ticket in reversed(filed) if ticket.team == "T1" and keep(ticket)]
    found = list(pages(each_database, query))
    assert [ticket.id for ticket in expected] == list(chain(*found))
    assert all(len(page) == 7 for page in found[:-1])
    queue = sorted(expected, key=lambda ticket: (-ticket.urgency, ticket.id))
    urgent = pages(each_database, replace(query, order="urgency"))
    assert [ticket.id for ticket in queue] == list(chain(*urgent))
    for most in (0, 5, 99, 1000):
        counted = each_database.read_here(
            lambda session, most=most: lists.count(session, query, most)  # type: ignore[misc]
        )
        assert min(len(expected), most + 1) == counted
