from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.app import open_summary_jobs
from bot.errors import SlackNotInstalledError
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.state.seed import DEFAULT_PERSON, LEADS
from bot.services.admin.installations import WorkspaceToken
from bot.services.admin.token_cipher import TokenCipher
from bot.store.admin import installations as store
from handlers.slack.clients import SlackClients
from tests.conftest import oauth_environment
from tests.database_faults import SQLITE_FAULTS
from tests.handlers.raw_http import RawHttpClient, action, command, event, open_raw_http

# slack-sdk still passes its credentials to aiohttp in the old way
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated"),
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated"),
]
TEAM = "T07LAGDESK0"
OTHER = "T07OTHER000"


@dataclass
class TwoWorkspaces:
    """An HTTP server with OAuth, and a second workspace that has not installed the app."""

    raw_http: RawHttpClient
    second: Workspace

    @property
    def first(self) -> Workspace:
        """The fake workspace of Lagdesk."""
        return self.raw_http.harness.workspace

    async def get(self, path: str, cookie: str = "") -> tuple[int, str, str]:
        """Open a page; returns status, text and the state cookie."""
        async with self.raw_http.session.get(
            self.raw_http.url + path,
            headers={"Cookie": cookie},
            allow_redirects=False,
        ) as answer:
            match = answer.headers.get("Set-Cookie", "").partition(";")[0]
            return answer.status, await answer.text(), match

    async def begin(self) -> tuple[dict[str, str], str]:
        """Open the install page and approve in Slack; return the redirect's query and the cookie."""
        _, page, cookie = await self.get("/slack/install")
        match = re.search(r'<a href="([^"]+)"', page)
        assert match
        url = match[1].replace("&amp;", "&")
        async with self.raw_http.session.get(url, allow_redirects=False) as answer:
            return await answer.json(), cookie

    async def install(self) -> tuple[int, str]:
        """Install, from the button to the page at the end."""
        back, cookie = await self.begin()
        status, text, _ = await self.get(
            f"/slack/oauth_redirect?code={back['code']}&state={back['state']}",
            cookie,
        )
        return status, text

    async def token(self, team: str = TEAM) -> str | None:
        """Read the stored installation of a workspace."""
        found = await self.raw_http.harness.application.installations.find(team)
        return found[1].bot_token if found else None


@pytest.fixture
async def workspaces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TwoWorkspaces]:
    """Lagdesk for several workspaces; the first one has not installed it yet."""
    second = Workspace(team_id=OTHER)
    environment = {**oauth_environment(TEAM, OTHER, "T01SECOND"), "SUMMARY_CHANNEL": LEADS}
    async with open_raw_http(tmp_path_factory.mktemp("town"), **environment) as raw_http:
        yield TwoWorkspaces(raw_http, second)


async def test_install_page_leads_to_slack(workspaces: TwoWorkspaces) -> None:
    """The page's button opens Slack with our client id, scopes and a fresh state."""
    status, page, cookie = await workspaces.get("/slack/install")
    match = re.search(r'<a href="([^"]+)"', page)
    assert match
    query = parse_qs(urlsplit(match[1].replace("&amp;", "&")).query)
    assert (200, [workspaces.first.client_id]) == (status, query["client_id"])
    assert "chat:write" in query["scope"][0]
    assert query["state"][0] in cookie
    assert cookie != (await workspaces.get("/slack/install"))[2]


async def test_installation_is_stored(workspaces: TwoWorkspaces) -> None:
    """After the yes the workspace's token is ours, and its people are served."""
    assert (await workspaces.raw_http.send_payload(command()))[0] == 200
    assert "not installed" in (await workspaces.raw_http.send_payload(command()))[1]
    status, page = await workspaces.install()
    assert (200, workspaces.first.bot_token) == (status, await workspaces.token())
    assert workspaces.first.bot_token not in page
    assert "not installed" not in (await workspaces.raw_http.send_payload(command()))[1]


async def test_installer_is_not_stored(workspaces: TwoWorkspaces) -> None:
    """Of who installed it nothing is stored, not even encrypted: nobody could erase it there."""
    await workspaces.install()
    application = workspaces.raw_http.harness.application
    cipher = TokenCipher(application.settings.encryption_keys)
    row = await application.store.read(lambda session: store.find(session, TEAM))
    stored = str(cipher.decrypt(row or {}))
    assert workspaces.first.bot_token in stored
    assert DEFAULT_PERSON not in stored


async def test_database_away_after_an_installation(workspaces: TwoWorkspaces) -> None:
    """The token known last still answers people, also where only a message can."""
    await workspaces.install()
    harness = workspaces.raw_http.harness
    assert (await workspaces.raw_http.send_payload(command()))[0] == 200
    with SQLITE_FAULTS["missing"](harness.application.store):
        answer = (await workspaces.raw_http.send_payload(command()))[1]
        assert "Nothing can be read now" in answer
        person = workspaces.first.person("sam")
        click = {**action(), "user": {"id": person.id}, "response_url": ""}
        assert (await workspaces.raw_http.send_payload(click))[0] == 200
        messages = workspaces.first.messages(person.dm_channel_id())
        assert "Not saved" in messages[-1]["text"]


async def test_state_is_good_once(workspaces: TwoWorkspaces) -> None:
    """A used or unknown state is refused."""
    back, cookie = await workspaces.begin()
    path = f"/slack/oauth_redirect?code={back['code']}&state={back['state']}"
    assert (await workspaces.get(path, cookie))[0] == 200
    assert (await workspaces.get(path, cookie))[0] == 401
    forged = "/slack/oauth_redirect?code=1&state=forged"
    assert (await workspaces.get(forged, "slack-app-oauth-state=forged"))[0] == 401
    assert (await workspaces.get(path))[0] == 400


