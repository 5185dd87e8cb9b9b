"""The further life of tickets: passed on, joined, put right; who is told what, and how often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.slack import Person
from bot.services.tickets.actions import Act, Life
from bot.store.admin import audit_log
from tests.conftest import Stage
from tests.scenario_helpers import (
    Json,
    card_of,
    choose_more,
    report,
    text_of,
    thread_of,
    ticket_of,
    told,
    whispers,
)


async def filed(stage: Stage, name: str, cname: str) -> Person:
    """Somebody whose report stands in the channel."""
    person = stage.workspace.person(name)
    assert (await report(person, cname)).ok
    await stage.settled()
    return person


async def press(stage: Stage, name: str, cname: str, verb: str) -> None:
    """Press a button on a card."""
    await stage.workspace.person(name).click(card_of(stage, cname), f"ticket.{verb}")
    await stage.settled()


async def fill_in(stage: Stage, name: str, cname: str, choice: str, **values: Any) -> Any:
    """Choose a form in a card's menu, and submit it."""
    person = stage.workspace.person(name)
    await choose_more(stage, person, cname, choice)
    outcome = await person.submit(await person.view_opened(choice), values)
    await stage.settled()
    return outcome


async def resolve(stage: Stage, name: str, cname: str) -> None:
    """Resolve a ticket by its form."""
    person = stage.workspace.person(name)
    await person.click(card_of(stage, cname), "ticket.resolve")
    view = await person.view_opened("resolve")
    assert (await person.submit(view, {"cause": "network.loss", "resolution": "换了网线"})).ok
    await stage.settled()


def news(stage: Stage, person: Person, cname: str, *words: str) -> list[Json]:
    """What somebody was told privately about a room, as far as it has one of these words."""
    return [m for m in told(stage, person, cname) if any(word in text_of(m) for word in words)]


async def test_handed_over(http_stage: Stage) -> None:
    """The new owner is told in their language, the reporter once that somebody has it."""
    stage = http_stage
    lin, zhou = await filed(stage, "lin", "hand-1"), stage.workspace.person("zhou")
    for nobody in (lin.id, stage.workspace.app.bot_user_id):  # it reads the channel, but no more
        wrong = await fill_in(stage, "sam", "hand-1", "hand_over", person=nobody)
        assert {"person"} == set(wrong.errors)
        await stage.workspace.person("sam").close(stage.workspace.person("sam").views[-1])
    await fill_in(stage, "sam", "hand-1", "hand_over", person=zhou.id)
    card = text_of(card_of(stage, "hand-1"))
    assert f"Claimed by <@{zhou.id}>" in card
    assert f"Handed over to <@{zhou.id}> by" in card
    assert 1 == len(news(stage, zhou, "hand-1", "现在由你处理"))
    assert 1 == len(news(stage, lin, "hand-1", "正在处理"))
    await fill_in(stage, "zhou", "hand-1", "hand_over", person=stage.workspace.person("maya").id)
    assert 1 == len(news(stage, lin, "hand-1", "正在处理"))
    assert ["ticket.hand_over"] * 2 == await audited(stage, "hand-1")
    await lin.command("/tickets", (await ticket_of(stage, "hand-1")).label)
    assert 2 == text_of(lin.ephemerals("teachers")[-1]).count("转交给")


async def audited(stage: Stage, cname: str) -> list[str]:
    """What the audit kept about a ticket."""
    number = (await ticket_of(stage, cname)).id
    entries = await stage.house.store.read(lambda session: audit_log.of_ticket(session, number))
    return [entry.action for entry in entries]


async def test_resolved_helped_and_opened_again(http_stage: Stage) -> None:
    """The reporter is told how it was resolved, says that it helped, and can still reopen."""
    stage = http_stage
    lin, cname = await filed(stage, "lin", "help-1"), "help-1"
    await press(stage, "sam", cname, "claim")
    await resolve(stage, "sam", cname)
    (message,) = news(stage, lin, cname, "已解决")
    assert "换了网线" in text_of(message)
    await lin.click(message, "ticket.helped")
    await stage.settled()
    (message,) = news(stage, lin, cname, "已解决")
    assert "ticket.helped" not in text_of(message)
    assert f"<@{lin.id}> says that it helped" in text_of(card_of(stage, cname))

    await resolve_again(stage, lin, cname)
    sam = stage.workspace.person("sam")
    notes = [text_of(m) for m in thread_of(stage, card_of(stage, cname))]
    assert 2 == sum(
        f"opened again by <@{lin.id}>" in note and f"<@{sam.id}>" in note for note in notes
    )


async def resolve_again(stage: Stage, lin: Person, cname: str) -> None:
    """Opened again on the card, resolved once more: a second message, whose reopen works."""
    await lin.click(card_of(stage, cname), "ticket.reopen")
    await stage.settled()
    assert 1 == len(news(stage, lin, cname, "重新打开", "已解决"))
    await resolve(stage, "sam", cname)
    newest = news(stage, lin, cname, "已解决")[-1]
    await lin.click(newest, "ticket.reopen")
    await stage.settled()
    assert "open" == (await ticket_of(stage, cname)).status
    assert [] == news(stage, lin, cname, "ticket.reopen")


