"""The ticket's card: every state in plain words, in both languages, within Slack's limits."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.call import Side
from bot.i18n.messages import LocaleName, message
from bot.i18n.serialization import dump_message
from bot.i18n.translator import Translator
from bot.ticket import CloudReport, ReportState, Status, Ticket, TicketThread
from handlers.tickets import card as tickets_card
from handlers.ui.renderer import Renderer

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
EN, ZH = Renderer(Translator("en")), Renderer(Translator("zh"))


def make_ticket(**values: Any) -> Ticket:
    """A ticket with all parts that a card displays."""
    fields: dict[str, Any] = {
        "number": 12,
        "origin": "V1",
        "status": Status.OPEN,
        "app": "kids",
        "cloud": "agora",
        "cname": "class_77_1",
        "teacher_uid": "10001",
        "student_uid": "20002",
        "abnormal_side": Side.STUDENT,
        "issue_type": 3,
        "occurred_at": NOW,
        "created_at": NOW,
        "reporter": "U1",
    }
    return Ticket(**(fields | values))


def card_text(ticket: Ticket, renderer: Renderer = EN) -> str:
    """A card as one string."""
    return json.dumps(tickets_card.ticket_card(ticket, renderer), ensure_ascii=False)


@pytest.mark.parametrize("state", list(ReportState))
def test_every_report_state_has_words(state: ReportState) -> None:
    """Each state is a sentence of its own, translated."""
    ticket = make_ticket(cloud_report=CloudReport(state=state))
    english = EN.mrkdwn(tickets_card.report_state(ticket))
    assert "Agora" in english
    assert "%(" not in english
    assert "声网" in ZH.mrkdwn(tickets_card.report_state(ticket))
    others = set(ReportState) - {state}
    phrase = {
        EN.mrkdwn(tickets_card.report_state(make_ticket(cloud_report=CloudReport(state=s))))
        for s in others
    }
    assert english not in phrase


def test_a_reason_is_in_the_readers_language() -> None:
    """A refused or pending report's reason is stored as a message and translated when displayed."""
    reason = dump_message(message("Slack does not respond."))
    ticket = make_ticket(cloud_report=CloudReport(state=ReportState.REFUSED, reason=reason))
    assert "Slack does not respond." in card_text(ticket)
    assert "Slack does not respond." not in card_text(ticket, ZH)


@pytest.mark.parametrize(
    ("status", "verbs"),
    [
        (Status.OPEN, ["claim", "diagnose", "escalate", "resolve"]),
        (Status.CLAIMED, ["diagnose", "escalate", "resolve"]),
        (Status.RESOLVED, ["reopen"]),
    ],
)
def test_buttons(status: Status, verbs: list[str]) -> None:
    """Each status has its buttons, with the ticket's number as value."""
    block = tickets_card.ticket_card(make_ticket(status=status), EN)[-1]
    buttons = block["elements"]
    assert [f"ticket.{verb}" for verb in verbs] == [button["action_id"] for button in buttons]
    assert {button["value"] for button in buttons} == {"12"}


@pytest.mark.parametrize("locale", ["zh", "en", "both"])
def test_the_largest_card_fits(locale: LocaleName) -> None:
    """Longest name, comment and resolution, all of them escaped: still a card Slack takes."""
    ticket = make_ticket(
        status=Status.RESOLVED,
        cname="<&>" * 21 + "<",
        comments="&\n" * 500,
        resolution="<" * 1000,
        resolver="U2",
        resolved_at=NOW,
        resolved_cause="network.loss",
        assignee="U2",
        claimed_at=NOW,
        escalated_at=NOW,
    )
    card = tickets_card.ticket_card(ticket, Renderer(Translator(locale)))
    assert len(card) <= 50
    assert len({block["block_id"] for block in card}) == len(card)
    for block in card:
        assert len(block.get("text", {}).get("text", "")) <= 3000
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
    resolution = [b for b in card if b["block_id"].startswith("resolution")]
    assert json.dumps(resolution).count("&lt;") == 1000


