"""Lists of tickets: filtered, searched, a page at a time, counted up to a limit.

A single filter is answered by a column's index in its order; words, and filters together, by the
search index, which finds what they have in common without reading the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from bot.store.models import Remark
from bot.store.tickets import search
from bot.store.tickets.search import Either, Span
from bot.store.tickets.tickets import OUT_OF_TURN, checked, first_number
from bot.store.tickets.tokenizer import field_term, word_terms
from bot.ticket import Status, Ticket

PAGE_SIZE: Final = 10
COUNTED_MOST: Final = 99  # whoever has more wants to know no more than that
_REPLIES_READ: Final = 500
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """Which tickets somebody asks for. What is None or empty does not matter.

    `causes` are verdicts or what support found. `concerns` is who reported or claimed them,
    `since` (from then on) and `until` (before) are about when they were filed. Each of the
    `words` has to be found in the cname, the comment, the resolution or a reply of the thread;
    `named` tells which causes a word is a name of, which finds it too. `order`: the newest first,
    or the most urgent first and of these the one that waits longest; words know the first only.
    The page starts below the number `before`, or in the second order behind `after`, an
    (urgency, number).
    """

    team: str
    statuses: tuple[Status, ...] = ()
    app: str | None = None
    cloud: str | None = None
    cause: str | None = None
    causes: tuple[str, ...] = ()
    reporter: str | None = None
    assignee: str | None = None
    concerns: str | None = None
    cname: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    is_live: bool | None = None
    incident: int | None = None
    words: tuple[str, ...] = ()
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
    if query.order == "urgency" and not query.words:
        rows = _most_urgent(session, query, size + 1)
        last = rows[size - 1] if len(rows) > size else None
        return TicketPage(tuple(rows[:size]), after=(last.urgency, last.id) if last else None)
    rows = _newest(session, query, size + 1)
    return TicketPage(tuple(rows[:size]), before=rows[size - 1].id if len(rows) > size else None)


def replies_of(session: Session, numbers: Sequence[int]) -> Sequence[Remark]:
    """Return the newest replies in the threads of some tickets, newest first."""
    asked = select(Remark).where(col(Remark.ticket).in_(numbers)).order_by(col(Remark.ts).desc())
    return session.exec(asked.limit(_REPLIES_READ)).all()


def count(session: Session, query: TicketQuery, most: int = COUNTED_MOST) -> int:
    """Count tickets, as far as one more than `most`: the table's size does not matter."""
    if _needs_search(query) and query.since is None and query.until is None:
        return len(search.newest(session, _wanted(query), _span(session, query), most + 1))
    if _needs_search(query):
        return len(_searched(session, query, most + 1))
    found: set[int] = set()
    for arm in _arms(query, _span(session, query)):
        asked = select(col(Ticket.number)).where(*arm).order_by(col(Ticket.number).desc())
        found.update(each for each in session.exec(asked.limit(most + 1)) if each)
    return min(len(found), most + 1)


