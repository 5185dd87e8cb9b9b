"""Commands, buttons and forms about tickets in, answers out: through the Bolt app."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Harness
from tests.scenario_helpers import (
    choose_in_menu,
    ephemeral_texts,
    find_card,
    find_ticket,
    report,
    text_of,
)


async def file_ticket(harness: Harness, cname: str) -> int:
    """A ticket of Lin's, whose card is posted; returns its number."""
    await report(harness.workspace.person("lin"), cname)
    await harness.settled()
    return (await find_ticket(harness, cname)).id


async def open_menu(harness: Harness, cname: str, choice: str, callback_id: str) -> Any:
    """Sam opens a form of the card's menu."""
    sam = harness.workspace.person("sam")
    assert (await choose_in_menu(harness, sam, cname, choice)).ok
    return await sam.wait_for_view(callback_id)


async def test_lists_and_details(http_harness: Harness) -> None:
    """A list has its title; a number gives one ticket, as does the list's button."""
    number = await file_ticket(http_harness, "listed")
    sam = http_harness.workspace.person("sam")
    for text, title in (
        ("open", "Open tickets"),
        ("", "Open tickets"),
        ("mine", "Tickets I reported or claimed"),
        ("all", "All tickets"),
        ("all listed", "Tickets found"),
    ):
        outcome = await sam.command("/tickets", text)
        assert outcome.ok
        assert title in ephemeral_texts(sam)[-1]
    listed = sam.ephemerals("teachers")[-1]
    assert (await sam.click(listed, "tickets.show")).ok
    assert "reported it" in ephemeral_texts(sam)[-1]
    assert (await sam.command("/tickets", f"LD-{number}")).ok
    assert "reported it" in ephemeral_texts(sam)[-1]
    outcome = await sam.command("/tickets", "LD-999999")
    assert "There is no ticket LD-999999" in outcome.text + ephemeral_texts(sam)[-1]


async def test_sharing_names_a_list_of_ones_own_tickets_found(http_harness: Harness) -> None:
    """In a channel `mine` would be anybody's."""
    await file_ticket(http_harness, "shared")
    lin = http_harness.workspace.person("lin")
    await lin.command("/tickets", "mine")
    assert (await lin.click(lin.ephemerals("teachers")[-1], "tickets.share")).ok
    posted = http_harness.workspace.messages(http_harness.workspace.channel("teachers").id)[-1]
    assert posted["text"] == "Tickets found"
    await lin.command("/tickets", "all")
    assert (await lin.click(lin.ephemerals("teachers")[-1], "tickets.share")).ok
    posted = http_harness.workspace.messages(http_harness.workspace.channel("teachers").id)[-1]
    assert posted["text"] == "All tickets"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"resolution": "  "}, None),
        ({"resolution": " cable "}, "cable"),
        ({"canned": "1", "resolution": ""}, "Switched to another network."),
    ],
)
async def test_resolving(
    http_harness: Harness,
    fields: dict[str, str],
    expected: str | None,
) -> None:
    """What was done is written, without the spaces around it, or chosen."""
    cname = f"resolve-{(expected or 'not')[:5]}"
    await file_ticket(http_harness, cname)
    sam = http_harness.workspace.person("sam")
    assert (await sam.click(find_card(http_harness, cname), "ticket.resolve")).ok
    view = await sam.wait_for_view("resolve")
    outcome = await sam.submit(view, {"cause": "network.loss", **fields})
    ticket = await find_ticket(http_harness, cname)
    if expected is None:
        assert list(outcome.errors) == ["resolution"]
        assert ticket.resolution == ""
        await sam.close(view)
    else:
        assert outcome.ok
        assert (ticket.resolution, ticket.resolved_cause) == (expected, "network.loss")
        assert ticket.resolver == sam.id


async def test_buttons_of_a_card(http_harness: Harness) -> None:
    """Claim, escalate, resolve and reopen each do what they say."""
    await file_ticket(http_harness, "buttons")
    sam = http_harness.workspace.person("sam")

    async def click(action: str) -> Any:
        assert (await sam.click(find_card(http_harness, "buttons"), f"ticket.{action}")).ok
        await http_harness.settled()
        return await find_ticket(http_harness, "buttons")

    ticket = await click("claim")
    assert (ticket.status, ticket.assignee) == ("claimed", sam.id)
    ticket = await click("escalate")
    assert ticket.count_events("called") == 1
    await click("resolve")
    view = await sam.wait_for_view("resolve")
    assert (await sam.submit(view, {"cause": "none", "resolution": "x"})).ok
    await http_harness.settled()
    ticket = await click("reopen")
    assert (ticket.status, ticket.count_events("reopened")) == ("open", 1)
    await click("diagnose")


