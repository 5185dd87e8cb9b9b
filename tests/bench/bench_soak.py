"""Runs mixed traffic and prints memory and open files once a minute; both should stay flat.

They are printed at the start, after the first report (without a picture) and after 35 pictures too.

`python -m tests.bench soak [sqlite|postgres|socket] [minutes]`, by default sqlite and 30.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.bench.bench_crash import Crash, open_crash, start_postgres
from tests.bench.crash_fleet import FLEETS
from tests.bench.process_size import cpu_seconds, memory_mb, open_files

_MINUTE_S: Final = 60.0
_PICTURES: Final = 35


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
    people = [
        asyncio.create_task(crash.traffic.report_for_ever()),
        asyncio.create_task(_print_milestones(crash)),
    ]
    await crash.until(lambda: bool(crash.traffic.cards()), _MINUTE_S)
    people += [
        asyncio.create_task(crash.traffic.claim_for_ever()),
        asyncio.create_task(_look_around(crash)),
    ]
    for minute in range(minutes):
        await asyncio.sleep(_MINUTE_S)
        _print(f"minute {minute + 1}", crash)
    for person in people:
        person.cancel()
    await asyncio.gather(*people, return_exceptions=True)
    print("exit statuses", await crash.fleet.stop())  # noqa: T201 - a benchmark prints


async def _print_milestones(crash: Crash) -> None:
    for what, is_reached in (
        ("first report", lambda: bool(crash.traffic.cards())),
        (f"{_PICTURES} pictures", lambda: len(crash.workspace.files) >= _PICTURES),
    ):
        await crash.until(is_reached, 60 * _MINUTE_S)
        _print(what, crash)


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


def _print(when: str, crash: Crash) -> None:
    reports, pictures = len(crash.traffic.reported), len(crash.workspace.files)
    sizes = "; ".join(_size(process.pid) for process in crash.fleet.processes)
    print(f"{when}: {reports} reports, {pictures} pictures; {sizes}", flush=True)  # noqa: T201 - a benchmark prints


def _size(pid: int) -> str:
    return f"{memory_mb(pid):.0f} MB, {open_files(pid)} files, {cpu_seconds(pid):.1f} s CPU"


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    kinds = [word for word in words if word in FLEETS]
    asyncio.run(main((kinds or ["sqlite"])[0], (numbers or [30])[0]))
