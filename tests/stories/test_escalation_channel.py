"""The escalation channel goes and comes back; the card is there as soon as it may be."""

from __future__ import annotations

import pytest

from tests.conftest import Stage
from tests.scenario_helpers import card_of, report


@pytest.mark.parametrize(
    ("cname", "gone", "back"),
    [("class_77_4", "archive", "unarchive"), ("class_77_6", "remove_bot", "add_bot")],
)
async def test_card_appears_when_the_channel_is_back(
    stage: Stage, cname: str, gone: str, back: str
) -> None:
    """Slack says that the channel is open again, and the card is posted without a wait."""
    getattr(stage.workspace, gone)("escalations")
    outcome = await report(stage.workspace.person("lin"), cname)
    assert {} == outcome.errors
    await stage.settled()
    assert not any(cname in repr(m) for m in stage.workspace.messages(stage.escalations))

    getattr(stage.workspace, back)("escalations")
    await stage.workspace.until(
        lambda: any(cname in repr(m) for m in stage.workspace.messages(stage.escalations))
    )
    assert cname in repr(card_of(stage, cname))
