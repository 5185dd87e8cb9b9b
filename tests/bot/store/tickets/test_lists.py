"""Lists of tickets on both databases: every page of every query, against a plain filter."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import pytest

from bot.call import Side
from bot.errors import NotFoundError
from bot.services.tickets import replies
from bot.store import Session, Store
from bot.store.tickets import lists, search, search_index, tickets
from bot.store.tickets.lists import TicketQuery
from bot.store.tickets.search import Clause, NumberRange
from bot.ticket import Status, Ticket

START = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
OPEN = (Status.OPEN, Status.CLAIMED)
Keep = Callable[[Ticket], bool]


def made_up(chance: random.Random, number: int) -> Ticket:
    """Some ticket, filed so many minutes after the start."""
    fields: dict[str, Any] = {"created_at": START + number * MINUTE, "occurred_at": START}
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
        **fields,
    )


@pytest.fixture(scope="module")
def filed(each_database: Store) -> list[Ticket]:
    """Two hundred tickets in the database, oldest first."""
    chance = random.Random(12)  # noqa: S311 - no secret
    some = [made_up(chance, number) for number in range(200)]
    each_database.transact_sync(lambda session: session.add_all(some))
    return some


def pages(store: Store, query: TicketQuery) -> Iterator[list[int]]:
    """Yield the numbers on every page, following the page links."""
    while True:

        def work(session: Session, asked: TicketQuery = query) -> lists.TicketPage:
            return lists.page(session, asked, 7)

        matches = store.read_sync(work)
        yield [ticket.id for ticket in matches.tickets]
        if matches.before is None and matches.after is None:
            return
        query = replace(query, before=matches.before, after=matches.after)


@pytest.mark.parametrize(
    ("wanted", "is_expected"),
    [
        ({}, bool),
        ({"statuses": OPEN}, lambda t: t.status in OPEN),
        ({"statuses": (Status.RESOLVED,), "app": "kids"}, lambda t: (t.status, t.app) == ("resolved", "kids")),
        ({"cloud": "huawei", "cause": "network.loss"}, lambda t: (t.cloud, t.cause) == ("huawei", "network.loss")),
        ({"involved_user": "U1"}, lambda t: "U1" in (t.reporter, t.assignee)),
        ({"involved_user": "U1", "statuses": OPEN}, lambda t: "U1" in (t.reporter, t.assignee) and t.status in OPEN),
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
    wanted: dict[str, Any], is_expected: Keep, each_database: Store, filed: list[Ticket]
) -> None:
    """Each ticket is on one page, in order; counting stops at the limit."""
    query = TicketQuery("T1", **wanted)
    expected = [ticket for ticket in reversed(filed) if ticket.team == "T1" and is_expected(ticket)]
    matches = list(pages(each_database, query))
    assert [ticket.id for ticket in expected] == list(chain(*matches))
    assert all(len(page) == 7 for page in matches[:-1])
    queue = sorted(expected, key=lambda ticket: (-ticket.urgency, ticket.id))
    urgent = pages(each_database, replace(query, order="urgency"))
    assert [ticket.id for ticket in queue] == list(chain(*urgent))
    for most in (0, 5, 99, 1000):
        counted = each_database.read_sync(
            lambda session, most=most: lists.count(session, query, most)  # type: ignore[misc]
        )
        assert min(len(expected), most + 1) == counted


WORDS = {
    "视频卡顿，老师听不清": ("卡顿", "视频卡顿", "卡", "清", "听不清", "老师", "视频 老师", "ＣＬＡＳＳ"),
    "The screen froze; Wi-Fi was weak": ("froze", "SCR", "wifi", "wi-fi", "weak  wifi"),
    "100% sure, a_b and c\\d 'quoted' <!channel>": ("100%", "a_b", "'quoted'", "c\\d", "100 * sure"),
    "Reconnecting... 4G, h264 at 2.5 Mbps": ("reconnected", "4g", "H264", "2.5", "2.5mbps h264"),
    "音画不同步 lipsync カメラ 화면": ("不同步", "LipSync", "カメラ", "カメ", "화면", "画"),
}  # fmt: skip
NOWHERE = (
    *(
        "顿卡",
        "频老",
        "freez wifi",
        "10",
        "a_c",
        "creen",
        "*",
        '"',
        '"卡顿',
        "AND wifi",
        "NOT wifi",
    ),
    *("channel", "=team:T1", "%_%", "':*", "卡*顿", "\\", "--", "{", "(((", "^"),
)


@pytest.fixture(scope="module")
def talked_of(each_database: Store) -> dict[str, int]:
    """A ticket for each text, under its number."""
    chance = random.Random(3)  # noqa: S311 - no secret
    made = {comment: made_up(chance, 500 + place) for place, comment in enumerate(WORDS)}

    def work(session: Session) -> dict[str, int]:
        for comment, each in made.items():
            each.team, each.comments, each.cname = "T3", comment, f"class_{each.created_at.minute}"
            session.add(each)
        session.flush()
        return {comment: each.id for comment, each in made.items()}

    return each_database.transact_sync(work)


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_numbers_higher_than_any(number: int, each_database: Store, filed: list[Ticket]) -> None:
    """No ticket has one, and every ticket is before it, whatever the database can store."""
    for find in (tickets.find, tickets.lock):
        with pytest.raises(NotFoundError):
            each_database.transact_sync(partial(find, number=number))
    newest = each_database.read_sync(
        lambda session: lists.page(session, TicketQuery(team="T1", before=number))
    )
    assert newest.tickets[0].id == max(each.id for each in filed if each.team == "T1")


def matches_of(store: Store, text: str, **more: Any) -> set[int]:
    """The numbers of the third team's tickets that a text finds."""
    query = TicketQuery("T3", words=tuple(text.split()), **more)
    matches = store.read_sync(lambda session: lists.page(session, query))
    return {ticket.id for ticket in matches.tickets}


