"""Tickets: who sees which, who may press what, and how one is resolved and opened again."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.sandbox.slack import Person
from bot.services.tickets import replies
from bot.store import Session, models
from bot.ticket import Ticket
from tests.conftest import Harness
from tests.scenario_helpers import (
    ephemeral_texts,
    find_card,
    find_diagnosis_posts,
    find_ticket,
    report,
    text_of,
)

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def harness(http_harness: Harness) -> Harness:
    """A running Lagdesk; nothing here depends on the transport."""
    return http_harness


async def list_tickets(person: Person, text: str = "") -> str:
    """What /tickets shows this person."""
    before = len(person.ephemerals("teachers"))
    outcome = await person.command("/tickets", text)
    assert outcome.ok
    message = person.ephemerals("teachers")[before:]
    assert len(message) == 1
    return text_of(message[0])


def newest(person: Person) -> dict[str, Any]:
    """The newest message only this person sees."""
    return person.ephemerals("teachers")[-1]


async def act(harness: Harness, person: Person, cname: str, verb: str) -> None:
    """Press a button on a card and wait for what follows."""
    outcome = await person.click(find_card(harness, cname), f"ticket.{verb}")
    assert outcome.ok
    await harness.settled()


async def resolve(harness: Harness, person: Person, cname: str, **fields: str) -> Any:
    """Resolve a ticket by the form."""
    await person.click(find_card(harness, cname), "ticket.resolve")
    view = await person.wait_for_view("resolve")
    outcome = await person.submit(view, {"cause": "network.loss", "resolution": "cable", **fields})
    await harness.settled()
    return outcome


def buttons_of(message: dict[str, Any]) -> list[str]:
    """Which ticket buttons a message has."""
    verbs = re.findall(r'"action_id": "ticket\.(\w+)"', json.dumps(message))
    return list(verbs)


async def test_life_of_a_ticket(harness: Harness) -> None:
    """Claimed, resolved with words and cause, opened again; the card has the right buttons."""
    sam, cname = harness.workspace.person("sam"), "life-1"
    await report(sam, cname)
    await harness.settled()
    assert buttons_of(find_card(harness, cname)) == ["claim", "diagnose", "escalate", "resolve"]
    await act(harness, sam, cname, "claim")
    assert buttons_of(find_card(harness, cname)) == ["diagnose", "escalate", "resolve"]
    text = "student 20002 *moved* <!here> & uid10001\n> to a new room ２０００２"
    assert (await resolve(harness, sam, cname, resolution=text)).ok
    card = find_card(harness, cname)
    message = text_of(card)
    assert buttons_of(card) == ["reopen"]
    assert "Packet loss" in message
    assert "&lt;!here&gt; &amp; uid•••01" in message
    assert "to a new room •••02" in message
    assert not re.search(r"10001|20002|２０００２|<!here>", message)
    assert f"Resolved by <@{sam.id}>" in message

    await act(harness, sam, cname, "reopen")
    card = find_card(harness, cname)
    assert buttons_of(card) == ["claim", "diagnose", "escalate", "resolve"]
    assert "Resolved by" not in text_of(card)


@pytest.mark.parametrize("name", ["sam", "zhou"])
@pytest.mark.parametrize(
    ("field", "value"), [("cause", "network.nothing"), ("cause", ""), ("resolution", "  \n ")]
)
async def test_resolve_form_is_checked(harness: Harness, name: str, field: str, value: str) -> None:
    """A forged cause or an empty resolution is an error under its field; the ticket stays."""
    person, cname = harness.workspace.person(name), f"check-{name}"
    if not harness.workspace.messages(harness.escalations) or cname not in text_of(
        {"all": harness.workspace.messages(harness.escalations)}
    ):
        await report(person, cname)
        await harness.settled()
    await person.click(find_card(harness, cname), "ticket.resolve")
    view = await person.wait_for_view("resolve")
    right = {"cause": "network.loss", "resolution": "x"}
    outcome = await person.submit(view, {**right, field: value}, force=True)
    assert {field} == set(outcome.errors)
    assert (name == "zhou") == bool(_CHINESE.search(outcome.errors[field]))
    assert (await find_ticket(harness, cname)).status == "open"
    await person.close(view)


async def test_teacher_sees_own_tickets_only(harness: Harness) -> None:
    """Support sees all; a teacher's lists and searches hold what they reported, nothing else."""
    lin, wang, sam = (harness.workspace.person(name) for name in ("lin", "wang", "sam"))
    await report(lin, "mine-lin")
    await report(wang, "mine-wang")
    await harness.settled()
    for text in ("", "all", "mine", "mine-wang", "卡住"):
        message = await list_tickets(lin, text)
        assert "mine-wang" not in message
        assert ("mine-lin" in message) == (text != "mine-wang")
    both = await list_tickets(sam, "mine-")
    assert "mine-lin" in both
    assert "mine-wang" in both
    assert "mine-lin" not in await list_tickets(sam, "mine")
    number = (await find_ticket(harness, "mine-wang")).label
    outcome = await lin.command("/tickets", number)
    assert "mine-wang" not in outcome.body
    assert _CHINESE.search(outcome.text)
    assert "mine-wang" in await list_tickets(wang, number)
    assert "mine-wang" in await list_tickets(sam, number.lower())


