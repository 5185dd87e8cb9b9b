"""A ticket opened from a list: each reader acts on it there."""

from __future__ import annotations

from tests.conftest import Harness
from tests.scenario_helpers import ephemeral_texts, find_ticket, report
from tests.stories.test_tickets import list_tickets, newest

CNAME = "class_77_2"


async def test_support_claims_what_a_list_shows(http_harness: Harness) -> None:
    """In their language, with advice; the details are renewed. Others read no more than before."""
    lin, zhou, guest = (http_harness.workspace.person(name) for name in ("lin", "zhou", "guest"))
    assert (await report(lin, CNAME)).ok
    await http_harness.settled()
    await http_harness.pass_time(400)

    await list_tickets(zhou, "open")
    await zhou.click(newest(zhou), "tickets.show")
    shown = ephemeral_texts(zhou)[-1]
    assert "支持人员：" in shown
    assert "ticket.claim" in shown
    await zhou.click(newest(zhou), "ticket.claim")
    assert (await find_ticket(http_harness, CNAME)).assignee == zhou.id
    shown = ephemeral_texts(zhou)[-1]
    assert "已认领" in shown
    assert "ticket.claim" not in shown
    await zhou.click(newest(zhou), "ticket.resolve")
    assert (await zhou.submit(zhou.views[-1], {"resolution": "换了网线"})).ok
    shown = ephemeral_texts(zhou)[-1]
    assert "换了网线" in shown
    assert "ticket.reopen" in shown

    assert (await guest.command("/tickets", "LD-1")).ok
    assert "You can only see tickets you reported" in ephemeral_texts(guest)[-1]


async def test_reporter_withdraws_what_a_list_shows(http_harness: Harness) -> None:
    """The reporter has their own buttons, also to open it again."""
    wang = http_harness.workspace.person("wang")
    assert (await report(wang, "wang-1")).ok
    await http_harness.settled()
    await list_tickets(wang, "mine")
    await wang.click(newest(wang), "tickets.show")
    assert "ticket.claim" not in ephemeral_texts(wang)[-1]
    await wang.click(newest(wang), "ticket.correct")
    assert (await wang.submit(wang.views[-1], {"cname": "wang-2"})).ok
    assert "wang-2" in ephemeral_texts(wang)[-1]
    await wang.click(newest(wang), "ticket.withdraw")
    assert (await find_ticket(http_harness, "wang-2")).status == "resolved"
    await wang.click(newest(wang), "ticket.reopen")
    assert (await find_ticket(http_harness, "wang-2")).status == "open"
    assert "ticket.withdraw" in ephemeral_texts(wang)[-1]
