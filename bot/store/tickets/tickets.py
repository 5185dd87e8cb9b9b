"""Queries of single tickets, and of all tickets.

Statements that run for every ticket are built once, which takes longer than executing them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import sqlalchemy
from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    case,
    insert,
    inspect,
    true,
)
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.columns import UtcTime
from bot.errors import ticket_not_found
from bot.store.statements import insertion
from bot.store.tickets import search_index
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread

_BATCH_SIZE = 500
NUMBER_MAX: Final = 2**31 - 1  # the highest number in the database
_SAME: Final = ("app", "teacher_uid", "student_uid")
_SAME_LISTED: Final = 10
_SAME_CALL: Final = dt.timedelta(minutes=10)  # between two people's times of one problem
NUMBER_MARGIN: Final = 100  # numbers; tickets filed at once are closer together


def unindexed(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return conditions that filter rows but that no planner uses to choose an index.

    SQLite has no statistics of values, and would read a whole team instead of a few tickets by
    their numbers.
    """
    return case((and_(true(), *conditions), 1), else_=0) == 1


def get_or_create(session: Session, ticket: Ticket) -> tuple[Ticket, bool]:
    """Store a ticket, or find the one its origin already made; return whether it is new.

    Reports come in bursts, so a new ticket is written without the unit of work. It is not in the
    session: what is changed afterwards is not stored.
    """
    connection = session.connection()
    ticket.number = None  # an earlier attempt of the same transaction may have set it
    statement = _insertion(connection.dialect.name)
    number = connection.execute(statement, _columns_of(ticket)).scalar_one_or_none()
    if number is None:
        return session.exec(_of_origin(ticket.team, ticket.origin)).one(), False
    ticket.number = ticket.thread.ticket = ticket.cloud_report.ticket = number
    for part in (ticket.thread, ticket.cloud_report):
        connection.execute(_part_insertion(type(part)), _columns_of(part))
    search_index.write(connection, [(number, search_index.ticket_terms(ticket))])
    return ticket, True


@cache
def _insertion(dialect: str) -> Executable:
    new = insertion(dialect, Ticket).on_conflict_do_nothing(index_elements=["team", "origin"])
    return new.returning(col(Ticket.number))


@cache
def _part_insertion(table: type[SQLModel]) -> Executable:
    return insert(table)


def _columns_of(row: SQLModel) -> dict[str, Any]:
    names = _column_names(type(row))
    return {name: value for name in names if (value := getattr(row, name)) is not None}


@cache
def _column_names(table: type[SQLModel]) -> Sequence[str]:
    return tuple(inspect(table).columns.keys())


def find_by_origin(session: Session, team: str, origin: str) -> Ticket | None:
    """Find the ticket a Slack view or message made."""
    return session.exec(_of_origin(team, origin)).one_or_none()


def _of_origin(team: str, origin: str) -> SelectOfScalar[Ticket]:
    return select(Ticket).where(Ticket.team == team, Ticket.origin == origin)


def find(session: Session, number: int, team: str | None = None) -> Ticket:
    """Find a ticket by its number; NotFoundError when the team has none."""
    ticket = session.get(Ticket, number) if number <= NUMBER_MAX else None
    if ticket is None or (team is not None and ticket.team != team):
        raise ticket_not_found(number)
    return ticket


def lock(session: Session, number: int, team: str | None = None) -> Ticket:
    """Find a ticket and lock it until the transaction ends."""
    known = min(number, NUMBER_MAX)  # PostgreSQL refuses a higher one
    ticket = session.exec(_locking(), params={"number": known}).one_or_none()
    if ticket is None or (team is not None and ticket.team != team):
        raise ticket_not_found(number)
    return ticket


@cache
def _locking() -> SelectOfScalar[Ticket]:
    own = select(Ticket).where(Ticket.number == bindparam("number"))
    return own.with_for_update(of=Ticket)


def find_by_thread(session: Session, team: str, channel: str, ts: str) -> Ticket | None:
    """Find the ticket whose card starts this thread."""
    return session.exec(
        select(Ticket)
        .join(TicketThread)
        .where(Ticket.team == team, TicketThread.channel == channel, TicketThread.card_ts == ts)
    ).first()


def number_before(session: Session, since: dt.datetime) -> int:
    """Return a number below those of all tickets filed since a moment, as close as is known.

    Tickets are numbered in time, and every index ends with their numbers. Those filed at once
    may get them the other way round, so a margin is left.
    """
    first = session.connection().scalar(_first_number(), {"since": since})
    return (first or NUMBER_MAX) - NUMBER_MARGIN


