"""Shutting down the sandbox's HTTP servers."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

_LOOP_TURNS: Final = 3  # the connection is seen, accepted, and given to its protocol


async def close_server(runner: web.AppRunner) -> None:
    """Close a server after it has accepted the connections that have just arrived.

    A connection that asyncio accepts in the very turn in which its server closes is neither
    served nor closed: giving it to the server fails, and the error is swallowed.
    """
    for _ in range(_LOOP_TURNS):
        await asyncio.sleep(0)
    await runner.cleanup()
