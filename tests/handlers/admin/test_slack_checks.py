"""Health checks of Slack: each thing that can be wrong, with what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.i18n.messages import message
from bot.ports import CheckResult, Health
from bot.sandbox.slack import Workspace
from handlers.admin.slack_checks import _channel, _check_app_token, _check_clock, _lead, _scopes
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import OPTIONAL_SCOPES, SCOPES, build_manifest
from tests.conftest import START, FakeClock
from tests.handlers.samples import EN

MAYA = "U07MAYA0005"
OK, WARNING, FAILED = Health.OK, Health.WARNING, Health.FAILED
NOT_GRANTED = [
    f"{scope} ({EN.plain_text(OPTIONAL_SCOPES[scope])})"
    for scope in SCOPES
    if scope in OPTIONAL_SCOPES
]
REQUIRED = [scope for scope in SCOPES if scope not in OPTIONAL_SCOPES]


@pytest.fixture
async def workspace(fake_clock: FakeClock) -> AsyncIterator[Workspace]:
    """A fake Slack."""
    manifest = build_manifest("https://lagdesk.example")
    made = Workspace(clock=fake_clock, manifest=manifest, message_rate_s=0)
    async with made.serve():
        yield made


@pytest.fixture
async def client(workspace: Workspace) -> AsyncIterator[AsyncWebClient]:
    """A client with the workspace's token."""
    async with SlackClients(workspace.api_url, workspace.bot_token) as clients:
        yield clients.default


def outcome(result: CheckResult) -> tuple[Health, str]:
    """Health and detail."""
    return result.health, EN.plain_text(result.detail)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"x-oauth-scopes": ",".join(SCOPES)}, (OK, "All scopes are granted.")),
        ({"X-OAuth-Scopes": [", ".join(SCOPES)]}, (OK, "All scopes are granted.")),
        ({"x-oauth-scopes": [*SCOPES, "more"]}, (OK, "All scopes are granted.")),
        (
            {"x-oauth-scopes": ",".join(REQUIRED)},
            (
                WARNING,
                f"Not granted, so these features are missing: {', '.join(NOT_GRANTED)}.",
            ),
        ),
        (
            {"x-oauth-scopes": ",".join(REQUIRED[1:])},
            (
                FAILED,
                (
                    f"Missing: {REQUIRED[0]}. Add them on the app's page (OAuth & Permissions), and"
                    " reinstall the app there."
                ),
            ),
        ),
        ({"x-oauth-scopes": " , "}, (WARNING, "Slack does not say which scopes the token has.")),
        ({}, (WARNING, "Slack does not say which scopes the token has.")),
        (None, (WARNING, "Slack does not say which scopes the token has.")),
    ],
)
def test_scopes(header: Any, expected: tuple[Health, str]) -> None:
    """Required ones fail the check, optional ones are a warning."""
    result = _scopes(header)
    assert outcome(result) == expected
    assert (result.name, EN.plain_text(result.label)) == ("slack.scopes", "Slack scopes")


@pytest.mark.parametrize(
    ("ahead_s", "expected"),
    [
        (0, None),
        (-59, None),
        (90, (WARNING, "1 min 30 s")),
        (-200, (WARNING, "3 min 20 s")),
        (400, (FAILED, "6 min 40 s")),
    ],
)
def test_the_clock(ahead_s: float, expected: tuple[Health, str] | None) -> None:
    """Slack's own Date tells how wrong this machine's clock is."""
    headers = {"Date": ["Wed, 11 Nov 2026 02:30:00 GMT"]}
    results = _check_clock(headers, START.timestamp() + ahead_s)
    if expected is None:
        assert results == []
        return
    health, detail = outcome(results[0])
    assert health == expected[0]
    assert f"differs from Slack's by {expected[1]}. " in detail


@pytest.mark.parametrize("headers", [None, {}, {"Date": "noon"}, {"date": []}])
def test_a_clock_that_cannot_be_compared(headers: Any) -> None:
    """Nothing is said about it."""
    assert _check_clock(headers, 0.0) == []


async def test_app_token(workspace: Workspace, client: AsyncWebClient) -> None:
    """It is tried without opening a connection; without one there is nothing to try."""
    assert await _check_app_token(client, "") == []
    (valid,) = await _check_app_token(client, workspace.app_token)
    assert outcome(valid) == (OK, "Socket Mode can connect.")
    (wrong,) = await _check_app_token(client, "xapp-wrong")
    health, detail = outcome(wrong)
    assert health is FAILED
    assert "connections:write" in detail
    assert "SLACK_APP_TOKEN" in detail


async def check_channel(client: AsyncWebClient, channel: str) -> tuple[Health, str]:
    """Check a channel that is needed."""
    result = await _channel(
        client, "slack.c", message("Escalation channel"), channel, FAILED, bot="desk"
    )
    assert result.name == "slack.c"
    return outcome(result)


async def test_channels(workspace: Workspace, client: AsyncWebClient) -> None:
    """It exists, Lagdesk is in it, and it is not archived."""
    channel = workspace.channel("escalations").id
    assert await check_channel(client, channel) == (OK, "Lagdesk is in #escalations.")
    workspace.remove_bot("escalations")
    assert await check_channel(client, channel) == (
        FAILED,
        "Lagdesk is not in #escalations. Type /invite @desk there.",
    )
    workspace.archive("escalations")
    assert await check_channel(client, channel) == (
        FAILED,
        "#escalations is archived. Choose another, or unarchive it.",
    )
    assert await check_channel(client, "C0NOWHERE") == (
        FAILED,
        (
            "Slack refused: channel_not_found. If C0NOWHERE is a private channel, type /invite @desk"
            " there; else choose the channel with /lagdesk setup, or correct the id, which is at the"
            " bottom of the channel's details."
        ),
    )


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("http_500", "Slack refused: http_500."),
        ("dropped", "Slack does not respond."),
        ("team_access_not_granted", "Slack refused: team_access_not_granted."),
    ],
)
async def test_failures(
    fault: str,
    why: str,
    workspace: Workspace,
    client: AsyncWebClient,
) -> None:
    """By Slack's code, or by the status of an answer without one."""
    workspace.fail_next("users.info", fault, times=2)
    assert outcome(await _lead(client, MAYA)) == (WARNING, f"{why} Check ESCALATE_TO.")


async def test_leads(workspace: Workspace, client: AsyncWebClient) -> None:
    """They exist, and can read messages."""
    result = await _lead(client, MAYA)
    assert outcome(result) == (OK, "This is Maya Torres.")
    assert result.name == f"slack.escalate_to.{MAYA}"
    gone = (WARNING, "This account is deactivated or a bot. Check ESCALATE_TO.")
    assert outcome(await _lead(client, workspace.app.bot_user_id)) == gone
