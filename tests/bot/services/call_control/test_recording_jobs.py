"""Recordings: started at most once, stopped when asked, their files posted once."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.call import Code
from bot.call_control import RecordingState
from bot.errors import NotFoundError
from bot.i18n.serialization import dump_message
from bot.jobs.run import LeaseLostError, Run
from bot.ports import Destination, MessageRef, RecordingTask
from bot.services.call_control.recording_jobs import RecordingJobs
from bot.services.call_control.service import CallControlAction
from bot.services.call_control.status_posts import StatusPosts
from bot.services.publishing import Publisher
from bot.store.call_control.recordings import Recording, RecordingFile
from tests.bot.services.call_control.room_context import recording_of, request, room_context, submit
from tests.bot.services.conftest import TEAM, ServiceHarness
from tests.bot.services.contexts import (
    NoMessages,
    PostedMessages,
    RecordedCalls,
    cloud_over_quota,
    cloud_refused,
    cloud_unreachable,
    job_functions,
)

SECOND: Final = dt.timedelta(seconds=1)


def task(state: str | None = "RUNNING", **changes: Any) -> RecordingTask:
    """The cloud's job in a state."""
    code = None if state is None else Code("huawei.record_state", state)
    return RecordingTask("j1", "class_77_1", "10001", code, **changes)


class Studio:
    """A requested recording, its cloud and what is posted."""

    def __init__(self, harness: ServiceHarness, finder: Any = None, **results: Any) -> None:
        answers = {"callback_url": ["https://host/hook"] * 9, **results}
        self.control, self.posts = RecordedCalls(**answers), RecordedCalls()
        self.harness, self.context = harness, room_context(harness, self.control)
        status = StatusPosts(self.context, Publisher(finder or NoMessages()), self.posts)
        self.jobs = RecordingJobs(self.context, status)
        self.number = 0

    async def order(self, **values: Any) -> int:
        """Ask for a recording of a new ticket with a card; change its row."""
        ticket = await self.harness.report()
        await self.harness.change(ticket.id, lambda t: t.thread.move_to("C1", "1.0"))
        asked = request(ticket.id, CallControlAction.RECORD)
        await submit(self.context, asked)
        self.number = (await recording_of(self.context, asked)).id or 0

        def work(session: Any) -> None:
            row = session.get_one(Recording, self.number)
            for name, value in values.items():
                setattr(row, name, value)

        await self.context.store.transact(work)
        return self.number

    async def running(self, **values: Any) -> int:
        """Ask for a recording that runs already."""
        state = {"state": RecordingState.RUNNING, "job_id": "j1", **values}
        return await self.order(**state)

    async def row(self) -> Recording:
        """Return the recording as it is stored."""
        return await self.context.store.read(lambda s: s.get_one(Recording, self.number))

    async def begin(self) -> dt.datetime | None:
        """Run the job that starts it."""
        return await self.jobs.begin(Run("record:k"), self.number)

    async def watch(self) -> dt.datetime | None:
        """Run the job that polls it."""
        return await self.jobs.watch(Run("record_state:k"), self.number)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (task(), RecordingState.RUNNING),
        (task("INIT"), RecordingState.STARTING),
        (task(None), RecordingState.STARTING),
        (task("SOMETHING"), RecordingState.STARTING),
    ],
)
async def test_recording_is_started_once(
    service_harness: ServiceHarness, answer: RecordingTask, state: RecordingState
) -> None:
    """With the app's rule; it is polled after ten seconds, and its status is posted."""
    studio, now = Studio(service_harness, start_recording=[answer]), service_harness.clock.now()
    number = await studio.order(reason={"id": "old", "params": {}})
    for _ in range(2):
        assert await studio.begin() is None
    assert studio.control.calls == [
        ("callback_url", "kids"),
        ("start_recording", "kids", "class_77_1", "10001", "rule-1"),
    ]
    row = await studio.row()
    assert (row.state, row.job_id, row.started_at, row.has_webhook) == (state, "j1", now, True)
    assert (row.attempted_at, row.reason) == (None, None)
    job = await service_harness.job(f"record_state:{number}")
    assert job is not None
    assert (job.due_at, job.arguments, job.ticket) == (now + 10 * SECOND, [number], row.ticket)
    assert studio.posts.names == ["post"]
    _, _, status, run = studio.posts.calls[0]
    assert (status.state, status.job_id, run.key) == (state, "j1", f"record:{number}")


