"""Actions on tickets: hand over, merge, link, correct; who is notified of what, and how often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.slack import Person
from bot.services.tickets.actions import ActionRequest
from bot.ticket import Ticket
from tests.conftest import Harness
from tests.scenario_helpers import (
    Json,
    choose_in_menu,
    direct_messages,
    ephemeral_texts,
    find_card,
    find_replies,
    find_ticket,
    report,
    text_of,
)
from tests.stored_rows import list_audit_entries


async def filed(harness: Harness, name: str, cname: str) -> Person:
    """Somebody whose report stands in the channel."""
    person = harness.workspace.person(name)
    assert (await report(person, cname)).ok
    await harness.settled()
    return person


async def press(harness: Harness, name: str, cname: str, verb: str) -> None:
    """Press a button on a card."""
    await harness.workspace.person(name).click(find_card(harness, cname), f"ticket.{verb}")
    await harness.settled()


async def fill_in(harness: Harness, name: str, cname: str, choice: str, **values: Any) -> Any:
    """Choose a form in a card's menu, and submit it."""
    person = harness.workspace.person(name)
    await choose_in_menu(harness, person, cname, choice)
    outcome = await person.submit(await person.wait_for_view(choice), values)
    await harness.settled()
    return outcome


async def resolve(harness: Harness, name: str, cname: str) -> None:
    """Resolve a ticket by its form."""
    person = harness.workspace.person(name)
    await person.click(find_card(harness, cname), "ticket.resolve")
    view = await person.wait_for_view("resolve")
    assert (await person.submit(view, {"cause": "network.loss", "resolution": "换了网线"})).ok
    await harness.settled()


def news(harness: Harness, person: Person, cname: str, *words: str) -> list[Json]:
    """Return the direct messages to a person about a channel that have one of these words."""
    return [
        m
        for m in direct_messages(harness, person, cname)
        if any(word in text_of(m) for word in words)
    ]


async def test_handed_over(http_harness: Harness) -> None:
    """The new assignee is notified in their language, the reporter's message says who."""
    harness = http_harness
    lin, zhou = await filed(harness, "lin", "hand-1"), harness.workspace.person("zhou")
    for nobody in (lin.id, harness.workspace.app.bot_user_id):  # it reads the channel, but no more
        wrong = await fill_in(harness, "sam", "hand-1", "hand_over", person=nobody)
        assert set(wrong.errors) == {"person"}
        await harness.workspace.person("sam").close(harness.workspace.person("sam").views[-1])
    await fill_in(harness, "sam", "hand-1", "hand_over", person=zhou.id)
    card = text_of(find_card(harness, "hand-1"))
    assert f"Claimed by <@{zhou.id}>" in card
    assert f"handed it over to <@{zhou.id}>" in card
    assert len(news(harness, zhou, "hand-1", "现在由你处理")) == 1
    assert len(news(harness, lin, "hand-1", f"<@{zhou.id}> 正在处理")) == 1
    maya = harness.workspace.person("maya")
    await fill_in(harness, "zhou", "hand-1", "hand_over", person=maya.id)
    assert len(news(harness, lin, "hand-1", f"<@{maya.id}> 正在处理")) == 1
    assert await audited(harness, "hand-1") == ["ticket.hand_over"] * 2
    await lin.command("/tickets", (await find_ticket(harness, "hand-1")).label)
    assert text_of(lin.ephemerals("teachers")[-1]).count("转交给") == 2


async def audited(harness: Harness, cname: str) -> list[str]:
    """What the audit kept about a ticket."""
    number = (await find_ticket(harness, cname)).id
    entries = await harness.application.store.read(
        lambda session: list_audit_entries(session, number)
    )
    return [entry.action for entry in entries]


async def test_resolved_helped_and_opened_again(http_harness: Harness) -> None:
    """The reporter reads the resolution, says that it helped, and can still reopen."""
    harness = http_harness
    lin, cname = await filed(harness, "lin", "help-1"), "help-1"
    await press(harness, "sam", cname, "claim")
    await resolve(harness, "sam", cname)
    (message,) = news(harness, lin, cname, "已解决")
    assert "换了网线" in text_of(message)
    await lin.click(message, "ticket.helped")
    await harness.settled()
    (message,) = news(harness, lin, cname, "已解决")
    assert "ticket.helped" not in text_of(message)
    assert f"<@{lin.id}> says that it helped" in text_of(find_card(harness, cname))

    await resolve_again(harness, lin, cname)
    sam = harness.workspace.person("sam")
    notes = [text_of(m) for m in find_replies(harness, find_card(harness, cname))]
    assert (
        sum(f"<@{lin.id}> opened it again" in note and f"<@{sam.id}>" in note for note in notes)
        == 2
    )


