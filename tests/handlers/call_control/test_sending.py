"""Posts about room commands and files, as they reach Slack."""

from __future__ import annotations

from bot.call import Side
from bot.call_control import RoomAction, RoomCommandState
from bot.jobs.run import Run
from bot.services.call_control.status_posts import CommandStatus, RecordedFile
from handlers.call_control.posts import SlackRoomStatusPosts
from tests.handlers.posting_harness import SAM, PostingHarness, posted_ticket


async def test_room_commands(posting: PostingHarness) -> None:
    """In the thread, updated in place; a file is a post of its own."""
    sender = SlackRoomStatusPosts(posting.poster, posting.users)
    ticket = await posted_ticket(posting, cloud="huawei")
    states = RoomCommandState.PENDING, RoomCommandState.ACCEPTED
    first, second = (CommandStatus(SAM, RoomAction.DISMISS, "", each, None) for each in states)
    ref = await sender.post(ticket, first, Run("command"))
    (message,) = posting.messages(ticket.thread.card_ts)[1:]
    assert message["text"] == "LD-12: It has not been sent to Huawei Cloud yet. "
    await sender.update(ticket, second, ref.ts)
    (message,) = posting.messages(ticket.thread.card_ts)[1:]
    assert message["text"].startswith("LD-12: Sent to Huawei Cloud.")
    assert f"<@{SAM}> asked to close" in message["blocks"][0]["text"]["text"]
    file = RecordedFile("mp4", "", "", "", None, None, None, None, None)
    await sender.post(ticket, file, Run("file"))
    assert posting.messages(ticket.thread.card_ts)[2]["text"] == (
        "A recording of class_77_1 is finished."
    )
    assert ticket.abnormal_side is Side.STUDENT
