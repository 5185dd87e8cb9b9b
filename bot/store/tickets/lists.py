"""Lists of tickets: filtered, searched, a page at a time, counted up to a limit.

A single filter is answered by a column's index in its order; words, and filters together, by the
search index, which intersects them without reading other rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from bot.store.models import ThreadReply
from bot.store.tickets import search
from bot.store.tickets.search import Clause, NumberRange
from bot.store.tickets.tickets import NUMBER_MARGIN, NUMBER_MAX, number_before, unindexed
from bot.store.tickets.tokenizer import field_term, query_terms
from bot.ticket import Status, Ticket

PAGE_SIZE: Final = 10
COUNT_LIMIT: Final = 99  # more is displayed as 99+
_REPLY_LIMIT: Final = 500
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """A query for tickets. A field that is None or empty restricts nothing.

    `causes` are those of verdicts or chosen by support. `involved_user` reported or claimed the
    ticket, `since` (inclusive) and `until` (exclusive) restrict when it was filed. Each of the
    `words` must occur in the cname, the comment, the resolution or a reply of the thread;
    `word_causes` are the causes that each word names, which match too. `order`: the newest first,
    or the most urgent first and of these the oldest; with words only the former. The page starts
    below the number `before`, or in the second order behind `after`, an (urgency, number).
    """

    team: str
    statuses: tuple[Status, ...] = ()
    app: str | None = None
    cloud: str | None = None
    cause: str | None = None
    causes: tuple[str, ...] = ()
    reporter: str | None = None
    assignee: str | None = None
    involved_user: str | None = None
    cname: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    is_live: bool | None = None
    incident: int | None = None
    words: tuple[str, ...] = ()
    word_causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: Literal["newest", "urgency"] = "newest"
    before: int | None = None
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of tickets; `before` or `after` selects the next one, both None: the last."""

    tickets: tuple[Ticket, ...]
    before: int | None = None
    after: tuple[int, int] | None = None


def page(session: Session, query: TicketQuery, size: int = PAGE_SIZE) -> TicketPage:
    """Return one page, without counting or skipping rows."""
    if query.order == "urgency" and not query.words:
        rows = _most_urgent(session, query, size + 1)
        last = rows[size - 1] if len(rows) > size else None
        return TicketPage(tuple(rows[:size]), after=(last.urgency, last.id) if last else None)
    rows = _newest(session, query, size + 1)
    return TicketPage(tuple(rows[:size]), before=rows[size - 1].id if len(rows) > size else None)


def list_replies(session: Session, numbers: Sequence[int]) -> Sequence[ThreadReply]:
    """Return the newest replies in the threads of some tickets, newest first."""
    statement = (
        select(ThreadReply)
        .where(col(ThreadReply.ticket).in_(numbers))
        .order_by(col(ThreadReply.ts).desc())
    )
    return session.exec(statement.limit(_REPLY_LIMIT)).all()


def count(session: Session, query: TicketQuery, limit: int = COUNT_LIMIT) -> int:
    """Count tickets up to `limit` + 1, in a time independent of the table's size."""
    if _needs_search(query) and query.since is None and query.until is None:
        return len(search.newest(session, _clauses(query), _span(session, query), limit + 1))
    if _needs_search(query):
        return len(_search(session, query, limit + 1))
    matches: set[int] = set()
    for branch in _index_branches(query, _span(session, query)):
        statement = select(col(Ticket.number)).where(*branch).order_by(col(Ticket.number).desc())
        matches.update(each for each in session.exec(statement.limit(limit + 1)) if each)
    return min(len(matches), limit + 1)


