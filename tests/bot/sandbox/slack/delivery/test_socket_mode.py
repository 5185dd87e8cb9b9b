"""Socket Mode: hello, envelopes, acknowledgements, goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack import Workspace


class SocketClient:
    """An app's end of a socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        """Wait for the next message."""
        received: dict[str, Any] = await self.socket.receive_json(timeout=30)
        return received

    async def ack(self, envelope: dict[str, Any], payload: Any = None) -> None:
        """Acknowledge an envelope."""
        response = {"envelope_id": envelope["envelope_id"]}
        await self.socket.send_json(response | ({"payload": payload} if payload else {}))


@pytest.fixture
async def connect(workspace: Workspace, call: Any) -> AsyncIterator[Any]:
    """A function that opens a socket."""
    async with aiohttp.ClientSession() as session:

        async def run() -> SocketClient:
            opened = await call("apps.connections.open", token=workspace.app_token)
            return SocketClient(await session.ws_connect(opened.body["url"]))

        yield run


async def test_sends_hello(workspace: Workspace, connect: Any) -> None:
    """The first message is hello; the workspace is connected then."""
    hello = await (await connect()).next()
    assert ("hello", 1, workspace.app.id) == (
        hello["type"],
        hello["num_connections"],
        hello["connection_info"]["app_id"],
    )
    assert workspace.transport is workspace.socket_mode


async def test_command_and_response(workspace: Workspace, connect: Any) -> None:
    """A command is an envelope; the acknowledgement's payload is posted."""
    link = await connect()
    await link.next()
    lin = workspace.person("lin")
    waiting = asyncio.ensure_future(lin.command("/report", "x"))
    envelope = await link.next()
    await link.ack(envelope, {"text": "hello"})
    outcome = await waiting
    kind = (envelope["type"], envelope["accepts_response_payload"])
    assert (kind, outcome.text) == (("slash_commands", True), "hello")


@pytest.mark.parametrize("ack_limit_s", [0.5])
async def test_silence_is_late(workspace: Workspace, connect: Any) -> None:
    """No acknowledgement within the limit is a timeout."""
    link = await connect()
    await link.next()
    assert (await workspace.person("lin").command("/report")).late


@pytest.mark.parametrize("ack_limit_s", [0.5])
async def test_events_are_retried(workspace: Workspace, connect: Any) -> None:
    """An unacknowledged event is sent again with its attempt."""
    link = await connect()
    await link.next()
    await workspace.person("lin").post_message("teachers", "hello")
    first, second = await link.next(), await link.next()
    await link.ack(second)
    attempts = [(e["retry_attempt"], e["retry_reason"]) for e in (first, second)]
    assert attempts == [(0, ""), (1, "http_timeout")]
    assert first["payload"]["event_id"] == second["payload"]["event_id"]


async def test_ten_connections(workspace: Workspace, connect: Any) -> None:
    """The eleventh connection is sent away."""
    held = [await connect() for _ in range(10)]
    for link in held:
        await link.next()
    refused = await (await connect()).next()
    expected = ("disconnect", "too_many_websockets", 10)
    assert expected == (refused["type"], refused["reason"], workspace.socket_mode.count)


async def test_each_envelope_is_sent_once(workspace: Workspace, connect: Any) -> None:
    """With two connections, one gets the envelope."""
    links = [await connect(), await connect()]
    for link in links:
        await link.next()
    tasks = [asyncio.ensure_future(link.next()) for link in links]
    command = asyncio.ensure_future(workspace.person("lin").command("/report"))
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    got = [task.done() for task in tasks]
    assert sum(got) == 1
    await links[got.index(True)].ack(await tasks[got.index(True)])
    await command
    assert not tasks[got.index(False)].done()
    tasks[got.index(False)].cancel()


async def test_requests_a_reconnect(workspace: Workspace, connect: Any) -> None:
    """After a disconnect message, nothing more is sent to that connection."""
    link = await connect()
    await link.next()
    await workspace.disconnect_socket_mode("refresh_requested")
    farewell = await link.next()
    assert (farewell["type"], farewell["reason"]) == ("disconnect", "refresh_requested")
    assert workspace.transport is None


async def test_ticket_is_needed(workspace: Workspace) -> None:
    """A socket can only be opened with a URL from apps.connections.open."""
    url = workspace.url.replace("http", "ws") + "/link/?ticket=x"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
