"""Which messages are replies: people's, in threads, new, edited or deleted."""

from __future__ import annotations

from typing import Any

import pytest

from bot.services.tickets.replies import Reply
from handlers.slack.request import Requester
from handlers.tickets.thread import read_direct_message, read_thread_reply

WRITTEN = {"channel": "C1", "ts": "2.0", "thread_ts": "1.0", "user": "U1", "text": "hello"}


def reply(text: str = "hello", **values: str) -> Reply:
    """The reply of the message above."""
    fields = {"channel": "C1", "thread_ts": "1.0", "ts": "2.0", "person": "U1", **values}
    return Reply(team="T1", text=text, **fields)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (WRITTEN, reply()),
        ({**WRITTEN, "text": None}, reply("")),
        ({**WRITTEN, "bot_id": "B1"}, None),
        ({**WRITTEN, "thread_ts": "2.0"}, None),
        ({**WRITTEN, "thread_ts": None}, None),
        ({"subtype": "message_changed", "channel": "C1", "message": WRITTEN}, reply()),
        ({"subtype": "message_changed", "channel": "C1"}, None),
        ({"subtype": "message_deleted", "channel": "C1", "previous_message": WRITTEN}, reply("")),
        (
            {
                "subtype": "message_deleted",
                "channel": "C1",
                "previous_message": {**WRITTEN, "bot_id": "B1"},
            },
            None,
        ),
        ({**WRITTEN, "subtype": "file_share", "previous_message": {"text": "x"}}, reply()),
        ({"thread_ts": "1.0"}, reply("", channel="", ts="", person="")),
    ],
)
def test_replies_in_threads(event: dict[str, Any], expected: Reply | None) -> None:
    """A deletion is a reply without a text; the first message of a thread is no reply."""
    assert read_thread_reply(event, "T1") == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (WRITTEN, reply(person="U7")),
        ({**WRITTEN, "subtype": "file_share"}, reply(person="U7")),
        ({}, reply("", channel="", thread_ts="", ts="", person="U7")),
        ({**WRITTEN, "subtype": "message_changed"}, None),
        ({**WRITTEN, "bot_id": "B1"}, None),
    ],
)
def test_direct_messages(event: dict[str, Any], expected: Reply | None) -> None:
    """New ones of people; the sender is the request's."""
    assert read_direct_message(event, Requester("T1", "U7", "D1")) == expected
