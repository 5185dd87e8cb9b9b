"""Answers that a cloud may be too slow for: they go on, and whoever asks again gets them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

Result = TypeVar("Result")
ANSWER_TIMEOUT_S: Final = 7.0  # less than what a tool has
_KEPT_S: Final = 60.0  # an answer that nobody waited for


class PendingAnswers:
    """Requests under way, by what was asked: asking again does not ask the cloud again."""

    def __init__(self, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._tasks: dict[tuple[object, ...], asyncio.Task[Any]] = {}

    async def wait(
        self, key: tuple[object, ...], work: Callable[[], Coroutine[Any, Any, Result]]
    ) -> Result | None:
        """Return the result of `work`, None when it is not ready in time. Raises what it raises.

        `key` is what was asked, and whoever asks the same gets the same result.
        """
        task: asyncio.Task[Result] | None = self._tasks.get(key)
        if task is None:
            task = self._start(key, work())
        done, _ = await asyncio.wait({task}, timeout=self._timeout_s)
        if not done:
            return None
        self._forget(key, task)
        return task.result()

    def _start(
        self, key: tuple[object, ...], work: Coroutine[Any, Any, Result]
    ) -> asyncio.Task[Result]:
        task = self._tasks[key] = asyncio.create_task(work)
        loop = asyncio.get_running_loop()
        task.add_done_callback(lambda done: loop.call_later(_KEPT_S, self._forget, key, done))
        return task

    def _forget(self, key: tuple[object, ...], task: asyncio.Task[Any]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled():
            task.exception()  # read, or asyncio logs it when nobody waits any more

    async def close(self) -> None:
        """Cancel what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