@pytest.mark.parametrize("name", ["lin", "guest", "wang"])
async def test_those_without_rights_are_refused_privately(harness: Harness, name: str) -> None:
    """Claim, escalate and resolve are for support; others are refused, and nothing changes."""
    person, sam = harness.workspace.person(name), harness.workspace.person("sam")
    cname = f"rights-{name}"
    await report(sam, cname)
    await harness.settled()
    card = find_card(harness, cname)
    for verb in ("claim", "escalate", "resolve", "diagnose"):
        before = len(ephemeral_texts(person, "escalations"))
        await person.click(card, f"ticket.{verb}")
        await harness.settled()
        answers = ephemeral_texts(person, "escalations")[before:]
        assert len(answers) == 1
        assert (name != "guest") == bool(_CHINESE.search(answers[0]))
    ticket = await find_ticket(harness, cname)
    assert (ticket.status, ticket.escalated_at) == ("open", None)
    assert person.views == []
    assert card["blocks"] == find_card(harness, cname)["blocks"]


async def test_reporter_may_reopen_and_diagnose_own(harness: Harness) -> None:
    """Whoever reported a call may ask again and open the ticket again."""
    lin, sam = harness.workspace.person("lin"), harness.workspace.person("sam")
    await report(lin, "own-1")
    await harness.settled()
    before = (await find_ticket(harness, "own-1")).diagnosed_at
    harness.clock.move(1)
    await act(harness, lin, "own-1", "diagnose")
    assert before != (await find_ticket(harness, "own-1")).diagnosed_at
    assert len(find_diagnosis_posts(harness, "own-1")) == 1
    await resolve(harness, sam, "own-1")
    await act(harness, lin, "own-1", "reopen")
    assert (await find_ticket(harness, "own-1")).status == "open"


@pytest.mark.parametrize(
    "value", ["0", "-1", "999999", "9" * 400, "abc", "", "１", "1; DROP", "<!channel>", "١"]
)
async def test_forged_ticket_numbers(harness: Harness, value: str) -> None:
    """A button whose value was forged changes nothing and says there is no such ticket."""
    sam = harness.workspace.person("sam")
    await report(sam, "forged-0")
    await harness.settled()
    message = harness.workspace.messages(harness.escalations)[-1]
    for verb in ("claim", "escalate", "diagnose", "resolve"):
        outcome = await sam.click(message, f"ticket.{verb}", value=value)
        assert outcome.ok
        assert "There is no ticket" in ephemeral_texts(sam, "escalations")[-1]
    assert sam.views == []


