"""Commands to rooms: who may give which, and what each becomes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Side
from bot.call_control import RecordingState, RoomAction
from bot.errors import ConflictError, NotAllowedError
from bot.ports import Occupancy
from bot.services.call_control.service import CallControlAction, CallControlService, RoomView
from bot.ticket import Status, Ticket
from tests.bot.services.call_control.room_context import (
    WatchingCloud,
    command_of,
    recording_of,
    request,
    room_context,
    submit,
)
from tests.bot.services.conftest import OUTSIDER, REPORTER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import RecordedCalls, cloud_unreachable
from tests.stored_rows import list_audit_entries

STUDENT, TEACHER = CallControlAction.REMOVE_STUDENT, CallControlAction.REMOVE_TEACHER
DISMISS, RECORD = CallControlAction.DISMISS, CallControlAction.RECORD
STOP, REVEAL = CallControlAction.STOP_RECORDING, CallControlAction.REVEAL


async def resolve(harness: ServiceHarness, ticket: Ticket) -> None:
    """Resolve a ticket."""
    await harness.services.tickets.resolve(TEAM, ticket.id, SUPPORT, cause="", resolution="")


async def loaded(harness: ServiceHarness, ticket: Ticket, **changes: Any) -> RoomView:
    """Return the content of the ticket's modal."""
    service = CallControlService(room_context(harness, RecordedCalls(), **changes))
    return await service.load(TEAM, ticket.id, SUPPORT)


@pytest.mark.parametrize(
    ("changes", "choices", "needs_rule"),
    [
        ({}, (STUDENT, TEACHER, DISMISS, RECORD, REVEAL), False),
        ({"mask_uids": False}, (STUDENT, TEACHER, DISMISS, RECORD), False),
        ({"rooms": False}, (RECORD, REVEAL), False),
        ({"recording": False}, (STUDENT, TEACHER, DISMISS, REVEAL), False),
        ({"huawei_record_rules": {}}, (STUDENT, TEACHER, DISMISS, REVEAL), True),
        ({"huawei_record_rules": {}, "recording": False, "rooms": False}, (REVEAL,), False),
    ],
)
async def test_choices_of_an_open_ticket(
    service_harness: ServiceHarness,
    changes: dict[str, Any],
    choices: tuple[CallControlAction, ...],
    *,
    needs_rule: bool,
) -> None:
    """What the cloud can do and the settings allow."""
    view = await loaded(service_harness, await service_harness.report(), **changes)
    assert (view.choices, view.needs_rule, view.recording) == (choices, needs_rule, None)


async def test_choices_of_a_resolved_ticket(service_harness: ServiceHarness) -> None:
    """Its uids can be revealed and its recording stopped; else there is nothing to do."""
    ticket = await service_harness.report()
    context = room_context(service_harness, RecordedCalls())
    asked = request(ticket.id, RECORD)
    await submit(context, asked)
    await resolve(service_harness, ticket)
    view = await loaded(service_harness, ticket)
    assert (view.choices, view.needs_rule) == ((STOP, REVEAL), False)
    assert view.recording is not None
    assert view.recording.origin == asked.origin
    other = await service_harness.report()
    await resolve(service_harness, other)
    view = await loaded(service_harness, other, huawei_record_rules={})
    assert (view.choices, view.needs_rule) == ((REVEAL,), False)
    with pytest.raises(ConflictError):
        await loaded(service_harness, other, mask_uids=False)


async def test_recorded_room_is_not_recorded_again(service_harness: ServiceHarness) -> None:
    """It can be stopped instead."""
    ticket = await service_harness.report()
    await submit(room_context(service_harness, RecordedCalls()), request(ticket.id, RECORD))
    view = await loaded(service_harness, ticket)
    assert view.choices == (STUDENT, TEACHER, DISMISS, STOP, REVEAL)


@pytest.mark.parametrize("person", [REPORTER, OUTSIDER])
async def test_only_support_controls_rooms(service_harness: ServiceHarness, person: str) -> None:
    """Neither the reporter nor anybody else sees the menu, acts or reveals uids."""
    ticket = await service_harness.report()
    service = CallControlService(room_context(service_harness, RecordedCalls()))
    with pytest.raises(NotAllowedError):
        await service.load(TEAM, ticket.id, person)
    with pytest.raises(NotAllowedError):
        await service.submit(request(ticket.id, DISMISS, person=person))
    with pytest.raises(NotAllowedError):
        await service.reveal(request(ticket.id, REVEAL, person=person))
    entries = await service_harness.context.store.read(
        lambda session: list_audit_entries(session, ticket.id)
    )
    assert entries == []


