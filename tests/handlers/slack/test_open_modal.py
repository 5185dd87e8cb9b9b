"""What a person reads when a form does not open."""

from __future__ import annotations

import pytest

from bot.errors import SlackUnreachableError
from handlers.slack.open_modal import open_modal
from tests.conftest import Harness


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("token_revoked", "install it again"),
        ("missing_scope", "install it again"),
        ("team_added_to_org", "install it again"),
        ("expired_trigger_id", "too slow"),
        ("http_500", "too slow"),
    ],
)
async def test_reason_says_what_to_do(http_harness: Harness, code: str, text: str) -> None:
    """Trying again helps against a slow Slack, not against a token without rights."""
    workspace = http_harness.workspace
    workspace.fail_next("views.open", code)
    client = await http_harness.slack.clients.of(workspace.team_id)
    with pytest.raises(SlackUnreachableError) as caught:
        await open_modal(client, "1.2.x", {"type": "modal"})
    assert text in str(caught.value.user_message)
