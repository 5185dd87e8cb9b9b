"""Runs mixed traffic and prints memory and open files once a minute; both should stay flat.

Memory is the least and the most of the minute: drawing needs some for a moment. The first lines
are the memory at the start and after the first report, which has no picture.

`python -m tests.bench soak [sqlite|postgres|socket] [minutes]`, by default sqlite and 30.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.bench.bench_crash import Crash, open_crash, start_postgres
from tests.bench.crash_fleet import FLEETS
from tests.bench.process_size import cpu_seconds, memory_mb, open_files

_MINUTE_S: Final = 60.0


async def main(kind: str, minutes: int) -> None:
    """Print a row a minute."""
    with tempfile.TemporaryDirectory(prefix="lagdesk-soak-") as name, ExitStack() as stack:
        url = f"sqlite:///{name}/lagdesk.db"
        if kind == "postgres":
            url = stack.enter_context(start_postgres(Path(name)))
        async with open_crash(kind, url, Path(name)) as crash:
            await _soak(crash, minutes)


async def _soak(crash: Crash, minutes: int) -> None:
    await crash.fleet.start()
    await crash.until(lambda: _count_ready(crash) == len(crash.fleet.processes), _MINUTE_S)
    _print("start", crash)
    people = [asyncio.create_task(crash.traffic.report_for_ever())]
    await crash.until(lambda: bool(crash.traffic.cards()), _MINUTE_S)
    _print("first report", crash)
    people += [
        asyncio.create_task(crash.traffic.claim_for_ever()),
        asyncio.create_task(_look_around(crash)),
    ]
    for minute in range(minutes):
        samples = []
        for _ in range(60):
            await asyncio.sleep(1)
            samples.append(_memory_mb(crash))
        _print(f"minute {minute + 1}", crash, samples)
    for person in people:
        person.cancel()
    await asyncio.gather(*people, return_exceptions=True)
    print("exit statuses", await crash.fleet.stop())  # noqa: T201 - a benchmark prints


async def _look_around(crash: Crash) -> None:
    """Read lists, the App Home and a diagnosis, as people do between reports."""
    sam = crash.workspace.person("sam")
    while True:
        for name, text in (("/tickets", ""), ("/tickets", "all"), ("/diagnose", "class_77_1")):
            with contextlib.suppress(TimeoutError, LookupError):
                await sam.command(name, text)
            await asyncio.sleep(1)
        with contextlib.suppress(TimeoutError, LookupError):
            await sam.open_home()
        await asyncio.sleep(1)


def _count_ready(crash: Crash) -> int:
    return sum(line.startswith("Lagdesk ") for line in crash.fleet.log)


def _memory_mb(crash: Crash) -> list[float]:
    return [memory_mb(process.pid) for process in crash.fleet.processes]


def _print(when: str, crash: Crash, samples: Sequence[Sequence[float]] = ()) -> None:
    """Print a line: the memory of each process in these samples, or now."""
    sizes = [
        f"{min(memory):.0f}-{max(memory):.0f} MB, {open_files(process.pid)} files, "
        f"{cpu_seconds(process.pid):.1f} s CPU"
        for process, *memory in zip(
            crash.fleet.processes, *(samples or [_memory_mb(crash)]), strict=True
        )
    ]
    reports, pictures = len(crash.traffic.reported), len(crash.workspace.files)
    print(f"{when}: {reports} reports, {pictures} pictures; " + "; ".join(sizes), flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    kinds = [word for word in words if word in FLEETS]
    asyncio.run(main((kinds or ["sqlite"])[0], (numbers or [30])[0]))
