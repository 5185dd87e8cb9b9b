"""Workers as processes: killed, frozen, several at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.store import Store
from tests.bot.conftest import create_postgres_store
from tests.bot.jobs.helpers import enqueue

Lines = list[list[str]]


def _ended(lines: Lines) -> list[str]:
    return [line[1] for line in lines if line[0] == "end"]


async def test_work_of_a_killed_worker_goes_on(
    store: Store, start_worker: Any, enqueue_cards: Callable[[Store, int], None]
) -> None:
    """What a worker ran when it was killed is run by the next."""
    enqueue_cards(store, 12)
    killed = await start_worker(store, hold_s=60)
    await killed.read_until(lambda lines: len(lines) > 4)
    killed.process.send_signal(signal.SIGKILL)
    await killed.process.wait()
    successor = await start_worker(store, hold_s=0)
    lines = await successor.read_until(lambda lines: len(_ended(lines)) == 12)
    assert Counter(_ended(lines)) == {f"card:LD-{number}": 1 for number in range(12)}
    assert await successor.end() == 0


def _freeze(pid: int) -> None:
    """Stop a process; returns when every thread of it stands still."""
    os.kill(pid, signal.SIGSTOP)
    threads = Path(f"/proc/{pid}/task")
    while any(_state(thread) != "T" for thread in threads.iterdir()):
        time.sleep(0.001)


def _state(thread: Path) -> str:
    return (thread / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]


async def test_frozen_worker_does_nothing_twice(
    shared_store: Store, start_worker: Any, enqueue_cards: Callable[[Store, int], None]
) -> None:
    """A worker that was stopped for longer than its lease leaves the job to who has it by then."""
    enqueue_cards(shared_store, 1)
    frozen = await start_worker(shared_store, hold_s=3)
    await frozen.read_until(lambda lines: lines[-1:] != [] and lines[-1][0] == "begin")
    shared_store.transact_sync(  # not in the middle of a write: that would lock SQLite's file
        lambda _: _freeze(frozen.process.pid)
    )
    successor = await start_worker(shared_store, hold_s=0)
    await successor.read_until(_ended)
    frozen.process.send_signal(signal.SIGCONT)
    assert [await frozen.end(), await successor.end()] == [0, 0]
    assert [await frozen.read(), await successor.read()] == [None, None]


@pytest.mark.postgres
async def test_worker_with_a_wrong_clock(
    postgres: Any, start_worker: Any, enqueue_cards: Callable[[Store, int], None]
) -> None:
    """A process whose clock is 20 s ahead leaves alone what another one runs."""
    with closing(create_postgres_store(postgres)) as store:
        enqueue_cards(store, 8)  # as many as a worker runs at a time
        right = await start_worker(store, hold_s=60)
        await right.read_until(lambda lines: len(lines) > 8)
        wrong = await start_worker(store, hold_s=0, skew_s=20)
        enqueue(store, store.clock, "card:LD-8")
        lines = await wrong.read_until(_ended)
        assert [await wrong.end(), await right.end()] == [0, 0]
        while words := await wrong.read():
            lines.append(words)
    assert [words[1] for words in lines if words[0] == "begin"] == ["card:LD-8"]


async def test_two_workers_share(
    shared_store: Store, start_worker: Any, enqueue_cards: Callable[[Store, int], None]
) -> None:
    """Two workers never run one job at the same time, and each as often as it is due."""
    workers = [await start_worker(shared_store, hold_s=0.1, rounds=1) for _ in range(2)]
    for worker in workers:
        await worker.read_until(bool)
    enqueue_cards(shared_store, 24)
    seen: list[tuple[int, str, str, int]] = []
    done = asyncio.Event()

    async def watch(which: int) -> None:
        while (words := await workers[which].read()) is not None:
            seen.append((int(words[2]), words[1], words[0], which))
            if sum(kind == "end" for _, _, kind, _ in seen) == 24:
                done.set()

    watching = [asyncio.create_task(watch(which)) for which in range(2)]
    async with asyncio.timeout(60):
        await done.wait()
    assert [await worker.end() for worker in workers] == [0, 0]
    await asyncio.gather(*watching)
    assert Counter(name for _, name, _, _ in seen) == {f"card:LD-{n}": 2 for n in range(24)}
    for name in {name for _, name, _, _ in seen}:
        kinds = [kind for _, of, kind, _ in sorted(seen) if of == name]
        assert all(before != after for before, after in pairwise(kinds)), kinds
