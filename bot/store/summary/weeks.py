"""The weekly summaries that are owed or posted, when Lagdesk ran, and what a week is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.call import Side
from bot.store.admin.installations import Install
from bot.store.diagnosis.feedback import Judged, Judgement
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket, UtcTime

_STRETCHES_KEPT: Final = dt.timedelta(days=400)


class Summary(SQLModel, table=True):
    """One week's summary in one channel; `ts` is its post, `posted_at` None while it is owed.

    `figures` are the week's means of what the clouds told, which they forget within days.
    """

    week: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    due_at: dt.datetime = Field(sa_type=UtcTime)
    team: str = ""
    ts: str = ""
    posted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    details_ts: str = ""
    figures: dict[str, float] | None = Field(default=None, sa_type=JSON)


class Stretch(SQLModel, table=True):
    """A stretch of time in which Lagdesk ran; `until` moves on while it does."""

    since: dt.datetime = Field(sa_type=UtcTime, primary_key=True)
    until: dt.datetime = Field(sa_type=UtcTime, index=True)


def find(session: Session, week: str, channel: str) -> Summary | None:
    """Find a week's summary in a channel."""
    return session.get(Summary, (week, channel))


def owe(session: Session, week: str, channel: str, due_at: dt.datetime) -> None:
    """Note that a week's summary is owed; of processes that note it at once one succeeds."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    noted = dialect.insert(Summary).values(
        week=week, channel=channel, due_at=due_at, team="", ts="", details_ts=""
    )
    session.connection().execute(noted.on_conflict_do_nothing())


def newest(session: Session, channel: str) -> Summary | None:
    """Find the summary of the latest week that was ever owed to a channel."""
    asked = select(Summary).where(Summary.channel == channel).order_by(col(Summary.week).desc())
    return session.exec(asked.limit(1)).first()


def note_running(session: Session, now: dt.datetime, patience: dt.timedelta) -> None:
    """Note that Lagdesk runs now; after a silence longer than `patience` a new stretch begins."""
    newest_one = session.exec(select(Stretch).order_by(col(Stretch.until).desc()).limit(1)).first()
    if newest_one is None or now - newest_one.until > patience:
        session.merge(Stretch(since=now, until=now))
    elif now > newest_one.until:
        newest_one.until = now
        session.add(newest_one)
    for old in session.exec(select(Stretch).where(col(Stretch.until) < now - _STRETCHES_KEPT)):
        session.delete(old)


def stretches(
    session: Session, since: dt.datetime, until: dt.datetime
) -> list[tuple[dt.datetime, dt.datetime]]:
    """List when Lagdesk ran within a span, in order."""
    asked = (
        select(Stretch)
        .where(col(Stretch.until) >= since, col(Stretch.since) < until)
        .order_by(col(Stretch.since))
    )
    found = [(max(each.since, since), min(each.until, until)) for each in session.exec(asked)]
    before = _before_notes(session)
    if before is not None and before[0] < until and before[1] > since:
        found.insert(0, (max(before[0], since), min(before[1], until)))
    return found


def _before_notes(session: Session) -> tuple[dt.datetime, dt.datetime] | None:
    """Return the time before the first note, from the first ticket on: it ran then, or none was."""
    first = _scalar(session, func.min(Ticket.created_at))
    noted = _scalar(session, func.min(Stretch.since))
    if first is None or (noted is not None and noted <= first):
        return None
    return first, noted or _scalar(session, func.max(Ticket.created_at)) or first


def _scalar(session: Session, asked: Any) -> dt.datetime | None:
    found: dt.datetime | None = session.exec(select(asked)).one()
    return found


def newest_run(session: Session) -> dt.datetime | None:
    """Return when Lagdesk was last seen running, None for never."""
    return _scalar(session, func.max(Stretch.until))


class Outline(NamedTuple):
    """The columns of a ticket that a week is counted from; a whole ticket takes longer to read.

    `judged` is the cause in its verdict, None when it has none.
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
    judged: str | None
    helped: bool | None
    permalink: str
    steps: Sequence[dict[str, Any]]


def outlines_of(
    session: Session, since: dt.datetime, until: dt.datetime, team: str | None
) -> list[Outline]:
    """List the tickets that were reported, claimed or resolved within a span, or are open."""
    rows: dict[int, Outline] = {}
    columns = [
        col(Ticket.verdict)["cause"].as_string() if name == "judged" else getattr(Ticket, name)
        for name in Outline._fields
    ]
    for arm in _arms(session, since, until, [team] if team is not None else _teams(session)):
        asked = select_columns(*columns).where(*arm)
        if team is not None:
            asked = asked.where(tickets.checked(col(Ticket.team) == team))
        rows |= {row.number: Outline(*row) for row in session.connection().execute(asked)}
    return [rows[number] for number in sorted(rows)]


def filed_between(
    session: Session, since: dt.datetime, until: dt.datetime, team: str | None
) -> Sequence[Ticket]:
    """List the tickets that were reported within a span."""
    asked = select(Ticket).where(*_filed(session, since, until))
    if team is not None:
        asked = asked.where(tickets.checked(col(Ticket.team) == team))
    return session.exec(asked.order_by(col(Ticket.number))).all()


def _arms(
    session: Session, since: dt.datetime, until: dt.datetime, teams: Sequence[str]
) -> Iterator[list[ColumnElement[bool]]]:
    """Yield conditions that one index each answers; "or" would read every ticket there is.

    After the first they are about what was reported before, so that little is read twice.
    """
    yield _filed(session, since, until)
    is_older = tickets.checked(col(Ticket.created_at) < since)
    yield [is_older, col(Ticket.claimed_at).between(since, until)]
    yield [is_older, col(Ticket.resolved_at).between(since, until)]
    for team, status in product(teams, Status):
        if status is not Status.RESOLVED:
            yield [is_older, col(Ticket.team) == team, col(Ticket.status) == status]


def _filed(session: Session, since: dt.datetime, until: dt.datetime) -> list[ColumnElement[bool]]:
    first, filed = tickets.first_number(session, since), col(Ticket.created_at)
    return [col(Ticket.number) >= first, filed >= since, filed < until]


def _teams(session: Session) -> list[str]:
    """List the workspaces that have tickets, by one look into the index for each."""
    found: list[str] = []
    while True:
        asked = select(func.min(Ticket.team))
        if found:
            asked = asked.where(col(Ticket.team) > found[-1])
        following = session.exec(asked).one()
        if following is None:
            return found
        found.append(str(following))


def judgements_of(
    session: Session, since: dt.datetime, until: dt.datetime, team: str | None
) -> list[Judgement]:
    """List what people said of verdicts within a span."""
    asked = select(Judged.judgement).where(col(Judged.at) >= since, col(Judged.at) < until)
    if team is not None:
        asked = asked.where(Judged.team == team)
    return [Judgement(each) for each in session.exec(asked)]


def list_teams(session: Session) -> list[str]:
    """List the workspaces that installed Lagdesk."""
    return sorted(session.exec(select(Install.team)).all())
