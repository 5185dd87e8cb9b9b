"""A ticket's history in words, and how much of it the card and the details have."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.i18n.translator import Translator
from bot.ticket import Ticket
from handlers.tickets.history_lines import card_history, full_history, history_line, other_ticket
from handlers.ui.renderer import Link, Renderer
from tests.handlers.samples import EN, NOW, ZH, make_ticket, texts_of, without_dates

AT = "2026-11-21 03:20 UTC"
MINUTE = dt.timedelta(minutes=1)
BOTH = Renderer(Translator("both"))


def line(about: Ticket, /, what: str, who: str = "U7", **more: Any) -> str:
    """An event in English."""
    event = {"what": what, "who": who, "at": NOW.isoformat(), **more}
    return without_dates(history_line(about, event, EN))


@pytest.mark.parametrize(
    ("what", "more", "expected"),
    [
        ("claimed", {}, f"<@U7> claimed it · {AT}"),
        ("handed", {"to": "U8"}, f"<@U7> handed it over to <@U8> · {AT}"),
        ("snoozed", {"until": NOW.isoformat()}, f"<@U7> snoozed it until {AT} · {AT}"),
        ("woken", {"who": "", "to": "U7"}, f"Open again after a snooze · {AT}"),
        ("resolved", {}, f"<@U7> resolved it · {AT}"),
        ("merged", {"ticket": 7}, f"<@U7> merged it into LD-7 · {AT}"),
        ("reopened", {}, f"<@U7> opened it again · {AT}"),
        ("linked", {"ticket": 7}, f"<@U7> linked it to LD-7 · {AT}"),
        ("unlinked", {"ticket": 7}, f"<@U7> removed the link to LD-7 · {AT}"),
        (
            "corrected",
            {"fields": ["cname", "later", "app"]},
            f"<@U7> corrected Channel, App · {AT}",
        ),
        ("reposted", {"who": ""}, f"Reposted because the earlier card is gone · {AT}"),
        ("helped", {}, f"<@U7> says that it helped · {AT}"),
        ("report_again", {}, f"<@U7> sent the report to the cloud again · {AT}"),
        ("report_arrived", {}, f"<@U7> says that the report to the cloud arrived · {AT}"),
        ("claimed", {"who": ""}, ""),
        ("waiting", {}, ""),
        ("called", {"call": 99}, ""),
    ],
)
def test_events(what: str, more: dict[str, Any], expected: str) -> None:
    """Who did what, when; events without words or without a person are left out."""
    assert line(make_ticket(), what, **{"who": "U7", **more}) == expected


@pytest.mark.parametrize(
    ("renderer", "expected"),
    [
        (ZH, "<@U7> 更正了 频道、应用 · "),
        (BOTH, "<@U7> 更正了 / corrected 频道 / Channel, 应用 / App · "),
    ],
)
def test_commas_between_corrected_fields(renderer: Renderer, expected: str) -> None:
    """They are those of the language."""
    event = {"what": "corrected", "who": "U7", "at": NOW.isoformat(), "fields": ["cname", "app"]}
    assert history_line(make_ticket(), event, renderer).startswith(expected)


@pytest.mark.parametrize(
    ("renderer", "links"),
    [(EN, "LD-7, LD-8"), (ZH, "LD-7、LD-8"), (BOTH, "LD-7, LD-8")],
)
def test_linked_tickets(renderer: Renderer, links: str) -> None:
    """Each once, in two languages too."""
    ticket = make_ticket(related=[7, 8])
    assert links in str(card_history(ticket, renderer))
    assert str(card_history(ticket, renderer)).count("LD-8") == 1


def test_an_escalation_in_the_history() -> None:
    """It is found by its id."""
    ticket = make_ticket()
    ticket.escalate(NOW, "U7")
    (event,) = ticket.history
    assert line(ticket, **event) == f"Escalated to support by <@U7> · {AT}"


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
        f"<@U1> reported it · {AT}",
        f"<@U7> claimed it · {AT}",
        "<@U7> resolved it · 2026-11-21 03:22 UTC",
    ]
    (block,) = full_history(with_events(*["helped"] * 25), EN)
    lines = texts_of([block])["steps"]
    assert len(lines) == 21
    assert "03:25" in lines[1]
    assert full_history(make_ticket(), ZH)[0]["text"]["text"].startswith("<@U1> 提交了工单 · ")


def test_facts_stand_once_in_two_languages() -> None:
    """People, times and tickets once, the words in both languages."""
    ticket = with_events("corrected", "helped", related=[7])
    ticket.add_event("snoozed", NOW, "U7", until=(NOW + MINUTE).isoformat())
    ticket.escalate(NOW, "U7")
    blocks = [*card_history(ticket, BOTH), *full_history(ticket, BOTH)]
    lines = [line for texts in texts_of(blocks).values() for line in texts]
    assert len(lines) > 4
    for each in lines:
        assert "\n" not in each
        assert each.count("<@U") <= 1
        assert each.count("<!date") <= (2 if "snoozed" in each else 1)
    assert without_dates(lines[-2]) == (
        f"<@U7> 将工单暂缓到 / snoozed it until 2026-11-21 03:21 UTC · {AT}"
    )
