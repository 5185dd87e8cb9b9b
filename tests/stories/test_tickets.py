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
from tests.conftest import Stage
from tests.scenario_helpers import card_of, findings_of, report, text_of, ticket_of, whispers

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


async def list_tickets(person: Person, text: str = "") -> str:
    """What /tickets shows this person."""
    before = len(person.ephemerals("teachers"))
    outcome = await person.command("/tickets", text)
    assert outcome.ok
    shown = person.ephemerals("teachers")[before:]
    assert 1 == len(shown)
    return text_of(shown[0])


def newest(person: Person) -> dict[str, Any]:
    """The newest message only this person sees."""
    return person.ephemerals("teachers")[-1]


async def act(stage: Stage, person: Person, cname: str, verb: str) -> None:
    """Press a button on a card and wait for what follows."""
    outcome = await person.click(card_of(stage, cname), f"ticket.{verb}")
    assert outcome.ok
    await stage.settled()


async def resolve(stage: Stage, person: Person, cname: str, **said: str) -> Any:
    """Resolve a ticket by the form."""
    await person.click(card_of(stage, cname), "ticket.resolve")
    view = await person.view_opened("resolve")
    outcome = await person.submit(view, {"cause": "network.loss", "resolution": "cable", **said})
    await stage.settled()
    return outcome


def buttons_of(shown: dict[str, Any]) -> list[str]:
    """Which ticket buttons a message has."""
    found = re.findall(r'"action_id": "ticket\.(\w+)"', json.dumps(shown))
    return list(found)


async def test_life_of_a_ticket(stage: Stage) -> None:
    """Claimed, resolved with words and cause, opened again; the card has the right buttons."""
    sam, cname = stage.workspace.person("sam"), "life-1"
    await report(sam, cname)
    await stage.settled()
    assert ["claim", "diagnose", "escalate", "resolve"] == buttons_of(card_of(stage, cname))
    await act(stage, sam, cname, "claim")
    assert ["diagnose", "escalate", "resolve"] == buttons_of(card_of(stage, cname))
    said = "student 20002 *moved* <!here> & uid10001\n> to a new room ２０００２"
    assert (await resolve(stage, sam, cname, resolution=said)).ok
    card = card_of(stage, cname)
    shown = text_of(card)
    assert ["reopen"] == buttons_of(card)
    assert "Packet loss" in shown
    assert "&lt;!here&gt; &amp; uid•••01" in shown
    assert "to a new room •••02" in shown
    assert not re.search(r"10001|20002|２０００２|<!here>", shown)
    assert f"Resolved by <@{sam.id}>" in shown

    await act(stage, sam, cname, "reopen")
    card = card_of(stage, cname)
    assert ["claim", "diagnose", "escalate", "resolve"] == buttons_of(card)
    assert "Resolved by" not in text_of(card)


@pytest.mark.parametrize("name", ["sam", "zhou"])
@pytest.mark.parametrize(
    ("field", "value"), [("cause", "network.nothing"), ("cause", ""), ("resolution", "  \n ")]
)
async def test_resolve_form_is_checked(stage: Stage, name: str, field: str, value: str) -> None:
    """A forged cause or an empty resolution is told under its field; the ticket stays."""
    person, cname = stage.workspace.person(name), f"check-{name}"
    if not stage.workspace.messages(stage.escalations) or cname not in text_of(
        {"all": stage.workspace.messages(stage.escalations)}
    ):
        await report(person, cname)
        await stage.settled()
    await person.click(card_of(stage, cname), "ticket.resolve")
    view = await person.view_opened("resolve")
    right = {"cause": "network.loss", "resolution": "x"}
    outcome = await person.submit(view, {**right, field: value}, force=True)
    assert {field} == set(outcome.errors)
    assert (name == "zhou") == bool(_CHINESE.search(outcome.errors[field]))
    assert "open" == (await ticket_of(stage, cname)).status
    await person.close(view)


async def test_teacher_sees_own_tickets_only(stage: Stage) -> None:
    """Support sees all; a teacher's lists and searches hold what they reported, nothing else."""
    lin, wang, sam = (stage.workspace.person(name) for name in ("lin", "wang", "sam"))
    await report(lin, "mine-lin")
    await report(wang, "mine-wang")
    await stage.settled()
    for text in ("", "all", "mine", "mine-wang", "卡住"):
        shown = await list_tickets(lin, text)
        assert "mine-wang" not in shown
        assert ("mine-lin" in shown) == (text != "mine-wang")
    both = await list_tickets(sam, "mine-")
    assert "mine-lin" in both
    assert "mine-wang" in both
    assert "mine-lin" not in await list_tickets(sam, "mine")
    number = (await ticket_of(stage, "mine-wang")).label
    outcome = await lin.command("/tickets", number)
    assert "mine-wang" not in outcome.body
    assert _CHINESE.search(outcome.text)
    assert "mine-wang" in await list_tickets(wang, number)
    assert "mine-wang" in await list_tickets(sam, number.lower())


@pytest.mark.parametrize("name", ["lin", "guest", "wang"])
async def test_those_without_rights_are_refused_privately(stage: Stage, name: str) -> None:
    """Claim, escalate and resolve are for support; others are told so, and nothing changes."""
    person, sam = stage.workspace.person(name), stage.workspace.person("sam")
    cname = f"rights-{name}"
    await report(sam, cname)
    await stage.settled()
    card = card_of(stage, cname)
    for verb in ("claim", "escalate", "resolve", "diagnose"):
        before = len(whispers(person, "escalations"))
        await person.click(card, f"ticket.{verb}")
        await stage.settled()
        answers = whispers(person, "escalations")[before:]
        assert 1 == len(answers)
        assert (name != "guest") == bool(_CHINESE.search(answers[0]))
    ticket = await ticket_of(stage, cname)
    assert ("open", None) == (ticket.status, ticket.escalated_at)
    assert [] == person.views
    assert card["blocks"] == card_of(stage, cname)["blocks"]


