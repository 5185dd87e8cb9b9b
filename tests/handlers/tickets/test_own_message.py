"""The reporter's private message: what it says and offers in every state of a ticket."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Side
from bot.causes import WITHDRAWN
from bot.diagnosis import Verdict
from bot.ticket import Status, Ticket
from bot.ticket_thread import TicketThread
from handlers.tickets.own_message import own_buttons, own_message
from tests.handlers.samples import EN, NOW, ZH, buttons_of, make_ticket, texts_of

OWN = ["ticket.correct", "ticket.withdraw"]
ANSWERS = ["ticket.helped", "ticket.reopen"]
REOPEN = ["ticket.reopen"]
WRITE = "To write to support, reply to this message."


def message_of(ticket: Ticket, target: Ticket | None = None) -> tuple[str, list[str], list[str]]:
    """The message's top-level text, its lines after the first, and its buttons."""
    text, blocks = own_message(ticket, target, EN)
    texts = texts_of(blocks)
    is_unresolved = ticket.status is not Status.RESOLVED
    assert (texts.pop("write", None) == [WRITE]) is is_unresolved
    lines = [line for lines in texts.values() for line in lines]
    assert lines[0].startswith(":")
    actions = [block for block in blocks if block["type"] == "actions"]
    return text, lines[1:], [button[0] for block in actions for button in buttons_of(block)]


def explained(cause: str = "network.loss", **values: Any) -> Ticket:
    """A ticket with a final verdict about the student."""
    verdict = Verdict(cause, NOW, NOW, uid="20002", confidence=0.9, side=Side.STUDENT).to_json()
    return make_ticket(cause=cause, verdict=verdict, **values)


def test_from_filed_to_helped() -> None:
    """One message: what is known, what to do, who works on it, how it ended."""
    thread = TicketThread(permalink="https://x/1")
    text, lines, buttons = message_of(make_ticket(thread=thread))
    assert text == "LD-12 has been created: class_77_1."
    assert lines == ["We are looking into it. This message will say why the call was bad."]
    assert buttons == OWN
    ticket = explained(thread=thread)
    text, (cause, advice), buttons = message_of(ticket)
    assert cause.startswith(":warning: Student •••02, around ")
    assert text.startswith("LD-12: Student •••02, around ")
    assert (advice[0], buttons) == ("→", OWN)
    ticket.claim("U7", NOW)
    assert message_of(ticket)[1] == [cause, advice, "<@U7> is working on it."]
    ticket.resolve("U7", NOW, cause="network.loss", resolution="换了网络。\ncable of 20002")
    text, lines, buttons = message_of(ticket)
    assert text == "LD-12 (class_77_1) is resolved."
    words = ["> Switched to another network.", "> cable of •••02"]
    assert (lines, buttons) == (["*Resolution*: Packet loss", *words], ANSWERS)
    ticket.confirm_resolved("U1", NOW)
    assert message_of(ticket)[1:] == ([*lines, "You said that it helped."], [])
    first = texts_of(own_message(ticket, None, EN)[1])["own"][0]
    assert "*<https://x/1|LD-12>* class_77_1 · Resolved" in first


@pytest.mark.parametrize(
    ("cause", "last"),
    [
        ("none", "→ Was it bad at another time? Correct the report."),
        ("unknown", ":grey_question: There was not enough data to say why the call was bad."),
    ],
)
def test_verdict_without_a_cause(cause: str, last: str) -> None:
    """It is final, and says what can be done."""
    assert message_of(explained(cause))[1][-1] == last


def test_withdrawn() -> None:
    """It can be opened again."""
    ticket = explained()
    ticket.withdraw("U1", NOW, cause=WITHDRAWN)
    assert message_of(ticket)[1:] == (["You have withdrawn it."], REOPEN)
    assert buttons_of(own_buttons(ticket, EN)[0])[0][0] == "ticket.reopen"
    ticket.reopen("U1", NOW)
    assert message_of(ticket)[2] == OWN


@pytest.mark.parametrize(("is_over", "end"), [(True, "which is resolved."), (False, "continues")])
def test_merged(end: str, *, is_over: bool) -> None:
    """Where it continues; a duplicate cannot have helped."""
    thread = TicketThread(permalink="https://x/7")
    target = make_ticket(
        number=7, thread=thread, status=Status.RESOLVED if is_over else Status.OPEN
    )
    ticket = explained()
    ticket.merge(target, "U7", NOW)
    _, (line,), buttons = message_of(ticket, target)
    assert line.startswith("It is about the same problem as <https://x/7|LD-7>")
    assert end in line
    assert buttons == REOPEN
    assert own_buttons(ticket, EN) == []


def test_the_message_pings_nobody() -> None:
    """User text is escaped, in the top-level text too; the language is the reader's."""
    text, blocks = own_message(explained(cname="<!here>"), None, ZH)
    assert "<!here>" not in text + str(blocks)
    assert "→ " in str(blocks)
