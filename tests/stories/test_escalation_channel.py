"""The escalation channel goes and comes back; the card is there as soon as it may be."""

from __future__ import annotations

import pytest

from tests.conftest import Harness
from tests.scenario_helpers import find_card, report


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
