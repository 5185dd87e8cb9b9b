"""The ticket's transitions: what may follow what, and what a second click means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from bot.call import Side
from bot.errors import ConflictError
from bot.ticket import Status, Ticket

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=2)


def make_ticket() -> Ticket:
    """An open ticket."""
    return Ticket(
        number=12,
        origin="V1",
        app="kids",
        cloud="agora",
        cname="class_77_1",
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        occurred_at=NOW,
        created_at=NOW,
        reporter="U1",
    )


def test_life() -> None:
    """Open, claimed, resolved, open again with nobody's name on it."""
    ticket = make_ticket()
    ticket.claim("U2", NOW)
    assert (Status.CLAIMED, "U2", NOW) == (ticket.status, ticket.assignee, ticket.claimed_at)
    ticket.escalate(NOW)
    ticket.resolve("U3", LATER, cause="none", resolution="fine")
    assert (Status.RESOLVED, "U3", LATER) == (ticket.status, ticket.resolver, ticket.resolved_at)
    ticket.reopen()
    assert Status.OPEN is ticket.status
    kept = (ticket.assignee, ticket.claimed_at, ticket.escalated_at, ticket.resolved_at)
    assert (None, None, None, None) == kept
    assert 4 == ticket.revision


def test_second_claim_names_the_first() -> None:
    """Somebody else is told who was first; the same person is told nothing."""
    ticket = make_ticket()
    ticket.claim("U2", NOW)
    ticket.claim("U2", LATER)
    assert (NOW, 1) == (ticket.claimed_at, ticket.revision)
    with pytest.raises(ConflictError) as caught:
        ticket.claim("U3", LATER)
    assert "U2" == caught.value.spoken.params["person"]
    assert "U2" == ticket.assignee


def test_resolved_twice() -> None:
    """The same words from the same person are one resolution; others are refused."""
    ticket = make_ticket()
    ticket.resolve("U2", NOW, cause="none", resolution="fine")
    ticket.resolve("U2", LATER, cause="none", resolution="fine")
    assert (NOW, 1) == (ticket.resolved_at, ticket.revision)
    with pytest.raises(ConflictError):
        ticket.resolve("U2", LATER, cause="none", resolution="other")
    with pytest.raises(ConflictError):
        ticket.resolve("U3", LATER, cause="none", resolution="fine")


@pytest.mark.parametrize("change", [lambda t: t.claim("U2", LATER), lambda t: t.escalate(LATER)])
def test_resolved_is_left_alone(change: Callable[[Ticket], None]) -> None:
    """A resolved ticket has to be opened again first."""
    ticket = make_ticket()
    ticket.resolve("U2", NOW, cause="none", resolution="fine")
    with pytest.raises(ConflictError):
        change(ticket)
    assert Status.RESOLVED is ticket.status


@pytest.mark.parametrize("claimed", [False, True])
def test_only_resolved_is_opened_again(claimed: object) -> None:
    """There is nothing to open on an open ticket."""
    ticket = make_ticket()
    if claimed:
        ticket.claim("U2", NOW)
    with pytest.raises(ConflictError):
        ticket.reopen()


@pytest.mark.parametrize(("after_s", "counts"), [(0, 1), (59, 1), (60, 2)])
def test_escalated_again(after_s: int, counts: int) -> None:
    """Within a minute it is the same click."""
    ticket = make_ticket()
    ticket.escalate(NOW)
    ticket.escalate(NOW + dt.timedelta(seconds=after_s))
    assert counts == ticket.revision