async def test_own_deeds_are_not_told(http_stage: Stage) -> None:
    """Whoever claims and resolves what they reported needs no messages about it."""
    sam = await filed(http_stage, "sam", "own-deeds")
    await press(http_stage, "sam", "own-deeds", "claim")
    await resolve(http_stage, "sam", "own-deeds")
    assert [] == news(http_stage, sam, "own-deeds", "looking into", "is resolved")


async def test_muted(http_stage: Stage) -> None:
    """What somebody does without is not sent; that it is filed always is."""
    stage, wang = http_stage, http_stage.workspace.person("wang")
    await wang.command("/lagdesk", "notify")
    view = await wang.view_opened("preferences")
    assert (await wang.submit(view, {"notices": ["resolved"]})).ok
    await filed(stage, "wang", "mute-1")
    await stage.pass_time(400)
    await press(stage, "sam", "mute-1", "claim")
    await resolve(stage, "sam", "mute-1")
    assert 2 == len(told(stage, wang, "mute-1"))
    assert 1 == len(news(stage, wang, "mute-1", "已解决"))


async def test_merged(http_stage: Stage) -> None:
    """A duplicate is closed, says so, and points its reporter to the other; reopening undoes it."""
    stage, sam = http_stage, http_stage.workspace.person("sam")
    lin = await filed(stage, "lin", "merge-a")
    await filed(stage, "wang", "merge-b")
    first, second = await ticket_of(stage, "merge-a"), await ticket_of(stage, "merge-b")
    for text in (second.label, "LD-999999", "nonsense", ""):
        wrong = await fill_in_again(stage, sam, "merge-b", text)
        assert {"ticket"} == set(wrong.errors)
    assert (await fill_in_again(stage, sam, "merge-b", f"ld {first.id}")).ok
    card = text_of(card_of(stage, "merge-b"))
    assert f"*Duplicate* of <{first.permalink}|{first.label}>" in card
    notes = [text_of(m) for m in thread_of(stage, card_of(stage, "merge-a"))]
    assert 1 == sum("same problem" in note for note in notes)
    wang = stage.workspace.person("wang")
    (message,) = news(stage, wang, "merge-b", "同一个问题")
    assert first.label in text_of(message)
    assert [] == news(stage, lin, "merge-a", "同一个问题")

    assert f"和 {first.label} 是同一个问题" in message["text"]

    chain = await fill_in_again(stage, sam, "merge-a", second.label)
    assert {"ticket"} == set(chain.errors)
    await stage.pass_time(1000)
    calls = [text_of(m) for m in thread_of(stage, card_of(stage, "merge-b"))]
    assert not any("<!here>" in call for call in calls)
    await wang.click(message, "ticket.reopen")
    await stage.settled()
    reopened = await ticket_of(stage, "merge-b")
    assert ("open", None) == (reopened.status, reopened.duplicate_of)
    assert "Duplicate" not in text_of(card_of(stage, "merge-b"))


async def fill_in_again(stage: Stage, person: Person, cname: str, text: str) -> Any:
    """Say in the merge form which ticket is meant; closes the form when it was refused."""
    outcome = await fill_in(stage, person.user.name, cname, "merge", ticket=text)
    if person.views:
        await person.close(person.views[-1])
    return outcome


async def test_linked(http_stage: Stage) -> None:
    """Both cards name the other one; one form takes the link away from both."""
    stage = http_stage
    await filed(stage, "sam", "link-a")
    await filed(stage, "sam", "link-b")
    first, second = await ticket_of(stage, "link-a"), await ticket_of(stage, "link-b")
    assert (await fill_in(stage, "zhou", "link-a", "link", ticket=second.label)).ok
    assert f"Linked to <{second.permalink}|" in text_of(card_of(stage, "link-a"))
    assert f"Linked to <{first.permalink}|" in text_of(card_of(stage, "link-b"))
    assert (await fill_in(stage, "zhou", "link-b", "link", unlink=[str(first.id)])).ok
    for cname in ("link-a", "link-b"):
        assert [] == (await ticket_of(stage, cname)).related


