"""The page's HTTP routes, and the events on its WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack import Workspace

LIN = "U07LIN00001"


class Page:
    """An open page."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def get(self, path: str, **query: str) -> Any:
        """GET JSON."""
        async with self.session.get(f"{self.url}/page/{path}", params=query) as response:
            return await response.json()

    async def post(self, path: str, **body: object) -> Any:
        """POST JSON, as lin by default."""
        url = f"{self.url}/page/{path}"
        async with self.session.post(url, json={"as": LIN, **body}) as response:
            return await response.json()


@pytest.fixture
async def page(workspace: Workspace) -> AsyncIterator[Page]:
    """An open page."""
    async with aiohttp.ClientSession() as session:
        yield Page(session, workspace.url)


async def open_modal(workspace: Workspace, call: Any, view: dict[str, Any]) -> str:
    """Open a modal for lin; return its id."""
    trigger = workspace.make_trigger(LIN)
    view_id: str = (await call("views.open", trigger_id=trigger, view=view)).body["view"]["id"]
    return view_id


@pytest.mark.parametrize("path", ["/", "/archives/C07TEACHERS/p1795000000000001"])
async def test_page_is_locked_down(page: Page, path: str) -> None:
    """The page has a policy that allows nothing from outside."""
    async with page.session.get(page.url + path) as response:
        policy = response.headers["Content-Security-Policy"]
        assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