@pytest.mark.parametrize(
    ("choice", "action", "uid"),
    [
        (STUDENT, RoomAction.REMOVE_STUDENT, "20002"),
        (TEACHER, RoomAction.REMOVE_TEACHER, "10001"),
        (DISMISS, RoomAction.DISMISS, ""),
    ],
)
async def test_command_is_stored_with_its_job(
    service_harness: ServiceHarness, choice: CallControlAction, action: RoomAction, uid: str
) -> None:
    """And with an audit entry; the same view again is the same command."""
    ticket = await service_harness.report()
    context, asked = room_context(service_harness, RecordedCalls()), request(ticket.id, choice)
    for _ in range(2):
        await submit(context, asked)
    row, now = await command_of(context, asked), service_harness.clock.now()
    assert (row.action, row.uid, row.person, row.ticket) == (action, uid, SUPPORT, ticket.id)
    assert row.requested_at == now
    job = await service_harness.job(f"room_action:{row.id}")
    assert job is not None
    assert (job.due_at, job.arguments, job.ticket) == (now, [row.id], ticket.id)
    (entry,) = await context.store.read(lambda s: list_audit_entries(s, ticket.id))
    assert (entry.action, entry.person, entry.origin, entry.at) == (
        f"room.{choice.value}",
        SUPPORT,
        asked.origin,
        now,
    )
    assert entry.detail == {"app": "kids", "cname": "class_77_1", "uid": uid}


@pytest.mark.parametrize(("side", "uid"), [(Side.TEACHER, "10001"), (Side.STUDENT, "20002")])
async def test_recording_is_stored_with_its_job(
    service_harness: ServiceHarness, side: Side, uid: str
) -> None:
    """Of the chosen side; the same view again is the same recording."""
    ticket = await service_harness.report()
    context = room_context(service_harness, RecordedCalls())
    asked = request(ticket.id, RECORD, side=side)
    for _ in range(2):
        await submit(context, asked)
    row, now = await recording_of(context, asked), service_harness.clock.now()
    assert (row.side, row.uid, row.app, row.cname) == (side, uid, "kids", "class_77_1")
    assert (row.state, row.requested_at) == (RecordingState.PENDING, now)
    job = await service_harness.job(f"record:{row.id}")
    assert job is not None
    assert (job.due_at, job.arguments, job.ticket) == (now, [row.id], ticket.id)
    (entry,) = await context.store.read(lambda s: list_audit_entries(s, ticket.id))
    detail = {"app": "kids", "cname": "class_77_1", "uid": uid, "recording": row.id}
    assert (entry.action, entry.detail) == ("room.record", detail)


@pytest.mark.parametrize(("job_id", "kind"), [("", "record"), ("j1", "record_state")])
async def test_recording_is_stopped_by_its_job(
    service_harness: ServiceHarness, job_id: str, kind: str
) -> None:
    """The first who asks is named; the job that polls it, or that would start it, runs now."""
    ticket = await service_harness.report()
    context, begun = room_context(service_harness, RecordedCalls()), request(ticket.id, RECORD)
    await submit(context, begun)
    row = await recording_of(context, begun)

    def poll(session: Any) -> None:
        stored = session.get(type(row), row.id)
        stored.job_id, stored.poll_count = job_id, 5

    await context.store.transact(poll)
    await resolve(service_harness, ticket)
    await service_harness.finish_jobs()
    service_harness.clock.move(60)
    asked_at = service_harness.clock.now()
    await submit(context, request(ticket.id, STOP))
    stopping = await recording_of(context, begun)
    assert (stopping.stop_requested_at, stopping.stop_requested_by, stopping.poll_count) == (
        asked_at,
        SUPPORT,
        0,
    )
    job = await service_harness.job(f"{kind}:{row.id}")
    assert job is not None
    assert (job.due_at, job.arguments, job.ticket) == (asked_at, [row.id], ticket.id)
    service_harness.clock.move(60)
    await submit(context, request(ticket.id, STOP, person="U-SUPPORT-2"))
    again = await recording_of(context, begun)
    assert (again.stop_requested_at, again.stop_requested_by) == (asked_at, SUPPORT)
    entries = await context.store.read(lambda s: list_audit_entries(s, ticket.id))
    assert [entry.action for entry in entries] == [
        "room.record",
        "room.stop_recording",
        "room.stop_recording",
    ]
    assert entries[1].detail == {"app": "kids", "cname": "class_77_1", "recording": row.id}


