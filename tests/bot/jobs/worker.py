"""A worker process for the tests: runs card jobs, printing when each begins and ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import sys
import time

from bot.jobs.run import JobHandler, Queue, Run
from bot.jobs.worker import Worker
from bot.store import Store


def _print(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def main(url: str, hold_s: float, rounds: int) -> None:
    """Work until SIGTERM."""
    attempts: dict[str, int] = {}

    async def post(run: Run) -> dt.datetime | None:
        attempts[run.key] = attempts.get(run.key, 0) + 1
        _print("begin", run.key, time.monotonic_ns())
        await asyncio.sleep(hold_s)
        run.ensure_held()
        _print("end", run.key, time.monotonic_ns())
        return None if attempts[run.key] >= rounds else store.clock.now()

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = Store(url)
    async with Worker(store, {"card": JobHandler(Queue.MESSAGES, post)}):
        _print("up")
        await stop.wait()
    store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
