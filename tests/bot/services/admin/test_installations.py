"""Workspaces that installed Lagdesk, and installations under way."""

from __future__ import annotations

import pytest

from bot.services.admin.installations import TTL_S, InstallationService, WorkspaceToken
from tests.bot.services.conftest import ServiceHarness


def installations(harness: ServiceHarness) -> InstallationService:
    """The service."""
    context = harness.context
    return InstallationService(context.store, context.clock, context.workspaces)


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


async def test_installations_by_another_process(service_harness: ServiceHarness) -> None:
    """The first is seen at once, what follows seconds later; in between nothing is read."""
    context, clock = service_harness.context, service_harness.clock
    ours = InstallationService(context.store, clock, context.workspaces, clock)
    others = installations(service_harness)
    assert await ours.token_for("T6") is None
    await others.save("T6", WorkspaceToken("xoxb-6", "B6", "U6"))
    assert await ours.token_for("T6") == "xoxb-6"
    await others.delete("T6")
    clock.move(TTL_S - 0.1)
    assert await ours.token_for("T6") == "xoxb-6"
    clock.move(0.2)
    assert await ours.token_for("T6") is None


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
