"""The Slack requests that this process is answering: jobs start between them, or a second later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

MAX_WAIT_S: Final = 1.0


class OpenRequests:
    """Counts requests, so that jobs do not compete with those who wait for an answer."""

    def __init__(self) -> None:
        self._number = 0
        self._none_open = asyncio.Event()
        self._none_open.set()

    @contextmanager
    def count(self) -> Iterator[None]:
        """Count a request while the block is open."""
        self._number += 1
        self._none_open.clear()
        try:
            yield
        finally:
            self._number -= 1
            if not self._number:
                self._none_open.set()

    async def wait_until_none(self) -> None:
        """Wait until no request is open, a second at most."""
        if not self._number:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_WAIT_S):
                await self._none_open.wait()
