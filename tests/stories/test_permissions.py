"""Only those with a right to it change or read a ticket, whichever button or form they use."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store.diagnosis.feedback import VerdictFeedback
from handlers.slack.user_directory import UserDirectory
from tests.conftest import Harness
from tests.scenario_helpers import (
    choose_in_menu,
    direct_messages,
    ephemeral_texts,
    find_card,
    find_diagnosis_posts,
    find_ticket,
    report,
    text_of,
)

CNAME = "class_77_2"
ONLY_SUPPORT = "Only support can do this."
OWN_TICKETS = "You can only see tickets you reported"


@pytest.fixture
async def ticket_harness(http_harness: Harness) -> Harness:
    """A diagnosed ticket that lin, a teacher, reported."""
    lin = http_harness.workspace.person("lin")
    if not lin.views and not direct_messages(http_harness, lin, CNAME):
        assert (await report(lin, CNAME)).ok
        await http_harness.settled()
        await http_harness.pass_time(400)
    return http_harness


async def ticket_of(harness: Harness) -> dict[str, Any]:
    """The ticket's columns."""
    await harness.settled()
    return (await find_ticket(harness, CNAME)).model_dump()


@pytest.mark.parametrize("verb", ["claim", "diagnose", "escalate", "resolve"])
async def test_card_buttons(ticket_harness: Harness, verb: str) -> None:
    """Somebody else's button on the card changes nothing and is answered privately."""
    before = await ticket_of(ticket_harness)
    guest = ticket_harness.workspace.person("guest")
    await guest.click(find_card(ticket_harness, CNAME), f"ticket.{verb}")
    assert await ticket_of(ticket_harness) == before
    assert ONLY_SUPPORT in ephemeral_texts(guest, "escalations")[-1]
    assert guest.views == []


@pytest.mark.parametrize("choice", ["hand_over", "snooze", "link", "correct", "room"])
async def test_card_menu(ticket_harness: Harness, choice: str) -> None:
    """The card's menu opens no form for others."""
    guest = ticket_harness.workspace.person("guest")
    await choose_in_menu(ticket_harness, guest, CNAME, choice)
    assert ONLY_SUPPORT in ephemeral_texts(guest, "escalations")[-1]
    assert guest.views == []


@pytest.mark.parametrize("action", ["verdict.right", "verdict.partly", "verdict.wrong"])
async def test_feedback(ticket_harness: Harness, action: str) -> None:
    """Others cannot rate a verdict."""
    guest = ticket_harness.workspace.person("guest")
    (post,) = find_diagnosis_posts(ticket_harness, CNAME)
    await guest.click(post, action)
    assert OWN_TICKETS in ephemeral_texts(guest, "escalations")[-1]
    number = (await find_ticket(ticket_harness, CNAME)).id
    stored = await ticket_harness.application.store.read(
        lambda session: session.get(VerdictFeedback, (number, guest.id))
    )
    assert stored is None


async def test_details(ticket_harness: Harness) -> None:
    """Others cannot open the details of a verdict; the reporter can."""
    guest, lin = (ticket_harness.workspace.person(name) for name in ("guest", "lin"))
    (post,) = find_diagnosis_posts(ticket_harness, CNAME)
    await guest.click(post, "verdict.details")
    assert guest.views == []
    assert OWN_TICKETS in ephemeral_texts(guest, "escalations")[-1]
    await lin.click(post, "verdict.details")
    await lin.close(await lin.wait_for_view("details"))


async def test_ticket_by_number(ticket_harness: Harness) -> None:
    """Others cannot read a ticket by its number."""
    guest = ticket_harness.workspace.person("guest")
    label = (await find_ticket(ticket_harness, CNAME)).label
    await guest.command("/tickets", label)
    assert CNAME not in text_of(guest.ephemerals("teachers")[-1])
    assert OWN_TICKETS in text_of(guest.ephemerals("teachers")[-1])


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("resolve", {"cause": "network.loss", "resolution": "Changed the cable."}),
        ("hand_over", {"person": "zhou"}),
        ("snooze", {}),
        ("link", {"ticket": "2"}),
        ("link", {"ticket": "2", "relation": "duplicate"}),
        ("correct", {"cname": "class_77_8"}),
    ],
)
async def test_rights_lost_with_a_form_open(
    ticket_harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    values: dict[str, str],
) -> None:
    """A form opened by support and submitted after leaving support is refused."""
    sam = ticket_harness.workspace.person("sam")
    before = await ticket_of(ticket_harness)
    if form == "resolve":
        await sam.click(find_card(ticket_harness, CNAME), "ticket.resolve")
    else:
        await choose_in_menu(ticket_harness, sam, CNAME, form)
    view = await sam.wait_for_view(form)
    if "person" in values:
        values = {"person": ticket_harness.workspace.person(values["person"]).id}

    async def only_zhou(_directory: UserDirectory, _team: str, person: str) -> bool:
        return person == ticket_harness.workspace.person("zhou").id

    monkeypatch.setattr(UserDirectory, "is_support", only_zhou)
    outcome = await sam.submit(view, values)
    (error,) = outcome.errors.values()
    assert error.startswith(ONLY_SUPPORT)
    await sam.close(sam.views[-1])
    assert await ticket_of(ticket_harness) == before


async def test_only_the_reporter_confirms(ticket_harness: Harness) -> None:
    """Only the reporter can say that a resolution helped, support cannot."""
    sam, lin = (ticket_harness.workspace.person(name) for name in ("sam", "lin"))
    await sam.click(find_card(ticket_harness, CNAME), "ticket.resolve")
    view = await sam.wait_for_view("resolve")
    assert (await sam.submit(view, {"cause": "network.loss", "resolution": "Cable."})).ok
    before = await ticket_of(ticket_harness)
    (message,) = [
        m for m in direct_messages(ticket_harness, lin, CNAME) if "ticket.helped" in text_of(m)
    ]
    await sam.click(message, "ticket.helped")
    assert await ticket_of(ticket_harness) == before
    await lin.click(message, "ticket.helped")
    assert (await ticket_of(ticket_harness))["helped"]


async def test_reopening(ticket_harness: Harness) -> None:
    """Others cannot reopen a resolved ticket."""
    guest = ticket_harness.workspace.person("guest")
    before = await ticket_of(ticket_harness)
    assert before["status"] == "resolved"
    await guest.click(find_card(ticket_harness, CNAME), "ticket.reopen")
    assert await ticket_of(ticket_harness) == before
