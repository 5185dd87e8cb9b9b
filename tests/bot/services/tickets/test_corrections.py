"""Correcting a report: which fields, what is checked, what is diagnosed and reported again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.cloud_report import ReportState
from bot.errors import InputError
from bot.store.diagnosis import evidence
from tests.bot.services.conftest import ServiceHarness
from tests.bot.services.tickets.test_actions import request


async def correct_to(harness: ServiceHarness, number: int, **values: Any) -> None:
    """Submit the correction form, its other fields as they were reported."""
    ticket = await harness.ticket(number)
    known = {
        "app": ticket.app,
        "cname": ticket.cname,
        "teacher_uid": ticket.teacher_uid,
        "student_uid": ticket.student_uid,
        "abnormal_side": ticket.abnormal_side.value,
        "issue_type": str(ticket.issue_type),
        "occurred_at": ticket.occurred_at,
    }
    submission = harness.submission(**{**known, **values})
    await harness.services.ticket_actions.correct(request(number), submission)


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("cname", "class_77_9", "class_77_9"),
        ("teacher_uid", "10009", "10009"),
        ("student_uid", "20009", "20009"),
        ("abnormal_side", "teacher", "teacher"),
        ("issue_type", "1", 1),
    ],
)
async def test_a_corrected_field_is_stored(
    service_harness: ServiceHarness, field: str, value: str, stored: object
) -> None:
    """Each field of the form replaces the reported value."""
    ticket = await service_harness.report()
    await correct_to(service_harness, ticket.id, **{field: value})
    corrected = await service_harness.ticket(ticket.id)
    assert getattr(corrected, field) == stored
    assert corrected.history[-1]["fields"] == [field]


async def test_a_corrected_time_is_stored(service_harness: ServiceHarness) -> None:
    """Another minute replaces the moment; the same minute keeps its seconds."""
    exact = service_harness.clock.now().replace(minute=7, second=42) - dt.timedelta(hours=2)
    ticket = await service_harness.report(occurred_at=exact)
    await correct_to(service_harness, ticket.id, occurred_at=exact.replace(second=0))
    assert (await service_harness.ticket(ticket.id)).occurred_at == exact
    await correct_to(service_harness, ticket.id, occurred_at=None)
    assert (await service_harness.ticket(ticket.id)).occurred_at == exact
    earlier = exact.replace(minute=5, second=0)
    await correct_to(service_harness, ticket.id, occurred_at=earlier)
    assert (await service_harness.ticket(ticket.id)).occurred_at == earlier


async def test_a_corrected_time_is_never_in_the_future(service_harness: ServiceHarness) -> None:
    """A person's clock may be ahead of ours; now is stored then."""
    now = service_harness.clock.now()
    ticket = await service_harness.report(occurred_at=now - dt.timedelta(hours=1))
    submission = service_harness.submission(occurred_at=now + dt.timedelta(seconds=59))
    await service_harness.services.ticket_actions.correct(request(ticket.id), submission)
    assert (await service_harness.ticket(ticket.id)).occurred_at == now


async def test_a_correction_is_checked_like_a_report(service_harness: ServiceHarness) -> None:
    """Wrong fields are named and nothing is stored; the untouched old time is not checked."""
    ticket = await service_harness.report()
    with pytest.raises(InputError) as refused:
        await correct_to(
            service_harness,
            ticket.id,
            cname="课",
            occurred_at=service_harness.clock.now() + dt.timedelta(hours=1),
        )
    assert set(refused.value.fields) == {"cname", "occurred_at"}
    assert (await service_harness.ticket(ticket.id)).cname == ticket.cname
    long_ago = service_harness.clock.now() - dt.timedelta(days=400)

    def backdate(stored: Any) -> None:
        stored.occurred_at = long_ago

    await service_harness.change(ticket.id, backdate)
    await correct_to(service_harness, ticket.id, issue_type="1")
    assert (await service_harness.ticket(ticket.id)).issue_type == 1


@pytest.mark.parametrize(
    ("values", "diagnosed"), [({"cname": "class_77_8"}, True), ({"issue_type": "1"}, False)]
)
async def test_another_call_is_diagnosed_again(
    service_harness: ServiceHarness, values: dict[str, str], *, diagnosed: bool
) -> None:
    """The evidence of the call before is deleted; a change that keeps the call keeps it."""
    ticket, now = await service_harness.report(), service_harness.clock.now()
    store = service_harness.context.store
    await store.transact(lambda session: evidence.save(session, ticket.id, b"", {}, now))
    await service_harness.finish_jobs()
    await correct_to(service_harness, ticket.id, **values)
    stored_evidence = await store.read(lambda session: evidence.find(session, ticket.id))
    assert (stored_evidence is None) == diagnosed
    assert (await service_harness.job(f"diagnose:{ticket.label}") is not None) == diagnosed


@pytest.mark.parametrize(
    ("state", "attempted", "reported"),
    [
        (ReportState.PENDING, False, True),
        (ReportState.REFUSED, False, True),
        (ReportState.REFUSED, True, False),
        (ReportState.ACCEPTED, True, False),
        (ReportState.UNCONFIRMED, False, False),
    ],
)
async def test_another_call_is_reported_unless_one_may_have_been(
    service_harness: ServiceHarness, state: ReportState, *, attempted: bool, reported: bool
) -> None:
    """The cloud gets no second report of a ticket when the first may have arrived."""
    ticket, now = await service_harness.report(), service_harness.clock.now()

    def set_state(stored: Any) -> None:
        stored.cloud_report.state, stored.cloud_report.reason = state, {"key": "x"}
        stored.cloud_report.attempted_at = now if attempted else None

    await service_harness.change(ticket.id, set_state)
    await service_harness.finish_jobs()
    await correct_to(service_harness, ticket.id, cname="class_77_8")
    corrected = await service_harness.ticket(ticket.id)
    assert (await service_harness.job(f"report:{ticket.label}") is not None) == reported
    assert corrected.cloud_report.state is (ReportState.PENDING if reported else state)
    assert (corrected.cloud_report.reason is None) == reported
