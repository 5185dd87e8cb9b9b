"""`POST /mcp`: identifies the caller and passes the request to the MCP server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

import mcp_types as types
import msgspec
from aiohttp import web
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from bot.decoding import decode_json
from bot.errors import LagdeskError
from bot.logs import REQUEST_ID, new_request_id
from bot.process_metrics import REQUESTS
from handlers.api.problems import UNAUTHORIZED
from handlers.http_server import read_body
from handlers.mcp.asgi import respond
from handlers.mcp.identity import CallerIdentification
from handlers.mcp.pending import PendingAnswers
from handlers.mcp.server import CALLER, reason_of
from handlers.slack.manifest import MCP_PATH

log = logging.getLogger(__name__)

_UNAUTHORIZED: Final = f"{UNAUTHORIZED.title} {UNAUTHORIZED.next_step}\n"
_REFUSED: Final = 400  # HTTP's own


class _RequestId(msgspec.Struct, frozen=True):
    id: str | int | None = None


class McpEndpoint:
    """The route, whose server runs as long as the application."""

    def __init__(
        self,
        identification: CallerIdentification,
        manager: StreamableHTTPSessionManager,
        pending: PendingAnswers,
    ) -> None:
        self._identification = identification
        self._manager = manager
        self._pending = pending

    def register(self, routes: web.Application) -> None:
        """Add the route. Other methods than POST get 405: there are no streams and no sessions."""
        routes.router.add_post(MCP_PATH, self.handle)
        routes.cleanup_ctx.append(self._run)

    async def _run(self, _app: web.Application) -> AsyncIterator[None]:
        """Run the server in a task of its own: what opens it must close it."""
        is_open, is_over = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(self._run_until(is_over, is_open))
        await is_open.wait()
        yield
        await self._pending.close()
        is_over.set()
        await running

    async def _run_until(self, is_over: asyncio.Event, is_open: asyncio.Event) -> None:
        async with self._manager.run():
            is_open.set()
            await is_over.wait()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one JSON-RPC message, and count it."""
        request_id = REQUEST_ID.set(new_request_id())
        try:
            response = await self._respond(request)
        finally:
            REQUEST_ID.reset(request_id)
        REQUESTS["mcp", "ok" if response.status < _REFUSED else "refused"] += 1
        return response

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            identified = await self._identification.identify(request)
        except LagdeskError as error:
            log.info("a caller could not be identified: %s", error)
            return await _unavailable(request, error)
        if identified is None:
            return web.Response(
                status=401, headers={"WWW-Authenticate": "Bearer"}, text=_UNAUTHORIZED
            )
        if identified.body is None:
            return web.Response(status=400)
        extra = {CALLER: identified.caller}
        return await respond(self._manager.handle_request, request, identified.body, **extra)


async def _unavailable(request: web.Request, error: LagdeskError) -> web.Response:
    """Return the error as JSON-RPC has it: clients show that, unlike the body of an HTTP error."""
    try:
        sent = decode_json(await read_body(request) or b"", _RequestId)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return web.Response(status=400)
    if sent.id is None:
        return web.Response(status=202)  # a notification, which has no answer
    problem = {"code": types.INTERNAL_ERROR, "message": str(reason_of(error))}
    return web.json_response({"jsonrpc": "2.0", "id": sent.id, "error": problem})
