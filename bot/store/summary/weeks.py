"""Weekly summaries due or posted, the uptime of Lagdesk, and the tickets of a week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.call import Side
from bot.columns import UtcTime
from bot.store.diagnosis.feedback import Rating, VerdictFeedback
from bot.store.statements import insertion
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread

Means = dict[str, float]  # of the clouds' metrics, by their keys
_UPTIME_RETENTION: Final = dt.timedelta(days=400)


class WeeklySummary(SQLModel, table=True):
    """A workspace's summary of one week in one channel.

    `team` is "" for the only workspace, without OAuth. `ts` is its post, `posted_at` None before
    it is posted. `metrics` are the week's means of the cloud's metrics, which clouds delete within
    days.
    """

    __tablename__ = "weekly_summary"

    week: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    team: str = Field(primary_key=True)
    due_at: dt.datetime = Field(sa_type=UtcTime)
    ts: str = ""
    posted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    details_ts: str = ""
    metrics: Means | None = Field(default=None, sa_type=JSON)


class UptimeInterval(SQLModel, table=True):
    """An interval in which Lagdesk ran; `until` advances while it runs."""

    __tablename__ = "uptime_interval"

    since: dt.datetime = Field(sa_type=UtcTime, primary_key=True)
    until: dt.datetime = Field(sa_type=UtcTime, index=True)


def find(session: Session, week: str, channel: str, team: str) -> WeeklySummary | None:
    """Find a workspace's summary of a week in a channel."""
    return session.get(WeeklySummary, (week, channel, team))


def enqueue(session: Session, week: str, channel: str, team: str, due_at: dt.datetime) -> None:
    """Insert the row of a week's summary, unless this or another process has done so."""
    dialect = session.get_bind().dialect.name
    statement = insertion(dialect, WeeklySummary).values(
        week=week, channel=channel, team=team, due_at=due_at, ts="", details_ts=""
    )
    session.connection().execute(statement.on_conflict_do_nothing())


def find_newest(session: Session, channel: str, team: str) -> WeeklySummary | None:
    """Find the summary of the latest week that a workspace has a row for in a channel."""
    statement = (
        select(WeeklySummary)
        .where(WeeklySummary.channel == channel, WeeklySummary.team == team)
        .order_by(col(WeeklySummary.week).desc())
    )
    return session.exec(statement.limit(1)).first()


def list_means(
    session: Session, labels: Sequence[str], team: str | None = None
) -> dict[str, Means]:
    """Return the means that a workspace's summaries of these weeks stored, by week.

    Without a team they are those of all workspaces.
    """
    statement = select(WeeklySummary).where(col(WeeklySummary.week).in_(labels))
    if team is not None:
        statement = statement.where(WeeklySummary.team == team)
    means: dict[str, Means] = {}
    for each in session.exec(statement):
        means.setdefault(each.week, {}).update(each.metrics or {})
    return means


def record_uptime(session: Session, now: dt.datetime, max_gap: dt.timedelta) -> None:
    """Record that Lagdesk runs now; after a gap longer than `max_gap` a new interval begins."""
    latest = session.exec(
        select(UptimeInterval).order_by(col(UptimeInterval.until).desc()).limit(1)
    ).first()
    if latest is None or now - latest.until > max_gap:
        session.merge(UptimeInterval(since=now, until=now))
    elif now > latest.until:
        latest.until = now
    for old in session.exec(
        select(UptimeInterval).where(col(UptimeInterval.until) < now - _UPTIME_RETENTION)
    ):
        session.delete(old)


def uptime(
    session: Session, since: dt.datetime, until: dt.datetime
) -> list[tuple[dt.datetime, dt.datetime]]:
    """List when Lagdesk ran within a span, in order."""
    statement = (
        select(UptimeInterval)
        .where(col(UptimeInterval.until) >= since, col(UptimeInterval.since) < until)
        .order_by(col(UptimeInterval.since))
    )
    result = [(max(each.since, since), min(each.until, until)) for each in session.exec(statement)]
    before = _uptime_before_records(session)
    if before is not None and before[0] < until and before[1] > since:
        result.insert(0, (max(before[0], since), min(before[1], until)))
    return result