async def resolve_again(harness: Harness, lin: Person, cname: str) -> None:
    """Opened again on the card, resolved once more: the message's reopen works."""
    await lin.click(find_card(harness, cname), "ticket.reopen")
    await harness.settled()
    assert news(harness, lin, cname, "ticket.reopen", "已解决") == []
    await resolve(harness, "sam", cname)
    newest = news(harness, lin, cname, "已解决")[-1]
    await lin.click(newest, "ticket.reopen")
    await harness.settled()
    assert (await find_ticket(harness, cname)).status == "open"
    assert news(harness, lin, cname, "ticket.reopen") == []


async def test_one_private_message_a_ticket(http_harness: Harness) -> None:
    """Filed, explained, claimed, resolved: the same message, edited, with what to do."""
    harness = http_harness
    wang = await filed(harness, "wang", "class_77_3")
    (message,) = direct_messages(harness, wang, "class_77_3")
    assert "正在查原因" in text_of(message)
    await harness.pass_time(400)
    await press(harness, "sam", "class_77_3", "claim")
    (message,) = direct_messages(harness, wang, "class_77_3")
    for words in ("学生 •••02", "→ ", "正在处理", "ticket.correct", "/archives/"):
        assert words in text_of(message)
    await resolve(harness, "sam", "class_77_3")
    (message,) = direct_messages(harness, wang, "class_77_3")
    assert "换了网线" in text_of(message)


async def test_merged(http_harness: Harness) -> None:
    """A duplicate is closed, says so, and points its reporter to the other; reopening undoes it."""
    harness, sam = http_harness, http_harness.workspace.person("sam")
    lin = await filed(harness, "lin", "merge-a")
    await filed(harness, "wang", "merge-b")
    first, second = await find_ticket(harness, "merge-a"), await find_ticket(harness, "merge-b")
    wrong = await merge(harness, sam, "merge-b", second)
    assert set(wrong.errors) == {"ticket"}
    assert (await merge(harness, sam, "merge-b", first)).ok
    card = text_of(find_card(harness, "merge-b"))
    assert f"*Duplicate* of <{first.thread.permalink}|{first.label}>" in card
    notes = [text_of(m) for m in find_replies(harness, find_card(harness, "merge-a"))]
    assert sum("same problem" in note for note in notes) == 1
    wang = harness.workspace.person("wang")
    (message,) = news(harness, wang, "merge-b", "同一个问题")
    assert first.label in text_of(message)
    assert news(harness, lin, "merge-a", "同一个问题") == []

    assert "在那里继续处理" in text_of(message)
    chain = await merge(harness, sam, "merge-a", second)
    assert set(chain.errors) == {"ticket"}
    await harness.pass_time(1000)
    calls = [text_of(m) for m in find_replies(harness, find_card(harness, "merge-b"))]
    assert not any("<!here>" in call for call in calls)
    await wang.click(message, "ticket.reopen")
    await harness.settled()
    reopened = await find_ticket(harness, "merge-b")
    assert (reopened.status, reopened.duplicate_of) == ("open", None)
    assert "Duplicate" not in text_of(find_card(harness, "merge-b"))


async def merge(harness: Harness, person: Person, cname: str, into: Ticket) -> Any:
    """Merge a ticket by its form; closes the form when that was refused."""
    values = {"ticket": str(into.id), "relation": "duplicate"}
    outcome = await fill_in(harness, person.user.name, cname, "link", **values)
    if person.views:
        await person.close(person.views[-1])
    return outcome


