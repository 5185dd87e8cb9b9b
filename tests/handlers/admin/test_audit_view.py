"""The audit log in words: time, ticket, channel, who did what, and the outcome."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call_control import RoomCommandState
from bot.errors import InputError
from bot.sandbox.slack.block_kit import validate_message
from bot.services.admin import audit_log
from bot.services.admin.audit_log import AuditRecord
from handlers.admin.audit_view import _parse_ticket_number, audit_blocks
from tests.handlers.samples import EN, NOW, texts_of

AT = "2026-11-21 03:20 UTC"


@pytest.mark.parametrize(
    ("argument", "number"),
    [("", None), ("ld-12", 12), ("12", 12), ("ld 012", 12)],
)
def test_a_ticket_is_named(argument: str, number: int | None) -> None:
    """By its number or its label; without one all tickets are meant."""
    assert _parse_ticket_number(argument) == number


@pytest.mark.parametrize("argument", ["ld-", "x12", "9" * 16, "12 13"])
def test_other_arguments_are_wrong(argument: str) -> None:
    """The answer names what was written."""
    with pytest.raises(InputError) as caught:
        _parse_ticket_number(argument)
    assert "is not a ticket number" in EN.plain_text(caught.value.user_message)


@pytest.mark.parametrize(
    ("action", "values", "expected"),
    [
        (
            "room.remove_student",
            {"ticket": 12, "detail": {"uid": "20002", "cname": "a<b"}},
            f"{AT} · LD-12 · a&lt;b · <@U7> asked to remove the student •••02",
        ),
        (
            "ticket.merge",
            {"ticket": 12},
            f"{AT} · LD-12 · <@U7> merged the ticket into another one",
        ),
        (
            "ticket.report_again",
            {"ticket": 12},
            f"{AT} · LD-12 · <@U7> had the report sent to the cloud again",
        ),
        (
            "ticket.report_arrived",
            {"ticket": 12},
            f"{AT} · LD-12 · <@U7> noted that the report arrived in the cloud",
        ),
        (
            audit_log.EXPORT,
            {"detail": {"week": "2026-W46"}},
            f"{AT} · <@U7> downloaded the tickets of week 2026-W46",
        ),
        ("later.action", {}, f"{AT} · <@U7>: later.action"),
        (
            "room.dismiss",
            {"ticket": 0, "outcome": RoomCommandState.REFUSED},
            (
                f"{AT} · LD-0 · <@U7> asked to close the channel for everybody · "
                "not done: the cloud refused"
            ),
        ),
        (
            "room.dismiss",
            {"outcome": RoomCommandState.ACCEPTED},
            f"{AT} · <@U7> asked to close the channel for everybody · sent to the cloud",
        ),
    ],
)
def test_a_record(action: str, values: dict[str, Any], expected: str) -> None:
    """What is unknown is left out."""
    record = AuditRecord(NOW, "U7", action, **values)
    assert texts_of(audit_blocks([record], None, EN)[1])["deeds_0"] == [expected]


@pytest.mark.parametrize(
    ("number", "title", "hint"),
    [
        (None, "Audit log", "At most the latest 20 entries. For one ticket: /lagdesk audit LD-12"),
        (12, "Audit log: LD-12", "At most the latest 20 entries."),
    ],
)
def test_title_and_hint(number: int | None, title: str, hint: str) -> None:
    """The title names the ticket; the hint says how many entries there are at most."""
    text, blocks = audit_blocks([AuditRecord(NOW, "U7", "room.reveal")], number, EN)
    assert text == blocks[0]["text"]["text"] == title
    assert texts_of(blocks)["most"] == [hint]


def test_empty_log() -> None:
    """Without entries it says so, and nothing about their number."""
    _, blocks = audit_blocks([], None, EN)
    texts = texts_of(blocks)
    assert texts["deeds_0"] == ["Nothing is recorded yet."]
    assert "most" not in texts


def test_ten_lines_a_block() -> None:
    """So that each fits Slack's limit."""
    _, blocks = audit_blocks([AuditRecord(NOW, "U7", "room.reveal")] * 21, None, EN)
    lines = {name: len(each) for name, each in texts_of(blocks).items() if name != "title"}
    assert lines == {"deeds_0": 10, "deeds_10": 10, "deeds_20": 1, "most": 1}
    assert validate_message({"text": "x", "blocks": blocks}) == []
