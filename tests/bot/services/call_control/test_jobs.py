"""Sending commands to rooms: at most once, in time, with a post of each outcome."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.call_control import RoomCommandState
from bot.errors import NotFoundError
from bot.i18n.serialization import dump_message
from bot.jobs.run import LeaseLostError, Run
from bot.ports import Destination, MessageRef
from bot.services.call_control.jobs import CallControlJobs
from bot.services.call_control.service import CallControlAction, CallControlRequest
from bot.services.call_control.status_posts import StatusPosts
from bot.services.publishing import Publisher
from bot.store.call_control.room_commands import RoomCommand
from tests.bot.services.call_control.room_context import command_of, request, room_context, submit
from tests.bot.services.conftest import TEAM, ServiceHarness
from tests.bot.services.contexts import (
    SLACK_GONE,
    NoMessages,
    PostedMessages,
    RecordedCalls,
    cloud_over_quota,
    cloud_refused,
    cloud_unreachable,
    job_functions,
)
from tests.stored_rows import list_audit_entries

SECOND: Final = dt.timedelta(seconds=1)
DISMISS: Final = CallControlAction.DISMISS


class Room:
    """A submitted command, its cloud and what is posted."""

    def __init__(self, harness: ServiceHarness, finder: Any = None, **results: Any) -> None:
        self.control = RecordedCalls(**results)
        self.posts = RecordedCalls()
        self.harness, self.context = harness, room_context(harness, self.control)
        self.jobs = CallControlJobs(
            self.context, StatusPosts(self.context, Publisher(finder or NoMessages()), self.posts)
        )

    async def order(self, choice: CallControlAction = DISMISS) -> tuple[int, CallControlRequest]:
        """Confirm an action on a new ticket with a card."""
        ticket = await self.harness.report()
        await self.harness.change(ticket.id, lambda t: t.thread.move_to("C1", "1.0"))
        asked = request(ticket.id, choice)
        await submit(self.context, asked)
        return (await command_of(self.context, asked)).id or 0, asked

    async def change(self, number: int, **values: Any) -> None:
        """Change a stored command."""

        def work(session: Any) -> None:
            row = session.get_one(RoomCommand, number)
            for name, value in values.items():
                setattr(row, name, value)

        await self.context.store.transact(work)

    async def row(self, number: int) -> RoomCommand:
        """Return a command as it is stored."""
        return await self.context.store.read(lambda s: s.get_one(RoomCommand, number))

    async def audited(self, number: int) -> list[str]:
        """Return the audited actions on the command's ticket."""
        ticket = (await self.row(number)).ticket
        entries = await self.context.store.read(lambda s: list_audit_entries(s, ticket))
        return [entry.action for entry in entries]


@pytest.mark.parametrize(
    ("choice", "call"),
    [
        (DISMISS, ("dismiss", "kids", "class_77_1")),
        (CallControlAction.REMOVE_STUDENT, ("remove_users", "kids", "class_77_1", ["20002"])),
        (CallControlAction.REMOVE_TEACHER, ("remove_users", "kids", "class_77_1", ["10001"])),
    ],
)
async def test_command_is_sent_and_posted(
    service_harness: ServiceHarness, choice: CallControlAction, call: tuple[Any, ...]
) -> None:
    """Once; a later run only edits the post."""
    room = Room(service_harness)
    number, asked = await room.order(choice)
    assert await room.jobs.act(Run("room_action:k"), number) is None
    assert room.control.calls == [call]
    name, ticket, status, run = room.posts.calls[0]
    assert (name, ticket.id, run.key) == ("post", asked.number, f"room_action:{number}")
    assert (status.state, status.reason, status.person) == (
        RoomCommandState.ACCEPTED,
        None,
        asked.person,
    )
    row = await room.row(number)
    assert (row.state, row.attempted_at, row.status_ts) == (RoomCommandState.ACCEPTED, None, "1.0")
    assert await room.audited(number) == [f"room.{choice.value}", f"room.{choice.value}.taken"]
    assert await room.jobs.act(Run("room_action:k"), number) is None
    assert len(room.control.calls) == 1
    assert room.posts.names == ["post", "update"]
    assert room.posts.calls[1][-1] == "1.0"


async def test_command_of_another_worker(service_harness: ServiceHarness) -> None:
    """A worker that has lost the job sends nothing; a post is refused by the same lease."""
    room = Room(service_harness)
    number, _ = await room.order()
    with pytest.raises(LeaseLostError):
        await room.jobs.act(Run("k", token="lost"), number)
    assert (room.control.calls, (await room.row(number)).attempted_at) == ([], None)
    await room.jobs.act(Run("k"), number)
    await room.change(number, status_ts="")
    await room.jobs.act(Run("k", valid_until=-1), number)
    assert room.posts.calls[1][-1].valid_until == -1