def _newest(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    if _needs_search(query):
        return _searched(session, query, limit)
    rows: list[Ticket] = []
    for arm in _arms(query, _span(session, query)):
        asked = select(Ticket).where(*arm).order_by(col(Ticket.number).desc()).limit(limit)
        rows += session.exec(asked)
    return sorted(_once(rows), key=lambda ticket: -ticket.id)[:limit]


def _most_urgent(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    """Read one level of urgency after another, so that each is read in its index's order."""
    rows: list[Ticket] = []
    span = _span(session, query)
    for level in _levels(session, query):
        found: list[Ticket] = []
        for arm in _arms(query, span):
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


def _arms(query: TicketQuery, span: Span) -> Iterator[list[Condition]]:
    """Yield conditions each of which one index answers in order; together they are the query.

    "This status or that" and "reported or claimed by" would make the database sort.
    """
    ends = list(_ends(span))
    for status, person in product(_statuses(query), _people(query)):
        yield [*_conditions(query), *ends, *status, *person]


def _statuses(query: TicketQuery) -> Sequence[list[Condition]]:
    """List every status where nothing else is asked: no other index has a team in order."""
    is_bare = not _filters(query) and query.concerns is None
    statuses = query.statuses or (Status if is_bare else ())
    return [[col(Ticket.status) == status] for status in statuses] or [[]]


def _people(query: TicketQuery) -> Sequence[list[Condition]]:
    if query.concerns is None:
        return [[]]
    return [[col(own) == query.concerns] for own in (Ticket.reporter, Ticket.assignee)]


def _conditions(query: TicketQuery) -> Iterator[Condition]:
    yield col(Ticket.team) == query.team
    for name, value in _filters(query).items():
        column: Any = getattr(Ticket, name)
        yield column.is_(value) if isinstance(value, bool) else column == value
    if query.causes:
        yield or_(*(col(own).in_(query.causes) for own in (Ticket.cause, Ticket.resolved_cause)))
    if query.since is not None:
        yield col(Ticket.created_at) >= query.since
    if query.until is not None:
        yield col(Ticket.created_at) < query.until


def _filters(query: TicketQuery) -> dict[str, str | int | bool]:
    wanted = {
        "app": query.app,
        "cloud": query.cloud,
        "cause": query.cause,
        "reporter": query.reporter,
        "assignee": query.assignee,
        "cname": query.cname,
        "incident": query.incident,
        "is_live": query.is_live,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _span(session: Session, query: TicketQuery) -> Span:
    """Turn moments into numbers, which every index ends with."""
    number, filed = col(Ticket.number), col(Ticket.created_at)
    first, ends = None, [] if query.before is None else [query.before]
    if query.since is not None:
        first = first_number(session, query.since)
    if query.until is not None:
        asked = select(number).where(filed < query.until).order_by(filed.desc()).limit(1)
        ends.append((session.exec(asked).first() or 0) + OUT_OF_TURN)
    return Span(first, min(ends, default=None))


def _ends(span: Span) -> Iterator[Condition]:
    if span.first is not None:
        yield col(Ticket.number) >= span.first
    if span.below is not None:
        yield col(Ticket.number) < span.below


def _needs_search(query: TicketQuery) -> bool:
    """Tell whether no column's index answers a query alone."""
    filters = _filters(query)
    known = len(filters) + bool(query.statuses) + (query.concerns is not None)
    return (
        bool(query.words or query.causes)
        or known > 1
        or not filters.keys().isdisjoint(("cloud", "is_live"))
    )


def _searched(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    """Return the newest tickets that the search index finds; each row is looked at once more."""
    wanted, span = _wanted(query), _span(session, query)
    rows: list[Ticket] = []
    while len(rows) < limit:
        found = search.newest(session, wanted, span, limit)
        rows += _read(session, query, found)
        if len(found) < limit:
            break
        span = replace(span, below=found[-1])
    return rows[:limit]


def _read(session: Session, query: TicketQuery, numbers: Sequence[int]) -> Sequence[Ticket]:
    if not numbers:
        return ()
    asked = select(Ticket).where(col(Ticket.number).in_(numbers), checked(*_conditions(query)))
    return session.exec(asked.order_by(col(Ticket.number).desc())).all()


def _wanted(query: TicketQuery) -> list[Either]:
    """Write a query as what the search index has to hold."""
    fields = {"team": query.team, **_filters(query)}
    wanted = [Either(((field_term(name, str(value)),),)) for name, value in fields.items()]
    if query.statuses:
        wanted.append(Either(tuple((field_term("status", each),) for each in query.statuses)))
    if query.causes:
        wanted.append(Either(_named(query.causes)))
    if query.concerns is not None:
        own = (field_term(name, query.concerns) for name in ("reporter", "assignee"))
        wanted.append(Either(tuple((each,) for each in own)))
    said = [_word(word, query.named.get(word, ())) for word in query.words]
    spoken = [each for each in said if each.ways]  # signs alone are in no ticket, and no matter
    return [*wanted, *(spoken or said)]


def _word(word: str, causes: Iterable[str]) -> Either:
    terms = tuple(word_terms(word))
    return Either(((terms,) if terms else ()) + _named(causes))


def _named(causes: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    names = ("cause", "resolved_cause")
    return tuple((field_term(name, cause),) for cause in causes for name in names)
