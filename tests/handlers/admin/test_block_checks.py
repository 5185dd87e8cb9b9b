"""Whether Slack takes the forms and the card, which it validates without showing them to anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Health
from bot.sandbox.slack import Workspace
from bot.services.workspaces.settings import WorkspaceSettings
from handlers.admin import block_checks
from handlers.admin.block_checks import check_blocks
from handlers.slack.clients import SlackClients
from tests.conftest import FakeClock
from tests.handlers.samples import EN, NOW

SETTINGS = WorkspaceSettings(
    escalation_channel="C07ESCALATE", apps=("kids", "adults"), timezone="UTC", language="en"
)


@pytest.fixture
async def workspace(fake_clock: FakeClock) -> AsyncIterator[Workspace]:
    """A fake Slack."""
    made = Workspace(clock=fake_clock)
    async with made.serve():
        yield made


@pytest.fixture
async def client(workspace: Workspace) -> AsyncIterator[AsyncWebClient]:
    """A client with the workspace's token."""
    async with SlackClients(workspace.api_url, workspace.bot_token) as clients:
        yield clients.default


@pytest.mark.parametrize("apps", [(), ("kids",), ("kids", "adults")])
async def test_accepted(
    workspace: Workspace, client: AsyncWebClient, apps: tuple[str, ...]
) -> None:
    """Two views and a message; nothing is opened or posted."""
    settings = WorkspaceSettings(timezone="UTC", language="en", apps=apps)
    (result,) = await check_blocks(client, settings, NOW)
    assert result.health is Health.OK
    assert {call["name"] for call in workspace.calls} == {"blocks.validate"}
    arguments = sorted(name for call in workspace.calls for name in call["request"])
    assert arguments == ["message", "view", "view"]


async def test_refused(client: AsyncWebClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what, where and why."""

    def samples(*_: Any) -> dict[str, Any]:
        card = {"text": "card", "blocks": [{"type": "divider", "colour": "red"}]}
        return {"card": {"message": card}}

    monkeypatch.setattr(block_checks, "_samples", samples)
    (result,) = await check_blocks(client, SETTINGS, NOW)
    assert result.health is Health.WARNING
    detail = EN.plain_text(result.detail)
    assert detail.startswith("Slack would refuse: card, at /blocks/0")
    assert "colour" in detail


@pytest.mark.parametrize("error", ["unknown_method", "ratelimited", "http_500", "dropped"])
async def test_without_an_answer(workspace: Workspace, client: AsyncWebClient, error: str) -> None:
    """Where Slack does not offer it, or does not answer, nothing is said."""
    workspace.fail_next("blocks.validate", error, times=9)
    assert await check_blocks(client, SETTINGS, NOW) == []
