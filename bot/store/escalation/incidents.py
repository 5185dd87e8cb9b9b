"""Incidents: tickets that came close together with one cause, and the questions asked of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlmodel import Field, Session, SQLModel, col, select

from bot.store.diagnosis.evidence import Evidence
from bot.store.tickets import tickets
from bot.ticket import Ticket, UtcTime


class Incident(SQLModel, table=True):
    """Several tickets of one app with one cause. `INC-<id>` is its name.

    `network` is what the people at fault had in common, "" when no cloud told. `ts` is its post in
    `channel`. `closer` is who closed it, "" when it closed itself.
    """

    id: int | None = Field(default=None, primary_key=True)
    team: str = Field(index=True)
    app: str
    cause: str
    network: str = ""
    opened_at: dt.datetime = Field(sa_type=UtcTime)
    joined_at: dt.datetime = Field(sa_type=UtcTime)  # when its newest ticket was filed
    closed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    closer: str = ""
    channel: str = ""
    ts: str = ""
    permalink: str = ""

    @property
    def label(self) -> str:
        """Its name, such as INC-3."""
        return f"INC-{self.id}"


def lock_alike(session: Session, ticket: Ticket, since: dt.datetime) -> Sequence[Ticket]:
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
            col(Ticket.number) >= tickets.first_number(session, since),
        )
        .order_by(col(Ticket.number))
        .with_for_update()
    ).all()


def open_ones(session: Session, ticket: Ticket) -> Sequence[Incident]:
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
    asked = select(Incident).where(Incident.id == number).with_for_update()
    found = session.exec(asked).one_or_none()
    return None if found is None or (team is not None and found.team != team) else found


def tickets_of(session: Session, number: int) -> Sequence[Ticket]:
    """List an incident's tickets, oldest first."""
    asked = select(Ticket).where(Ticket.incident == number).order_by(col(Ticket.number))
    return session.exec(asked).all()


def is_open(session: Session, number: int | None) -> bool:
    """Tell whether there is such an incident, and it goes on."""
    found = session.get(Incident, number) if number is not None else None
    return found is not None and found.closed_at is None


def networks(session: Session, found: Sequence[Ticket]) -> Mapping[int, str]:
    """Return the kind of network of whoever was at fault, for each ticket whose cloud told."""
    asked = select(Evidence.ticket, Evidence.facts).where(
        col(Evidence.ticket).in_([ticket.id for ticket in found])
    )
    at_fault = {ticket.id: ticket.fault_uid for ticket in found}
    told: dict[int, str] = {}
    for number, facts in session.exec(asked):
        for person in facts["participants"]:
            if person["uid"] == at_fault[number] and person["network"]:
                told[number] = person["network"]
    return told
