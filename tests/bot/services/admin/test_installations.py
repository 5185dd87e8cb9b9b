"""Workspaces that installed Lagdesk, and installations under way."""

from __future__ import annotations

import pytest

from bot.services.admin.installations import InstallationService, WorkspaceToken
from tests.bot.services.conftest import ServiceHarness


def installations(harness: ServiceHarness) -> InstallationService:
    """The service."""
    return InstallationService(harness.context.store, harness.context.clock)


async def test_token_of_a_workspace(service_harness: ServiceHarness) -> None:
    """The last one, until Lagdesk is removed."""
    service = installations(service_harness)
    assert await service.token_for("T5") is None
    for token in (
        WorkspaceToken("xoxb-1", "B1", "U1"),
        WorkspaceToken("xoxb-2", None, "U2", ("chat:write", "commands")),
    ):
        await service.save("T5", token)
        assert await service.find("T5") == token
        assert await service.token_for("T5") == token.bot_token
    assert "T5" in await service.teams()
    await service.delete("T5")
    assert await service.find("T5") is None
    assert "T5" not in await service.teams()


@pytest.mark.parametrize(("after_s", "is_valid"), [(600, True), (601, False)])
async def test_installation_takes_ten_minutes(
    service_harness: ServiceHarness, after_s: int, *, is_valid: bool
) -> None:
    """Its state is valid once, and no two are alike."""
    service = installations(service_harness)
    state, other = await service.issue_state(), await service.issue_state()
    assert state != other
    assert len(state) >= 32
    service_harness.clock.move(after_s)
    assert await service.consume_state(state) is is_valid
    assert not await service.consume_state(state)
