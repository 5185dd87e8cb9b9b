"""Saving a verdict's evidence and loading it as the diagnosis it was; and earlier tickets."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from bot.call import (
    Call,
    Code,
    Media,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Series,
    Side,
    Unit,
)
from bot.diagnosis import Verdict
from bot.errors import NotFoundError
from bot.i18n.messages import message
from bot.ports import CallStatistics, Diagnosis, FreezeBucket, ParticipantHistory
from bot.services.diagnosis.evidence import (
    add_call_statistics,
    load_diagnosis,
    load_evidence,
    pack_series,
    save_evidence,
)
from bot.services.diagnosis.history import participant_history
from bot.store import Session
from bot.store.diagnosis import evidence
from bot.ticket import Ticket
from tests.bot.services.conftest import SUPPORT, TEAM, ServiceHarness
from tests.bot.store.factories import DAY, MINUTE, MOMENT, NOON, make_ticket, store_tickets

STATISTICS: Final = CallStatistics(NOON, NOON, buckets=(FreezeBucket(Media.AUDIO, 0, 3, 2),))


@pytest.fixture
def session(service_harness: ServiceHarness) -> Any:
    """A transaction that is rolled back."""
    with Session(service_harness.context.store.engine) as session:
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session
        session.rollback()


def diagnosis(ticket: Ticket, cause: str = "network.loss", *, measured: bool = True) -> Diagnosis:
    """A diagnosis with samples of the student."""
    times = NOON.timestamp() + np.array([-20.0, 0.0, 20.0])
    code = Code("agora.metric", "x")
    sent = Series("20002", "s1", Metric.SEND_FPS, Unit.FPS, times, np.array([1.0, 2, 3]), code)
    return Diagnosis(
        report=ticket.report,
        cloud="agora",
        verdict=Verdict(cause, NOON, NOON, uid="20002"),
        requested_at=NOON + MINUTE,
        calls=(Call("agora", "kids", "c1", "class_1", NOON),),
        participants=(Participant("20002", "s1", NOON, network="wifi"),),
        failures=(message("The cloud said %(what)s.", what="no"),),
        series=(sent,) if measured else (),
    )


def save(session: Session, ticket: Ticket, found: Diagnosis) -> bool:
    """Save the evidence and the verdict of a ticket at noon."""
    ticket.verdict = found.verdict.to_json()
    ticket.diagnosed_at = found.requested_at
    packed_series = asyncio.run(pack_series(found))
    return save_evidence(session, ticket, found, packed_series, now=NOON)


def test_evidence_is_loaded_as_it_was(session: Session) -> None:
    """Calls, people, failures and samples; and the verdict of the ticket."""
    ticket = make_ticket()
    store_tickets(session, ticket)
    assert load_evidence(session, ticket) is None
    assert load_diagnosis(session, ticket) is None
    found = diagnosis(ticket)
    assert save(session, ticket, found)
    assert (ticket.cause, ticket.at_fault_uid) == ("network.loss", "20002")
    loaded = load_evidence(session, ticket)
    assert loaded is not None
    assert (loaded.verdict, loaded.calls, loaded.participants, loaded.failures) == (
        found.verdict,
        found.calls,
        found.participants,
        found.failures,
    )
    assert (loaded.cloud, loaded.requested_at, loaded.call_statistics) == (
        "agora",
        found.requested_at,
        None,
    )
    (series,) = loaded.series
    assert (series.uid, list(series.values)) == ("20002", [1.0, 2.0, 3.0])
    ticket.diagnosed_at = None
    loaded = load_diagnosis(session, ticket)
    assert loaded is not None
    assert (loaded.requested_at, len(loaded.series)) == (NOON, 1)
    ticket.verdict = None
    assert load_evidence(session, ticket) is None


@pytest.mark.parametrize("cause", ["none", "unknown"])
def test_verdict_without_a_cause(cause: str, session: Session) -> None:
    """Lists and filters distinguish the results."""
    ticket = make_ticket(cause="network.loss")
    store_tickets(session, ticket)
    assert save(session, ticket, diagnosis(ticket, cause))
    assert ticket.cause == cause


def test_call_that_was_not_found(session: Session) -> None:
    """It is another result than too little data about a call, whose own data may be gone."""
    ticket = make_ticket()
    store_tickets(session, ticket)
    for detail, result in ((ticket.cname, "not_found"), ("call-1", "unknown")):
        gap = MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=detail)
        absent = diagnosis(ticket, "unknown", measured=False)
        verdict = replace(absent.verdict, missing=(gap,))
        save(session, ticket, replace(absent, verdict=verdict))
        assert ticket.cause == result


def test_verdict_alone(session: Session) -> None:
    """Without samples nothing is saved, and the verdict is loaded alone."""
    ticket = make_ticket()
    store_tickets(session, ticket)
    assert not save(session, ticket, diagnosis(ticket, measured=False))
    assert load_evidence(session, ticket) is None
    loaded = load_diagnosis(session, ticket)
    assert loaded is not None
    assert (loaded.verdict.cause, loaded.calls, loaded.requested_at) == (
        "network.loss",
        (),
        NOON + MINUTE,
    )
    ticket.diagnosed_at = None
    loaded = load_diagnosis(session, ticket)
    assert loaded is not None
    assert loaded.requested_at == ticket.created_at


def test_statistics_are_saved_beside_the_evidence(session: Session) -> None:
    """A later diagnosis keeps them; without evidence, or from another version, there are none."""
    ticket, other = make_ticket(), make_ticket()
    store_tickets(session, ticket, other)
    add_call_statistics(session, other, STATISTICS)
    assert evidence.find(session, other.id) is None
    save(session, ticket, diagnosis(ticket))
    add_call_statistics(session, ticket, STATISTICS)
    for _ in range(2):
        loaded = load_evidence(session, ticket)
        assert loaded is not None
        assert loaded.call_statistics == STATISTICS
        assert loaded.calls
        save(session, ticket, diagnosis(ticket))
    stored = evidence.find(session, ticket.id)
    assert stored is not None
    stored.facts = {**stored.facts, "call_statistics": {"of": "another version"}}
    loaded = load_evidence(session, ticket)
    assert loaded is not None
    assert loaded.call_statistics is None


def histories(
    session: Session, *earlier: Ticket, verdict: Verdict | None = None, **changes: Any
) -> list[ParticipantHistory]:
    """Return the history of the people of a ticket of the student's, after earlier tickets."""
    own = make_ticket(**changes)
    store_tickets(session, *earlier, own)
    return list(participant_history(session, own, verdict or Verdict("none", NOON, NOON)))


