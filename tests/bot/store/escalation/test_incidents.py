"""Incidents and the tickets that could belong to one."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import Session, Store
from bot.store.diagnosis import evidence
from bot.store.escalation import incidents
from bot.store.escalation.incidents import Incident
from tests.bot.store.factories import MINUTE, MOMENT, NOON, make_ticket, store_tickets
from tests.bot.store.schema import schema_of_database, schema_of_model

LOSS = "network.loss"


def store_incident(session: Session, **changes: Any) -> int:
    """Store an open incident of team T1."""
    fields: dict[str, Any] = {"team": "T1", "app": "kids", "cause": LOSS}
    incident = Incident(opened_at=NOON, last_ticket_at=NOON, **{**fields, **changes})
    session.add(incident)
    session.flush()
    assert incident.id is not None
    assert incident.label == f"INC-{incident.id}"
    return incident.id


@pytest.mark.parametrize(
    ("changes", "is_listed"),
    [
        ({}, True),
        ({"created_at": NOON - 10 * MINUTE}, True),
        ({"created_at": NOON - 10 * MINUTE - MOMENT}, False),
        ({"created_at": NOON + MINUTE}, True),
        ({"team": "T2"}, False),
        ({"app": "adults"}, False),
        ({"cause": "room.volume"}, False),
    ],
)
def test_tickets_with_the_same_cause(
    *, changes: dict[str, Any], is_listed: bool, session: Session
) -> None:
    """Of the same team and app, filed since the moment itself, oldest first."""
    other, own = make_ticket(**{"cause": LOSS, **changes}), make_ticket(cause=LOSS)
    numbers = store_tickets(session, other, own)
    listed = incidents.lock_with_same_cause(session, own, NOON - 10 * MINUTE)
    assert [ticket.number for ticket in listed] == (numbers if is_listed else numbers[1:])


def test_open_incidents_of_a_cause(session: Session) -> None:
    """The newest first; closed ones and those of other teams, apps and causes do not count."""
    first = store_incident(session)
    store_incident(session, closed_at=NOON)
    store_incident(session, team="T2")
    store_incident(session, app="adults")
    store_incident(session, cause="room.volume")
    last = store_incident(session)
    listed = incidents.lock_open(session, make_ticket(cause=LOSS))
    assert [incident.id for incident in listed] == [last, first]


def test_incident_of_a_team(session: Session) -> None:
    """It is found by its number, with a team only if it is that team's."""
    number = store_incident(session)
    for team in ("T1", None):
        found = incidents.lock(session, number, team)
        assert found is not None
        assert found.id == number
    assert incidents.lock(session, number, "T2") is None
    assert incidents.lock(session, number + 1) is None


def test_tickets_of_an_incident(session: Session) -> None:
    """Oldest first, and nobody else's."""
    numbers = store_tickets(session, *(make_ticket(incident=each) for each in (3, 4, 3)))
    listed = incidents.list_tickets(session, 3)
    assert [ticket.number for ticket in listed] == [numbers[0], numbers[2]]


def test_incident_is_open_until_it_is_closed(session: Session) -> None:
    """No incident is no open one."""
    assert incidents.is_open(session, store_incident(session))
    assert not incidents.is_open(session, store_incident(session, closed_at=NOON))
    assert not incidents.is_open(session, None)
    assert not incidents.is_open(session, 99)


def test_network_is_that_of_the_person_at_fault(session: Session) -> None:
    """Tickets without evidence, without a fault and with an unknown network have none."""
    people = [
        {"uid": "10001", "network": "wifi"},
        {"uid": "20002", "network": "4g"},
        {"uid": "30003", "network": ""},
    ]
    at_fault = ["10001", "20002", "30003", "", "20002"]
    listed = [make_ticket(at_fault_uid=uid) for uid in at_fault]
    numbers = store_tickets(session, *listed)
    for number in (*numbers[:-1], 99):
        evidence.save(session, number, b"", {"participants": people}, NOON)
    session.flush()
    networks = incidents.network_types(session, listed)
    assert networks == {numbers[0]: "wifi", numbers[1]: "4g"}


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(Incident) == schema_of_database(migrated_store, Incident)