def _uptime_before_records(session: Session) -> tuple[dt.datetime, dt.datetime] | None:
    """Return the time from the first ticket to the first record: Lagdesk ran then."""
    first = _scalar(session, func.min(Ticket.created_at))
    recorded = _scalar(session, func.min(UptimeInterval.since))
    if first is None or (recorded is not None and recorded <= first):
        return None
    return first, recorded or _scalar(session, func.max(Ticket.created_at)) or first


def _scalar(session: Session, statement: Any) -> dt.datetime | None:
    result: dt.datetime | None = session.exec(select(statement)).one()
    return result


class WeeklyTicketRow(NamedTuple):
    """The columns of a ticket that a week is counted from; a whole ticket takes longer to read.

    `cause` is the result of its verdict, "" when it has none.
    """

    number: int
    status: Status
    app: str
    cname: str
    teacher_uid: str
    student_uid: str
    abnormal_side: Side
    issue_type: int
    created_at: dt.datetime
    claimed_at: dt.datetime | None
    resolved_at: dt.datetime | None
    resolved_cause: str
    cause: str
    helped: bool | None
    permalink: str
    history: Sequence[dict[str, Any]]


def list_weekly_rows(
    session: Session, since: dt.datetime, until: dt.datetime, team: str | None
) -> list[WeeklyTicketRow]:
    """List the tickets that were reported, claimed or resolved within a span, or are open."""
    rows: dict[int, WeeklyTicketRow] = {}
    other_columns: dict[str, Any] = {"permalink": col(TicketThread.permalink)}
    columns: list[Any] = [
        other_columns.get(name, getattr(Ticket, name, None)) for name in WeeklyTicketRow._fields
    ]
    for branch in _index_branches(
        session, since, until, [team] if team is not None else _teams(session)
    ):
        statement = select_columns(*columns).join(TicketThread).where(*branch)
        if team is not None:
            statement = statement.where(tickets.unindexed(col(Ticket.team) == team))
        rows |= {
            row.number: WeeklyTicketRow(*row) for row in session.connection().execute(statement)
        }
    return [rows[number] for number in sorted(rows)]


def list_reported_between(
    session: Session, since: dt.datetime, until: dt.datetime, team: str | None
) -> Sequence[Ticket]:
    """List the tickets that were reported within a span."""
    statement = select(Ticket).where(*_is_reported_between(session, since, until))
    if team is not None:
        statement = statement.where(tickets.unindexed(col(Ticket.team) == team))
    return session.exec(statement.order_by(col(Ticket.number))).all()


def _index_branches(
    session: Session, since: dt.datetime, until: dt.datetime, teams: Sequence[str]
) -> Iterator[list[ColumnElement[bool]]]:
    """Yield conditions that one index each answers; "or" would read every ticket there is.

    All but the first exclude tickets reported in the span, so that few rows are read twice.
    """
    yield _is_reported_between(session, since, until)
    is_older = tickets.unindexed(col(Ticket.created_at) < since)
    yield [is_older, col(Ticket.claimed_at).between(since, until)]
    yield [is_older, col(Ticket.resolved_at).between(since, until)]
    for team, status in product(teams, Status):
        if status is not Status.RESOLVED:
            yield [is_older, col(Ticket.team) == team, col(Ticket.status) == status]


def _is_reported_between(
    session: Session, since: dt.datetime, until: dt.datetime
) -> list[ColumnElement[bool]]:
    first, created_at = tickets.number_before(session, since), col(Ticket.created_at)
    return [col(Ticket.number) >= first, created_at >= since, created_at < until]


def _teams(session: Session) -> list[str]:
    """List the workspaces that have tickets, by one index lookup for each."""
    result: list[str] = []
    while True:
        statement = select(func.min(Ticket.team))
        if result:
            statement = statement.where(col(Ticket.team) > result[-1])
        following = session.exec(statement).one()
        if following is None:
            return result
        result.append(str(following))


def list_ratings(
    session: Session, since: dt.datetime, until: dt.datetime, team: str | None
) -> list[Rating]:
    """List the ratings of verdicts within a span."""
    statement = select(VerdictFeedback.rating).where(
        col(VerdictFeedback.at) >= since, col(VerdictFeedback.at) < until
    )
    if team is not None:
        statement = statement.where(VerdictFeedback.team == team)
    return [Rating(each) for each in session.exec(statement)]
