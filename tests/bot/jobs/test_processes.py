from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from bot.jobs.worker import Worker
from bot.ports import Clock
from bot.store import Store

Lines = list[list[str]]


def _ended(lines: Lines) -> set[str]:
    return {line[1] for line in lines if line[0] == "end"}


async def test_killed_worker_leaves_nothing_undone(
    store: Store, start_worker: Any, enqueue_cards: Callable[[Store, int], None]
) -> None:
    """What a worker held when it was killed is carried out within ten seconds of a start."""
    enqueue_cards(store, 12)
    victim = await start_worker(store, hold_s=60)
    await victim.read_until(lambda lines: len(lines) > 4)
    victim.process.send_signal(signal.SIGKILL)
    await victim.process.wait()
    started_at = time.monotonic()
    heir = await start_worker(store, hold_s=0)
    lines = await heir.read_until(lambda lines: len(_ended(lines)) == 12)
    assert {f"card:LD-{number}" for number in range(12)} == _ended(lines)
    assert time.monotonic() - started_at < 10
    assert await heir.end() == 0


async def test_two_workers_share(
    shared_store: Store,
    start_worker: Any,
    enqueue_cards: Callable[[Store, int], None],
    real_clock: Clock,
) -> None:
    """Two workers never carry out one duty at the same time, and each as often as it is owed."""
    workers = [await start_worker(shared_store, hold_s=0.1, rounds=2) for _ in range(2)]
    for worker in workers:
        await worker.read_until(bool)
    enqueue_cards(shared_store, 24)
    async with Worker(shared_store, real_clock, {}, worker=False) as web:
        await web.notify_workers()
        await web.notify_workers()
    seen: list[tuple[int, str, str, int]] = []
    done = asyncio.Event()

    async def watch(which: int) -> None:
        while (words := await workers[which].read()) is not None:
            seen.append((int(words[2]), words[1], words[0], which))
            if sum(kind == "end" for _, _, kind, _ in seen) == 48:
                done.set()

    watching = [asyncio.create_task(watch(which)) for which in range(2)]
    async with asyncio.timeout(20):
        await done.wait()
    assert [await worker.end() for worker in workers] == [0, 0]
    await asyncio.gather(*watching)
    assert dict.fromkeys((f"card:LD-{number}" for number in range(24)), 4) == Counter(
        name for _, name, _, _ in seen
    )
    assert {which for _, _, _, which in seen} == {0, 1}
    for name in {name for _, name, _, _ in seen}:
        kinds = [kind for _, of, kind, _ in sorted(seen) if of == name]
        assert all(before != after for before, after in pairwise(kinds)), kinds
