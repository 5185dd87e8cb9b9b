"""What a ticket costs when little happens, and what Lagdesk costs when nothing does.

`python -m tests.bench ticket [sqlite|postgres ...] [tickets]`: one report every three seconds,
every third of a call that the cloud knows; nobody claims the tickets.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.bench.bench_crash import Crash, open_crash, start_postgres
from tests.bench.crash_damage import REPORT_PAUSE_S
from tests.bench.crash_fleet import FLEETS

_WARM_UP_S: Final = 25.0  # a start on a busy machine
_IDLE_S: Final = 30.0
_TAIL_S: Final = 8.0  # for the last diagnosis


async def _measure(crash: Crash, tickets: int) -> str:
    await crash.fleet.start()
    await asyncio.sleep(_WARM_UP_S)
    before = crash.fleet.cpu_s()
    await asyncio.sleep(_IDLE_S)
    idle = (crash.fleet.cpu_s() - before) / _IDLE_S
    before = crash.fleet.cpu_s()
    person = asyncio.create_task(crash.traffic.report_for_ever())
    while len(crash.traffic.acknowledged_at) < tickets:  # noqa: ASYNC110 - no event for this
        await asyncio.sleep(REPORT_PAUSE_S / 10)
    person.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await person
    await asyncio.sleep(_TAIL_S)
    busy_s = tickets * REPORT_PAUSE_S + _TAIL_S
    cost_ms = ((crash.fleet.cpu_s() - before) - idle * busy_s) / tickets * 1000
    latency_s = statistics.median(crash.inspector.inspect().latency_s)
    await crash.fleet.stop()
    return (
        f"{len(crash.fleet.commands)} processes, idle {idle:.1%} of a core, "
        f"{cost_ms:.0f} ms CPU a ticket, card after {latency_s:.2f} s (median of {tickets})"
    )


async def main(kinds: list[str], tickets: int) -> None:
    """Measure each kind and print a line."""
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="lagdesk-ticket-") as name, ExitStack() as stack:
            url = f"sqlite:///{name}/lagdesk.db"
            if kind == "postgres":
                url = stack.enter_context(start_postgres(Path(name)))
            async with open_crash(kind, url, Path(name)) as crash:
                print(f"{kind}: {await _measure(crash, tickets)}", flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    kinds = [word for word in words if word in FLEETS] or ["sqlite", "postgres"]
    asyncio.run(main(kinds, (numbers or [20])[0]))
