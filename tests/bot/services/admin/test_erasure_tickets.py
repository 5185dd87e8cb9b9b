"""What is left of the tickets of a person who was erased."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import ERASED, Side
from bot.call_control import RecordingState
from bot.cloud_report import ReportState
from bot.errors import ConflictError
from bot.services.admin.erasure import ErasureService
from bot.store import Session
from bot.store.admin.erasure import Identity
from bot.store.call_control.recordings import Recording
from bot.store.models import ThreadReply
from bot.ticket import Status, Ticket
from tests.bot.services.conftest import SUPPORT, TEAM, ServiceHarness

TEACHER, STUDENT, USER = "424242421", "987654321", "U0REPORTER"
LEAVER = "U0LEAVER"


def erase(harness: ServiceHarness, value: str, app: str = "") -> dict[str, int]:
    """Erase a person and return the counts."""
    identity = Identity(value, is_uid=not value.startswith("U"), app=app)
    return dict(ErasureService(harness.context).erase(identity))


async def add(harness: ServiceHarness, row: Any) -> None:
    """Store a row."""
    await harness.context.store.transact(lambda session: session.add(row))


async def reported(harness: ServiceHarness, **values: Any) -> Ticket:
    """A reported call of TEACHER and STUDENT, by USER."""
    values = {"teacher_uid": TEACHER, "student_uid": STUDENT, "reporter": USER, **values}
    return await harness.report(**values)


async def test_a_participant(service_harness: ServiceHarness) -> None:
    """Texts about their calls go; in texts of others their uid does. The ticket stays."""
    own = await reported(service_harness, comments="his mother called")
    text = f"student {STUDENT}, 学生：{STUDENT}；LD-{STUDENT} 1.{STUDENT} x{STUDENT}"
    other = await reported(service_harness, student_uid="20002", comments=text)
    for number, reply in ((own.id, "he again"), (other.id, f"as {STUDENT}")):
        row = ThreadReply(
            team=TEAM, channel="C1", ts=f"{number}.1", ticket=number, person=SUPPORT, text=reply
        )
        await add(service_harness, row)
    assert erase(service_harness, STUDENT)["thread_reply"] == 2
    own, other = [await service_harness.ticket(each.id) for each in (own, other)]
    assert (own.student_uid, own.teacher_uid, own.comments) == (ERASED, TEACHER, "")
    assert own.cloud_report.state is ReportState.OFF  # or the cloud would get their uid
    assert other.comments == (
        f"student {ERASED}, 学生：{ERASED}；LD-{STUDENT} 1.{STUDENT} x{STUDENT}"
    )
    assert other.cloud_report.state is ReportState.PENDING

    def replies(session: Session) -> list[str]:
        found = (session.get(ThreadReply, (TEAM, "C1", f"{each.id}.1")) for each in (own, other))
        return [each.text for each in found if each is not None]

    assert await service_harness.context.store.read(replies) == [f"as {ERASED}"]


async def test_a_person_of_slack(service_harness: ServiceHarness) -> None:
    """What they wrote goes; who had claimed a ticket leaves it open, with its alerts."""
    ticket = await reported(service_harness, comments="mine", reporter=LEAVER)
    await service_harness.change(
        ticket.id, lambda each: each.claim(LEAVER, service_harness.clock.now())
    )
    assert erase(service_harness, LEAVER)["ticket"] == 1
    ticket = await service_harness.ticket(ticket.id)
    assert (ticket.reporter, ticket.comments, ticket.student_uid) == (ERASED, "", STUDENT)
    assert (ticket.status, ticket.assignee) == (Status.OPEN, None)
    assert ticket.escalates_at is not None
    assert {event["who"] for event in ticket.history} == {ERASED}


async def test_only_in_one_app(service_harness: ServiceHarness) -> None:
    """The same uid of another app is another person; nothing is said about nobody."""
    ticket = await reported(service_harness, student_uid="777777771")
    await service_harness.change(ticket.id, lambda each: setattr(each, "app", "piano"))
    assert erase(service_harness, "777777771", app="kids") == {}
    assert erase(service_harness, "777777771", app="piano")["ticket"] == 1
    assert erase(service_harness, "777777771") == {}


async def test_short_uids(service_harness: ServiceHarness) -> None:
    """They are erased where uids are; every text has a 7."""
    ticket = await reported(service_harness, teacher_uid="7", cname="room 7")
    other = await reported(service_harness, comments="since 7 o'clock")
    assert erase(service_harness, "7")["ticket"] == 1
    ticket, other = [await service_harness.ticket(each.id) for each in (ticket, other)]
    assert (ticket.teacher_uid, ticket.cname) == (ERASED, "room 7")
    assert other.comments == "since 7 o'clock"


async def test_a_running_recording(service_harness: ServiceHarness) -> None:
    """It is stopped first: without the uid it could not be."""
    ticket = await reported(service_harness, student_uid="666666661")
    now = service_harness.clock.now()
    recording = Recording(
        team=TEAM, origin="V-REC", ticket=ticket.id, app="kids", cname="c", side=Side.STUDENT,
        uid="666666661", person=SUPPORT, requested_at=now, state=RecordingState.RUNNING,
    )  # fmt: skip
    await add(service_harness, recording)
    with pytest.raises(ConflictError, match=f"LD-{ticket.id}"):
        erase(service_harness, "666666661")
    assert (await service_harness.ticket(ticket.id)).student_uid == "666666661"
