"""What a ticket costs when little happens, and what Lagdesk costs when nothing does.

`python -m tests.bench ticket [sqlite|postgres ...] [tickets] [finished tickets]`: one report every
three seconds, each of a problem four minutes ago, whose data the cloud has: every third call is
known to it, and gets a cause and a chart. Nobody claims the tickets. The first tickets, for which
modules are imported and statements built, do not count. `finished tickets`, a thousand at
least, are in the database before.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bot.sandbox.slack import Workspace
from tests.bench.bench_crash import ROOT, Crash, open_crash, start_postgres
from tests.bench.crash_damage import REPORT_PAUSE_S
from tests.bench.crash_fleet import FLEETS
from tests.bench.filling import fill
from tests.scenario_helpers import Json

_WARM_UP_S: Final = 25.0  # a start on a busy machine
_IDLE_S: Final = 30.0
_TAIL_S: Final = 8.0  # for the last diagnosis
_REPORTED_AFTER_S: Final = 250.0
_FIRST_TICKETS: Final = 3


async def _measure(crash: Crash, tickets: int) -> str:
    crash.traffic.reported_after_s = _REPORTED_AFTER_S
    await crash.fleet.start()
    await asyncio.sleep(_WARM_UP_S)
    before = crash.fleet.cpu_s()
    await asyncio.sleep(_IDLE_S)
    idle = (crash.fleet.cpu_s() - before) / _IDLE_S
    person = asyncio.create_task(crash.traffic.report_for_ever())
    await _wait_for_reports(crash, _FIRST_TICKETS)
    await asyncio.sleep(REPORT_PAUSE_S * 0.9)
    before, began = crash.fleet.cpu_s(), time.monotonic()
    sent_before = len(_requests(crash))
    await _wait_for_reports(crash, _FIRST_TICKETS + tickets)
    person.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await person
    await asyncio.sleep(_TAIL_S)
    busy_s = time.monotonic() - began
    cost_ms = ((crash.fleet.cpu_s() - before) - idle * busy_s) / tickets * 1000
    sent = _requests(crash)[sent_before:]
    latency_s = statistics.median(crash.inspector.inspect().latency_s)
    await crash.fleet.stop()
    bare_ms = await _send_bare(crash.workspace, sent) / tickets * 1000
    charts = sum(each["name"] == "files.completeUploadExternal" for each in sent)
    return (
        f"{len(crash.fleet.commands)} processes, idle {idle:.1%} of a core, "
        f"{cost_ms:.0f} ms CPU a ticket, card after {latency_s:.2f} s (median of {tickets}); "
        f"{len(sent) / tickets:.1f} requests to Slack a ticket, which take slack-sdk alone "
        f"{bare_ms:.0f} ms; {charts} charts"
    )


async def _wait_for_reports(crash: Crash, number: int) -> None:
    while len(crash.traffic.acknowledged_at) < number:  # noqa: ASYNC110 - no event for this
        await asyncio.sleep(REPORT_PAUSE_S / 10)


def _requests(crash: Crash) -> list[Json]:
    """Return what Lagdesk has sent to Slack."""
    return [e for e in crash.workspace.request_log.entries if e["direction"] == "app->slack"]


async def _send_bare(workspace: Workspace, requests: Sequence[Json]) -> float:
    """Send the same calls of methods again, in a program that does nothing else; its CPU time."""
    workspace.message_rate_s = 0
    lines = [json.dumps([each["name"], each["request"]]) for each in requests]
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.bare_requests"),
        *(workspace.api_url, workspace.bot_token),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await program.communicate("\n".join(lines).encode())
    return float(printed)


async def main(kinds: list[str], tickets: int, finished: int) -> None:
    """Measure each kind and print a line."""
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="lagdesk-ticket-") as name, ExitStack() as stack:
            url = f"sqlite:///{name}/lagdesk.db"
            if kind == "postgres":
                url = stack.enter_context(start_postgres(Path(name)))
            async with open_crash(kind, url, Path(name)) as crash:
                if finished:
                    fill(crash.store, finished)
                print(f"{kind}: {await _measure(crash, tickets)}", flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    kinds = [word for word in words if word in FLEETS] or ["sqlite", "postgres"]
    tickets, finished = [*numbers, *(20, 0)[len(numbers) :]][:2]
    asyncio.run(main(kinds, tickets, finished))
