"""The workspace against Slack's own libraries: Bolt on both transports, slack-sdk's calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Workspace

BUTTON = {
    "type": "button",
    "action_id": "ticket.claim",
    "value": "1",
    "text": {"type": "plain_text", "text": "Claim"},
}
CARD = {"type": "actions", "block_id": "b", "elements": [BUTTON]}


def build_bolt(workspace: Workspace, modal: Any) -> AsyncApp:
    """Build a small Bolt app: a command, a form, a button, Home."""
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    app = AsyncApp(
        client=client, signing_secret=workspace.signing_secret, process_before_response=True
    )

    @app.command("/report")
    async def report(ack: Any, body: Any, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await ack()

    @app.view("report")
    async def filed(ack: Any, view: Any, client: Any) -> None:
        cname = view["state"]["values"]["cname"]["value"]["value"]
        await client.chat_postMessage(channel="C07ESCALATE", text=cname, blocks=[CARD])
        await ack()

    @app.action("ticket.claim")
    async def claimed(ack: Any, body: Any, client: Any, respond: Any) -> None:
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**where, text="claimed", blocks=[])
        await respond("yours")
        await ack()

    @app.event("app_home_opened")
    async def opened(event: Any, client: Any) -> None:
        home = {"type": "home", "blocks": [{"type": "divider"}]}
        await client.views_publish(user_id=event["user"], view=home)

    @app.event("message")
    async def receive() -> None:
        pass

    return app


@pytest.fixture(params=["http", "socket"])
async def bolt(request: Any, clock: Any, modal: Any) -> AsyncIterator[Workspace]:
    """A workspace with a Bolt app connected over one of the transports."""
    workspace = Workspace(clock=clock, message_rate_s=0)
    async with workspace.serve():
        app = build_bolt(workspace, modal)
        if request.param == "socket":
            handler = AsyncSocketModeHandler(app, workspace.app_token)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            await workspace.until(lambda: workspace.socket_mode.connected)
            yield workspace
            await handler.close_async()  # type: ignore[no-untyped-call]
            return
        runner = web.AppRunner(app.web_app("/slack/events"))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        workspace.connect_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        yield workspace
        await runner.cleanup()


async def test_story(bolt: Workspace) -> None:
    """From the command to the claimed card, all requests work through Bolt."""
    lin, sam = bolt.person("lin"), bolt.person("sam")
    assert (await lin.command("/report")).ok
    assert (await lin.submit(await lin.wait_for_view("report"), {"cname": "class_77"})).ok
    card = bolt.messages("escalations")[0]
    assert (await sam.click(card, "ticket.claim")).ok
    assert [message["text"] for message in bolt.messages("escalations")] == ["claimed"]
    assert [message["text"] for message in sam.ephemerals("escalations")] == ["yours"]
    await sam.open_home()
    assert await bolt.until(lambda: sam.home)


async def test_unhandled_command_fails(bolt: Workspace) -> None:
    """A command without a listener is a failed dispatch (HTTP) or unanswered (Socket Mode)."""
    bolt.ack_limit_s = 0.2
    outcome = await bolt.person("lin").command("/nothing")
    transport = bolt.transport
    assert transport is not None
    expected = "dispatch_failed" if transport.name == "http" else "operation_timeout"
    assert expected == outcome.error


async def test_url_is_verified(bolt: Workspace) -> None:
    """Over HTTP the app answers the challenge; Socket Mode has no URL to verify."""
    transport = bolt.transport
    assert transport is not None
    assert (transport.name == "http") == await bolt.verify_url()


async def test_sdk_uploads(workspace: Workspace) -> None:
    """slack-sdk's own upload makes all three requests."""
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    sent = await client.files_upload_v2(
        filename="a.png", content=b"abc", channel="C07TEACHERS", initial_comment="look"
    )
    message = workspace.messages("teachers")[0]
    assert sent["files"][0]["id"] == message["files"][0]["id"]


async def test_sdk_calls_are_understood(workspace: Workspace) -> None:
    """slack-sdk's calls, GET and POST, are read without a warning."""
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    await client.users_info(user="U07LIN00001", include_locale=True)
    await client.conversations_members(channel="C07TEACHERS", limit=2)
    await client.conversations_open(users=["U07LIN00001"])
    await client.usergroups_users_list(usergroup="S07SUPPORT1")
    await client.blocks_validate(blocks=[{"type": "divider"}])
    await client.chat_postMessage(
        channel="C07TEACHERS", text="x", blocks=[CARD], unfurl_links=False
    )
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel="C0", text="x")
    assert [warning for entry in workspace.calls for warning in entry["warnings"]] == []
