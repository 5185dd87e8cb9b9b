"""What comes twice happens once: retries of Slack's, double clicks, several processes."""

from __future__ import annotations

import asyncio

from bot.sandbox.slack.delivery.transport import deliver
from bot.sandbox.slack.state.model import Delivery
from tests.conftest import Harness
from tests.scenario_helpers import (
    FORM,
    Json,
    count_cloud_reports,
    direct_messages,
    ephemeral_texts,
    find_card,
    find_cards,
    find_replies,
    find_ticket,
    report,
    text_of,
)


def last(harness: Harness) -> Delivery:
    """The last thing Slack brought."""
    delivery = harness.workspace.last_delivery
    assert delivery is not None
    return delivery


async def see_one_of_each(harness: Harness, cname: str) -> None:
    """One ticket's worth of everything."""
    await harness.settled()
    card = find_card(harness, cname)
    assert count_cloud_reports(harness, cname) == 1
    assert len(find_replies(harness, card)) == 1
    ticket = await find_ticket(harness, cname)
    reporter = harness.workspace.person(ticket.reporter)
    assert len(direct_messages(harness, reporter, cname)) == 1


async def test_submission_delivered_three_times(harness: Harness) -> None:
    """Slack sends a form again and again; the first makes the ticket, the rest are content."""
    person = harness.workspace.person("sam")
    await report(person, "thrice-1")
    assert [ack.status for ack in await harness.workspace.redeliver(2)] == [200, 200]
    await see_one_of_each(harness, "thrice-1")


async def test_submissions_at_the_same_moment(harness: Harness) -> None:
    """Several deliveries of one form race each other; one wins, all are answered."""
    person = harness.workspace.person("sam")
    await person.command("/report", "race-1")
    view = await person.wait_for_view("report")
    await person.submit(view, {"comments": "not complete"}, force=True)
    assert find_cards(harness, "race-1") == []
    await person.submit(view, {**FORM, "cname": "race-0"})
    again = with_values(last(harness).payload, "race-1")
    acks = await asyncio.gather(
        *(deliver(harness.workspace, Delivery("interactive", again)) for _ in range(5))
    )
    assert [ack.status for ack in acks] == [200] * 5
    await see_one_of_each(harness, "race-1")


def with_values(payload: Json, cname: str) -> Json:
    """The same form from another view, about another room."""
    view = payload["view"]
    values = view["state"]["values"] | {"cname": {"value": {"type": "x", "value": cname}}}
    return payload | {"view": view | {"id": "V07OTHER001", "state": {"values": values}}}


async def test_event_delivered_again_is_kept_once(harness: Harness) -> None:
    """A thread reply whose event comes again is one remark, and no answer."""
    person = harness.workspace.person("zhou")
    await report(person, "event-1")
    await harness.settled()
    card = find_card(harness, "event-1")
    before = len(find_replies(harness, card))
    await person.post_message("escalations", "looking into it", card["ts"])
    await harness.workspace.until(lambda: last(harness).kind == "events_api")
    assert [ack.status for ack in await harness.workspace.redeliver(2)] == [200, 200]
    assert before + 1 == len(find_replies(harness, card))


async def test_claimed_by_two_at_once(harness: Harness) -> None:
    """One wins; the other gets a private message with the name; the card names the winner."""
    sam, zhou = harness.workspace.person("sam"), harness.workspace.person("zhou")
    await report(sam, "claim-1")
    await harness.settled()
    card = find_card(harness, "claim-1")
    await asyncio.gather(sam.click(card, "ticket.claim"), zhou.click(card, "ticket.claim"))
    await harness.settled()
    ticket = await find_ticket(harness, "claim-1")
    assert ticket.assignee in (sam.id, zhou.id)
    winner, loser = (sam, zhou) if ticket.assignee == sam.id else (zhou, sam)
    assert f"<@{winner.id}>" in ephemeral_texts(loser, "escalations")[-1]
    assert [text for text in ephemeral_texts(winner, "escalations") if ticket.label in text] == []
    text = text_of(find_card(harness, "claim-1"))
    assert f"Claimed by <@{winner.id}>" in text
    assert "ticket.claim" not in text


async def test_same_click_twice_is_no_conflict(harness: Harness) -> None:
    """A claim and a resolution that are delivered again are answered in silence."""
    sam = harness.workspace.person("sam")
    await report(sam, "again-1")
    await harness.settled()
    card = find_card(harness, "again-1")
    await sam.click(card, "ticket.claim")
    await harness.workspace.redeliver(2)
    label = (await find_ticket(harness, "again-1")).label
    assert [text for text in ephemeral_texts(sam, "escalations") if label in text] == []
    await sam.click(card, "ticket.resolve")
    view = await sam.wait_for_view("resolve")
    outcome = await sam.submit(view, {"cause": "network.loss", "resolution": "new cable"})
    assert outcome.action == "close"
    acks = await harness.workspace.redeliver(2)
    assert [ack.body.strip().strip("{}") for ack in acks] == [""] * 2


async def test_group_is_called_once_a_click(harness: Harness) -> None:
    """Escalate delivered three times calls support once; after a reopening, once more."""
    sam = harness.workspace.person("sam")
    await report(sam, "call-1")
    await harness.settled()
    card = find_card(harness, "call-1")
    await sam.click(card, "ticket.escalate")
    await harness.workspace.redeliver(2)
    await harness.settled()
    assert len(calls_in(harness, card)) == 1

    await sam.click(card, "ticket.resolve")
    view = await sam.wait_for_view("resolve")
    await sam.submit(view, {"cause": "none", "resolution": "fine now"})
    await harness.settled()
    await sam.click(find_card(harness, "call-1"), "ticket.reopen")
    await harness.settled()
    await sam.click(find_card(harness, "call-1"), "ticket.escalate")
    await harness.settled()
    assert len(calls_in(harness, card)) == 2


def calls_in(harness: Harness, card: Json) -> list[Json]:
    """The posts that call support into a thread."""
    return [m for m in find_replies(harness, card) if "<!here>" in m["text"]]


async def test_nobody_claims_and_support_is_called_once(harness: Harness) -> None:
    """After ESCALATE_AFTER the group is called, once a step; a claimed ticket calls nobody."""
    sam = harness.workspace.person("sam")
    await report(sam, "left-1")
    await report(sam, "taken-1")
    await harness.settled()
    await sam.click(find_card(harness, "taken-1"), "ticket.claim")
    await harness.pass_time(901)
    await harness.pass_time(800)  # a diagnosis may wait for the quota
    assert len(calls_in(harness, find_card(harness, "left-1"))) == 1
    assert calls_in(harness, find_card(harness, "taken-1")) == []
    assert "Escalated to support" in text_of(find_card(harness, "left-1"))