async def test_linked(http_harness: Harness) -> None:
    """Both cards name the other one; one form removes the link from both."""
    harness = http_harness
    await filed(harness, "sam", "link-a")
    await filed(harness, "sam", "link-b")
    first, second = await find_ticket(harness, "link-a"), await find_ticket(harness, "link-b")
    assert (await fill_in(harness, "zhou", "link-a", "link", ticket=str(second.id))).ok
    assert f"Linked to <{second.thread.permalink}|" in text_of(find_card(harness, "link-a"))
    assert f"Linked to <{first.thread.permalink}|" in text_of(find_card(harness, "link-b"))
    assert (await fill_in(harness, "zhou", "link-b", "link", unlink=[str(first.id)])).ok
    for cname in ("link-a", "link-b"):
        assert (await find_ticket(harness, cname)).related == []


async def test_corrected(http_harness: Harness) -> None:
    """Checked like a report; the call is diagnosed anew, and not reported a second time."""
    harness, zhou = http_harness, http_harness.workspace.person("zhou")
    await filed(harness, "sam", "wrong-call")
    await choose_in_menu(harness, zhou, "wrong-call", "correct")
    view = await zhou.wait_for_view("correct")
    assert "10001" not in text_of(view)
    outcome = await zhou.submit(view, {"cname": "坏频道", "student_uid": "x"}, force=True)
    assert set(outcome.errors) == {"cname", "student_uid"}
    assert (
        await zhou.submit(view, {"cname": "class_77_1", "student_uid": "", "issue_type": "2"})
    ).ok
    await harness.pass_time(61)
    await harness.pass_time(400)
    ticket = await find_ticket(harness, "class_77_1")
    assert (ticket.teacher_uid, ticket.issue_type) == ("10001", 2)
    assert ticket.cause
    card = text_of(find_card(harness, "class_77_1"))
    assert "Reported to Agora before it was corrected" in card
    assert "> corrected " in card
    assert [
        r.fields["cname"]
        for r in harness.clouds.reports
        if r.fields["cname"] in ("wrong-call", "class_77_1")
    ] == ["wrong-call"]


async def test_replies_after_the_end(http_harness: Harness) -> None:
    """Only the reporter, and only with more than thanks, is offered to open the ticket again."""
    harness, workspace, cname = http_harness, http_harness.workspace, "after-1"
    zhou = await filed(harness, "zhou", cname)
    card = find_card(harness, cname)
    early = await zhou.post_message("escalations", "卡的", thread_ts=card["ts"])
    harness.clock.move(1)
    await resolve(harness, "sam", cname)
    await zhou.edit(early, "很卡")
    before = len(ephemeral_texts(zhou, "escalations"))
    quiet = ("谢谢，已经好了", "ok了", "+1", ":+1:")
    for person, text in (("sam", "still broken"), *(("zhou", text) for text in quiet)):
        posted = await workspace.person(person).post_message(
            "escalations", text, thread_ts=card["ts"]
        )
        await asyncio.gather(*workspace._tasks)
        await harness.settled()
    assert before == len(ephemeral_texts(zhou, "escalations"))
    await zhou.edit(posted, "谢谢，但还是卡")
    await workspace.until(lambda: len(ephemeral_texts(zhou, "escalations")) > before)
    await harness.settled()
    await zhou.post_message("escalations", "听不到声音", thread_ts=card["ts"])
    await asyncio.gather(*workspace._tasks)
    await harness.settled()
    offers = zhou.ephemerals("escalations")[before:]
    assert len(offers) == 1
    assert "重新打开" in text_of(offers[0])
    await zhou.click(offers[0], "ticket.reopen")
    await harness.settled()
    assert (await find_ticket(harness, cname)).status == "open"


async def test_answers_to_being_told(http_harness: Harness) -> None:
    """In the direct channel thanks are left alone, trouble is offered to open the ticket again."""
    harness, cname = http_harness, "direct-1"
    lin = await filed(harness, "lin", cname)
    await resolve(harness, "sam", cname)
    for text in ("谢谢！", "谢谢，可是还是卡", "真的卡"):
        await lin.post_message(lin.dm_channel_id(), text)
        await asyncio.gather(*harness.workspace._tasks)
        await harness.settled()
    label = (await find_ticket(harness, cname)).label
    offers = [
        m
        for m in harness.workspace.messages(lin.dm_channel_id())
        if f"{label} 已解决。" in m["text"]
    ]
    assert len(offers) == 1
    await lin.click(offers[0], "ticket.reopen")
    await harness.settled()
    assert (await find_ticket(harness, cname)).status == "open"
    newest = harness.workspace.messages(lin.dm_channel_id())[-1]
    assert "ticket.reopen" not in text_of(newest)