async def test_a_short_link_leads_to_its_message(page: Page) -> None:
    """Its address is the page's own, with the message behind the mark."""
    url = f"{page.url}/page/permalink/C07TEACHERS/p1795000000000001"
    async with page.session.get(url, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (
            302,
            "/#C07TEACHERS/1795000000.000001",
        )


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapp.py", "%2e%2e/app.py"])
async def test_static_files_only_from_the_page_folder(page: Page, name: str) -> None:
    """Only files in the page's folder are served."""
    async with page.session.get(f"{page.url}/static/{name}") as response:
        assert response.status == 404


async def test_bootstrap_names_all_users(page: Page) -> None:
    """The page learns who there is and who it is at first."""
    bootstrap = await page.get("bootstrap")
    names = [person["name"] for person in bootstrap["people"]]
    assert names == ["lin", "wang", "sam", "zhou", "maya", "guest"]
    assert (bootstrap["default_as"], bootstrap["app"]["connected"]) == (LIN, False)


async def test_posts_and_reads(workspace: Workspace, page: Page) -> None:
    """One person's message is unread for another until it is read."""
    posted = await page.post("say", channel="C07TEACHERS", text="<@U07SAM00003> hello")
    assert posted["ok"]
    before = (await page.get("state", **{"as": "U07SAM00003"}))["channels"][0]
    await page.post("read", **{"as": "U07SAM00003", "channel": "C07TEACHERS"})
    after = (await page.get("state", **{"as": "U07SAM00003"}))["channels"][0]
    assert [(c["unread"], c["mention"]) for c in (before, after)] == [(1, True), (0, False)]
    edited = await page.post("edit", channel="C07TEACHERS", ts=posted["ts"], text="bye")
    assert (edited["ok"], workspace.messages("teachers")[0]["text"]) == (True, "bye")
    await page.post("delete", channel="C07TEACHERS", ts=posted["ts"])
    assert workspace.messages("teachers") == []


async def test_private_messages_are_listed(workspace: Workspace, page: Page, call: Any) -> None:
    """The list has the user's own ephemeral messages among the others."""
    for user in (LIN, "U07SAM00003"):
        await call("chat.postEphemeral", channel="C07TEACHERS", user=user, text=user)
    page_messages = await page.get("messages", **{"as": LIN, "channel": "C07TEACHERS"})
    listed = [(m["text"], m["ephemeral"], m["bot"]) for m in page_messages["messages"]]
    assert listed == [(LIN, True, True)]
    del workspace


async def test_a_thread_has_its_own_messages(page: Page, call: Any) -> None:
    """What only one person sees is in the thread it was posted in, else in the channel."""
    where = {"channel": "C07TEACHERS"}
    root = (await call("chat.postMessage", **where, text="root")).body["ts"]
    await call("chat.postMessage", **where, text="reply", thread_ts=root)
    await call("chat.postEphemeral", **where, user=LIN, text="here")
    await call("chat.postEphemeral", **where, user=LIN, text="there", thread_ts=root)
    listed = [
        [m["text"] for m in (await page.get("messages", **query, **where))["messages"]]
        for query in ({"as": LIN}, {"as": LIN, "thread_ts": root})
    ]
    assert listed == [["root", "here"], ["root", "reply", "there"]]


async def test_private_channel_is_hidden(page: Page) -> None:
    """Only members see a private channel and its messages."""
    state = await page.get("state", **{"as": LIN})
    assert "leads" not in [channel["name"] for channel in state["channels"]]
    page_messages = await page.get("messages", **{"as": LIN, "channel": "C07LEADS001"})
    assert page_messages["messages"] == []


async def test_command_from_the_composer(page: Page, app: Any) -> None:
    """A line that starts with a command is the command, with its text as typed."""
    app.answers["/report"] = (500, "")
    response = await page.post("say", channel="C07TEACHERS", text="/report a  b")
    assert response == {"ok": False, "error": "dispatch_failed"}
    assert app.of_type("/report")[0]["text"] == "a  b"


async def test_submits_with_errors(
    workspace: Workspace, page: Page, app: Any, call: Any, modal: Any
) -> None:
    """The client's own check and the app's errors are both returned by block."""
    view_id = await open_modal(workspace, call, modal())
    empty = await page.post("submit", view_id=view_id, state={"cname": {"value": None}})
    errors = {"response_action": "errors", "errors": {"cname": "Unknown."}}
    app.answers["view_submission"] = (200, errors)
    refused = await page.post("submit", view_id=view_id, state={"cname": {"value": "x"}})
    assert list(empty["errors"]) == ["cname"]
    assert refused["errors"] == {"cname": "Unknown."}
    app.answers["view_submission"] = (200, "")
    assert await page.post("submit", view_id=view_id, state={}) == {"ok": True}


async def test_clicks_and_options(page: Page, app: Any, call: Any) -> None:
    """A click from the page names the container and the element."""
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    sent = await call("chat.postMessage", channel="C07TEACHERS", text="x", blocks=blocks)
    container = {"type": "message", "channel": "C07TEACHERS", "ts": sent.body["ts"]}
    element = {"container": container, "block_id": "b", "action_id": "go", "value": None}
    assert await page.post("action", **element) == {"ok": True}
    assert app.of_type("block_actions")[0]["actions"][0]["action_id"] == "go"
    gone = await page.post("action", **{**element, "action_id": "stop"})
    assert not gone["ok"]


@pytest.mark.parametrize("path", ["say", "action", "submit", "close", "shortcut", "read"])
async def test_nonsense_is_refused(page: Page, path: str) -> None:
    """An incomplete request gives an error response, not a traceback."""
    assert not (await page.post(path))["ok"]


async def test_socket_sends_events(workspace: Workspace, page: Page, call: Any, modal: Any) -> None:
    """An open page gets its user's messages, calls, modals and unread counts."""
    async with page.session.ws_connect(f"{page.url}/page/socket?as={LIN}") as socket:
        await workspace.until(lambda: workspace.page_events.subscribers == {LIN})
        await call("chat.postMessage", channel="C07TEACHERS", text="hello")
        await open_modal(workspace, call, modal())
        seen: dict[str, Any] = {}
        while not {"message", "call", "views", "channels"} <= set(seen):
            event = await socket.receive_json(timeout=30)
            seen[event["type"]] = event
    assert seen["message"]["message"]["text"] == "hello"
    assert len(seen["views"]["views"]) == 1


async def test_file_is_served(workspace: Workspace, page: Page, call: Any) -> None:
    """An uploaded file's bytes can be fetched; a wrong id is 404."""
    first = await call("files.getUploadURLExternal", form=True, filename="a.png", length="3")
    await (await page.session.post(first.body["upload_url"], data=b"abc")).read()
    async with page.session.get(f"{page.url}/page/file/{first.body['file_id']}") as response:
        assert (await response.read(), response.content_type) == (b"abc", "image/png")
    async with page.session.get(f"{page.url}/page/file/F0") as response:
        assert response.status == 404
    del workspace


@pytest.mark.parametrize(
    ("text", "thread_ts", "code"),
    [
        ("/raport x", None, "unknown_command"),
        ("/report x", "1.0", "not_supported_in_threads"),
    ],
)
async def test_commands_slack_would_not_send(
    workspace: Workspace, page: Page, text: str, thread_ts: str | None, code: str
) -> None:
    """An unknown command, or one in a thread, is neither sent nor posted."""
    workspace.app.commands = [{"command": "/report"}]
    response = await page.post("say", channel="C07TEACHERS", text=text, thread_ts=thread_ts)
    assert (code, [code]) == (response["error"], [notice.code for notice in workspace.notices])
    assert workspace.messages("teachers") == []


@pytest.mark.usefixtures("app")
async def test_steps_and_panels(workspace: Workspace, page: Page) -> None:
    """A step is run with its inputs; a preview is opened; the app gets an event of each."""
    function: dict[str, Any] = {"title": "Step", "input_parameters": {}, "output_parameters": {}}
    workspace.app.functions = {"step": function}
    assert (await page.get("bootstrap"))["steps"] == [{"callback_id": "step", **function}]
    assert (await page.post("step", callback_id="step", inputs={}))["ok"]
    assert not (await page.post("step", callback_id="other", inputs={}))["ok"]
    said = await page.post("say", channel="C07TEACHERS", text="https://desk.example/t/1")
    entity = {
        "app_unfurl_url": "https://desk.example/t/1",
        "url": "https://desk.example/t/1",
        "external_ref": {"id": "LD-1"},
    }
    workspace.message("C07TEACHERS", said["ts"])["work_objects"] = [entity]
    assert (await page.post("panel", ts=said["ts"], url=entity["url"]))["ok"]
    await workspace.until(
        lambda: (
            {"event function_executed", "event entity_details_requested"}
            <= {call["name"] for call in workspace.calls}
        )
    )
    assert [panel.user for panel in workspace.panels.values()] == [LIN]