async def test_hand_over_form(http_harness: Harness) -> None:
    """To a person, not to a bot."""
    await file_ticket(http_harness, "handed")
    sam, maya = (http_harness.workspace.person(name) for name in ("sam", "maya"))
    view = await open_menu(http_harness, "handed", "hand_over", "hand_over")
    bot = http_harness.workspace.app.bot_user_id
    outcome = await sam.submit(view, {"person": bot})
    assert list(outcome.errors) == ["person"]
    assert (await sam.submit(view, {"person": maya.id})).ok
    assert (await find_ticket(http_harness, "handed")).assignee == maya.id


async def test_merge_form(http_harness: Harness) -> None:
    """Into another ticket, found by a word; errors are under the field."""
    own = await file_ticket(http_harness, "merged")
    other = await file_ticket(http_harness, "into")
    sam = http_harness.workspace.person("sam")
    view = await open_menu(http_harness, "merged", "link", "link")
    (offered,) = await sam.options(view, "value", "into")
    assert f"LD-{other} · Open · into" in offered["text"]["text"]
    for value, expected in (
        ("soon", "Choose a ticket"),
        ("999999", "There is no ticket LD-999999"),
        (str(own), "cannot be merged with itself"),
    ):
        outcome = await sam.submit(view, {"ticket": value, "relation": "duplicate"}, force=True)
        assert list(outcome.errors) == ["ticket"]
        assert expected in outcome.errors["ticket"]
    assert (await sam.submit(view, {"ticket": offered["value"], "relation": "duplicate"})).ok
    assert (await find_ticket(http_harness, "merged")).duplicate_of == other


async def test_link_form(http_harness: Harness) -> None:
    """A link is added, and removed by its box; something has to be done."""
    number = await file_ticket(http_harness, "room-one")
    other = await file_ticket(http_harness, "to-link")
    sam = http_harness.workspace.person("sam")
    view = await open_menu(http_harness, "room-one", "link", "link")
    assert "cannot be linked" in (await sam.submit(view, {"ticket": str(number)})).errors["ticket"]
    assert (await sam.submit(view, {"ticket": str(other)})).ok
    await http_harness.settled()
    assert (await find_ticket(http_harness, "room-one")).related == [other]
    view = await open_menu(http_harness, "room-one", "link", "link")
    assert "Choose a ticket" in (await sam.submit(view, {})).errors["ticket"]
    assert (await sam.submit(view, {"unlink": [str(other)]})).ok
    assert (await find_ticket(http_harness, "room-one")).related == []


async def test_correct_form(http_harness: Harness) -> None:
    """What is left empty stays; what is wrong is said under its field."""
    await file_ticket(http_harness, "wrong-room")
    sam = http_harness.workspace.person("sam")
    view = await open_menu(http_harness, "wrong-room", "correct", "correct")
    assert "cname" in (await sam.submit(view, {"cname": "\u4f60"})).errors
    assert (await sam.submit(view, {"cname": "right-room", "issue_type": "2"})).ok
    ticket = await find_ticket(http_harness, "right-room")
    assert (ticket.issue_type, ticket.teacher_uid, ticket.student_uid) == (2, "10001", "20002")


async def test_room_of_the_menu(http_harness: Harness) -> None:
    """It opens another modal."""
    await file_ticket(http_harness, "managed")
    view = await open_menu(http_harness, "managed", "room", "room")
    assert "managed" in text_of(view)


async def test_filters_of_the_home(http_harness: Harness) -> None:
    """Chosen filters are stored and the home is published again."""
    await file_ticket(http_harness, "at-home")
    sam = http_harness.workspace.person("sam")
    await sam.open_home()
    await http_harness.workspace.until(lambda: sam.home is not None)
    assert sam.home is not None
    assert (await sam.choose(sam.home, "home.state", "resolved")).ok
    assert "at-home" not in text_of(sam.home)
    assert (await sam.choose(sam.home, "home.state", "all")).ok
    assert "at-home" in text_of(sam.home)
    assert "home.greeted" in text_of(sam.home)
    assert (await sam.click(sam.home, "home.greeted")).ok
    assert "home.greeted" not in text_of(sam.home)
    assert (await sam.click(sam.home, "home.report")).ok
    view = await sam.wait_for_view("report")
    assert "cname" in text_of(view)
    await sam.close(view)


async def test_report_is_prefilled(http_harness: Harness) -> None:
    """From the command's arguments, and from the text of a message."""
    lin = http_harness.workspace.person("lin")
    await lin.command("/report", "class_9 10001 20002 no sound")
    view = await lin.wait_for_view("report")
    values = [block["element"].get("initial_value") for block in view["blocks"]]
    assert values[:3] == ["class_9", "10001", "20002"]
    assert values[-1] == "no sound"
    await lin.close(view)