@pytest.mark.parametrize("choice", ["hand_over", "link"])
async def test_menu_is_for_support(http_harness: Harness, choice: str) -> None:
    """Others are refused privately, in their language, with who is allowed; no form opens."""
    harness = http_harness
    lin = harness.workspace.person("lin")
    if choice == "hand_over":
        await filed(harness, "lin", "menu-1")
    before = len(ephemeral_texts(lin, "escalations"))
    await choose_in_menu(harness, lin, "menu-1", choice)
    (answer,) = ephemeral_texts(lin, "escalations")[before:]
    assert "支持人员" in answer
    assert lin.views == []


async def test_unclaimed_ticket_is_open_again(http_harness: Harness) -> None:
    """The card can be claimed, and support is alerted again as about a new ticket."""
    await filed(http_harness, "lin", "given-back")
    await press(http_harness, "zhou", "given-back", "claim")
    zhou = http_harness.workspace.person("zhou")
    assert (await fill_in(http_harness, "zhou", "given-back", "hand_over")).ok
    ticket = await find_ticket(http_harness, "given-back")
    assert (ticket.status, ticket.assignee, ticket.escalation_step) == ("open", None, 0)
    assert ticket.escalates_at is not None
    card = text_of(find_card(http_harness, "given-back"))
    assert "ticket.claim" in card
    assert f"<@{zhou.id}> unclaimed it" in card


async def test_snoozed(http_harness: Harness) -> None:
    """Nobody is alerted until then; then it is open again, and who snoozed it can claim it."""
    harness, cname = http_harness, "snooze-1"
    await filed(harness, "lin", cname)
    sam = harness.workspace.person("sam")
    await choose_in_menu(harness, sam, cname, "snooze")
    view = await sam.wait_for_view("snooze")
    late = int(harness.clock()) + 31 * 86400
    assert set((await sam.submit(view, {"at": late})).errors) == {"at"}
    assert (await sam.submit(view, {"at": None})).ok
    await harness.settled()
    card = text_of(find_card(harness, cname))
    assert f"Claimed by <@{sam.id}>" in card
    assert "Snoozed until <!date^" in card
    await harness.pass_time(3500)
    assert "<!here>" not in text_of({"all": find_replies(harness, find_card(harness, cname))})
    await harness.pass_time(200)
    ticket = await find_ticket(harness, cname)
    assert (ticket.status, ticket.escalation_step) == ("open", 0)
    (message,) = news(harness, sam, cname, "open again")
    await harness.pass_time(1000)
    assert "<!here>" in text_of({"all": find_replies(harness, find_card(harness, cname))})
    await sam.click(message, "ticket.claim")
    assert (await find_ticket(harness, cname)).assignee == sam.id


async def test_a_burst_of_changes(http_harness: Harness) -> None:
    """Twenty changes within a second make few edits, within Slack's limits; the last one shows."""
    harness, workspace, cname = http_harness, http_harness.workspace, "burst-1"
    sam = await filed(harness, "sam", cname)
    people = [workspace.person("zhou").id, workspace.person("maya").id]
    workspace.message_rate_s = 1.0
    seen, life, ticket = (
        len(workspace.calls),
        harness.slack.services.ticket_actions,
        await find_ticket(harness, cname),
    )
    harness.clock.move(10)
    began_s = harness.clock()
    for number in range(20):
        act = ActionRequest(ticket.team, ticket.id, sam.id, f"burst {number}")
        await life.hand_over(act, people[number % 2])
    changing_s = harness.clock() - began_s
    await harness.settled()
    for _ in range(4):
        await harness.pass_time(2)
    workspace.message_rate_s = 0.0
    calls = [call for call in workspace.calls[seen:] if call["name"] == "chat.update"]
    assert 1 <= len(calls) <= 2 * (6 * (1 + int(changing_s)) + 3), "card and private message"
    assert all(call["response"]["ok"] for call in calls)
    assert f"Claimed by <@{people[1]}>" in text_of(find_card(harness, cname))
