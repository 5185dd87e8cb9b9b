"""The Slack requests this process is answering: jobs start in their pauses, else one by one."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MAX_WAIT_S: Final = 0.1
QUIET_S: Final = 0.02  # requests that follow one another faster than this are a burst


class OpenRequests:
    """Counts requests, so that jobs do not compete with those who wait for an answer."""

    def __init__(self) -> None:
        self._number = 0
        self._last_ended_at = -math.inf

    @contextmanager
    def count(self) -> Iterator[None]:
        """Count a request while the block is open."""
        self._number += 1
        try:
            yield
        finally:
            self._number -= 1
            self._last_ended_at = asyncio.get_running_loop().time()

    async def wait_until_quiet(self) -> bool:
        """Wait for a moment until no request is open and none has just ended; False if one is."""
        loop = asyncio.get_running_loop()
        until = loop.time() + MAX_WAIT_S
        while (now := loop.time()) < until:
            remaining_s = QUIET_S if self._number else self._last_ended_at + QUIET_S - now
            if remaining_s <= 0:
                return True
            await asyncio.sleep(remaining_s)
        return False