async def test_pages_of_tickets(harness: Harness) -> None:
    """Ten a page; the button shows older ones in place; a ticket opens from the list."""
    wang = harness.workspace.person("wang")
    for number in range(12):
        await report(wang, f"page-{number:02}")
    await harness.settled()
    first = await list_tickets(wang, "all page")
    assert [f"page-{n:02}" for n in range(11, 1, -1)] == rooms_in(first)
    await wang.click(newest(wang), "tickets.more")
    assert rooms_in(text_of(newest(wang))) == ["page-01", "page-00"]
    await wang.click(newest(wang), "tickets.show")
    message = text_of(newest(wang))
    assert rooms_in(message) == ["page-01"]
    assert "/archives/" in message
    assert "ticket.claim" not in message


def rooms_in(message: str) -> list[str]:
    """The rooms a list names, in order, each once."""
    return list(dict.fromkeys(re.findall(r"page-\d\d", message)))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "[]",
        "{",
        '{"which": "everything"}',
        '{"before": -1}',
        '{"before": "x"}',
        '{"words": [1]}',
        '{"team": "T1"}',
        "[" * 1000,
        '{"which": "all", "words": [], "before": 99999999999999999999999}',
    ],
)
async def test_forged_pages(harness: Harness, value: str) -> None:
    """A forged next-page button is answered privately that it is too old."""
    wang = harness.workspace.person("wang")
    message = await list_tickets(wang, "all page")
    if "tickets.more" not in message:
        for number in range(12):
            await report(wang, f"page-{number:02}")
        await harness.settled()
        await list_tickets(wang, "all page")
    listed = newest(wang)
    assert (await wang.click(listed, "tickets.more", value=value)).ok
    assert _CHINESE.search(newest(wang)["text"])
    assert rooms_in(text_of(newest(wang))) in ([], rooms_in(text_of(listed)))


async def test_search_words_are_text(harness: Harness) -> None:
    """Words with the database's own signs find what they say, and nothing more."""
    sam = harness.workspace.person("sam")
    await report(sam, "words-1", comments="100% sure, a_b and c\\d <b>'quoted'</b>")
    await report(sam, "words-2", comments="nothing of that")
    await harness.settled()
    for text in ("100%", "a_b", "'quoted'", "c\\d"):
        message = await list_tickets(sam, text)
        assert "words-1" in message
        assert "words-2" not in message
    assert "words-" not in await list_tickets(sam, "%_%")
    assert "No matching tickets" in await list_tickets(sam, "open nothing-like-this")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("sam", "LD-99999999", "There is no ticket LD-99999999"),
        ("lin", "LD-" + "9" * 40, "/tickets"),
        ("sam", "word " * 11, "`/tickets"),
    ],
)
async def test_wrong_numbers_and_words(
    harness: Harness, name: str, text: str, expected: str
) -> None:
    """An unknown ticket is answered privately, in the reader's language."""
    outcome = await harness.workspace.person(name).command("/tickets", text)
    assert expected in outcome.text
    assert (name == "lin") == bool(_CHINESE.search(outcome.text))


async def test_reply_while_the_database_is_away(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that could not be stored is not acknowledged; Slack's retry is stored."""
    sam = harness.workspace.person("sam")
    await report(sam, "outage-1")
    await harness.settled()
    keep, refusals = replies.save_reply, iter([OperationalError("insert", {}, Exception("outage"))])

    def keep_later(session: Session, reply: replies.Reply) -> Ticket | None:
        for refusal in refusals:
            raise refusal
        return keep(session, reply)

    monkeypatch.setattr(replies, "save_reply", keep_later)
    card = find_card(harness, "outage-1")
    reply = await sam.post_message("escalations", "the cable was loose", thread_ts=card["ts"])
    await asyncio.gather(*harness.workspace._tasks)
    key = ((await find_ticket(harness, "outage-1")).team, harness.escalations, reply["ts"])
    remark = await harness.application.store.read(
        lambda session: session.get(models.ThreadReply, key)
    )
    assert remark is not None
    assert remark.text == "the cable was loose"
