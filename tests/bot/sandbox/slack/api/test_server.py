"""The Web API's endpoint: tokens, scopes, bodies, rate limits and faults."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack import Workspace
from bot.sandbox.slack.api.registry import METHODS

POST = {"channel": "C07TEACHERS", "text": "hello"}


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", None, "not_authed"),
        ("auth.test", "xoxb-wrong", "invalid_auth"),
        ("auth.test", "xapp-1-A07LAGDESK1-sandbox", "not_allowed_token_type"),
        ("apps.connections.open", "", "not_allowed_token_type"),
        ("chat.postmessage", "", "unknown_method"),
    ],
)
async def test_refuses_wrong_tokens(call: Any, method: str, token: str, error: str) -> None:
    """A call without the right kind of token is refused as Slack refuses it."""
    assert error == (await call(method, token=token)).error


async def test_error_names_the_needed_scope(workspace: Workspace, call: Any) -> None:
    """A missing scope is named beside what there is."""
    workspace.scopes.clear()
    workspace.scopes.add("commands")
    response = await call("chat.postMessage", **POST)
    assert (
        response.error,
        response.body["needed"],
        response.body["provided"],
    ) == ("missing_scope", "chat:write", "commands")


@pytest.mark.parametrize("method", sorted(n for n, m in METHODS.items() if not m.takes_json))
async def test_refuses_json_where_slack_does(call: Any, method: str) -> None:
    """Methods that take forms only do not read JSON."""
    assert (await call(method, user="U07LIN00001")).error == "invalid_post_type"


@pytest.mark.parametrize("method", sorted(n for n, m in METHODS.items() if m.required))
async def test_names_missing_arguments(workspace: Workspace, call: Any, method: str) -> None:
    """Every method names the arguments it misses."""
    del workspace
    response = await call(method, form=True)
    lines = [f"[ERROR] missing required field: {name}" for name in METHODS[method].required]
    assert ("invalid_arguments", lines) == (
        response.error,
        response.body["response_metadata"]["messages"],
    )


async def test_warns_of_unknown_arguments(workspace: Workspace, call: Any) -> None:
    """An unknown argument gives a warning in the log; team_id, which slack-sdk adds, does not."""
    assert (await call("chat.postMessage", **POST, team_id="T1", chanel="x")).error == ""
    assert workspace.calls[-1]["warnings"] == ["unknown argument: chanel"]


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        ("{", "application/json", "invalid_json"),
        ("[1]", "application/json", "json_not_object"),
        ("<a/>", "application/xml", "invalid_post_type"),
    ],
)
async def test_refuses_unreadable_bodies(
    workspace: Workspace, body: str, kind: str, error: str
) -> None:
    """A body that cannot be read is refused without a traceback."""
    url, headers = f"{workspace.api_url}auth.test", {"Content-Type": kind}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as response,
    ):
        assert error == (await response.json())["error"]


async def test_limits_posts_a_channel(clock: Any) -> None:
    """One post a second a channel: the second is rate limited, another channel is not."""
    workspace = Workspace(clock=clock)
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}

    async def post(session: aiohttp.ClientSession, channel: str) -> tuple[int, str | None]:
        url = f"{workspace.api_url}chat.postMessage"
        body = {"channel": channel, "text": "x"}
        async with session.post(url, json=body, headers=headers) as response:
            return response.status, response.headers.get("Retry-After")

    async with workspace.serve(), aiohttp.ClientSession() as session:
        first = [await post(session, "C07TEACHERS") for _ in range(2)]
        other = await post(session, "C07ESCALATE")
        clock.now += 1
        later = await post(session, "C07TEACHERS")
    assert [*first, other, later] == [(200, None), (429, "1"), (200, None), (200, None)]


async def test_limits_tiers(clock: Any) -> None:
    """A tier 2 method takes twenty calls a minute."""
    workspace = Workspace(clock=clock)
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with workspace.serve(), aiohttp.ClientSession() as session:
        statuses = []
        for _ in range(21):
            async with session.get(f"{workspace.api_url}users.list", headers=headers) as response:
                statuses.append(response.status)
    assert [*([200] * 20), 429] == statuses


async def test_breaks_on_demand(workspace: Workspace, call: Any) -> None:
    """A requested fault happens once; with after_effect the message is posted all the same."""
    workspace.fail_next("chat.postMessage", "ratelimited", retry_after=7)
    workspace.fail_next("chat.postMessage", "fatal_error", after_effect=True)
    limited = await call("chat.postMessage", **POST)
    assert (
        limited.status,
        limited.headers["Retry-After"],
        limited.error,
    ) == (429, "7", "ratelimited")
    assert workspace.messages("teachers") == []
    assert (await call("chat.postMessage", **POST)).error == "fatal_error"
    assert len(workspace.messages("teachers")) == 1
    assert (await call("chat.postMessage", **POST)).error == ""


async def test_breaks_the_wire(workspace: Workspace, call: Any) -> None:
    """HTTP 500, a dropped connection and silence can be had too."""
    for how in ("http_500", "dropped", "timeout"):
        workspace.fail_next("auth.test", how)
    with pytest.raises(aiohttp.ContentTypeError):
        await call("auth.test")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await call("auth.test")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call("auth.test"), 0.05)


async def test_log_has_no_token(workspace: Workspace, call: Any) -> None:
    """The request log has calls with their tokens redacted."""
    await call("auth.test", form=True, client_secret=workspace.client_secret)
    await call("chat.postMessage", channel="C07TEACHERS", text=workspace.bot_token)
    assert workspace.bot_token not in str(workspace.calls)


async def test_uninstalled_app_is_shut_out(workspace: Workspace, call: Any) -> None:
    """Tokens stop working when the app is uninstalled."""
    workspace.uninstall()
    assert (await call("auth.test")).error == "account_inactive"