def _newest(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    if _needs_search(query):
        return _search(session, query, limit)
    rows: list[Ticket] = []
    for branch in _index_branches(query, _span(session, query)):
        statement = select(Ticket).where(*branch).order_by(col(Ticket.number).desc()).limit(limit)
        rows += session.exec(statement)
    return sorted(_deduplicate(rows), key=lambda ticket: -ticket.id)[:limit]


def _most_urgent(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    """Read one level of urgency after another, so that each is read in its index's order."""
    rows: list[Ticket] = []
    number_range = _span(session, query)
    for level in _levels(session, query):
        matches: list[Ticket] = []
        for branch in _index_branches(query, number_range):
            branch.append(col(Ticket.urgency) == level)
            if query.after is not None and level == query.after[0]:
                branch.append(col(Ticket.number) > query.after[1])
            statement = select(Ticket).where(*branch).order_by(col(Ticket.number))
            matches += session.exec(statement.limit(limit - len(rows)))
        rows += sorted(_deduplicate(matches), key=lambda ticket: ticket.id)
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
    statement = select(func.max(Ticket.urgency)).where(Ticket.team == team, Ticket.status == status)
    if below is not None:
        statement = statement.where(col(Ticket.urgency) < below)
    return session.exec(statement).one()


def _deduplicate(rows: Iterable[Ticket]) -> Iterable[Ticket]:
    return {row.id: row for row in rows}.values()


def _index_branches(query: TicketQuery, number_range: NumberRange) -> Iterator[list[Condition]]:
    """Yield conditions each of which one index answers in order; together they are the query.

    "This status or that" and "reported or claimed by" would make the database sort.
    """
    ends = list(_ends(number_range))
    for status, person in product(_statuses(query), _people(query)):
        yield [*_conditions(query), *ends, *status, *person]


def _statuses(query: TicketQuery) -> Sequence[list[Condition]]:
    """Return every status for a query without filters: no other index is in a team's order."""
    is_bare = not _filters(query) and query.involved_user is None
    statuses = query.statuses or (Status if is_bare else ())
    return [[col(Ticket.status) == status] for status in statuses] or [[]]


def _people(query: TicketQuery) -> Sequence[list[Condition]]:
    if query.involved_user is None:
        return [[]]
    return [[col(own) == query.involved_user] for own in (Ticket.reporter, Ticket.assignee)]


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


def _span(session: Session, query: TicketQuery) -> NumberRange:
    """Convert moments to ticket numbers, the last column of every index."""
    number, created_at = col(Ticket.number), col(Ticket.created_at)
    first, ends = None, [] if query.before is None else [min(query.before, NUMBER_MAX)]
    if query.since is not None:
        first = number_before(session, query.since)
    if query.until is not None:
        statement = (
            select(number).where(created_at < query.until).order_by(created_at.desc()).limit(1)
        )
        ends.append((session.exec(statement).first() or 0) + NUMBER_MARGIN)
    return NumberRange(first, min(ends, default=None))


def _ends(number_range: NumberRange) -> Iterator[Condition]:
    if number_range.first is not None:
        yield col(Ticket.number) >= number_range.first
    if number_range.below is not None:
        yield col(Ticket.number) < number_range.below


def _needs_search(query: TicketQuery) -> bool:
    """Return whether no single column's index answers a query."""
    filters = _filters(query)
    known = len(filters) + bool(query.statuses) + (query.involved_user is not None)
    return (
        bool(query.words or query.causes)
        or known > 1
        or not filters.keys().isdisjoint(("cloud", "is_live"))
    )


def _search(session: Session, query: TicketQuery, limit: int) -> list[Ticket]:
    """Return the newest matches of the search index, each checked against its row again."""
    wanted, number_range = _clauses(query), _span(session, query)
    rows: list[Ticket] = []
    while len(rows) < limit:
        matches = search.newest(session, wanted, number_range, limit)
        rows += _read(session, query, matches)
        if len(matches) < limit:
            break
        number_range = replace(number_range, below=matches[-1])
    return rows[:limit]


def _read(session: Session, query: TicketQuery, numbers: Sequence[int]) -> Sequence[Ticket]:
    if not numbers:
        return ()
    statement = select(Ticket).where(
        col(Ticket.number).in_(numbers), unindexed(*_conditions(query))
    )
    return sorted(session.exec(statement), key=lambda ticket: -ticket.id)  # few: no index needed


def _clauses(query: TicketQuery) -> list[Clause]:
    """Convert a query to clauses of the search index."""
    fields = {"team": query.team, **_filters(query)}
    wanted = [Clause(((field_term(name, str(value)),),)) for name, value in fields.items()]
    if query.statuses:
        wanted.append(Clause(tuple((field_term("status", each),) for each in query.statuses)))
    if query.causes:
        wanted.append(Clause(_cause_alternatives(query.causes)))
    if query.involved_user is not None:
        own = (field_term(name, query.involved_user) for name in ("reporter", "assignee"))
        wanted.append(Clause(tuple((each,) for each in own)))
    word_clauses = [_word_clause(word, query.word_causes.get(word, ())) for word in query.words]
    usable = [
        each for each in word_clauses if each.alternatives
    ]  # a word of punctuation alone restricts nothing
    return [*wanted, *(usable or word_clauses)]


def _word_clause(word: str, causes: Iterable[str]) -> Clause:
    terms = tuple(query_terms(word))
    return Clause(((terms,) if terms else ()) + _cause_alternatives(causes))


def _cause_alternatives(causes: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    names = ("cause", "resolved_cause")
    return tuple((field_term(name, cause),) for cause in causes for name in names)
