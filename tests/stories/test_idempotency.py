"""What comes twice happens once: retries of Slack's, double clicks, several processes."""

from __future__ import annotations

import asyncio

from bot.sandbox.slack.delivery.transport import Delivery, deliver
from tests.conftest import Stage
from tests.scenario_helpers import (
    FORM,
    Json,
    card_of,
    cards_of,
    count_reports,
    report,
    text_of,
    thread_of,
    ticket_of,
    told,
    whispers,
)


def last(stage: Stage) -> Delivery:
    """The last thing Slack brought."""
    delivery = stage.workspace.last_delivery
    assert delivery is not None
    return delivery


async def see_one_of_each(stage: Stage, cname: str) -> None:
    """One ticket's worth of everything."""
    await stage.settled()
    card = card_of(stage, cname)
    assert 1 == count_reports(stage, cname)
    assert 1 == len(thread_of(stage, card))
    ticket = await ticket_of(stage, cname)
    reporter = stage.workspace.person(ticket.reporter)
    filed = [m for m in told(stage, reporter, cname) if "is filed" in m["text"]]
    assert 1 == len(filed)


async def test_submission_delivered_three_times(stage: Stage) -> None:
    """Slack sends a form again and again; the first makes the ticket, the rest are content."""
    person = stage.workspace.person("sam")
    await report(person, "thrice-1")
    assert [200, 200] == [ack.status for ack in await stage.workspace.redeliver(2)]
    await see_one_of_each(stage, "thrice-1")


async def test_submissions_at_the_same_moment(stage: Stage) -> None:
    """Several deliveries of one form race each other; one wins, all are answered."""
    person = stage.workspace.person("sam")
    await person.command("/report", "race-1")
    view = await person.view_opened("report")
    await person.submit(view, {"comments": "not complete"}, force=True)
    assert [] == cards_of(stage, "race-1")
    await person.submit(view, {**FORM, "cname": "race-0"})
    again = with_values(last(stage).payload, "race-1")
    acks = await asyncio.gather(
        *(deliver(stage.workspace, Delivery("interactive", again)) for _ in range(5))
    )
    assert [200] * 5 == [ack.status for ack in acks]
    await see_one_of_each(stage, "race-1")


def with_values(payload: Json, cname: str) -> Json:
    """The same form from another view, about another room."""
    view = payload["view"]
    values = view["state"]["values"] | {"cname": {"value": {"type": "x", "value": cname}}}
    return payload | {"view": view | {"id": "V07OTHER001", "state": {"values": values}}}


async def test_event_delivered_again_is_kept_once(stage: Stage) -> None:
    """A thread reply whose event comes again is one remark, and no answer."""
    person = stage.workspace.person("zhou")
    await report(person, "event-1")
    await stage.settled()
    card = card_of(stage, "event-1")
    before = len(thread_of(stage, card))
    await person.say("escalations", "looking into it", card["ts"])
    await stage.workspace.until(lambda: last(stage).kind == "events_api")
    assert [200, 200] == [ack.status for ack in await stage.workspace.redeliver(2)]
    assert before + 1 == len(thread_of(stage, card))


async def test_claimed_by_two_at_once(stage: Stage) -> None:
    """One wins; the other is told privately who was first; the card names the winner."""
    sam, zhou = stage.workspace.person("sam"), stage.workspace.person("zhou")
    await report(sam, "claim-1")
    await stage.settled()
    card = card_of(stage, "claim-1")
    await asyncio.gather(sam.click(card, "ticket.claim"), zhou.click(card, "ticket.claim"))
    await stage.settled()
    ticket = await ticket_of(stage, "claim-1")
    assert ticket.assignee in (sam.id, zhou.id)
    winner, loser = (sam, zhou) if ticket.assignee == sam.id else (zhou, sam)
    assert f"<@{winner.id}>" in whispers(loser, "escalations")[-1]
    assert [] == [text for text in whispers(winner, "escalations") if ticket.label in text]
    shown = text_of(card_of(stage, "claim-1"))
    assert f"Claimed by <@{winner.id}>" in shown
    assert "ticket.claim" not in shown


async def test_same_click_twice_is_no_conflict(stage: Stage) -> None:
    """A claim and a resolution that are delivered again are answered in silence."""
    sam = stage.workspace.person("sam")
    await report(sam, "again-1")
    await stage.settled()
    card = card_of(stage, "again-1")
    await sam.click(card, "ticket.claim")
    await stage.workspace.redeliver(2)
    label = (await ticket_of(stage, "again-1")).label
    assert [] == [text for text in whispers(sam, "escalations") if label in text]
    await sam.click(card, "ticket.resolve")
    view = await sam.view_opened("resolve")
    outcome = await sam.submit(view, {"cause": "network.loss", "resolution": "new cable"})
    assert "close" == outcome.action
    acks = await stage.workspace.redeliver(2)
    assert [""] * 2 == [ack.body.strip().strip("{}") for ack in acks]


async def test_group_is_called_once_a_click(stage: Stage) -> None:
    """Escalate delivered three times calls support once; after a reopening, once more."""
    sam = stage.workspace.person("sam")
    await report(sam, "call-1")
    await stage.settled()
    card = card_of(stage, "call-1")
    await sam.click(card, "ticket.escalate")
    await stage.workspace.redeliver(2)
    await stage.settled()
    assert 1 == len(calls_in(stage, card))

    await sam.click(card, "ticket.resolve")
    view = await sam.view_opened("resolve")
    await sam.submit(view, {"cause": "none", "resolution": "fine now"})
    await stage.settled()
    await sam.click(card_of(stage, "call-1"), "ticket.reopen")
    await stage.settled()
    await sam.click(card_of(stage, "call-1"), "ticket.escalate")
    await stage.settled()
    assert 2 == len(calls_in(stage, card))


def calls_in(stage: Stage, card: Json) -> list[Json]:
    """The posts that call support into a thread."""
    return [m for m in thread_of(stage, card) if "<!here>" in m["text"]]


async def test_nobody_claims_and_support_is_called_once(stage: Stage) -> None:
    """After ESCALATE_AFTER the group is called, once a step; a claimed ticket calls nobody."""
    sam = stage.workspace.person("sam")
    await report(sam, "left-1")
    await report(sam, "taken-1")
    await stage.settled()
    await sam.click(card_of(stage, "taken-1"), "ticket.claim")
    await stage.pass_time(901)
    await stage.pass_time(890)
    assert 1 == len(calls_in(stage, card_of(stage, "left-1")))
    assert [] == calls_in(stage, card_of(stage, "taken-1"))
    assert "Escalated to support" in text_of(card_of(stage, "left-1"))