async def test_recording_of_another_worker(service_harness: ServiceHarness) -> None:
    """A worker that has lost the job starts nothing."""
    studio = Studio(service_harness)
    with pytest.raises(LeaseLostError):
        await studio.jobs.begin(Run("k", token="lost"), await studio.order())
    assert studio.control.names == ["callback_url"]


async def test_start_that_the_cloud_knows(service_harness: ServiceHarness) -> None:
    """Its moment is the cloud's."""
    at = service_harness.clock.now() - SECOND
    studio = Studio(service_harness, start_recording=[task(started_at=at)])
    await studio.order()
    await studio.begin()
    assert (await studio.row()).started_at == at


@pytest.mark.parametrize(
    ("answer", "has_webhook"), [("https://host/hook", True), ("", False), (cloud_refused(), None)]
)
async def test_callback_of_the_cloud(
    service_harness: ServiceHarness, answer: Any, has_webhook: object
) -> None:
    """Whether files will be announced; unknown without an answer."""
    studio = Studio(service_harness, callback_url=[answer], start_recording=[task()])
    await studio.order()
    await studio.begin()
    assert (await studio.row()).has_webhook is has_webhook


@pytest.mark.parametrize(
    ("values", "after_s", "state"),
    [
        ({"attempted": True}, 0, RecordingState.UNCONFIRMED),
        ({"attempted": True, "stopped": True}, 301, RecordingState.UNCONFIRMED),
        ({"stopped": True}, 0, RecordingState.STOPPED),
        ({"stopped": True}, 301, RecordingState.STOPPED),
        ({}, 301, RecordingState.EXPIRED),
        ({}, 300, RecordingState.RUNNING),
    ],
)
async def test_recording_that_must_not_be_started(
    service_harness: ServiceHarness, values: dict[str, bool], after_s: int, state: RecordingState
) -> None:
    """A worker died after sending it, it was stopped before, or the problem is over by now."""
    studio, now = Studio(service_harness, start_recording=[task()]), service_harness.clock.now()
    fields = {"attempted": "attempted_at", "stopped": "stop_requested_at"}
    await studio.order(**{fields[name]: now for name in values})
    service_harness.clock.move(after_s)
    assert await studio.begin() is None
    assert ("start_recording" in studio.control.names) is (state is RecordingState.RUNNING)
    assert (await studio.row()).state is state
    assert studio.posts.calls[0][2].state is state


async def test_cloud_without_control_any_more(service_harness: ServiceHarness) -> None:
    """The recording is too late; one that ran is given up."""
    studio = Studio(service_harness)
    context = room_context(service_harness, studio.control, cloud=object())
    status = StatusPosts(context, Publisher(NoMessages()), studio.posts)
    jobs = RecordingJobs(context, status)
    await jobs.begin(Run("k"), await studio.order())
    assert (await studio.row()).state is RecordingState.EXPIRED
    assert await jobs.watch(Run("k"), await studio.running()) is None
    assert (await studio.row()).state is RecordingState.ABANDONED


@pytest.mark.parametrize(
    ("error", "state", "delay_s"),
    [
        (cloud_unreachable(maybe_arrived=True), RecordingState.UNCONFIRMED, None),
        (cloud_refused(404), RecordingState.REFUSED, None),
        (cloud_refused(), RecordingState.REFUSED, None),
        (cloud_unreachable(), RecordingState.PENDING, 10),
    ],
)
async def test_start_that_fails(
    service_harness: ServiceHarness, error: Exception, state: RecordingState, delay_s: int | None
) -> None:
    """With the reason of the cloud; what may have arrived is never sent again."""
    studio, now = Studio(service_harness, start_recording=[error]), service_harness.clock.now()
    await studio.order()
    assert await studio.begin() == (None if delay_s is None else now + delay_s * SECOND)
    row = await studio.row()
    assert (row.state, row.attempted_at, row.job_id) == (state, None, "")
    assert row.reason is not None
    assert studio.posts.calls[0][2].reason is not None


async def test_start_is_retried_for_five_minutes(service_harness: ServiceHarness) -> None:
    """A quota that allows it later is too late."""
    late = service_harness.clock.now() + 301 * SECOND
    studio = Studio(service_harness, start_recording=[cloud_over_quota(late)])
    await studio.order()
    assert await studio.begin() is None
    assert (await studio.row()).state is RecordingState.EXPIRED


