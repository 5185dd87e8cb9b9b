"""Lists of tickets: for one person with buttons, for a channel without."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.services.tickets.service import TicketPage
from bot.ticket import Status
from bot.ticket_thread import TicketThread
from handlers.tickets.view import list_line, private_list, shared_list
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, NOW, buttons_of, make_ticket, texts_of

TITLE = message("Open tickets")
MINUTE = dt.timedelta(minutes=1)
RESOLVED = {"status": Status.RESOLVED, "cause": "network.loss"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ":red_circle: *LD-12* class_77_1 · Open · cause not known yet · 10 min ago"),
        (
            {"cause": "network.loss", "thread": TicketThread(permalink="https://x")},
            ":red_circle: *<https://x|LD-12>* class_77_1 · Open · Packet loss · 10 min ago",
        ),
        (
            {"cause": "network.loss", "resolved_cause": "device.cpu_high"},
            ":red_circle: *LD-12* class_77_1 · Open · Packet loss · 10 min ago",
        ),
        (
            {**RESOLVED, "resolved_cause": "device.cpu_high"},
            (
                ":large_green_circle: *LD-12* class_77_1 · Resolved · "
                "The device's CPU is overloaded · 10 min ago"
            ),
        ),
        (RESOLVED, ":large_green_circle: *LD-12* class_77_1 · Resolved · Packet loss · 10 min ago"),
    ],
)
def test_a_line(values: dict[str, Any], expected: str) -> None:
    """Status, the cause that is known, and the age in whole minutes."""
    now = NOW + 10 * MINUTE + dt.timedelta(seconds=59)
    assert list_line(make_ticket(**values), now, EN) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [(-MINUTE, "1 min"), (0 * MINUTE, "1 min"), (2 * MINUTE, "2 min"), (90 * MINUTE, "1 h 30 min")],
)
def test_ages(age: dt.timedelta, expected: str) -> None:
    """A ticket from the future, by another machine's clock, is new."""
    assert list_line(make_ticket(), NOW + age, EN).endswith(f" · {expected} ago")


def private(
    page: TicketPage,
    replies: dict[int, str] | None = None,
    renderer: Renderer = EN,
) -> tuple[str, list[Block]]:
    """A person's list."""
    return private_list(
        TITLE,
        page,
        NOW,
        renderer,
        share_value="share",
        next_page_value="next",
        replies=replies or {},
    )


def test_a_persons_list() -> None:
    """Each ticket can be opened, and the page shared."""
    text, blocks = private(TicketPage((make_ticket(), make_ticket(number=13))))
    assert text == blocks[0]["text"]["text"] == "Open tickets"
    assert [block["block_id"] for block in blocks] == ["title", "row-12", "row-13", "more"]
    button = blocks[2]["accessory"]
    assert (button["action_id"], button["value"]) == ("tickets.show", "13")
    assert buttons_of(blocks[-1]) == [("tickets.share", "share", "Share here")]
    _, blocks = private(TicketPage((make_ticket(),), before=7))
    assert buttons_of(blocks[-1]) == [
        ("tickets.more", "next", "Older tickets"),
        ("tickets.share", "share", "Share here"),
    ]


def test_lists_without_tickets() -> None:
    """They say so and have no buttons."""
    _, blocks = private(TicketPage(()))
    assert texts_of(blocks[1:]) == {"none": ["No matching tickets."]}
    _, shared = shared_list(TITLE, TicketPage(()), NOW, EN, person="U7")
    assert texts_of(shared[1:]) == {"none": ["No matching tickets."], "shared": ["Shared by <@U7>"]}


@pytest.mark.parametrize(
    ("renderer", "expected"),
    [
        (EN, "In its thread: •••02 and •••03 &lt;x&gt;"),
        (Renderer(Translator("en"), mask=False), "In its thread: 20002 and 30003 &lt;x&gt;"),
    ],
)
def test_matching_replies(renderer: Renderer, expected: str) -> None:
    """An excerpt under its ticket, with uids masked where the surface masks."""
    page = TicketPage((make_ticket(), make_ticket(number=13)))
    texts = texts_of(private(page, {13: "20002 and 30003 <x>"}, renderer)[1])
    assert texts["row-13"][1:] == [expected]
    assert len(texts["row-12"]) == 1


def test_a_shared_list() -> None:
    """It has no buttons and names who shared it."""
    text, blocks = shared_list(TITLE, TicketPage((make_ticket(),)), NOW, EN, person="U7")
    assert text == blocks[0]["text"]["text"] == "Open tickets"
    assert list(texts_of(blocks[1:])) == ["row-12", "shared"]
    assert "accessory" not in blocks[1]