def test_words_find_their_tickets(each_database: Store, talked_of: dict[str, int]) -> None:
    """Two-character words too; punctuation never breaks a query, and matches nothing alone."""
    everything = {"ＣＬＡＳＳ": set(talked_of.values())}
    for comment, texts in WORDS.items():
        for text in texts:
            expected = everything.get(text, {talked_of[comment]})
            assert (text, expected) == (text, matches_of(each_database, text))
    chinese = talked_of["视频卡顿，老师听不清"]
    for text in NOWHERE:
        expected = {chinese} if text in ('"卡顿', "卡*顿") else set()
        assert (text, expected) == (text, matches_of(each_database, text))


def test_index_follows_every_change(each_database: Store, talked_of: dict[str, int]) -> None:
    """Replies, their edits and deletions, resolutions and causes; a rollback leaves no trace."""
    number = next(iter(talked_of.values()))

    def change(work: Callable[[Session, Ticket], None]) -> None:
        each_database.transact_sync(lambda session: work(session, tickets.find(session, number)))

    def reply(text: str) -> Callable[[Session, Ticket], None]:
        def work(session: Session, ticket: Ticket) -> None:
            ticket.thread.channel, ticket.thread.card_ts = "C1", "1.0"
            session.flush()
            replies.save_reply(session, replies.Reply("T3", "C1", "1.0", "1.5", "U7", text))

        return work

    def resolve(session: Session, ticket: Ticket) -> None:
        session.add(ticket)
        ticket.resolution, ticket.cause = "换了网线", "network.loss"

    def fail(session: Session, ticket: Ticket) -> None:
        resolve(session, ticket)
        ticket.resolution = "白费力气"
        session.flush()
        raise RuntimeError

    change(reply("router 重启"))
    assert {number} == matches_of(each_database, "卡顿 重启 router")
    change(reply("moved to another room"))
    assert set() == matches_of(each_database, "重启")
    assert {number} == matches_of(each_database, "another")
    change(reply(""))
    assert set() == matches_of(each_database, "another")
    change(resolve)
    assert {number} == matches_of(each_database, "网线", cause="network.loss")
    assert {number} == matches_of(
        each_database, "网线 丢包", word_causes={"丢包": ("network.loss", "x.y")}
    )
    with pytest.raises(RuntimeError):
        change(fail)
    assert set() == matches_of(each_database, "白费")
    assert {number} == matches_of(each_database, "网线")


def test_revision_indexes_what_was_there(each_database: Store, talked_of: dict[str, int]) -> None:
    """The index is made of the tickets again, as a revision does it."""
    with each_database.engine.begin() as connection:
        search_index.drop(connection)
        search_index.create(connection)
        search_index.index_all(connection)
    expected = {"freezing": set(), "froze": {talked_of["The screen froze; Wi-Fi was weak"]}}
    assert expected == {text: matches_of(each_database, text) for text in expected}


def test_common_word_in_old_tickets(each_database: Store) -> None:
    """Thousands of old tickets contain it, no new ones: they are returned in order, in parts.

    Between the two lie blocks of neighbours in which nobody filed anything.
    """
    old = range(2_000_000, 2_128_000, 40)  # more than are gathered at once, in eight blocks
    new = range(2_200_000, 2_201_100)
    wanted = [Clause((("=team:t4",),)), Clause((("花屏",), ("screen", "torn")))]
    with Session(each_database.engine) as session:  # rolled back
        rows = [(number, {"=team:t4", "花屏"}) for number in old]
        rows += [(number, {"=team:t4", "screen"}) for number in new]
        marked = [
            (n, comment | {search_index.block_term(search_index.block_of(n))})
            for n, comment in rows
        ]
        search_index.write(session.connection(), marked)

        def matches(span: NumberRange, limit: int) -> list[int]:
            return search.newest(session, wanted, span, limit)

        assert list(old[:-8:-1]) == matches(NumberRange(), 7)
        assert list(old[1000:996:-1]) == matches(NumberRange(below=old[1001]), 4)
        assert list(old[::-1]) == matches(NumberRange(), 10_000)
        assert list(old[:-21:-1]) == matches(NumberRange(first=old[-20]), 50)
        assert matches(NumberRange(first=old[-1] + 1), 50) == []
