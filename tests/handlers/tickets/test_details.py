"""A ticket shown to one person: what it has, and what they may do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.cloud_report import CloudReport, ReportState
from bot.diagnosis import Verdict
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread
from handlers.tickets.card import ticket_fallback_text
from handlers.tickets.details import ticket_details
from tests.handlers.samples import EN, NOW, buttons_of, make_ticket, texts_of

LOSS = Verdict("network.loss", NOW, NOW, uid="20002", confidence=0.9).to_json()


def details(ticket: Ticket, person: str = "U9", *, is_support: bool = False) -> list[Any]:
    """The blocks that a person gets."""
    text, blocks = ticket_details(ticket, EN, person, is_support=is_support)
    assert text == ticket_fallback_text(ticket, EN)
    return blocks


def actions(ticket: Ticket, person: str = "U9", *, is_support: bool = False) -> list[str]:
    """The buttons that a person gets."""
    blocks = details(ticket, person, is_support=is_support)
    rows = [block for block in blocks if block["type"] == "actions"]
    return [action_id for block in rows for action_id, _, _ in buttons_of(block)]


def test_parts() -> None:
    """The card, the whole history, the verdict with advice, its chart and a link."""
    thread = TicketThread(permalink="https://x/1", chart_file_id="F0123456789", chart_alt_text="A")
    ticket = make_ticket(verdict=LOSS, thread=thread)
    ticket.link(make_ticket(number=7), "U7", NOW)
    blocks = details(ticket)
    assert [block["block_id"] for block in blocks] == [
        *("title", "facts", "state", "steps", "verdict", "picture", "thread"),
    ]
    assert "accessory" not in blocks[1]
    texts = texts_of(blocks)
    assert len(texts["steps"]) == 2
    assert texts["verdict"][0].startswith(":warning: Student •••02, around ")
    assert texts["verdict"][1].startswith("→ ")
    ticket.cause = "network.loss"  # then the card's first line names it
    assert texts_of(details(ticket))["verdict"][0].startswith("→ ")
    assert blocks[4]["accessory"]["action_id"] == "verdict.details"
    assert blocks[5]["slack_file"] == {"id": "F0123456789"}
    assert texts["thread"] == ["<https://x/1|Open its thread>"]
    bare = [block["block_id"] for block in details(make_ticket())]
    assert bare == ["title", "facts", "state", "steps"]


@pytest.mark.parametrize(
    ("status", "person", "is_support", "expected"),
    [
        ("open", "U9", False, []),
        ("open", "U1", False, ["correct", "withdraw"]),
        ("open", "U9", True, ["claim", "diagnose", "escalate", "resolve"]),
        ("claimed", "U9", True, ["diagnose", "escalate", "resolve"]),
        ("resolved", "U1", False, ["helped", "reopen"]),
        ("resolved", "U9", True, ["reopen"]),
    ],
)
def test_who_may_do_what(status: str, person: str, is_support: bool, expected: list[str]) -> None:  # noqa: FBT001 - a column
    """Support has the card's buttons, the reporter their own, others none."""
    ticket = make_ticket(status=Status(status))
    names = [
        name.removeprefix("ticket.") for name in actions(ticket, person, is_support=is_support)
    ]
    assert names == expected


def test_advice_for_each_reader() -> None:
    """Support reads what they can do besides what the person at fault can."""
    ticket = make_ticket(verdict=LOSS)
    support = texts_of(details(ticket, is_support=True))["verdict"]
    assert any(line.startswith("→ Support: ") for line in support)
    assert not any("Support" in line for line in texts_of(details(ticket, "U1"))["verdict"])


def test_menu_is_for_support() -> None:
    """Also the decision about an unconfirmed report stays on the card."""
    ticket = make_ticket(cloud_report=CloudReport(state=ReportState.UNCONFIRMED, attempts=2))
    assert "card.menu" in json.dumps(details(ticket, is_support=True))
    assert "card.menu" not in json.dumps(details(ticket, "U1"))
    assert "report." not in json.dumps(details(ticket, is_support=True))
