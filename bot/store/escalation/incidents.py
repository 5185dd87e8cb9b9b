"""Incidents: tickets that came close together with one cause, and the questions asked of them."""

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

    `network` is what the people at fault had in common, "" when no cloud told. `ts` is its post in
    `channel`. `closed_by` is who closed it, "" when it closed itself.
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

    @property
    def label(self) -> str:
        """Its name, such as INC-3."""
        return f"INC-{self.id}"


def lock_with_same_cause(session: Session, ticket: Ticket, since: dt.datetime) -> Sequence[Ticket]:
    """Find the tickets with a ticket's cause filed since a moment, oldest first.

    They stay locked until the transaction ends, so that of two that look at once one is second.
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
        .where(
            Incident.team == ticket.team,
            Incident.app == ticket.app,
            Incident.cause == ticket.cause,
            col(Incident.closed_at).is_(None),
        )
        .order_by(col(Incident.id).desc())
        .with_for_update()
    ).all()


def lock(session: Session, number: int, team: str | None = None) -> Incident | None:
    """Find an incident and keep others from changing it; None when the team has none."""
    statement = select(Incident).where(Incident.id == number).with_for_update()
    found = session.exec(statement).one_or_none()
    return None if found is None or (team is not None and found.team != team) else found


def list_tickets(session: Session, number: int) -> Sequence[Ticket]:
    """List an incident's tickets, oldest first."""
    statement = select(Ticket).where(Ticket.incident == number).order_by(col(Ticket.number))
    return session.exec(statement).all()


def is_open(session: Session, number: int | None) -> bool:
    """Tell whether there is such an incident, and it goes on."""
    found = session.get(Incident, number) if number is not None else None
    return found is not None and found.closed_at is None


def network_types(session: Session, found: Sequence[Ticket]) -> Mapping[int, str]:
    """Return the kind of network of whoever was at fault, for each ticket whose cloud told."""
    statement = select(StoredEvidence.ticket, StoredEvidence.facts).where(
        col(StoredEvidence.ticket).in_([ticket.id for ticket in found])
    )
    at_fault = {ticket.id: ticket.at_fault_uid for ticket in found}
    result: dict[int, str] = {}
    for number, facts in session.exec(statement):
        for person in facts["participants"]:
            if person["uid"] == at_fault[number] and person["network"]:
                result[number] = person["network"]
    return result
