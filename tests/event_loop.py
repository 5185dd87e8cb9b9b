"""An event loop on which timeouts do not expire because the machine is busy with other work."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final, TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
_THREAD_WAIT_SHARE: Final = 0.1
_CPU_TIME_EVERY_S: Final = 0.001  # a loop reads its time at every step, and CPU time is slow


class _Selector(selectors.DefaultSelector):
    """Adds up how long it waited, without the time by which it was woken up too late."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_s = 0.0
        self.threads_at_work = 0

    def select(self, timeout: float | None = None) -> Any:
        began = time.monotonic()
        ready = super().select(timeout)
        waited_s = time.monotonic() - began
        if timeout is not None:
            waited_s = min(waited_s, max(timeout, 0))
        self.waited_s += waited_s * (_THREAD_WAIT_SHARE if self.threads_at_work else 1)
        return ready


class TolerantLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is the CPU time of its thread plus the time it waits.

    It counts a tenth of the waits for threads, which get their CPU time later on a busy machine.
    So a limit of two seconds is one of about two seconds of an idle machine.
    """

    def __init__(self) -> None:
        self._waiting = _Selector()
        self._cpu_s = time.thread_time()
        self._cpu_read_at = time.monotonic()
        super().__init__(self._waiting)

    def time(self) -> float:
        """Return the loop's time, by which timeouts expire and sleeps end."""
        now = time.monotonic()
        if now - self._cpu_read_at > _CPU_TIME_EVERY_S:
            self._cpu_s, self._cpu_read_at = time.thread_time(), now
        return self._cpu_s + self._waiting.waited_s

    def advance(self, seconds: float) -> None:
        """Let this time pass at once."""
        self._waiting.waited_s += seconds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], Result], *args: *Arguments
    ) -> asyncio.Future[Result]:
        """Run in a thread, and note that it works."""
        future = super().run_in_executor(executor, func, *args)
        self._waiting.threads_at_work += 1
        future.add_done_callback(self._on_thread_end)
        return future

    def _on_thread_end(self, _: asyncio.Future[Any]) -> None:
        self._waiting.threads_at_work -= 1