@pytest.mark.parametrize(
    ("attempted", "after_s", "state"),
    [
        (True, 0, RoomCommandState.UNCONFIRMED),
        (False, 121, RoomCommandState.EXPIRED),
        (True, 121, RoomCommandState.UNCONFIRMED),
        (False, 120, RoomCommandState.ACCEPTED),
    ],
)
async def test_command_that_must_not_be_sent(
    service_harness: ServiceHarness, after_s: int, state: RoomCommandState, *, attempted: bool
) -> None:
    """A worker died between sending and storing, or other people may be in the room by now."""
    room = Room(service_harness)
    number, _ = await room.order()
    if attempted:
        await room.change(number, attempted_at=service_harness.clock.now())
    service_harness.clock.move(after_s)
    assert await room.jobs.act(Run("k"), number) is None
    is_sent = state is RoomCommandState.ACCEPTED
    assert room.control.names == (["dismiss"] if is_sent else [])
    row = await room.row(number)
    assert (row.state, row.attempted_at) == (state, None)
    assert await room.audited(number) == ["room.dismiss", f"room.dismiss.{state}"]
    assert room.posts.calls[0][2].state is state


async def test_cloud_without_control_any_more(service_harness: ServiceHarness) -> None:
    """The command is too late."""
    room = Room(service_harness)
    number, _ = await room.order()
    context = room_context(service_harness, room.control, cloud=object())
    made = CallControlJobs(context, StatusPosts(context, Publisher(NoMessages()), room.posts))
    await made.act(Run("k"), number)
    assert (await room.row(number)).state is RoomCommandState.EXPIRED


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (cloud_unreachable(maybe_arrived=True), RoomCommandState.UNCONFIRMED),
        (cloud_refused(404), RoomCommandState.NOT_FOUND),
        (cloud_refused(), RoomCommandState.REFUSED),
    ],
)
async def test_command_that_fails(
    service_harness: ServiceHarness, error: Exception, state: RoomCommandState
) -> None:
    """With the reason of the cloud, for good."""
    room = Room(service_harness, dismiss=[error])
    number, _ = await room.order()
    assert await room.jobs.act(Run("k"), number) is None
    row = await room.row(number)
    assert (row.state, row.attempted_at) == (state, None)
    assert room.posts.calls[0][2].reason is not None
    assert await room.audited(number) == ["room.dismiss", f"room.dismiss.{state}"]


async def test_command_is_retried_in_time(service_harness: ServiceHarness) -> None:
    """After ten seconds, or when the cloud allows it; the outcome alone is audited."""
    retry_at = service_harness.clock.now() + 70 * SECOND
    room = Room(service_harness, dismiss=[cloud_unreachable(), cloud_over_quota(retry_at)])
    number, _ = await room.order()
    at = service_harness.clock.now() + 10 * SECOND
    assert await room.jobs.act(Run("k"), number) == at
    row = await room.row(number)
    assert (row.state, row.attempted_at) == (RoomCommandState.PENDING, None)
    assert row.reason is not None
    assert await room.audited(number) == ["room.dismiss"]
    assert await room.jobs.act(Run("k"), number) == retry_at
    assert await room.jobs.act(Run("k"), number) is None
    assert room.posts.names == ["post", "update", "update"]
    reason = (await room.row(number)).reason
    assert reason == dump_message(cloud_over_quota(retry_at).user_message)


async def test_deleted_post_is_posted_again(service_harness: ServiceHarness) -> None:
    """At its new position."""
    room = Room(service_harness)
    number, _ = await room.order()
    await room.jobs.act(Run("k"), number)
    room.posts = RecordedCalls(update=[SLACK_GONE], post=[MessageRef("C1", "7.0")])
    made = CallControlJobs(
        room.context, StatusPosts(room.context, Publisher(NoMessages()), room.posts)
    )
    await made.act(Run("k"), number)
    assert room.posts.names == ["update", "post"]
    assert (await room.row(number)).status_ts == "7.0"


async def test_post_of_an_earlier_attempt_is_edited(service_harness: ServiceHarness) -> None:
    """A retry searches the thread since the request."""
    finder = PostedMessages()
    room = Room(service_harness, finder)
    number, _ = await room.order()
    finder.posted[f"room_action:{number}"] = MessageRef("C1", "8.0")
    requested_at = service_harness.clock.now()
    await room.jobs.act(Run("k", is_retry=True), number)
    assert room.posts.names == ["update"]
    assert room.posts.calls[0][-1] == (await room.row(number)).status_ts == "8.0"
    where = Destination(TEAM, "C1", "1.0")
    assert finder.searched == [(where, f"room_action:{number}", requested_at - 30 * SECOND)]


async def test_unknown_command(service_harness: ServiceHarness) -> None:
    """Its job fails."""
    with pytest.raises(NotFoundError):
        await Room(service_harness).jobs.act(Run("k"), 99999)


def test_room_handlers(service_harness: ServiceHarness) -> None:
    """The name under which the job is stored."""
    made = Room(service_harness).jobs
    assert job_functions(made) == {"room_action": made.act}
