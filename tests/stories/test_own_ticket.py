"""The reporter corrects or withdraws their own ticket, from the private message or their Home."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack import Person
from bot.sandbox.slack.elements import find_element
from tests.conftest import Harness
from tests.scenario_helpers import (
    direct_messages,
    ephemeral_texts,
    find_card,
    find_replies,
    find_ticket,
    report,
    text_of,
)


async def filed(harness: Harness, name: str, cname: str) -> tuple[Person, dict[str, Any]]:
    """Report a call; returns the reporter and the private message about it."""
    person = harness.workspace.person(name)
    assert (await report(person, cname)).ok
    await harness.settled()
    return person, direct_messages(harness, person, cname)[0]


async def test_reporter_corrects_their_ticket(http_harness: Harness) -> None:
    """The form has what they wrote, uids too; another channel is diagnosed again."""
    lin, confirmation = await filed(http_harness, "lin", "wrong-name")
    await lin.click(confirmation, "ticket.correct")
    view = await lin.wait_for_view("correct")
    assert '"initial_value": "20002"' in text_of(view)
    assert (await lin.submit(view, {"cname": "right-name"})).ok
    await http_harness.settled()
    ticket = await find_ticket(http_harness, "right-name")
    assert (ticket.student_uid, ticket.history[-1]["who"]) == ("20002", lin.id)
    assert f"<@{lin.id}> corrected" in text_of(find_card(http_harness, "right-name"))


async def test_reporter_withdraws_their_ticket(http_harness: Harness) -> None:
    """Asked first. Card, list and thread say so, nobody is alerted; they may open it again."""
    lin, confirmation = await filed(http_harness, "lin", "taken-back")
    button = find_element(confirmation, "ticket.withdraw")
    assert "撤回 LD-" in text_of(button[1]["confirm"] if button else None)
    await lin.click(confirmation, "ticket.withdraw")
    await http_harness.settled()
    ticket = await find_ticket(http_harness, "taken-back")
    assert (ticket.status, ticket.resolved_cause) == ("resolved", "withdrawn")
    assert (ticket.escalates_at, ticket.count_events("withdrawn")) == (None, 1)
    card = find_card(http_harness, "taken-back")
    assert "Withdrawn by the reporter" in card["blocks"][0]["text"]["text"]
    assert f"Withdrawn by <@{lin.id}>" in text_of(card)
    assert "Resol" not in text_of(card)
    await lin.command("/tickets", "taken-back")
    assert "taken-back · 提交人已撤回 · " in ephemeral_texts(lin)[-1]
    assert f"<@{lin.id}> withdrew it" in text_of(find_replies(http_harness, card)[-1])
    (replaced,) = direct_messages(http_harness, lin, "taken-back")
    assert "你已撤回" in text_of(replaced)
    await lin.click(replaced, "ticket.reopen")
    await http_harness.settled()
    assert (await find_ticket(http_harness, "taken-back")).status == "open"


async def open_home(harness: Harness, person: Person, block_id: str) -> None:
    """Open a person's App Home and wait until it has a block."""
    await person.open_home()
    await harness.workspace.until(lambda: block_id in text_of(person.home or {}))


async def test_withdrawing_in_the_home(http_harness: Harness) -> None:
    """The home shows the ticket as withdrawn at once."""
    lin, _ = await filed(http_harness, "lin", "home-back")
    ticket = await find_ticket(http_harness, "home-back")
    await open_home(http_harness, lin, f"own-{ticket.number}")
    await lin.click(lin.home or {}, "ticket.withdraw", block_id=f"buttons-{ticket.number}")
    await http_harness.settled()
    assert (await find_ticket(http_harness, "home-back")).resolved_cause == "withdrawn"
    rows = {block["block_id"]: text_of(block) for block in (lin.home or {})["blocks"]}
    assert "home-back · 提交人已撤回" in rows[f"own-{ticket.number}"]


async def test_correcting_in_the_home(http_harness: Harness) -> None:
    """The home shows the corrected channel at once."""
    lin, _ = await filed(http_harness, "lin", "home-wrong")
    number = (await find_ticket(http_harness, "home-wrong")).number
    await open_home(http_harness, lin, f"own-{number}")
    await lin.click(lin.home or {}, "ticket.correct", block_id=f"buttons-{number}")
    assert (await lin.submit(await lin.wait_for_view("correct"), {"cname": "home-right"})).ok
    rows = {block["block_id"]: text_of(block) for block in (lin.home or {})["blocks"]}
    assert "home-right" in rows[f"own-{number}"]


async def test_nobody_else_does(http_harness: Harness) -> None:
    """Support corrects tickets but withdraws none; other teachers do neither."""
    await filed(http_harness, "lin", "not-mine")
    number = str((await find_ticket(http_harness, "not-mine")).number)
    for name, verb, refusal in (
        ("zhou", "withdraw", "只有提交人可以撤回工单"),
        ("wang", "withdraw", "只有提交人可以撤回工单"),
        ("wang", "correct", "只有支持人员"),
    ):
        person, own = await filed(http_harness, name, f"of-{name}-{verb}")
        await person.click(own, f"ticket.{verb}", value=number)
        await http_harness.settled()
        assert any(refusal in text for text in ephemeral_texts(person, person.dm_channel_id()))
        assert person.views == []
    assert (await find_ticket(http_harness, "not-mine")).status == "open"
