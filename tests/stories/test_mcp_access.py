"""Who may use the MCP endpoint: people with a token, Slack's assistant for a person, nobody else."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from bot.sandbox.slack.delivery.transport import sign
from bot.sandbox.slack.state.faults import Fault
from bot.services.admin.installations import WorkspaceToken
from bot.store import Session
from bot.store.workspaces.workspaces import Workspace as WorkspaceRow
from tests.conftest import Harness
from tests.database_faults import restricted
from tests.handlers.raw_http import RawHttpClient, open_raw_http
from tests.mcp_client import connect, create_token, everything_of, text_of
from tests.scenario_helpers import report
from tests.shared_slack import Town, open_town

FIRST, SECOND = "T07LAGDESK0", "T07OTHER000"
CNAME: Final = "class_77_1"
HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}
LIST: Final = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def call(tool: str, slack: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
    """A call of a tool, as Slack's assistant sends it for a person."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    if slack is not None:
        params["_meta"] = {"slack": slack}
    return {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends raw requests to the endpoint."""

    url: str
    session: aiohttp.ClientSession
    harness: Harness

    async def post(
        self, body: object, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any], Any]:
        """Return status, headers and JSON, None for a body that is none."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**HEADERS, **(headers or {})}
        async with self.session.post(
            f"{self.url}/mcp", data=io.BytesIO(raw), headers=sent
        ) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, dict(answer.headers), await answer.json() if is_json else None

    async def signed(self, body: object, at: float | None = None) -> tuple[int, Any]:
        """Send what Slack signed."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, _, answer = await self.post(
            raw, sign(self.harness.workspace.signing_secret, raw, at)
        )
        return status, answer

    @property
    def sam(self) -> dict[str, Any]:
        """Whom Slack names in a request: sam, who is support."""
        workspace = self.harness.workspace
        return {"user_id": workspace.person("sam").id, "team_id": workspace.team_id}


@pytest.fixture(scope="module")
async def raw(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RawHttpClient]:
    """Lagdesk with the endpoint and a ticket of lin's, with the token of one workspace."""
    async with open_raw_http(tmp_path_factory.mktemp("mcp"), MCP="true") as opened:
        assert (await report(opened.harness.workspace.person("lin"), CNAME)).ok
        await opened.harness.settled()
        yield opened


@pytest.fixture
def sender(raw: RawHttpClient) -> Sender:
    """A sender of raw requests."""
    return Sender(raw.url, raw.session, raw.harness)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic YTpi", "lagdesk_"])
async def test_no_token(sender: Sender, authorization: str) -> None:
    """Nothing is answered, and the answer says what is needed."""
    headers = {"Authorization": authorization} if authorization else {}
    status, answered, body = await sender.post(LIST, headers)
    assert (status, answered["WWW-Authenticate"], body) == (401, "Bearer", None)
    async with sender.session.post(f"{sender.url}/mcp", headers=headers) as refused:
        assert "/lagdesk settings" in await refused.text()


async def test_revoked_token(sender: Sender) -> None:
    """It is refused from the next request on."""
    tokens = sender.harness.slack.services.access_tokens
    secret, team = await create_token(sender.harness, "zhou"), sender.harness.workspace.team_id
    headers = {"Authorization": f"Bearer {secret}"}
    status, _, body = await sender.post(call("find_tickets"), headers)
    assert (status, body["result"]["isError"]) == (200, False)
    zhou = sender.harness.workspace.person("zhou").id
    (token,) = await tokens.list_tokens(team, zhou)
    await tokens.revoke(team, zhou, token.id)
    status, answered, _ = await sender.post(call("find_tickets"), headers)
    assert (status, answered["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="no json"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param([LIST, LIST], id="batch"),
        pytest.param({"id": 1}, id="no method"),
        pytest.param({"jsonrpc": "1.0", "id": 1, "method": "tools/list"}, id="other version"),
        pytest.param(b"x" * (1024 * 1024 + 1), id="too long"),
    ],
)
async def test_malformed(sender: Sender, body: object) -> None:
    """400, whoever sends it, and no answer of a tool."""
    secret = await create_token(sender.harness, "maya")
    status, _, answer = await sender.post(body, {"Authorization": f"Bearer {secret}"})
    assert status == 400
    assert "result" not in (answer or {})
    tokens, workspace = sender.harness.slack.services.access_tokens, sender.harness.workspace
    for token in await tokens.list_tokens(workspace.team_id, workspace.person("maya").id):
        await tokens.revoke(workspace.team_id, workspace.person("maya").id, token.id)
    if not isinstance(body, bytes) or len(body) < 1000:
        assert (await sender.signed(body))[0] == 400


async def test_wrong_parameters(sender: Sender) -> None:
    """They are an error of the protocol, with the request's id."""
    for params in (None, {}, {"name": 3}, {"name": "find_tickets", "arguments": [1]}, [1]):
        body = {**call("find_tickets"), "params": params}
        status, answer = await sender.signed({**body, "params": params})
        assert status in (400, 401), params
        assert "result" not in (answer or {})


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_other_methods(sender: Sender, method: str) -> None:
    """There are no streams to open and no sessions to end."""
    async with sender.session.request(method, f"{sender.url}/mcp") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_slack_lists_tools(sender: Sender) -> None:
    """For itself, without naming a person; it is signed all the same."""
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "Slackbot", "version": "1"},
        },
    }
    status, answer = await sender.signed(initialize)
    assert (status, answer["result"]["serverInfo"]["name"]) == (200, "lagdesk")
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert (await sender.signed(notification))[0] == 202
    status, answer = await sender.signed(LIST)
    assert (status, len(answer["result"]["tools"])) == (200, 5)