async def test_corrected(http_stage: Stage) -> None:
    """Checked like a report; the call is diagnosed anew, and not reported a second time."""
    stage, zhou = http_stage, http_stage.workspace.person("zhou")
    await filed(stage, "sam", "wrong-call")
    await choose_more(stage, zhou, "wrong-call", "correct")
    view = await zhou.view_opened("correct")
    assert "10001" not in text_of(view)
    outcome = await zhou.submit(view, {"cname": "坏频道", "student_uid": "x"}, force=True)
    assert {"cname", "student_uid"} == set(outcome.errors)
    assert (
        await zhou.submit(view, {"cname": "class_77_1", "student_uid": "", "issue_type": "2"})
    ).ok
    await stage.pass_time(61)
    await stage.pass_time(400)
    ticket = await ticket_of(stage, "class_77_1")
    assert ("10001", 2) == (ticket.teacher_uid, ticket.issue_type)
    assert ticket.cause
    card = text_of(card_of(stage, "class_77_1"))
    assert "Reported to Agora before it was corrected" in card
    assert "Corrected by" in card
    assert ["wrong-call"] == [
        r.fields["cname"]
        for r in stage.clouds.reports
        if r.fields["cname"] in ("wrong-call", "class_77_1")
    ]


async def test_replies_after_the_end(http_stage: Stage) -> None:
    """Only the reporter, and only with more than thanks, is offered to open the ticket again."""
    stage, workspace, cname = http_stage, http_stage.workspace, "after-1"
    zhou = await filed(stage, "zhou", cname)
    card = card_of(stage, cname)
    early = await zhou.say("escalations", "卡的", thread_ts=card["ts"])
    await resolve(stage, "sam", cname)
    await zhou.edit(early, "很卡")
    before = len(whispers(zhou, "escalations"))
    for person, text in (("zhou", "谢谢，已经好了"), ("sam", "still broken"), ("zhou", ":+1:")):
        said = await workspace.person(person).say("escalations", text, thread_ts=card["ts"])
        await asyncio.gather(*workspace._tasks)
        await stage.settled()
    assert before == len(whispers(zhou, "escalations"))
    await zhou.edit(said, "谢谢，但还是卡")
    await workspace.until(lambda: len(whispers(zhou, "escalations")) > before)
    await stage.settled()
    await zhou.say("escalations", "听不到声音", thread_ts=card["ts"])
    await asyncio.gather(*workspace._tasks)
    await stage.settled()
    offers = zhou.ephemerals("escalations")[before:]
    assert 1 == len(offers)
    assert "重新打开" in text_of(offers[0])
    await zhou.click(offers[0], "ticket.reopen")
    await stage.settled()
    assert "open" == (await ticket_of(stage, cname)).status


async def test_answers_to_being_told(http_stage: Stage) -> None:
    """In the direct channel thanks are left alone, trouble is offered to open the ticket again."""
    stage, cname = http_stage, "direct-1"
    lin = await filed(stage, "lin", cname)
    await resolve(stage, "sam", cname)
    for text in ("谢谢！", "谢谢，可是还是卡", "真的卡"):
        await lin.say(lin.direct(), text)
        await asyncio.gather(*stage.workspace._tasks)
        await stage.settled()
    label = (await ticket_of(stage, cname)).label
    offers = [m for m in stage.workspace.messages(lin.direct()) if f"{label} 已解决。" in m["text"]]
    assert 1 == len(offers)
    await lin.click(offers[0], "ticket.reopen")
    await stage.settled()
    assert "open" == (await ticket_of(stage, cname)).status
    newest = stage.workspace.messages(lin.direct())[-1]
    assert "ticket.reopen" not in text_of(newest)


@pytest.mark.parametrize("choice", ["hand_over", "merge", "link", "correct"])
async def test_menu_is_for_support(http_stage: Stage, choice: str) -> None:
    """Others are refused privately, in their language, told who can; no form opens."""
    stage = http_stage
    lin = stage.workspace.person("lin")
    if choice == "hand_over":
        await filed(stage, "lin", "menu-1")
    before = len(whispers(lin, "escalations"))
    await choose_more(stage, lin, "menu-1", choice)
    (answer,) = whispers(lin, "escalations")[before:]
    assert "支持人员" in answer
    assert [] == lin.views


async def test_a_burst_of_changes(http_stage: Stage) -> None:
    """Twenty changes within a second make few edits, within Slack's limits; the last one shows."""
    stage, workspace, cname = http_stage, http_stage.workspace, "burst-1"
    sam = await filed(stage, "sam", cname)
    people = [workspace.person("zhou").id, workspace.person("maya").id]
    workspace.message_rate_s = 1.0
    seen, life, ticket = len(workspace.calls), Life(stage.house.desk), await ticket_of(stage, cname)
    stage.clock.move(10)
    began_s = stage.clock()
    for number in range(20):
        act = Act(ticket.team, ticket.id, sam.id, f"burst {number}")
        await life.hand_over(act, people[number % 2])
    changing_s = stage.clock() - began_s
    await stage.settled()
    for _ in range(4):
        await stage.pass_time(2)
    workspace.message_rate_s = 0.0
    calls = [call for call in workspace.calls[seen:] if call["name"] == "chat.update"]
    assert 1 <= len(calls) <= 6 * (1 + int(changing_s)) + 3
    assert all(call["response"]["ok"] for call in calls)
    assert f"Claimed by <@{people[1]}>" in text_of(card_of(stage, cname))
