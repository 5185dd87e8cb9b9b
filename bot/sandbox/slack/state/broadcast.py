"""Change notification, for waiting code and for the open pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from bot.sandbox.slack.errors import Json

Result = TypeVar("Result")


class ChangeSignal:
    """Wakes code that waits for the workspace to change. One event loop, no polling."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake every waiter."""
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def until(self, predicate: Callable[[], Result], timeout_s: float) -> Result:
        """Wait for the predicate to return something true, and return it.

        An index or key that is not there yet counts as "not yet". TimeoutError when it never is.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                event = self._event
                try:
                    result = predicate()
                except LookupError:
                    pass
                else:
                    if result:
                        return result
                await event.wait()


class PageEvents:
    """Passes events on to the open pages; each page has one person and one queue."""

    def __init__(self) -> None:
        self._pages: list[tuple[str, asyncio.Queue[Json]]] = []

    def subscribe(self, person_id: str) -> asyncio.Queue[Json]:
        """Open a queue of what this person may see."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._pages.append((person_id, queue))
        return queue

    @property
    def subscribers(self) -> set[str]:
        """Who has a page open."""
        return {person_id for person_id, _ in self._pages}

    def unsubscribe(self, queue: asyncio.Queue[Json]) -> None:
        """Close a queue."""
        self._pages = [page for page in self._pages if page[1] is not queue]

    def publish(self, audience: Collection[str] | None, **item: Any) -> None:
        """Put an event into the queues of the audience (None: of everybody)."""
        for person_id, queue in self._pages:
            if audience is None or person_id in audience:
                queue.put_nowait(item)
