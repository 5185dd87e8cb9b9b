"""One Slack with several workspaces, each a simulated one, in front of one Lagdesk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from bot.app import build_web_app
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.state.seed import SUPPORT_GROUP
from handlers.http_server import serve_http
from handlers.slack.manifest import build_manifest
from tests.conftest import Harness, oauth_environment, open_harness

_FORWARDED: Final = ("Authorization", "Content-Type")
_RETURNED: Final = ("Content-Type", "x-oauth-scopes")


@dataclass(frozen=True, slots=True)
class SharedSlack:
    """Slack's API for several workspaces, and the public address of Lagdesk."""

    workspaces: list[Workspace]
    session: aiohttp.ClientSession

    async def forward(self, request: web.Request) -> web.Response:
        """Let the workspace answer whose token, code or refresh token a request has.

        The token of an organization is good for all its workspaces: then that whose id, channel,
        trigger or view the request names.
        """
        body = await request.read()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        owners = [each for each in self.workspaces if token == each.bot_token]
        owners += [each for each in self.workspaces if _is_grant_of(each, body.decode())]
        sent = f"{request.query_string}&{body.decode(errors='replace')}"
        named = [each for each in owners if _is_named(each, sent)]
        workspace = (named or owners or self.workspaces)[0]
        headers = {name: request.headers[name] for name in _FORWARDED if name in request.headers}
        url = workspace.url + request.path_qs
        async with self.session.request(request.method, url, data=body, headers=headers) as answer:
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers={
                    name: answer.headers[name] for name in _RETURNED if name in answer.headers
                },
            )

    async def authorize(self, request: web.Request) -> web.Response:
        """Let the workspace approve, or the first of the organization, that the page is for."""
        team = request.query["team"]
        workspace = next(
            each for each in self.workspaces if team in (each.team_id, each.enterprise_id)
        )
        async with self.session.get(workspace.url + request.path_qs) as answer:
            return web.Response(body=await answer.read(), content_type="application/json")


def _is_grant_of(workspace: Workspace, body: str) -> bool:
    codes = [*workspace.oauth_codes, workspace.app.refresh_token]
    return any(code and code in body for code in codes)


def _is_named(workspace: Workspace, sent: str) -> bool:
    ids = (workspace.team_id, *workspace.channels, *workspace.triggers, *workspace.views)
    return any(each in sent for each in ids)


@dataclass(frozen=True, slots=True)
class Town:
    """One Lagdesk, as each of its workspaces sees it."""

    slack: SharedSlack
    url: str
    harnesses: list[Harness]

    async def install(self, team: str) -> tuple[int, str]:
        """Install Lagdesk as an admin does, from the page with the button to the last one."""
        session = self.slack.session
        async with session.get(f"{self.url}/slack/install?team={team}") as answer:
            page, cookie = await answer.text(), answer.headers["Set-Cookie"].partition(";")[0]
        match = re.search(r'<a href="([^"]+)"', page)
        assert match
        async with session.get(match[1].replace("&amp;", "&")) as answer:
            back = await answer.json()
        redirect = f"{self.url}/slack/oauth_redirect?code={back['code']}&state={back['state']}"
        async with session.get(redirect, headers={"Cookie": cookie}) as answer:
            return answer.status, await answer.text()


async def set_up(harness: Harness, app: str) -> None:
    """Choose one app and the support group, as the workspace's admin."""
    maya, leads = harness.workspace.person("maya"), harness.workspace.channel("leads").id
    await maya.command("/lagdesk", "setup")
    view = await maya.wait_for_view("setup")
    chosen = {"escalation_channel": harness.escalations, "summary_channel": leads, "apps": [app]}
    outcome = await maya.submit(view, {**chosen, "support_group": SUPPORT_GROUP})
    assert outcome.action == "update", outcome
    await maya.close(maya.views[-1])


@asynccontextmanager
async def open_town(folder: Path, *teams: str, **environment: str) -> AsyncIterator[Town]:
    """Start Lagdesk and these workspaces, which are all allowed and have not installed it yet."""
    async with AsyncExitStack() as stack:
        jar = aiohttp.DummyCookieJar()
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        slack = SharedSlack([], session)
        url = await stack.enter_async_context(_serve(slack))
        settings = {**oauth_environment(*teams), "SLACK_API_URL": f"{url}/api/", **environment}
        first = await stack.enter_async_context(open_harness(folder, **settings))
        address = await stack.enter_async_context(_open_public(first))
        harnesses = [await _open_workspace(stack, first, address, team) for team in teams]
        slack.workspaces.extend(each.workspace for each in harnesses)
        yield Town(slack, address, harnesses)


def unite(harnesses: Sequence[Harness], enterprise: str) -> None:
    """Make the workspaces one organization: their app is the same, their channels differ."""
    app = harnesses[0].workspace.app
    for number, harness in enumerate(harnesses):
        workspace = harness.workspace
        workspace.enterprise_id, workspace.app = enterprise, app
        for channel in workspace.channels.values():
            channel.id = f"{channel.id[:-1]}{number}"
        workspace.channels = {each.id: each for each in workspace.channels.values()}


@asynccontextmanager
async def _serve(slack: SharedSlack) -> AsyncIterator[str]:
    app = web.Application(client_max_size=10**7)
    app.router.add_route("*", "/api/{method}", slack.forward)
    app.router.add_get("/oauth/v2/authorize", slack.authorize)
    async with serve_http(app, "127.0.0.1", 0) as url:
        yield url


@asynccontextmanager
async def _open_public(harness: Harness) -> AsyncIterator[str]:
    """Open another port of the same Lagdesk."""
    slack = harness.slack
    async with serve_http(build_web_app(slack), "127.0.0.1", 0) as url:
        yield url


async def _open_workspace(
    stack: AsyncExitStack, first: Harness, address: str, team: str
) -> Harness:
    """Serve a workspace that is connected to Lagdesk; people and channels are alike in each."""
    manifest = build_manifest("https://lagdesk.example")
    workspace = Workspace(
        clock=first.clock,
        manifest=manifest,
        message_rate_s=0,
        team_id=team,
        ack_limit_s=10.0,
        trigger_life_s=10.0,
    )
    workspace.app.bot_token = f"xoxb-{team}"
    await stack.enter_async_context(workspace.serve())
    connection = workspace.connect_http(f"{address}/slack/events")
    stack.push_async_callback(connection.close)
    return replace(first, workspace=workspace)