@cache
def _first_number() -> Select[int | None]:
    created_at, since = col(Ticket.created_at), bindparam("since", type_=UtcTime())
    later = sqlalchemy.select(col(Ticket.number)).where(created_at >= since)
    return later.order_by(created_at).limit(1)


def find_unresolved(session: Session, team: str, cname: str) -> Ticket | None:
    """Find the newest ticket about a channel that is not resolved."""
    number = session.connection().scalar(_unresolved(), {"team": team, "cname": cname})
    return session.get(Ticket, number) if number else None


@cache
def _unresolved() -> Select[int | None]:
    return (
        sqlalchemy.select(col(Ticket.number))
        .where(col(Ticket.team) == bindparam("team"), col(Ticket.cname) == bindparam("cname"))
        .where(unindexed(col(Ticket.status) != Status.RESOLVED))
        .order_by(col(Ticket.number).desc())
        .limit(1)
    )


def find_newest_of_app(session: Session, app: str) -> Ticket | None:
    """Find the newest ticket about an app, of any workspace."""
    newest = select(Ticket).where(Ticket.app == app).order_by(col(Ticket.number).desc())
    return session.exec(newest.limit(1)).first()


class RecentClass(NamedTuple):
    """A class somebody reported, and their newest ticket about it."""

    number: int
    app: str
    cname: str
    teacher_uid: str
    student_uid: str


def list_recent_classes(
    session: Session, team: str, reporter: str, limit: int
) -> Sequence[RecentClass]:
    """List the classes of a person's newest tickets, up to `limit` of these, the newest first."""
    values = {"team": team, "reporter": reporter, "limit": limit}
    classes: dict[tuple[Any, ...], RecentClass] = {}
    for row in session.connection().execute(_newest_of_reporter(), values):
        classes.setdefault(row[1:], RecentClass(*row))
    return [*classes.values()]


@cache
def _newest_of_reporter() -> Select[Any]:
    """Build the statement once, as each form that opens empty needs it."""
    columns = [getattr(Ticket, name) for name in RecentClass._fields]
    is_own = (col(Ticket.team) == bindparam("team")) & (
        col(Ticket.reporter) == bindparam("reporter")
    )
    newest_first = sqlalchemy.select(*columns).where(is_own).order_by(col(Ticket.number).desc())
    return newest_first.limit(bindparam("limit"))


def list_same_call(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """List the first other tickets about the same people in the same channel at the same time."""
    since, until = ticket.occurred_at - _SAME_CALL, ticket.occurred_at + _SAME_CALL
    values = {name: getattr(ticket, name) for name in ("team", "cname", "number", *_SAME)}
    numbers = session.connection().scalars(_same_call(), {**values, "since": since, "until": until})
    return [found for number in numbers if (found := session.get(Ticket, number)) is not None]


@cache
def _same_call() -> Select[int | None]:
    since, until = (bindparam(name, type_=UtcTime()) for name in ("since", "until"))
    same = [col(getattr(Ticket, name)) == bindparam(name) for name in _SAME]
    return (
        sqlalchemy.select(col(Ticket.number))
        .where(col(Ticket.team) == bindparam("team"), col(Ticket.cname) == bindparam("cname"))
        .where(col(Ticket.number) != bindparam("number"))
        .where(unindexed(*same, col(Ticket.occurred_at).between(since, until)))
        .where(unindexed(col(Ticket.duplicate_of).is_(None)))
        .order_by(col(Ticket.number))
        .limit(_SAME_LISTED)
    )


def list_unresolved(session: Session, numbers: Sequence[int]) -> Sequence[Ticket]:
    """List those of some tickets that are not resolved, the oldest first."""
    found = (session.get(Ticket, number) for number in numbers)
    return [each for each in found if each is not None and each.status is not Status.RESOLVED]


def list_duplicates(session: Session, number: int) -> Sequence[Ticket]:
    """List the tickets that were merged into this one."""
    return session.exec(select(Ticket).where(Ticket.duplicate_of == number)).all()


def list_after(session: Session, number: int, since: dt.datetime | None) -> Sequence[Ticket]:
    """List the next tickets after a number filed since a moment, oldest first, not too many."""
    statement = select(Ticket).where(col(Ticket.number) > number)
    if since is not None:
        statement = statement.where(col(Ticket.created_at) >= since)
    return session.exec(statement.order_by(col(Ticket.number)).limit(_BATCH_SIZE)).all()
