"""Breaking an answer on the wire, as `fail_next` asks. Which call breaks stands in `faults`."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.slack.state import WorkspaceState


async def break_response(
    workspace: WorkspaceState, request: web.Request, mode: str
) -> web.StreamResponse:
    """Answer HTTP 500, drop the connection, or say nothing until the caller leaves."""
    if mode == "timeout":
        await workspace.closing.wait()
    elif mode == "http_500":
        return web.Response(status=500, text="internal error")
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)
