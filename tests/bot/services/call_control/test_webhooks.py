"""Callbacks about recordings: whose they are, what they store, and what they enqueue."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any, Final

import pytest
from sqlmodel import select

from bot.call_control import RecordingState
from bot.ports import RecordingEvent, RecordingEventType
from bot.services.call_control.service import CallControlAction
from bot.services.call_control.webhooks import RecordingWebhooks
from bot.store.call_control.recordings import Recording, RecordingFile
from tests.bot.services.call_control.room_context import recording_of, request, room_context, submit
from tests.bot.services.conftest import ServiceHarness
from tests.bot.services.contexts import RecordedCalls

SECOND: Final = dt.timedelta(seconds=1)
OVER, FINISHED = RecordingEventType.OVER, RecordingEventType.FILE_FINISHED
_ids = count(1)


def event(
    job_id: str, moment: RecordingEventType = RecordingEventType.OTHER, **changes: Any
) -> RecordingEvent:
    """An event of an id of its own."""
    fields = {"id": f"e{next(_ids)}", "app": "kids", "cname": "class_77_1"}
    return RecordingEvent(job_id=job_id, moment=moment, **{**fields, **changes})


async def stored(harness: ServiceHarness, **values: Any) -> Recording:
    """A recording in some state, with nothing enqueued."""
    ticket = await harness.report()
    context = room_context(harness, RecordedCalls())
    asked = request(ticket.id, CallControlAction.RECORD)
    await submit(context, asked)
    row = await recording_of(context, asked)

    def work(session: Any) -> None:
        for name, value in values.items():
            setattr(session.get_one(Recording, row.id), name, value)

    await context.store.transact(work)
    await harness.finish_jobs()
    return await load(harness, row)


async def load(harness: ServiceHarness, row: Recording) -> Recording:
    """Return a recording as it is stored."""
    return await harness.context.store.read(lambda s: s.get_one(Recording, row.id))


async def running(harness: ServiceHarness, **values: Any) -> Recording:
    """A recording with a job of its own."""
    fields = {"state": RecordingState.RUNNING, "job_id": f"job{next(_ids)}", "poll_count": 4}
    return await stored(harness, **{**fields, **values})


def webhooks(harness: ServiceHarness, **changes: Any) -> RecordingWebhooks:
    """The receiver of callbacks."""
    return RecordingWebhooks(room_context(harness, RecordedCalls(), **changes))


async def test_event_lets_the_recording_be_polled(service_harness: ServiceHarness) -> None:
    """At once, and then as often as at first; the same event again does nothing."""
    row = await running(service_harness)
    received = event(row.job_id)
    assert await webhooks(service_harness).receive(received)
    job = await service_harness.job(f"record_state:{row.id}")
    assert job is not None
    assert (job.due_at, job.arguments, job.ticket) == (
        service_harness.clock.now(),
        [row.id],
        row.ticket,
    )
    assert (await load(service_harness, row)).poll_count == 0
    await service_harness.finish_jobs()
    assert not await webhooks(service_harness).receive(received)
    assert await service_harness.job(f"record_state:{row.id}") is None


@pytest.mark.parametrize(("moment", "is_over"), [(OVER, True), (FINISHED, False)])
async def test_announced_end(
    service_harness: ServiceHarness, moment: RecordingEventType, *, is_over: bool
) -> None:
    """The first one counts."""
    row, first = await running(service_harness), service_harness.clock.now()
    for _ in range(2):
        assert await webhooks(service_harness).receive(event(row.job_id, moment))
        service_harness.clock.move(60)
    assert (await load(service_harness, row)).ended_at == (first if is_over else None)


async def test_finished_file_is_posted_once(service_harness: ServiceHarness) -> None:
    """With its details; the recording may be over."""
    row = await running(service_harness, state=RecordingState.STOPPED)
    now = service_harness.clock.now()
    details: dict[str, Any] = {"format": "hls", "location": "cn-north-4", "bucket": "b"}
    details |= {"path": f"a/{row.id}.m3u8", "duration_s": 60, "width": 640, "height": 360}
    details |= {"started_at": now - 60 * SECOND, "ended_at": now}
    for _ in range(2):
        assert await webhooks(service_harness).receive(event(row.job_id, FINISHED, **details))
    query = select(RecordingFile).where(RecordingFile.recording == row.id)
    (file,) = await service_harness.context.store.read(lambda s: s.exec(query).all())
    assert {name: getattr(file, name) for name in details} == details
    assert (file.ticket, file.at) == (row.ticket, now)
    job = await service_harness.job(f"record_file:{file.id}")
    assert job is not None
    assert (job.due_at, job.arguments, job.ticket) == (now, [file.id], row.ticket)
    assert await service_harness.job(f"record_state:{row.id}") is None


async def test_other_events_store_no_file(service_harness: ServiceHarness) -> None:
    """Only of a finished one."""
    row = await running(service_harness)
    await webhooks(service_harness).receive(event(row.job_id, OVER, path="x"))
    query = select(RecordingFile).where(RecordingFile.recording == row.id)
    assert await service_harness.context.store.read(lambda s: s.exec(query).all()) == []


@pytest.mark.parametrize("changes", [{"job_id": "unknown"}, {"job_id": ""}, {"app": "adults"}])
async def test_event_of_no_recording_of_ours(
    service_harness: ServiceHarness, changes: dict[str, Any]
) -> None:
    """It is ignored, and may be received later."""
    row = await running(service_harness)
    received = event(**{"job_id": row.job_id, **changes})
    assert not await webhooks(service_harness).receive(received)
    assert await service_harness.job(f"record_state:{row.id}") is None


@pytest.mark.parametrize(
    ("stream", "is_matched"),
    [
        ("s_{job}_class_77_1_10001", True),
        ("s_{job}_class_77_1_20002", False),
        ("s_{job}_class_77_2_10001", False),
        ("s_other_class_77_1_10001", False),
        ("", False),
    ],
)
async def test_unconfirmed_start_is_confirmed_by_its_stream(
    service_harness: ServiceHarness, stream: str, *, is_matched: bool
) -> None:
    """10.1 names it `s_{job}_{room}_{user}`."""
    row, job = await stored(service_harness, state=RecordingState.UNCONFIRMED), f"job{next(_ids)}"
    received = event(job, stream=stream.format(job=job))
    assert await webhooks(service_harness).receive(received) is is_matched
    after = await load(service_harness, row)
    expected = (job, RecordingState.RUNNING) if is_matched else ("", RecordingState.UNCONFIRMED)
    assert (after.job_id, after.state) == expected
    polled = await service_harness.job(f"record_state:{row.id}")
    assert (polled is not None) is is_matched

    def forget(session: Any) -> None:
        session.get_one(Recording, row.id).state = RecordingState.REFUSED

    await service_harness.context.store.transact(forget)


@pytest.mark.parametrize("other", [RecordingState.UNCONFIRMED, RecordingState.PENDING])
async def test_unconfirmed_starts_of_two_workspaces(
    service_harness: ServiceHarness, other: RecordingState
) -> None:
    """Of the same person: nobody knows whose the recording is, so neither gets it."""
    unconfirmed = RecordingState.UNCONFIRMED
    ours = await stored(service_harness, state=unconfirmed)
    sent = {"attempted_at": service_harness.clock.now()}
    theirs = await stored(service_harness, team="T-OTHER", state=other, **sent)
    job = f"job{next(_ids)}"
    received = event(job, stream=f"s_{job}_class_77_1_10001")
    assert await webhooks(service_harness).receive(received) is False
    for row in (ours, theirs):
        assert (await load(service_harness, row)).job_id == ""

    def end(session: Any) -> None:
        session.get_one(Recording, theirs.id).state = RecordingState.REFUSED

    await service_harness.context.store.transact(end)
    assert await webhooks(service_harness).receive(received) is True
    after = await load(service_harness, ours)
    assert (after.job_id, after.state) == (job, RecordingState.RUNNING)


async def test_callbacks_need_a_key(service_harness: ServiceHarness) -> None:
    """Without HUAWEI_CALLBACK_KEY none is accepted, nor one that is not signed."""
    assert webhooks(service_harness).is_enabled
    assert not webhooks(service_harness, huawei_callback_key="").is_enabled
    assert not webhooks(service_harness).is_signed(b"{}", rand="r", timestamp="1", signature="x")
    with pytest.raises(ValueError, match="DecodeError"):
        webhooks(service_harness).parse(b"nonsense")