async def test_slack_calls_a_tool_for_a_person(sender: Sender) -> None:
    """With that person's rights and language."""
    workspace = sender.harness.workspace
    for name, found in (("sam", 1), ("guest", 0)):
        slack = {"user_id": workspace.person(name).id, "team_id": workspace.team_id}
        status, answer = await sender.signed(call("find_tickets", slack, query="all"))
        assert status == 200
        assert len(answer["result"]["structuredContent"]["tickets"]) == found
        assert "All tickets" in answer["result"]["content"][0]["text"]


@pytest.mark.parametrize(
    "slack",
    [
        None,
        {},
        {"team_id": FIRST},
        {"user_id": "U07SAM00003"},
        {"user_id": "U07SAM00003", "team_id": "T07ELSEWHERE"},
        {"user_id": "U07SAM00003", "team_id": "T07ELSEWHERE", "enterprise_id": "E07ELSEWHERE"},
        {"user_id": "<@U1>", "team_id": FIRST},
    ],
)
async def test_slack_names_nobody_here(sender: Sender, slack: dict[str, Any] | None) -> None:
    """A call for nobody, or for somebody of a workspace without Lagdesk, is refused."""
    status, answer = await sender.signed(call("find_tickets", slack))
    assert (status, answer) == (401, None)


@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
async def test_identity_that_cannot_be_read(sender: Sender, version: str) -> None:
    """Nothing is answered for anybody, whatever another parser would read in it."""
    wrong = call("find_tickets", {"user_id": 3, "team_id": [FIRST]})
    readable = json.dumps(call("find_tickets", sender.sam)).encode()
    for body in (json.dumps(wrong).encode(), b"\xef\xbb\xbf" + readable):
        signed = sign(sender.harness.workspace.signing_secret, body)
        headers = {**signed, "MCP-Protocol-Version": version}
        status, _, answer = await sender.post(body, headers)
        assert status < 500
        assert "result" not in (answer or {})


async def test_identity_that_is_not_signed(sender: Sender) -> None:
    """Half a signature, an old or a wrong one, or none: refused, with a valid token too."""
    body = json.dumps(call("find_tickets", sender.sam)).encode()
    signed = sign(sender.harness.workspace.signing_secret, body)
    old = sign(sender.harness.workspace.signing_secret, body, at=1_700_000_000)
    wrong = sign("another secret", body)
    token = {"Authorization": f"Bearer {await create_token(sender.harness, 'wang')}"}
    halves = [{name: value} for name, value in signed.items()]
    for headers in ({}, *halves, old, wrong, {**halves[0], **token}, {**wrong, **token}):
        assert (await sender.post(body, headers))[0] == 401, headers
    changed = body.replace(b"find_tickets", b"week_summary")
    assert (await sender.post(changed, signed))[0] == 401
    assert (await sender.post(body, signed))[0] == 200


async def test_too_many_at_once(tmp_path: Path) -> None:
    """One person cannot use up Lagdesk: the tool says when to try again."""
    async with open_raw_http(tmp_path, MCP="true", PERSON_LIMIT="3") as raw:
        secret = await create_token(raw.harness, "sam")
        async with connect(raw.url, secret) as client:
            results = [await client.call_tool("find_tickets", {}) for _ in range(4)]
        assert [each.is_error for each in results] == [False, False, False, True]
        assert "Try again in" in text_of(results[-1])