def test_a_resolution_is_displayed_with_its_cause() -> None:
    """The cause that was chosen and the words, only while the ticket is resolved."""
    values = {"resolved_cause": "network.loss", "resolution": "cable", "resolver": "U2"}
    ticket = make_ticket(status=Status.RESOLVED, resolved_at=NOW, **values)
    assert "Packet loss" in card_text(ticket)
    assert "cable" in card_text(ticket)
    assert "cable" not in card_text(make_ticket(status=Status.OPEN, **values))
    odd = make_ticket(status=Status.RESOLVED, resolved_cause="<odd>", resolution="x")
    assert "&lt;odd&gt;" in card_text(odd)


def test_the_notice_pings_nobody() -> None:
    """The text above the blocks is escaped too."""
    ticket = make_ticket(cname="<!channel>")
    assert "<!" not in tickets_card.ticket_fallback_text(ticket, EN)
    text, blocks = tickets_card.confirmation(ticket, EN)
    assert "<!" not in text + json.dumps(blocks)


def test_details_have_no_buttons() -> None:
    """A private copy of the card has no buttons."""
    _, blocks = tickets_card.ticket_details(
        make_ticket(thread=TicketThread(permalink="https://x.example/p1")),
        EN,
    )
    assert "actions" not in {block["type"] for block in blocks}
    assert "https://x.example/p1" in json.dumps(blocks)


@pytest.mark.parametrize(
    ("option", "read"),
    [
        ({"value": "12:merge"}, (12, "merge")),
        ({"value": "12:room"}, (12, "room")),
        ({"value": "12:steal"}, (0, "")),
        ({"value": "-1:merge"}, (0, "")),
        ({"value": "\uff11:merge"}, (0, "")),
        ({"value": "9" * 40 + ":merge"}, (0, "")),
        ({"value": ["12:merge"]}, (0, "")),
        ({}, (0, "")),
        ("12:merge", (0, "")),
        (None, (0, "")),
    ],
)
def test_menu_is_read(option: object, read: tuple[int, str]) -> None:
    """A forged value has a ticket number that does not exist."""
    assert read == tickets_card.read_menu({"selected_option": option})


def test_menu_and_steps() -> None:
    """The menu fits the status; the card lists the newest steps, with links."""
    ticket, other = (
        make_ticket(),
        make_ticket(number=7, thread=TicketThread(permalink="https://slack/7")),
    )
    everything = ["hand_over", "link", "merge", "correct", "room"]
    assert everything == choices_of(ticket, has_menu=True)
    assert everything[:-1] == choices_of(ticket, has_menu=False)
    ticket.link(other, "U2", NOW)
    ticket.hand_over("U3", "U2", NOW)
    assert "Linked to <https://slack/7|LD-7>" in card_text(ticket)
    assert "Handed over to <@U3> by <@U2>" in card_text(ticket)
    ticket.merge(other, "U3", NOW)
    assert choices_of(ticket, has_menu=True) == ["link", "correct", "room"]
    assert choices_of(ticket, has_menu=False) == ["link", "correct"]
    assert "*Duplicate* of <https://slack/7|LD-7>" in card_text(ticket)
    assert "*重复工单：* <https://slack/7|LD-7>" in card_text(ticket, ZH)
    text = json.dumps(tickets_card.ticket_details(ticket, EN)[1])
    for phrase in ("Reported by <@U1>", "Linked to", "Handed over", "Merged into"):
        assert phrase in text
    assert "card.menu" not in text


def choices_of(ticket: Ticket, *, has_menu: bool) -> list[str]:
    """What a card's menu offers."""
    menu = tickets_card.ticket_card(ticket, EN, has_menu=has_menu)[1]["accessory"]
    return [option["value"].removeprefix("12:") for option in menu["options"]]