async def test_reporter_may_reopen_and_diagnose_own(stage: Stage) -> None:
    """Whoever reported a call may ask again and open the ticket again."""
    lin, sam = stage.workspace.person("lin"), stage.workspace.person("sam")
    await report(lin, "own-1")
    await stage.settled()
    before = (await ticket_of(stage, "own-1")).diagnosed_at
    stage.clock.move(1)
    await act(stage, lin, "own-1", "diagnose")
    assert before != (await ticket_of(stage, "own-1")).diagnosed_at
    assert 1 == len(findings_of(stage, "own-1"))
    await resolve(stage, sam, "own-1")
    await act(stage, lin, "own-1", "reopen")
    assert "open" == (await ticket_of(stage, "own-1")).status


@pytest.mark.parametrize(
    "value", ["0", "-1", "999999", "9" * 400, "abc", "", "１", "1; DROP", "<!channel>", "١"]
)
async def test_forged_ticket_numbers(stage: Stage, value: str) -> None:
    """A button whose value was forged changes nothing and says there is no such ticket."""
    sam = stage.workspace.person("sam")
    await report(sam, "forged-0")
    await stage.settled()
    shown = stage.workspace.messages(stage.escalations)[-1]
    for verb in ("claim", "escalate", "diagnose", "resolve"):
        outcome = await sam.click(shown, f"ticket.{verb}", value=value)
        assert outcome.ok
        assert "There is no ticket" in whispers(sam, "escalations")[-1]
    assert [] == sam.views


async def test_pages_of_tickets(stage: Stage) -> None:
    """Ten a page; the button shows older ones in place; a ticket opens from the list."""
    wang = stage.workspace.person("wang")
    for number in range(12):
        await report(wang, f"page-{number:02}")
    await stage.settled()
    first = await list_tickets(wang, "all page")
    assert [f"page-{n:02}" for n in range(11, 1, -1)] == rooms_in(first)
    await wang.click(newest(wang), "tickets.more")
    assert ["page-01", "page-00"] == rooms_in(text_of(newest(wang)))
    await wang.click(newest(wang), "tickets.show")
    shown = text_of(newest(wang))
    assert ["page-01"] == rooms_in(shown)
    assert "/archives/" in shown
    assert "ticket.claim" not in shown


def rooms_in(shown: str) -> list[str]:
    """The rooms a list names, in order, each once."""
    return list(dict.fromkeys(re.findall(r"page-\d\d", shown)))


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
async def test_forged_pages(stage: Stage, value: str) -> None:
    """A next-page button that was forged is told to be too old, privately."""
    wang = stage.workspace.person("wang")
    shown = await list_tickets(wang, "all page")
    if "tickets.more" not in shown:
        for number in range(12):
            await report(wang, f"page-{number:02}")
        await stage.settled()
        await list_tickets(wang, "all page")
    listed = newest(wang)
    assert (await wang.click(listed, "tickets.more", value=value)).ok
    assert _CHINESE.search(newest(wang)["text"])
    assert rooms_in(text_of(newest(wang))) in ([], rooms_in(text_of(listed)))


async def test_search_words_are_text(stage: Stage) -> None:
    """Words with the database's own signs find what they say, and nothing more."""
    sam = stage.workspace.person("sam")
    await report(sam, "words-1", comments="100% sure, a_b and c\\d <b>'quoted'</b>")
    await report(sam, "words-2", comments="nothing of that")
    await stage.settled()
    for text in ("100%", "a_b", "'quoted'", "c\\d"):
        shown = await list_tickets(sam, text)
        assert "words-1" in shown
        assert "words-2" not in shown
    assert "words-" not in await list_tickets(sam, "%_%")
    assert "No tickets" in await list_tickets(sam, "open nothing-like-this")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("sam", "LD-99999999", "There is no ticket LD-99999999"),
        ("lin", "LD-" + "9" * 40, "/tickets"),
        ("sam", "word " * 11, "`/tickets"),
    ],
)
async def test_wrong_numbers_and_words(stage: Stage, name: str, text: str, said: str) -> None:
    """What cannot be found is said privately, in the reader's language."""
    outcome = await stage.workspace.person(name).command("/tickets", text)
    assert said in outcome.text
    assert (name == "lin") == bool(_CHINESE.search(outcome.text))


async def test_reply_while_the_database_is_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack is not told yes for what could not be kept, brings it again, and then it is kept."""
    sam = stage.workspace.person("sam")
    await report(sam, "away-1")
    await stage.settled()
    keep, refusals = replies.keep, iter([OperationalError("insert", {}, Exception("away"))])

    def keep_later(session: Session, reply: replies.Reply) -> Ticket | None:
        for refusal in refusals:
            raise refusal
        return keep(session, reply)

    monkeypatch.setattr(replies, "keep", keep_later)
    card = card_of(stage, "away-1")
    said = await sam.say("escalations", "the cable was loose", thread_ts=card["ts"])
    await asyncio.gather(*stage.workspace._tasks)
    key = ((await ticket_of(stage, "away-1")).team, stage.escalations, said["ts"])
    remark = await stage.house.store.read(lambda session: session.get(models.Remark, key))
    assert remark is not None
    assert "the cable was loose" == remark.text
