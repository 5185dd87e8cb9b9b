"""A ticket's history in words, and how much of it the card and the details have."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.ticket import Ticket
from handlers.tickets.history_lines import card_history, full_history, history_line, other_ticket
from handlers.ui.renderer import Link
from tests.handlers.samples import EN, NOW, ZH, make_ticket, texts_of, without_dates

AT = "2026-11-21 03:20 UTC"
MINUTE = dt.timedelta(minutes=1)


def line(about: Ticket, /, what: str, who: str = "U7", **more: Any) -> str | None:
    """An event in English."""
    msg = history_line(about, {"what": what, "who": who, "at": NOW.isoformat(), **more})
    return None if msg is None else without_dates(EN.mrkdwn(msg))


@pytest.mark.parametrize(
    ("what", "more", "expected"),
    [
        ("claimed", {}, f"Claimed by <@U7>, {AT}"),
        ("handed", {"to": "U8"}, f"Handed over to <@U8> by <@U7>, {AT}"),
        ("snoozed", {"until": NOW.isoformat()}, f"Snoozed until {AT} by <@U7>, {AT}"),
        ("woken", {"who": "", "to": "U7"}, f"Open again after a snooze, {AT}"),
        ("resolved", {}, f"Resolved by <@U7>, {AT}"),
        ("merged", {"ticket": 7}, f"Merged into LD-7 by <@U7>, {AT}"),
        ("reopened", {}, f"Opened again by <@U7>, {AT}"),
        ("linked", {"ticket": 7}, f"Linked to LD-7 by <@U7>, {AT}"),
        ("unlinked", {"ticket": 7}, f"Link to LD-7 removed by <@U7>, {AT}"),
        (
            "corrected",
            {"fields": ["cname", "later", "app"]},
            f"Corrected by <@U7>: Channel, App, {AT}",
        ),
        ("reposted", {"who": ""}, f"Reposted because the earlier card is gone, {AT}"),
        ("helped", {}, f"<@U7> says that it helped, {AT}"),
        ("report_again", {}, f"Report to the cloud sent again by <@U7>, {AT}"),
        ("report_arrived", {}, f"<@U7> says that the report to the cloud arrived, {AT}"),
        ("claimed", {"who": ""}, None),
        ("waiting", {}, None),
        ("called", {"call": 99}, None),
    ],
)
def test_events(what: str, more: dict[str, Any], expected: str | None) -> None:
    """Who did what, when; events without words or without a person are left out."""
    assert line(make_ticket(), what, **{"who": "U7", **more}) == expected


def test_an_escalation_in_the_history() -> None:
    """It is found by its id."""
    ticket = make_ticket()
    ticket.escalate(NOW, "U7")
    (event,) = ticket.history
    assert line(ticket, **event) == f"Escalated to support by <@U7>, {AT}"


def test_another_tickets_name() -> None:
    """A link to its newest known thread."""
    ticket = make_ticket()
    assert other_ticket(ticket, 7) == "LD-7"
    for number, link in ((7, "https://x/old"), (7, "https://x/7"), (7, ""), (8, "https://x/8")):
        ticket.add_event("linked", NOW, "U7", ticket=number, link=link)
    assert other_ticket(ticket, 7) == Link("https://x/7", "LD-7")


def with_events(*kinds: str, **values: Any) -> Ticket:
    """A ticket with these events, a minute apart."""
    ticket = make_ticket(**values)
    for index, what in enumerate(kinds):
        ticket.add_event(what, NOW + index * MINUTE, "U7")
    return ticket


@pytest.mark.parametrize(
    ("kinds", "minutes"),
    [
        (["reopened"], [20]),
        (["reopened", "helped", "reopened", "helped"], [21, 22, 23]),
        (["claimed", "resolved", "merged", "waiting"], []),
        (["reopened", "claimed", "resolved", "helped"], [20, 23]),
    ],
)
def test_the_card_has_the_newest_three(kinds: list[str], minutes: list[int]) -> None:
    """Without the events that other lines of the card contain."""
    lines = texts_of(card_history(with_events(*kinds), EN)).get("steps", [])
    assert [line[-6:-4] for line in lines] == [str(minute) for minute in minutes]


def test_linked_tickets_are_first_on_the_card() -> None:
    """Twenty of them at most; they alone make a block."""
    (block,) = card_history(make_ticket(related=list(range(100, 130))), EN)
    (line,) = texts_of([block])["steps"]
    assert line.startswith("Linked to LD-100, LD-101, ")
    assert line.endswith(" LD-119")
    both = texts_of(card_history(with_events("helped", related=[7]), EN))["steps"]
    assert [each[:12] for each in both] == ["Linked to LD", "<@U7> says t"]
    assert card_history(make_ticket(), EN) == []


def test_the_whole_history() -> None:
    """From the report on; of very many events the newest twenty."""
    (block,) = full_history(with_events("claimed", "waiting", "resolved"), EN)
    assert texts_of([block])["steps"] == [
        f"Reported by <@U1>, {AT}",
        f"Claimed by <@U7>, {AT}",
        "Resolved by <@U7>, 2026-11-21 03:22 UTC",
    ]
    (block,) = full_history(with_events(*["helped"] * 25), EN)
    lines = texts_of([block])["steps"]
    assert len(lines) == 21
    assert "03:25" in lines[1]
    assert full_history(make_ticket(), ZH)[0]["text"]["text"].startswith("<@U1> 提交，")
