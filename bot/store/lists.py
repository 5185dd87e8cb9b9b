"""Lists of tickets: filtered, a page at a time, counted up to a limit. No index is kept here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from bot.ticket import Status, Ticket

PAGE_SIZE: Final = 10
COUNTED_MOST: Final = 99  # whoever has more wants to know no more than that
_OUT_OF_TURN: Final = 100  # numbers; tickets filed at once may get them the other way round
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """Which tickets somebody asks for. What is None or empty does not matter.

    `concerns` is who reported or claimed them, `since` (from then on) and `until` (before) are
    about when they were filed. `order`: the newest first, or the most urgent first and of these
    the one that waits longest. The page starts below the number `before`, or in the second order
    behind `after`, an (urgency, number).
    """

    team: str
    statuses: tuple[Status, ...] = ()
    app: str | None = None
    cloud: str | None = None
    cause: str | None = None
    reporter: str | None = None
    assignee: str | None = None
    concerns: str | None = None
    cname: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    is_live: bool | None = None
    incident: int | None = None
    words: tuple[str, ...] = ()
    order: Literal["newest", "urgency"] = "newest"
    before: int | None = None
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of tickets; `before` or `after` asks for the next one, both None: no more."""

    tickets: tuple[Ticket, ...]
    before: int | None = None
    after: tuple[int, int] | None = None


def page(session: Session, query: TicketQuery, size: int = PAGE_SIZE) -> TicketPage:
    """Return one page, without counting or skipping over rows."""
    if query.order == "urgency":
        rows = _most_urgent(session, query, size + 1)
        last = rows[size - 1] if len(rows) > size else None
        return TicketPage(tuple(rows[:size]), after=(last.urgency, last.id) if last else None)
    rows = _newest(session, query, size + 1)
    return TicketPage(tuple(rows[:size]), before=rows[size - 1].id if len(rows) > size else None)


def count(session: Session, query: TicketQuery, most: int = COUNTED_MOST) -> int:
    """Count tickets, as far as one more than `most`: the table's size does not matter."""
    found: set[int] = set()
    for arm in _arms(session, query):
        asked = select(col(Ticket.number)).where(*arm).order_by(col(Ticket.number).desc())
        found.update(each for each in session.exec(asked.limit(most + 1)) if each)
    return min(len(found), most + 1)


def _newest(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    rows: list[Ticket] = []
    for arm in _arms(session, query):
        if query.before is not None:
            arm.append(col(Ticket.number) < query.before)
        asked = select(Ticket).where(*arm).order_by(col(Ticket.number).desc()).limit(limit)
        rows += session.exec(asked)
    return sorted(_once(rows), key=lambda ticket: -ticket.id)[:limit]


def _most_urgent(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    """Read one level of urgency after another, so that each is read in its index's order."""
    rows: list[Ticket] = []
    for level in _levels(session, query):
        found: list[Ticket] = []
        for arm in _arms(session, query):
            arm.append(col(Ticket.urgency) == level)
            if query.after is not None and level == query.after[0]:
                arm.append(col(Ticket.number) > query.after[1])
            asked = select(Ticket).where(*arm).order_by(col(Ticket.number))
            found += session.exec(asked.limit(limit - len(rows)))
        rows += sorted(_once(found), key=lambda ticket: ticket.id)
        if len(rows) >= limit:
            break
    return rows[:limit]


def _levels(session: Session, query: TicketQuery) -> Iterator[int]:
    """Yield the urgencies there are, from the highest or where the page starts."""
    below = None if query.after is None else query.after[0] + 1
    while True:
        tops = [_top_level(session, query.team, each, below) for each in query.statuses or Status]
        known = [top for top in tops if top is not None]
        if not known:
            return
        below = max(known)
        yield below


def _top_level(session: Session, team: str, status: Status, below: int | None) -> int | None:
    asked = select(func.max(Ticket.urgency)).where(Ticket.team == team, Ticket.status == status)
    if below is not None:
        asked = asked.where(col(Ticket.urgency) < below)
    return session.exec(asked).one()


def _once(rows: Iterable[Ticket]) -> Iterable[Ticket]:
    return {row.id: row for row in rows}.values()


def _arms(session: Session, query: TicketQuery) -> Iterator[list[Condition]]:
    """Yield conditions each of which one index answers in order; together they are the query.

    "This status or that" and "reported or claimed by" would make the database sort.
    """
    common = [*_conditions(query), *_bounds(session, query)]
    for status, person in product(_statuses(query), _people(query)):
        yield [*common, *status, *person]


def _statuses(query: TicketQuery) -> Sequence[list[Condition]]:
    return [[col(Ticket.status) == status] for status in query.statuses] or [[]]


def _people(query: TicketQuery) -> Sequence[list[Condition]]:
    if query.concerns is None:
        return [[]]
    return [[col(own) == query.concerns] for own in (Ticket.reporter, Ticket.assignee)]


def _conditions(query: TicketQuery) -> Iterator[Condition]:
    yield col(Ticket.team) == query.team
    wanted = {
        Ticket.app: query.app,
        Ticket.cloud: query.cloud,
        Ticket.cause: query.cause,
        Ticket.reporter: query.reporter,
        Ticket.assignee: query.assignee,
        Ticket.cname: query.cname,
        Ticket.incident: query.incident,
    }
    for column, value in wanted.items():
        if value is not None:
            yield col(column) == value
    if query.is_live is not None:
        yield col(Ticket.is_live).is_(query.is_live)
    for word in query.words:
        yield (
            col(Ticket.comments).icontains(word, autoescape=True)
            | col(Ticket.cname).icontains(word, autoescape=True)
            | col(Ticket.resolution).icontains(word, autoescape=True)
        )


def _bounds(session: Session, query: TicketQuery) -> Iterator[Condition]:
    """Turn moments into numbers, which every index ends with; tickets are numbered in time."""
    number, filed = col(Ticket.number), col(Ticket.created_at)
    if query.since is not None:
        asked = select(Ticket.number).where(filed >= query.since).order_by(filed)
        first = session.exec(asked.limit(1)).first()
        yield filed >= query.since
        yield number >= (first or 0) - _OUT_OF_TURN
    if query.until is not None:
        asked = select(Ticket.number).where(filed < query.until).order_by(filed.desc())
        last = session.exec(asked.limit(1)).first()
        yield filed < query.until
        yield number <= (last or 0) + _OUT_OF_TURN
