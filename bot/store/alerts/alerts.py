"""Alerts that a cloud sent about its calls, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, col, func, select

from bot.columns import EnumText, UtcTime
from bot.store.statements import insertion


class AlertState(StrEnum):
    """What became of an alert."""

    WAITING = "waiting"  # to be checked at `due_at`
    FILED = "filed"
    REFUTED = "refuted"  # the cloud's API shows no problem
    OVER_LIMIT = "over_limit"  # not checked: the app had enough tickets that day
    UNKNOWN_APP = "unknown_app"


class CloudAlert(SQLModel, table=True):
    """The alerts about one channel in one minute; `at` is the time of the first.

    `uid` is whom it was about, "" for the whole channel. `app` is "" when nobody knows it.
    A row without `cname` counts, in `number`, those of a minute that are over the daily limit.
    """

    __tablename__ = "cloud_alert"

    app: str = Field(primary_key=True)
    cname: str = Field(primary_key=True)
    minute: int = Field(primary_key=True)  # epoch minutes
    uid: str = ""
    number: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    at: dt.datetime = Field(sa_type=UtcTime)
    received_at: dt.datetime = Field(sa_type=UtcTime, index=True)
    due_at: dt.datetime = Field(sa_type=UtcTime)
    state: AlertState = Field(default=AlertState.WAITING, sa_type=EnumText(AlertState))
    checked_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def is_count(self) -> bool:
        """Whether it stands for alerts of which only the number is stored."""
        return not self.cname


def add(session: Session, alert: CloudAlert) -> bool:
    """Store an alert; return whether it is the first about its channel in that minute."""
    connection = session.connection()
    statement = (
        insertion(connection.dialect.name, CloudAlert)
        .values(alert.model_dump())
        .on_conflict_do_nothing()
        .returning(col(CloudAlert.minute))
    )
    return connection.execute(statement).first() is not None


def add_count(session: Session, alert: CloudAlert) -> None:
    """Store a row that counts alerts, or add one to the number of its minute's."""
    connection = session.connection()
    new = insertion(connection.dialect.name, CloudAlert).values(alert.model_dump())
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["app", "cname", "minute"],
            set_={"number": col(CloudAlert.number) + 1},
        )
    )


def is_stored(session: Session, alert: CloudAlert) -> bool:
    """Return whether there is an alert about the same channel in the same minute."""
    return session.get(CloudAlert, (alert.app, alert.cname, alert.minute)) is not None


def count_stored(session: Session, app: str, since: dt.datetime) -> int:
    """Count the alerts of an app received since a moment that are stored each by itself."""
    is_recent = col(CloudAlert.received_at) >= since
    is_single = CloudAlert.cname != ""
    return session.exec(
        select(func.count()).where(CloudAlert.app == app, is_single, is_recent)
    ).one()


def find_next(session: Session, app: str) -> CloudAlert | None:
    """Return the alert of an app that is to be checked next, be it later."""
    waiting = select(CloudAlert).where(
        CloudAlert.app == app, CloudAlert.state == AlertState.WAITING
    )
    return session.exec(waiting.order_by(col(CloudAlert.due_at)).limit(1)).one_or_none()


def list_unchecked(session: Session, app: str) -> Sequence[CloudAlert]:
    """List the waiting alerts of an app that the cloud was not asked about yet."""
    is_waiting = (CloudAlert.app == app, CloudAlert.state == AlertState.WAITING)
    is_unchecked = (CloudAlert.cname != "", col(CloudAlert.checked_at).is_(None))
    return session.exec(select(CloudAlert).where(*is_waiting, *is_unchecked)).all()


def decide(session: Session, alert: CloudAlert, state: AlertState, now: dt.datetime) -> None:
    """Store what becomes of an alert, or when it is checked again."""
    stored = session.merge(alert)
    stored.state, stored.checked_at = state, now


def count_checked(session: Session, app: str, since: dt.datetime) -> int:
    """Count the alerts of an app that the cloud was asked about since a moment."""
    is_recent = col(CloudAlert.checked_at) >= since
    is_checked = CloudAlert.state != AlertState.OVER_LIMIT
    return session.exec(
        select(func.count()).where(CloudAlert.app == app, is_checked, is_recent)
    ).one()


def count_states(session: Session, since: dt.datetime) -> Mapping[AlertState, int]:
    """Count the alerts received since a moment by what became of them."""
    rows = session.exec(
        select(CloudAlert.state, func.sum(CloudAlert.number))
        .where(col(CloudAlert.received_at) >= since)
        .group_by(col(CloudAlert.state))
    )
    return {AlertState(state): number for state, number in rows}
