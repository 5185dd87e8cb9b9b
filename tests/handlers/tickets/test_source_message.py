"""What a report takes from a message: all of its text, its time and its permalink."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from handlers.tickets.source_message import (
    is_permalink,
    message_author,
    message_permalink,
    message_text,
    message_time,
)

TS = "1795238120.820240"
PERMALINK = "https://school.slack.com/archives/C1/p1795238120820240"
ONE = {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
RICH_TEXT = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "class_77_1 <b> "},
                {"type": "user", "user_id": "U1"},
                {"type": "channel", "channel_id": "C1"},
                {"type": "link", "url": "https://x.example", "text": "page"},
                {"type": "emoji", "name": "sob"},
            ],
        },
        {
            "type": "rich_text_list",
            "elements": [
                ONE,
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "two"}]},
            ],
        },
    ],
}
RICH_LINE = "class_77_1 &lt;b&gt; <@U1><#C1><https://x.example|page>:sob:"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "学生卡顿"}}
TABLE = {
    "type": "table",
    "rows": [
        [{"type": "raw_text", "text": "频道"}, {"type": "raw_text", "text": "老师"}],
        [
            {"type": "raw_text", "text": "class_9"},
            {"type": "rich_text", "elements": [ONE]},
        ],
    ],
}
FORWARDED = {
    "is_share": True,
    "text": "看不到画面",
    "message_blocks": [{"message": {"blocks": [SECTION]}}],
}


@pytest.mark.parametrize(
    ("slack_message", "text"),
    [
        ({"text": "hello"}, "hello"),
        ({"text": "", "blocks": [RICH_TEXT]}, f"{RICH_LINE}\none\ntwo"),
        (
            {"text": f"{RICH_LINE}\n• one\n• two", "blocks": [RICH_TEXT]},
            f"{RICH_LINE}\n• one\n• two",
        ),
        ({"text": "", "attachments": [{"blocks": [TABLE]}]}, "频道 | 老师\nclass_9 | one"),
        ({"text": "New complaint", "blocks": [SECTION]}, "New complaint\n学生卡顿"),
        (
            {
                "blocks": [
                    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Room*: a_1"}]}
                ]
            },
            "*Room*: a_1",
        ),
        (
            {"attachments": [{"title": "t", "fields": [{"title": "Room", "value": "a_1"}]}]},
            "t\nRoom: a_1",
        ),
        ({"text": "", "attachments": [FORWARDED]}, "看不到画面\n学生卡顿"),
        (
            {"blocks": [{"type": "actions", "elements": [{"type": "button", "text": "Claim"}]}]},
            "",
        ),
        ({"text": 7, "blocks": {"type": "rich_text_section", "elements": [None, 7]}}, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_text(slack_message: object, text: str) -> None:
    """Each text counts once, whatever carries it; buttons and nonsense do not."""
    assert message_text(slack_message) == text


@pytest.mark.parametrize(
    ("ts", "moment"),
    [
        (TS, dt.datetime(2026, 11, 21, 5, 15, 20, 820240, dt.UTC)),
        ("1.1", None),
        ("", None),
        (7, None),
    ],
)
def test_time(ts: object, moment: dt.datetime | None) -> None:
    """A message's `ts` is when it was written."""
    assert message_time({"ts": ts}) == moment


@pytest.mark.parametrize(
    ("fields", "permalink"),
    [
        ({}, PERMALINK),
        (
            {"message": {"ts": TS, "thread_ts": "1795238000.000100"}},
            f"{PERMALINK}?thread_ts=1795238000.000100&cid=C1",
        ),
        (
            {"message": {"ts": TS, "thread_ts": TS}},
            PERMALINK,
        ),
        ({"team": {"domain": "evil.example/"}}, ""),
        ({"channel": None}, ""),
        ({"message": {"ts": "1.1"}}, ""),
    ],
)
def test_permalink(fields: dict[str, Any], permalink: str) -> None:
    """It is built from the request, so that it exists for channels the app is not in."""
    body = {"team": {"domain": "school"}, "channel": {"id": "C1"}, "message": {"ts": TS}, **fields}
    assert message_permalink(body) == permalink
    assert is_permalink(permalink) == bool(permalink)


@pytest.mark.parametrize(
    "value",
    [None, 7, "", "https://evil.example", f"{PERMALINK}|x"],
)
def test_forged_permalink(value: object) -> None:
    """An address of another kind is not linked from a card."""
    assert not is_permalink(value)


@pytest.mark.parametrize(
    ("slack_message", "author"),
    [
        ({"user": "U1", "attachments": [{"text": "no author"}, {"author_id": "U1"}]}, "U1"),
        ({"user": "U1", "attachments": [{"author_id": "U2"}]}, ""),
        ({"bot_id": "B1", "attachments": 5}, ""),
        ("forged", ""),
    ],
)
def test_author(slack_message: object, author: str) -> None:
    """The one who wrote the text; nobody when a message forwards another's."""
    assert message_author(slack_message) == author