async def test_state_expires(workspaces: TwoWorkspaces) -> None:
    """The state expires after ten minutes."""
    back, cookie = await workspaces.begin()
    workspaces.raw_http.harness.clock.move(601)
    path = f"/slack/oauth_redirect?code={back['code']}&state={back['state']}"
    assert (await workspaces.get(path, cookie))[0] == 401
    assert None is await workspaces.token()


@pytest.mark.parametrize(
    "query",
    [
        "error=access_denied",
        "error=%3Cscript%3Ealert(1)%3C/script%3E",
        "",
        "code=",
        "code=forged",
        "state=%00",
        "state=%ff&code=%ff",
        "code=1&code=2&state=1&state=2",
    ],
)
async def test_any_redirect_is_answered(
    workspaces: TwoWorkspaces,
    query: str,
    no_traceback: None,
) -> None:
    """A denied or forged redirect gets a page, never a failure, and stores nothing."""
    _ = no_traceback
    status, page, _ = await workspaces.get(
        f"/slack/oauth_redirect?{query}",
        "slack-app-oauth-state=1",
    )
    assert status in (200, 400, 401)
    assert "<script>alert" not in page
    assert None is await workspaces.token()


async def test_forged_code_with_a_good_state(workspaces: TwoWorkspaces, no_traceback: None) -> None:
    """A code Slack never gave is refused by Slack, and by us."""
    _ = no_traceback
    back, cookie = await workspaces.begin()
    path = f"/slack/oauth_redirect?code=forged&state={back['state']}"
    assert (await workspaces.get(path, cookie))[0] == 401
    assert None is await workspaces.token()


async def test_slack_away(workspaces: TwoWorkspaces, no_traceback: None) -> None:
    """While Slack does not respond, the last page says so."""
    _ = no_traceback
    workspaces.first.fail_next("oauth.v2.access", "dropped", times=5)
    assert (await workspaces.install())[0] == 503
    assert None is await workspaces.token()


async def test_uninstall_removes_the_installation(workspaces: TwoWorkspaces) -> None:
    """A workspace that removes Lagdesk is forgotten; another one is not."""
    await workspaces.install()
    other = WorkspaceToken("xoxb-other", "B1", "U1")
    await workspaces.raw_http.harness.application.installations.save(OTHER, other)
    workspaces.first.uninstall()
    await workspaces.first.until(lambda: events_received(workspaces.first, "app_uninstalled"))
    assert (await workspaces.token(), await workspaces.token(OTHER)) == (None, "xoxb-other")


def events_received(workspace: Workspace, kind: str) -> bool:
    """Return whether the app has acknowledged an event of this type."""
    return any(call["name"] == f"event {kind}" for call in workspace.calls)


async def test_peoples_tokens_are_not_ours(workspaces: TwoWorkspaces) -> None:
    """A user's own revoked token changes nothing."""
    await workspaces.install()
    revoked = event(type="tokens_revoked", tokens={"oauth": ["U1"], "bot": []})
    assert (await workspaces.raw_http.send_payload(revoked))[0] == 200
    assert workspaces.first.bot_token == await workspaces.token()


async def test_workspaces_have_their_own_tokens(workspaces: TwoWorkspaces) -> None:
    """Each workspace gets requests with its own token; an unknown one gets none."""
    await workspaces.install()
    other = WorkspaceToken("xoxb-other", "B1", "U1")
    await workspaces.raw_http.harness.application.installations.save(OTHER, other)
    clients = workspaces.raw_http.harness.slack.clients
    tokens = [(await clients.of(team)).token for team in (TEAM, OTHER)]
    assert [workspaces.first.bot_token, "xoxb-other"] == tokens
    with pytest.raises(SlackNotInstalledError):
        await clients.of("T0NOBODY")


async def test_stranger_has_no_effect(workspaces: TwoWorkspaces) -> None:
    """A signed event of a workspace that is not installed is acknowledged, without effect."""
    calls = len(workspaces.first.calls)
    strange = {**event(type="app_home_opened", tab="home"), "team_id": "T0NOBODY"}
    strange["authorizations"] = [{"team_id": "T0NOBODY", "enterprise_id": None}]
    assert (await workspaces.raw_http.send_payload(strange))[0] == 200
    assert calls == len(workspaces.first.calls)


async def test_one_workspace_has_one_client() -> None:
    """Without OAuth every team is served with the one token."""
    async with SlackClients("http://127.0.0.1:1/api/", "xoxb-1") as clients:
        assert [(await clients.of(team)).token for team in ("", TEAM)] == ["xoxb-1", "xoxb-1"]
    assert isinstance(clients.default.session, aiohttp.ClientSession)


async def test_summary_is_posted_where_its_channel_is(workspaces: TwoWorkspaces) -> None:
    """By the first workspace, whose the environment's channel is, whoever else has installed."""
    application = workspaces.raw_http.harness.application
    week = application.services.summary.last_week()
    assert application.context.workspaces.summary_channels == {}
    assert (await workspaces.install())[0] == 200
    await application.installations.save("T01SECOND", WorkspaceToken("xoxb-other", "B1", "U1"))
    assert application.context.workspaces.summary_channels == {TEAM: LEADS}
    async with open_summary_jobs(application) as (jobs, worker):
        await jobs.post_now(week, TEAM, worker.run_now)
    (posted,) = workspaces.first.messages(LEADS)
    assert week.label in posted["text"]
