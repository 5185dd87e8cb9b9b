"""The escalation channel goes and comes back; the card is there as soon as it may be."""

from __future__ import annotations

import pytest

from tests.conftest import Harness
from tests.scenario_helpers import find_card, find_cards, find_ticket, report


@pytest.mark.parametrize(
    ("cname", "gone", "back"),
    [("class_77_4", "archive", "unarchive"), ("class_77_6", "remove_bot", "add_bot")],
)
async def test_card_appears_when_the_channel_is_back(
    harness: Harness, cname: str, gone: str, back: str
) -> None:
    """Slack says that the channel is open again, and the card is posted without a wait."""
    getattr(harness.workspace, gone)("escalations")
    outcome = await report(harness.workspace.person("lin"), cname)
    assert outcome.errors == {}
    await harness.settled()
    assert not any(cname in repr(m) for m in harness.workspace.messages(harness.escalations))

    getattr(harness.workspace, back)("escalations")
    await harness.workspace.until(
        lambda: any(cname in repr(m) for m in harness.workspace.messages(harness.escalations))
    )
    assert cname in repr(find_card(harness, cname))


@pytest.mark.parametrize("archived", [True, False])
async def test_card_that_cannot_be_edited_is_replaced_once(
    harness: Harness, *, archived: bool
) -> None:
    """Slack refuses every edit, at first also a new card: its retry does not adopt the old one."""
    cname = "class_77_2" if archived else "class_77_3"
    await report(harness.workspace.person("lin"), cname)
    await harness.settled()
    card = find_card(harness, cname)
    harness.workspace.fail_next(
        "chat.update", "edit_window_closed", times=99, containing=card["ts"]
    )
    if archived:
        harness.workspace.archive("escalations")
    else:
        harness.workspace.fail_next("chat.postMessage", "http_500", containing=harness.escalations)
    await harness.workspace.person("sam").click(card, "ticket.claim")
    await harness.pass_time(20)
    if archived:
        harness.workspace.unarchive("escalations")
    for _ in range(2):
        await harness.pass_time(20)
    ticket = await find_ticket(harness, cname)
    assert ticket.count_events("reposted") == 1
    assert ticket.thread.card_ts == find_cards(harness, cname)[-1]["ts"] != card["ts"]
