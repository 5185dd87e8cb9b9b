"""Broken responses for `fail_next`: HTTP 500, dropped connections, timeouts."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.slack.state.workspace_state import WorkspaceState


async def break_response(
    workspace: WorkspaceState, request: web.Request, mode: str
) -> web.StreamResponse:
    """Respond with HTTP 500, drop the connection, or send nothing until the caller leaves."""
    if mode == "timeout":
        await workspace.closing.wait()
    elif mode == "http_500":
        return web.Response(status=500, text="internal error")
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)
