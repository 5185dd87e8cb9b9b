"""A worker process for the tests: carries out cards, printing when each begins and ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import sys
import time

from bot.jobs.worker import Worker
from bot.store import Store
from bot.store.models import Job


class _Clock:
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def main(url: str, hold_s: float, rounds: int) -> None:
    """Work until told to stop."""

    async def carry(job: Job) -> dt.datetime | None:
        _say("begin", job.name, time.monotonic_ns())
        await asyncio.sleep(hold_s)
        _say("end", job.name, time.monotonic_ns())
        return None if job.attempt >= rounds else _Clock().now()

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = Store(url)
    async with Worker(store, _Clock(), {"card": carry}):
        _say("up")
        await stop.wait()
    store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
