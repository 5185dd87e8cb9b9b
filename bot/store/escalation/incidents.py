"""Incidents, groups of tickets filed close together with one cause, and their queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlmodel import Field, Session, SQLModel, col, select

from bot.columns import UtcTime
from bot.store.diagnosis.evidence import StoredEvidence
from bot.store.tickets import tickets
from bot.ticket import Ticket


class Incident(SQLModel, table=True):
    """Several tickets of one app with one cause. `INC-<id>` is its name.

    `network` is the network type of the people at fault, "" when unknown. `ts` is its post in
    `channel`. `closed_by` is who closed it, "" when it was closed automatically.
    """

    __tablename__ = "incident"

    id: int | None = Field(default=None, primary_key=True)
    team: str = Field(index=True)
    app: str
    cause: str
    network: str = ""
    opened_at: dt.datetime = Field(sa_type=UtcTime)
    last_ticket_at: dt.datetime = Field(sa_type=UtcTime)  # when its newest ticket was filed
    closed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    closed_by: str = ""
    channel: str = ""
    ts: str = ""
    permalink: str = ""
    unchecked: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # alerts

    @property
    def label(self) -> str:
        """Its name, such as INC-3."""
        return f"INC-{self.id}"


def lock_with_same_cause(session: Session, ticket: Ticket, since: dt.datetime) -> Sequence[Ticket]:
    """Find the tickets with a ticket's cause filed since a moment, oldest first.

    They stay locked until the transaction ends, so that concurrent jobs wait for each other.
    """
    return session.exec(
        select(Ticket)
        .where(
            Ticket.team == ticket.team,
            Ticket.app == ticket.app,
            Ticket.cause == ticket.cause,
            col(Ticket.created_at) >= since,
            col(Ticket.number) >= tickets.number_before(session, since),
        )
        .order_by(col(Ticket.number))
        .with_for_update(of=Ticket)
    ).all()


def lock_open(session: Session, ticket: Ticket) -> Sequence[Incident]:
    """Find the open incidents of a ticket's app and cause, the newest first, and lock them."""
    return session.exec(
        select(Incident)
        .where(col(Incident.closed_at).is_(None))
        .where(
            tickets.unindexed(
                col(Incident.team) == ticket.team,
                col(Incident.app) == ticket.app,
                col(Incident.cause) == ticket.cause,
            )
        )
        .order_by(col(Incident.id).desc())
        .with_for_update()
    ).all()


def lock_newest(session: Session, app: str) -> Incident | None:
    """Find and lock the newest open incident of an app, of any workspace."""
    is_open = col(Incident.closed_at).is_(None)
    newest = select(Incident).where(is_open, Incident.app == app).order_by(col(Incident.id).desc())
    return session.exec(newest.limit(1).with_for_update()).first()


def lock(session: Session, number: int, team: str | None = None) -> Incident | None:
    """Find and lock an incident; None when the team has none."""
    statement = select(Incident).where(Incident.id == number).with_for_update()
    incident = session.exec(statement).one_or_none()
    return None if incident is None or (team is not None and incident.team != team) else incident


def list_tickets(session: Session, number: int) -> Sequence[Ticket]:
    """List an incident's tickets, oldest first."""
    statement = select(Ticket).where(Ticket.incident == number).order_by(col(Ticket.number))
    return session.exec(statement).all()


def is_open(session: Session, number: int | None) -> bool:
    """Return whether there is such an incident and it is open."""
    incident = session.get(Incident, number) if number is not None else None
    return incident is not None and incident.closed_at is None


def network_types(session: Session, listed: Sequence[Ticket]) -> Mapping[int, str]:
    """Return the network type of the person at fault, for each ticket where it is known."""
    statement = select(StoredEvidence.ticket, StoredEvidence.facts).where(
        col(StoredEvidence.ticket).in_([ticket.id for ticket in listed])
    )
    at_fault = {ticket.id: ticket.at_fault_uid for ticket in listed}
    result: dict[int, str] = {}
    for number, facts in session.exec(statement):
        for person in facts["participants"]:
            if person["uid"] == at_fault[number] and person["network"]:
                result[number] = person["network"]
    return result