def test_first_ticket_has_no_history(session: Session) -> None:
    """Nor do tickets count in which the person had no problem."""
    assert histories(session, teacher_uid="69", student_uid="70") == []
    people: dict[str, Any] = {"teacher_uid": "71", "student_uid": "72"}
    assert histories(session, make_ticket(abnormal_side=Side.TEACHER, **people), **people) == [
        ParticipantHistory(Side.TEACHER, 1)
    ]


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 2),
        ({"created_at": NOON - 30 * DAY}, 2),
        ({"created_at": NOON - 30 * DAY - MOMENT}, None),
        ({"created_at": NOON + MOMENT}, None),
        ({"app": "adults"}, None),
        ({"student_uid": "79"}, None),
    ],
)
def test_earlier_tickets_of_a_person(
    changes: dict[str, Any], count: int | None, session: Session
) -> None:
    """Of thirty days, up to and with this one."""
    people: dict[str, Any] = {"teacher_uid": "73", "student_uid": "74"}
    found = histories(session, make_ticket(**{**people, **changes}), **people)
    expected = [] if count is None else [ParticipantHistory(Side.STUDENT, count)]
    assert found == expected


def test_causes_that_were_theirs(session: Session) -> None:
    """The three most common of those in which they were at fault, with the new verdict's."""
    people: dict[str, Any] = {"teacher_uid": "75", "student_uid": "76"}
    causes = ["network.loss", "network.jitter", "device.cpu", "room.volume", "network.jitter", ""]
    earlier = [make_ticket(cause=each, at_fault_uid="76", **people) for each in causes]
    other = make_ticket(cause="device.cpu", at_fault_uid="75", **people)
    verdict = Verdict("network.jitter", NOON, NOON, uid="76")
    teacher, student = histories(session, *earlier, other, verdict=verdict, **people)
    assert (teacher.side, teacher.tickets, teacher.causes) == (
        Side.TEACHER,
        1,
        (("device.cpu", 1),),
    )
    assert (student.side, student.tickets) == (Side.STUDENT, 8)
    assert student.causes == (("network.jitter", 3), ("room.volume", 1), ("device.cpu", 1))


@pytest.mark.parametrize(("cause", "tickets"), [("network.loss", 2), ("none", 1), ("unknown", 1)])
def test_this_ticket_counts_for_who_is_at_fault(cause: str, tickets: int, session: Session) -> None:
    """Also without the problem; a verdict without a cause blames nobody."""
    people: dict[str, Any] = {"teacher_uid": "77", "student_uid": "78"}
    before = make_ticket(at_fault_uid="77", **{**people, "student_uid": "0"})
    (teacher,) = histories(session, before, verdict=Verdict(cause, NOON, NOON, uid="77"), **people)
    assert (teacher.side, teacher.tickets) == (Side.TEACHER, tickets)


async def test_details_of_a_verdict(service_harness: ServiceHarness) -> None:
    """NotFoundError names the ticket while there is none."""
    ticket = await service_harness.report()
    feedback = service_harness.services.feedback
    with pytest.raises(NotFoundError, match=ticket.label):
        await feedback.details(TEAM, ticket.id, SUPPORT)
    verdict = diagnosis(ticket).verdict

    def judge(stored: Ticket) -> None:
        stored.verdict = verdict.to_json()

    await service_harness.change(ticket.id, judge)
    found, details = await feedback.details(TEAM, ticket.id, SUPPORT)
    assert (found.id, details.verdict) == (ticket.id, verdict)


async def test_accuracy_of_the_last_days(service_harness: ServiceHarness) -> None:
    """Of a verdict's cause at the time of the rating; "" without one."""
    ticket = await service_harness.report(team="T8")
    feedback = service_harness.services.feedback
    verdict = diagnosis(ticket).verdict.to_json()
    week = dt.timedelta(days=7)
    rating: Any = "right"
    await feedback.save("T8", ticket.id, SUPPORT, rating)
    assert [each.cause for each in await feedback.accuracy("T8", week)] == [""]

    def judge(stored: Ticket) -> None:
        stored.verdict = verdict

    await service_harness.change(ticket.id, judge, "T8")
    await feedback.save("T8", ticket.id, SUPPORT, rating)
    service_harness.clock.move(7 * 86400)
    (accuracy,) = await feedback.accuracy("T8", week)
    assert (accuracy.cause, accuracy.right) == ("network.loss", 1)
    service_harness.clock.move(1)
    assert await feedback.accuracy("T8", week) == []
