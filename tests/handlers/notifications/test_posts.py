"""Notifications in words: handed over, alerted, offered; notes in threads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.diagnosis import Verdict
from bot.services.notifications.rules import Notification
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread
from handlers.notifications.posts import notification_message, thread_note
from tests.handlers.samples import EN, NOW, ZH, buttons_of, make_ticket, texts_of, without_dates

LINK = "Read more in <https://x/12|its thread>."
MINUTE = dt.timedelta(minutes=1)


def linked(**values: Any) -> Ticket:
    """A ticket with a thread."""
    return make_ticket(thread=TicketThread(permalink="https://x/12"), **values)


def notify(ticket: Ticket, kind: str, person: str = "U1", occasion: str = "0") -> tuple[str, Any]:
    """The message's top-level text and blocks."""
    return notification_message(ticket, Notification(12, kind, person, occasion), EN)


def test_handed_over() -> None:
    """By whom last."""
    ticket = linked()
    ticket.hand_over("U7", "U8", NOW)
    ticket.hand_over("U1", "U9", NOW)
    assert texts_of(notify(ticket, "handed")[1])["text"] == [
        "LD-12 (class_77_1) is now yours.",
        "<@U9> handed it over to you.",
        LINK,
    ]


def resolved(**values: Any) -> Ticket:
    """A ticket that was resolved."""
    ticket = linked(**values)
    ticket.resolve("U7", NOW, cause="network.loss", resolution="cable of 20002")
    return ticket


def test_alert_to_a_lead() -> None:
    """Age, cause, thread and the button; once it is claimed, by whom."""
    verdict = Verdict("network.loss", NOW, NOW, uid="20002", confidence=0.9).to_json()
    ticket = linked(cause="network.loss", verdict=verdict, is_live=True)
    ticket.record_escalation(3, NOW + 45 * MINUTE, "leads", people=["U8"])
    text, blocks = notify(ticket, "alerted", "U8")
    assert text == (
        "LD-12 (class_77_1) was reported 45 min ago, and nobody has claimed it. The class is still "
        "in progress."
    )
    first, cause, link = texts_of(blocks)["alert"]
    assert (first, link) == (text, LINK)
    assert without_dates(cause) == (
        ":warning: *Packet loss* · Student •••02 · 2026-11-21 03:20 UTC · Very likely 90%"
    )
    assert buttons_of(blocks[1]) == [("ticket.claim", "12", "Claim")]
    ticket.claim("U7", NOW)
    _, blocks = notify(ticket, "alerted", "U8")
    assert len(blocks) == 1
    assert "*<https://x/12|LD-12>* class_77_1 · Claimed" in texts_of(blocks)["alert"][0]


def test_an_offer_to_reopen() -> None:
    """As long as the ticket is resolved."""
    text, blocks = notify(resolved(), "offered")
    assert text == "LD-12 is resolved. If the problem is still there, open it again."
    assert texts_of(blocks)["offer"] == [text]
    assert buttons_of(blocks[1]) == [("ticket.reopen", "12", "Reopen")]
    assert notify(linked(), "offered")[0] == "LD-12 (class_77_1) is open again."


def note(ticket: Ticket) -> list[str]:
    """The note about the ticket's last event."""
    text, blocks = thread_note(ticket, ticket.history[-1], EN)
    assert texts_of(blocks) == {"note": text.splitlines()}
    return text.splitlines()


def test_a_note_about_a_merge() -> None:
    """In the other ticket's thread."""
    ticket = linked()
    ticket.merge(make_ticket(number=7), "U7", NOW)
    assert note(ticket) == [
        "<https://x/12|LD-12> · <@U7> merged it into this ticket: it is about the same problem",
    ]


@pytest.mark.parametrize(
    ("person", "expected"),
    [("U1", ["Resolved before by <@U7>"]), ("U7", [])],
)
def test_a_note_about_reopening(person: str, expected: list[str]) -> None:
    """It notifies the person who had resolved it, unless they reopened it."""
    ticket = make_ticket()
    ticket.resolve("U2", NOW, cause="network.loss", resolution="x")
    ticket.reopen("U7", NOW + MINUTE)
    ticket.resolve("U7", NOW + 2 * MINUTE, cause="network.loss", resolution="x")
    ticket.reopen(person, NOW + 3 * MINUTE)
    ticket.claim("U5", NOW + 4 * MINUTE)
    event = ticket.history[-2]
    lines = thread_note(ticket, event, EN)[0].splitlines()
    assert lines == [f"LD-12 · <@{person}> opened it again", *expected]


def test_a_duplicate_that_is_reopened() -> None:
    """Merging it had resolved it."""
    ticket = make_ticket()
    ticket.merge(make_ticket(number=7), "U7", NOW)
    ticket.reopen("U1", NOW)
    assert note(ticket)[1:] == ["Resolved before by <@U7>"]


def test_a_note_without_a_resolver() -> None:
    """History from before Lagdesk kept it names nobody."""
    ticket = make_ticket(status=Status.RESOLVED)
    ticket.reopen("U1", NOW)
    assert note(ticket) == ["LD-12 · <@U1> opened it again"]
    assert thread_note(ticket, ticket.history[-1], ZH)[0] == "LD-12 · <@U1> 重新打开了工单"


def test_a_kind_without_a_text() -> None:
    """It is an error, not the text of another kind."""
    with pytest.raises(ValueError, match="no text for notify:LD-12:escalated:U1:0"):
        notify(resolved(), "escalated")
