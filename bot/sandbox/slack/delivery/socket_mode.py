"""Socket Mode: connections, envelopes and acknowledgements."""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSMsgType, web

from bot.sandbox.slack.errors import Json, NoAckError
from bot.sandbox.slack.state.model import Ack, Delivery
from bot.sandbox.slack.state.workspace_state import WorkspaceState

MAX_CONNECTIONS: Final = 10
_APPROXIMATE_LIFE_S: Final = 18_060
_HOST: Final = "sandbox"


@dataclass(eq=False)
class _Connection:
    socket: web.WebSocketResponse
    leaving: bool = False
    waiting: dict[str, asyncio.Future[str]] = field(default_factory=dict)

    def give_up(self) -> None:
        """Cancel every wait for an acknowledgement."""
        for future in self.waiting.values():
            if not future.done():
                future.cancel()


def make_socket_url(workspace: WorkspaceState) -> str:
    """Make a WebSocket URL, valid for one connection."""
    ticket = secrets.token_urlsafe(16)
    workspace.socket_tickets.add(ticket)
    base = workspace.url.replace("http", "ws", 1)
    return f"{base}/link/?ticket={ticket}&app_id={workspace.app.id}"


class SocketModeTransport:
    """The app's connections; each envelope goes to one of them, in turn."""

    name = "socket"

    def __init__(self, workspace: WorkspaceState) -> None:
        self._workspace = workspace
        self._connections: list[_Connection] = []
        self._turn = 0

    @property
    def connected(self) -> bool:
        """Return whether an envelope could be sent now."""
        return bool(self._usable())

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._usable())

    def _usable(self) -> list[_Connection]:
        return [one for one in self._connections if not one.leaving and not one.socket.closed]

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._workspace.socket_tickets:
            return web.Response(status=403, text="invalid ticket")
        self._workspace.socket_tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self._usable()) >= MAX_CONNECTIONS:
            await socket.send_json(_farewell("too_many_websockets"))
            await socket.close()
            return socket
        connection = _Connection(socket)
        self._connections.append(connection)
        await socket.send_json(self._hello())
        self._show()
        try:
            await self._read(connection)
        finally:
            self._connections.remove(connection)
            connection.give_up()
            self._show()
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count,
            "connection_info": {"app_id": self._workspace.app.id},
            "debug_info": {
                "host": _HOST,
                "build_number": 1,
                "approximate_connection_time": _APPROXIMATE_LIFE_S,
            },
        }

    def _show(self) -> None:
        self._workspace.page_events.publish(None, type="presence", connected=self.connected)
        self._workspace.change_signal.notify()

    async def _read(self, connection: _Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                answer = json.loads(message.data)
            except ValueError:
                continue
            future = connection.waiting.get(str(answer.get("envelope_id")))
            if future is not None and not future.done():
                payload = answer.get("payload")
                future.set_result(json.dumps(payload) if payload else "")

    async def send(self, delivery: Delivery) -> Ack:
        """Send an envelope to the next connection and wait for its acknowledgement."""
        usable = self._usable()
        if not usable:
            raise _lost()
        self._turn += 1
        connection = usable[self._turn % len(usable)]
        envelope = _envelope(delivery)
        future = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = future
        try:
            await connection.socket.send_json(envelope)
            done, _ = await asyncio.wait([future], timeout=self._workspace.ack_limit_s)
        except ConnectionError as error:
            raise _lost() from error
        finally:
            connection.waiting.pop(envelope["envelope_id"], None)
        if not done:
            reason = "http_timeout"
            raise NoAckError(reason)
        if future.cancelled():
            raise _lost()
        return Ack(200, future.result())

    async def disconnect(self, reason: str) -> None:
        """Send `disconnect` on every connection; an empty reason closes them without it.

        As in Slack, a connection that got `refresh_requested` or `warning` stays open until
        the app closes it, and gets no more envelopes.
        """
        for connection in self._usable():
            connection.leaving = reason != "warning"
            if reason:
                await connection.socket.send_json(_farewell(reason))
            if reason in ("", "link_disabled"):
                await connection.socket.close()
        self._show()

    async def close(self) -> None:
        """Close every connection."""
        for connection in tuple(self._connections):
            await connection.socket.close()


def _lost() -> NoAckError:
    reason = "connection_failed"
    return NoAckError(reason)


def _farewell(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}}


def _envelope(delivery: Delivery) -> Json:
    envelope: Json = {
        "envelope_id": str(uuid.uuid4()),
        "type": delivery.kind,
        "accepts_response_payload": delivery.kind != "events_api",
        "payload": delivery.payload,
    }
    if delivery.kind == "events_api":
        retries = {"retry_attempt": delivery.retry_num, "retry_reason": delivery.retry_reason}
        envelope |= retries
    return envelope
