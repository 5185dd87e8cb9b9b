"""Of two tickets about one call, resolving one names the other, and can resolve it too."""

from __future__ import annotations

import pytest

from tests.conftest import Harness
from tests.scenario_helpers import find_cards, find_replies, report, text_of


@pytest.mark.parametrize(
    ("name", "submit", "title", "asked"),
    [
        ("zhou", True, " 已解决", "与它关联、仍未解决"),
        ("sam", False, " is resolved", "Linked to it and still open"),
    ],
)
async def test_resolving_one_of_two(
    http_harness: Harness, name: str, title: str, asked: str, *, submit: bool
) -> None:
    """The form names the other; who agrees resolves both, else its thread says what happened."""
    harness, agent = http_harness, http_harness.workspace.person(name)
    cname = f"linked_{name}"
    for reporter in ("lin", "wang"):
        assert (await report(harness.workspace.person(reporter), cname)).ok
        await harness.settled()
    await agent.click(find_cards(harness, cname)[0], "ticket.resolve")
    resolution = {"cause": "network.loss", "resolution": "new cable"}
    outcome = await agent.submit(await agent.wait_for_view("resolve"), resolution)
    assert outcome.action == "update"
    await harness.settled()
    view = await agent.wait_for_view("resolve_linked")
    assert view["title"]["text"].endswith(title)
    second = find_cards(harness, cname)[1]
    number = second["blocks"][-1]["elements"][0]["value"]
    assert asked in text_of(view)
    assert f"|LD-{number}>" in text_of(view)
    if submit:
        assert (await agent.submit(view)).action == "close"
    else:
        await agent.close(view)
    await harness.pass_time(60)
    note = f"<@{agent.id}> resolved it; this ticket, linked to it, is still open"
    assert any(note in each["text"] for each in find_replies(harness, second)) is not submit
    is_resolved = [":large_green_circle:" in text_of(card) for card in find_cards(harness, cname)]
    assert is_resolved == [True, submit]
    assert ("new cable" in text_of(find_cards(harness, cname)[1])) is submit


async def test_accepted_verdict_names_it_too(http_harness: Harness) -> None:
    """The answer to the click says which ticket is still open."""
    harness, sam = http_harness, http_harness.workspace.person("sam")
    for reporter in ("lin", "wang"):
        assert (await report(harness.workspace.person(reporter), "class_77_2")).ok
        await harness.settled()
    await harness.pass_time(400)
    first, second = find_cards(harness, "class_77_2")
    await sam.click(find_replies(harness, first)[0], "verdict.right")
    await sam.click(sam.ephemerals("escalations")[-1], "ticket.accept")
    number = second["blocks"][-1]["elements"][0]["value"]
    answer = sam.ephemerals("escalations")[-1]["text"]
    assert "Linked to it and still open: <" in answer
    assert f"|LD-{number}>" in answer