async def test_slack_is_away(tmp_path: Path) -> None:
    """Nobody is let in unknown; the client is told to try again, as JSON-RPC has it."""
    async with open_raw_http(tmp_path, MCP="true") as raw:
        sender = Sender(raw.url, raw.session, raw.harness)
        token = {"Authorization": f"Bearer {await create_token(raw.harness, 'sam')}"}
        raw.harness.workspace.faults.add(Fault("*", "http_500", times=100))
        status, _, body = await sender.post(call("find_tickets"), token)
        assert (status, body["id"]) == (200, 2)
        assert "Try again in a moment." in body["error"]["message"]
        signed = call("find_tickets", sender.sam)
        assert "Try again" in (await sender.signed(signed))[1]["error"]["message"]
        assert (await sender.post(b"{", token))[0] == 400
        notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await sender.post(notification, token))[0] == 202
        raw.harness.workspace.faults.clear()


async def test_audit_log_that_is_not_written(tmp_path: Path) -> None:
    """Nothing is read then; nobody asked for anything to be saved."""
    async with open_raw_http(tmp_path, MCP="true") as raw:
        sender = Sender(raw.url, raw.session, raw.harness)
        used, new = [
            {"Authorization": f"Bearer {await create_token(raw.harness, 'sam')}"} for _ in range(2)
        ]
        assert (await sender.post(LIST, used))[0] == 200
        with restricted(raw.harness.application.store, "PRAGMA query_only = ON"):
            _, _, answer = await sender.post(call("find_tickets", language="en"), used)
            _, _, refused = await sender.post(call("find_tickets"), new)
        assert answer["result"]["isError"] is True
        assert answer["result"]["content"][0]["text"].startswith("Nothing can be read now")
        assert refused["error"]["message"].startswith("Nothing can be read now")


async def test_off(tmp_path: Path) -> None:
    """Without the setting there is no such route."""
    async with open_raw_http(tmp_path) as raw:
        status, _, _ = await Sender(raw.url, raw.session, raw.harness).post(LIST)
        assert status == 404


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Two workspaces with the same people and apps; the first has a ticket of lin's."""
    async with open_town(tmp_path, FIRST, SECOND, MCP="true") as opened:
        for harness in opened.harnesses:
            workspace = harness.workspace
            token = WorkspaceToken(workspace.bot_token, "B1", "U1")
            await harness.application.installations.save(workspace.team_id, token)
        first, second = opened.harnesses

        def set_up(session: Session) -> None:
            chosen = {"escalation_channel": second.escalations, "apps": []}
            session.merge(WorkspaceRow(team=SECOND, chosen=chosen))

        await second.application.store.transact(set_up)
        await second.application.installations.load()
        assert (await report(first.workspace.person("lin"), CNAME, comments="secret")).ok
        await first.settled()
        yield opened


async def test_other_workspace(town: Town) -> None:
    """Its support, with the same user id, finds no ticket, no app and no figure of the first."""
    first, second = town.harnesses
    secret = await create_token(second, "sam")
    async with connect(town.url, secret) as client:
        found = await client.call_tool("find_tickets", {"query": "all", "language": "en"})
        explained = await client.call_tool("explain_ticket", {"ticket": "LD-1", "language": "en"})
        call_result = await client.call_tool("explain_call", {"cname": CNAME, "app": "kids"})
        quality = await client.call_tool("quality_now", {"app": "kids", "language": "en"})
        week = await client.call_tool("week_summary", {"week": "2026-W46", "language": "en"})
    assert (found.structured_content or {})["tickets"] == []
    assert "There is no ticket LD-1" in text_of(explained)
    assert [each.is_error for each in (explained, call_result, quality)] == [True] * 3
    assert (week.structured_content or {})["reported"] == 0
    assert not any("secret" in everything_of(each) for each in (found, explained, week))
    async with connect(town.url, await create_token(first, "sam")) as client:
        found = await client.call_tool("find_tickets", {"query": "all"})
    assert len((found.structured_content or {})["tickets"]) == 1


async def test_removed_from_the_workspace(town: Town) -> None:
    """Where Lagdesk is removed, neither tokens nor Slack's signature are of use any more."""
    second = town.harnesses[1]
    sender = Sender(town.url, town.slack.session, second)
    secret = {"Authorization": f"Bearer {await create_token(second, 'sam')}"}
    asked = call("find_tickets", sender.sam)
    assert (await sender.post(asked, secret))[0] == 200
    assert (await sender.signed(asked))[0] == 200
    await second.application.installations.delete(SECOND)
    assert (await sender.post(asked, secret))[0] == 401
    assert (await sender.signed(asked))[0] == 401