@pytest.mark.parametrize("choice", [STUDENT, DISMISS, RECORD, REVEAL, STOP])
async def test_resolved_ticket_takes_no_command(
    service_harness: ServiceHarness, choice: CallControlAction
) -> None:
    """Nor is a recording stopped that does not run."""
    ticket = await service_harness.report()
    await resolve(service_harness, ticket)
    with pytest.raises(ConflictError):
        await submit(room_context(service_harness, RecordedCalls()), request(ticket.id, choice))


@pytest.mark.parametrize(
    ("choice", "changes"),
    [
        (DISMISS, {"rooms": False}),
        (RECORD, {"recording": False}),
        (RECORD, {"huawei_record_rules": {}}),
    ],
)
async def test_choice_that_is_gone_is_refused(
    service_harness: ServiceHarness, choice: CallControlAction, changes: dict[str, Any]
) -> None:
    """What was possible when the modal opened."""
    ticket = await service_harness.report()
    with pytest.raises(ConflictError):
        await submit(
            room_context(service_harness, RecordedCalls(), **changes), request(ticket.id, choice)
        )


async def test_revealed_uids_are_audited(service_harness: ServiceHarness) -> None:
    """Also of a resolved ticket."""
    ticket = await service_harness.report()
    await resolve(service_harness, ticket)
    context = room_context(service_harness, RecordedCalls())
    revealed = await CallControlService(context).reveal(request(ticket.id, REVEAL))
    assert (revealed.id, revealed.student_uid) == (ticket.id, "20002")
    (entry,) = await context.store.read(lambda s: list_audit_entries(s, ticket.id))
    assert (entry.action, entry.person, entry.detail) == ("room.reveal", SUPPORT, {})


async def test_who_is_in_the_room(service_harness: ServiceHarness) -> None:
    """Or why that could not be fetched."""
    ticket = await service_harness.report()
    present = Occupancy(("10001",))
    control = RecordedCalls(occupancy=[present, cloud_unreachable()])
    service = CallControlService(room_context(service_harness, control))
    view = await service.load(TEAM, ticket.id, SUPPORT)
    assert (await service.fetch_occupancy(view)).occupancy == present
    assert control.calls == [("occupancy", "kids", "class_77_1")]
    failed = await service.fetch_occupancy(view)
    assert (failed.occupancy, failed.choices) == (None, view.choices)
    assert str(failed.failure) == "no answer"


@pytest.mark.parametrize(
    ("can_control", "text"), [(True, "The call has ended"), (False, "Nobody is")]
)
async def test_empty_room(service_harness: ServiceHarness, text: str, *, can_control: bool) -> None:
    """Only a recording can be stopped and uids revealed then."""
    ticket = await service_harness.report()
    source = RecordedCalls(occupancy=[None])
    capabilities = service_harness.context.clouds["kids"].capabilities
    cloud = None if can_control else WatchingCloud(source, capabilities)
    service = CallControlService(room_context(service_harness, source, cloud=cloud))
    view = await service.load(TEAM, ticket.id, SUPPORT)
    empty = await service.fetch_occupancy(view)
    assert (empty.choices, empty.occupancy) == ((REVEAL,), None)
    assert str(empty.failure).startswith(text)


async def test_cloud_without_occupancy(service_harness: ServiceHarness) -> None:
    """The view stays as it is, and the menu has only the uids to offer."""
    ticket = await service_harness.report()
    service = CallControlService(room_context(service_harness, RecordedCalls(), cloud=object()))
    view = await service.load(TEAM, ticket.id, SUPPORT)
    assert view.choices == (REVEAL,)
    assert await service.fetch_occupancy(view) == view
    assert not service.supports_occupancy(ticket)
    assert not service.supports_control(ticket)
    assert service.has_menu(ticket)


async def test_menu_of_a_card(service_harness: ServiceHarness) -> None:
    """While uids are masked, or the ticket is not resolved and the room can be watched."""
    ticket = await service_harness.report()
    service = CallControlService(room_context(service_harness, RecordedCalls(), mask_uids=False))
    assert service.supports_control(ticket)
    assert service.supports_occupancy(ticket)
    assert service.has_menu(ticket)
    ticket.status = Status.RESOLVED
    assert not service.supports_occupancy(ticket)
    assert not service.has_menu(ticket)