@pytest.mark.parametrize(
    ("error", "is_accepted"),
    [(None, True), (cloud_refused(404), True), (cloud_refused(), False)],
)
async def test_stop_is_sent_until_it_is_accepted(
    service_harness: ServiceHarness, error: Any, *, is_accepted: bool
) -> None:
    """A job that is not there is over; a refusal is followed by a poll that knows more."""
    now = service_harness.clock.now()
    studio = Studio(
        service_harness, stop_recording=[error] * 2 if error else [], recording=[task(), task()]
    )
    await studio.running(stop_requested_at=now)
    for _ in range(2):
        await studio.watch()
    stops = [call for call in studio.control.calls if call[0] == "stop_recording"]
    assert stops == [("stop_recording", "kids", "j1")] * (1 if is_accepted else 2)
    row = await studio.row()
    assert row.stop_accepted_at == (now if is_accepted else None)
    assert studio.control.names.count("recording") == 2


async def test_stop_without_an_answer_is_retried(service_harness: ServiceHarness) -> None:
    """The state is not polled then, and the post says why."""
    studio = Studio(service_harness, stop_recording=[cloud_unreachable()])
    await studio.running(stop_requested_at=service_harness.clock.now())
    assert await studio.watch() == service_harness.clock.now() + 10 * SECOND
    assert studio.control.names == ["stop_recording"]
    row = await studio.row()
    assert (row.stop_accepted_at, row.poll_count) == (None, 1)
    assert row.reason == dump_message(cloud_unreachable().user_message)
    assert studio.posts.calls[0][2].reason is not None


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, RecordingState.NOT_FOUND),
        ({"stop_accepted_at": True}, RecordingState.STOPPED),
        ({"ended_at": True}, RecordingState.STOPPED),
    ],
)
async def test_job_that_is_gone(
    service_harness: ServiceHarness, values: dict[str, Any], state: RecordingState
) -> None:
    """It is over if it was stopped, or if the cloud announced its end."""
    at = service_harness.clock.now() - SECOND
    studio = Studio(service_harness, recording=[cloud_refused(404)])
    await studio.running(reason={"id": "old", "params": {}}, **dict.fromkeys(values, at))
    assert await studio.watch() is None
    row = await studio.row()
    assert (row.state, row.stopped_at, row.reason) == (state, at if values else None, None)


async def test_file_is_posted_once(service_harness: ServiceHarness) -> None:
    """In the ticket's thread; a retry finds the post of the attempt before."""
    studio = Studio(service_harness)
    await studio.order()
    recording, now = await studio.row(), service_harness.clock.now()
    file = RecordingFile(
        recording=studio.number,
        ticket=recording.ticket,
        format="mp4",
        location="cn-north-4",
        bucket="b",
        path=f"p/{studio.number}",
        duration_s=9,
        width=640,
        height=360,
        at=now,
    )
    await studio.context.store.transact(lambda session: session.add(file))
    await studio.jobs.post_file(Run("record_file:1"), file.id or 0)
    name, ticket, posted, run = studio.posts.calls[0]
    assert (name, ticket.id, run.key) == ("post", recording.ticket, "record_file:1")
    assert (posted.format, posted.path, posted.duration_s) == ("mp4", file.path, 9)
    assert (posted.width, posted.height, posted.bucket) == (640, 360, "b")
    finder = PostedMessages(record_file=MessageRef("C1", "5.0"))
    status = StatusPosts(studio.context, Publisher(finder), studio.posts)
    await RecordingJobs(studio.context, status).post_file(
        Run("record_file", is_retry=True), file.id or 0
    )
    await studio.jobs.post_file(Run("k"), 99999)
    assert len(studio.posts.calls) == 1
    assert finder.searched == [(Destination(TEAM, "C1", "1.0"), "record_file", now - 30 * SECOND)]


async def test_unknown_recording(service_harness: ServiceHarness) -> None:
    """Its jobs fail."""
    studio = Studio(service_harness)
    studio.number = 99999
    for run in (studio.begin, studio.watch):
        with pytest.raises(NotFoundError):
            await run()


def test_recording_handlers(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = Studio(service_harness).jobs
    assert job_functions(made) == {
        "record": made.begin,
        "record_state": made.watch,
        "record_file": made.post_file,
    }
