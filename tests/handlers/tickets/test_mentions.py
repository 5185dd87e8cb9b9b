"""Mentions of tickets: which messages count, and the status that is posted, always masked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.call import Side
from bot.diagnosis import Verdict
from bot.services.tickets.mentions import ChannelMessage
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread
from handlers.tickets.mentions import read_channel_message, status_message
from tests.handlers.samples import EN, NOW, ZH, make_ticket, texts_of

WRITTEN = {"channel": "C1", "ts": "2.0", "user": "U1", "text": "LD-12"}
READ = ChannelMessage("T1", "C1", "2.0", "2.0", "U1", "LD-12")
EDITED = {**WRITTEN, "edited": {"user": "U1"}}


def edit(message: dict[str, Any]) -> dict[str, Any]:
    """An edit of a message."""
    return {"subtype": "message_changed", "channel": "C1", "message": message}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (WRITTEN, READ),
        ({**WRITTEN, "subtype": "file_share"}, READ),
        ({**WRITTEN, "subtype": "thread_broadcast"}, READ),
        ({**WRITTEN, "subtype": "me_message"}, READ),
        (edit(EDITED), READ),
        (
            {**WRITTEN, "thread_ts": "1.0"},
            ChannelMessage("T1", "C1", "2.0", "1.0", "U1", "LD-12"),
        ),
        ({**WRITTEN, "text": None}, ChannelMessage("T1", "C1", "2.0", "2.0", "U1", "")),
        (edit(WRITTEN), None),
        (edit({**EDITED, "bot_id": "B1"}), None),
        (edit({**EDITED, "subtype": "bot_message"}), None),
        ({"subtype": "message_changed", "channel": "C1"}, None),
        ({**WRITTEN, "subtype": "channel_join"}, None),
        ({**WRITTEN, "subtype": "message_deleted"}, None),
        ({**WRITTEN, "bot_id": "B1"}, None),
        ({**WRITTEN, "ts": "now"}, None),
        ({**WRITTEN, "ts": None}, None),
        ({**WRITTEN, "user": None}, None),
        ({**WRITTEN, "channel": "c/1"}, None),
    ],
)
def test_messages_of_people(event: dict[str, Any], expected: ChannelMessage | None) -> None:
    """New and edited ones, not those of bots, nor Slack's own edits, nor forged ones."""
    assert read_channel_message(event, "T1") == expected
    assert read_channel_message(event, "t1") is None


def status(ticket: Ticket, **names: str) -> list[str]:
    """The lines about a ticket."""
    return texts_of(status_message([ticket], names, EN)[1])["state-12"]


VERDICT = Verdict("network.loss", NOW, NOW, side=Side.STUDENT, uid="20002", confidence=0.9)
FIRST = ":red_circle: *LD-12* class_77_1 · Open · 2026-11-21 03:20 UTC"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [FIRST, "Nobody has claimed it yet."]),
        ({"assignee": "U7"}, [FIRST, "Nobody has claimed it yet."]),
        ({"claimed_at": NOW}, [FIRST, "Nobody has claimed it yet."]),
        (
            {"assignee": "U7", "claimed_at": NOW, "status": Status.CLAIMED},
            [
                ":large_yellow_circle: *LD-12* class_77_1 · Claimed · 2026-11-21 03:20 UTC",
                "Claimed by Anna &lt;x&gt;, 2026-11-21 03:20 UTC",
            ],
        ),
        (
            {"assignee": "U8", "claimed_at": NOW, "status": Status.CLAIMED},
            [
                ":large_yellow_circle: *LD-12* class_77_1 · Claimed · 2026-11-21 03:20 UTC",
                "Claimed by <@U8>, 2026-11-21 03:20 UTC",
            ],
        ),
        (
            {
                "assignee": "U8",
                "resolver": "U7",
                "resolved_at": NOW,
                "status": Status.RESOLVED,
                "resolved_cause": "network.loss",
            },
            [
                ":large_green_circle: *LD-12* class_77_1 · Resolved · 2026-11-21 03:20 UTC",
                "*Resolution*: Packet loss",
                "Resolved by Anna &lt;x&gt;, 2026-11-21 03:20 UTC",
            ],
        ),
        (
            {"resolver": "U7", "resolved_at": NOW, "status": Status.RESOLVED},
            [
                ":large_green_circle: *LD-12* class_77_1 · Resolved · 2026-11-21 03:20 UTC",
                "Resolved by Anna &lt;x&gt;, 2026-11-21 03:20 UTC",
            ],
        ),
        (
            {
                "resolver": "U7",
                "resolved_at": NOW,
                "status": Status.RESOLVED,
                "resolved_cause": "withdrawn",
            },
            [
                FIRST.replace(":red_circle:", ":white_circle:").replace(
                    "Open", "Withdrawn by the reporter"
                ),
                "Withdrawn by Anna &lt;x&gt;, 2026-11-21 03:20 UTC",
            ],
        ),
        (
            {"verdict": Verdict("unknown", NOW, NOW).to_json()},
            [FIRST, "Nobody has claimed it yet."],
        ),
    ],
)
def test_status(values: dict[str, Any], expected: list[str]) -> None:
    """Status, cause and owner; the owner by name, because a mention would notify them."""
    assert status(make_ticket(**values), U7="Anna <x>") == expected


def test_a_known_verdict_is_part_of_the_status() -> None:
    """An unknown one is not."""
    first, verdict, _ = status(make_ticket(verdict=VERDICT.to_json(), diagnosed_at=NOW))
    assert first == FIRST
    assert verdict.startswith(":warning: Student •••02, around ")
    assert "Packet loss" in verdict


def test_several_tickets() -> None:
    """A section each, a link where there is a thread; uids in channel names are masked."""
    tickets = [
        make_ticket(number=7, cname="room-10001-20002"),
        make_ticket(thread=TicketThread(permalink="https://x/12")),
    ]
    text, blocks = status_message(tickets, {}, ZH)
    assert list(texts_of(blocks)) == ["state-7", "state-12"]
    assert "room-•••01-•••02" in texts_of(blocks)["state-7"][0]
    assert "<https://x/12|LD-12>" in texts_of(blocks)["state-12"][0]
    assert text.index("LD-7") < text.index("LD-12")
    assert "10001" not in text
    assert tickets[0].cname == "room-10001-20002"
    assert tickets[0].created_at - NOW == dt.timedelta(0)
