"""What an idle process and a claim cost, with and without a history and many apps.

`python -m tests.bench idle [sqlite|postgres ...] [seconds]`: one `serve` with one app and an
empty database, then with 100 apps, 50,000 tickets and their finished jobs. The events of every
app are polled once while it is measured: every five minutes, as long as nobody waits for them.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final

from bot.jobs.worker import LEASE, SLACK_PACE
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.slack import Workspace
from bot.store import Session, Store, job_leases
from bot.store import jobs as store_jobs
from bot.store.job_leases import ClaimedJob, FreeSlots
from handlers.slack.manifest import build_manifest
from tests.bench.bench_crash import ROOT, start_postgres
from tests.bench.crash_fleet import FLEETS, Fleet
from tests.bench.filling import fill, fill_jobs
from tests.conftest import harness_environment

_APPS: Final = 100
_TICKETS: Final = 50_000
_WARM_UP_S: Final = 30.0
_CLAIMS: Final = 300
_KINDS: Final = ("sqlite", "postgres")


def _median_ms(store: Store, work: Callable[[Session], object]) -> float:
    """Return the CPU time of a transaction: commits wait for the disk, whatever is stored."""
    took_ms = []
    for _ in range(_CLAIMS):
        began = time.process_time()
        store.transact_sync(work)
        took_ms.append((time.process_time() - began) * 1000)
    return statistics.median(took_ms)


def _measure_claim(store: Store) -> str:
    """Return what a look for work costs, and claiming and completing a job."""
    free = [FreeSlots(["bench"], 8, SLACK_PACE)]

    def look(session: Session) -> list[ClaimedJob]:
        return job_leases.claim(session, free, token="bench", now=store.now(session), lease=LEASE)

    def claim(session: Session) -> None:
        now = store.now(session)
        store_jobs.enqueue(session, "bench:1", "bench", due_at=now)
        [job] = look(session)
        job_leases.end(session, job.name, "bench", now)

    return f"look {_median_ms(store, look):.2f} ms, job {_median_ms(store, claim):.2f} ms"


async def _measure_idle(url: str, apps: int, seconds: float, folder: Path) -> str:
    account = AgoraAccount(apps={f"app{number}": f"{number:032x}" for number in range(apps)})
    workspace = Workspace(clock=time.time, manifest=build_manifest("https://lagdesk.example"))
    clouds = FakeClouds(clock=time.time, agora=account)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(workspace.serve())
        await stack.enter_async_context(clouds.serve())
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **harness_environment(workspace, clouds, folder),
            "AGORA_APPS": ",".join(f"{name}={id_}" for name, id_ in account.apps.items()),
            "DATABASE_URL": url,
            "PYTHONPATH": str(ROOT),
        }
        fleet = Fleet(FLEETS["sqlite"], [0], environment, folder)
        await fleet.start()
        await asyncio.sleep(_WARM_UP_S)
        before = fleet.cpu_s()
        await asyncio.sleep(seconds)
        share = (fleet.cpu_s() - before) / seconds
        await fleet.stop()
    return f"idle {share:.1%} of a core, {len(clouds.requests)} polls"


async def main(kinds: list[str], seconds: float) -> None:
    """Measure each kind and print a line without and one with apps and history."""
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="lagdesk-idle-") as name, ExitStack() as stack:
            folder = Path(name)
            url = f"sqlite:///{name}/lagdesk.db"
            if kind == "postgres":
                url = stack.enter_context(start_postgres(folder))
            store = Store(url)
            stack.callback(store.close)
            store.migrate()
            for apps, tickets in ((1, 0), (_APPS, _TICKETS)):
                if tickets:
                    fill(store, tickets)
                    fill_jobs(store, tickets)
                claim = _measure_claim(store)
                idle = await _measure_idle(url, apps, seconds, folder)
                print(  # noqa: T201 - a benchmark prints
                    f"{kind}, {apps} apps, {tickets:,} tickets: {idle}, {claim}", flush=True
                )


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    kinds = [word for word in words if word in _KINDS] or list(_KINDS)
    asyncio.run(main(kinds, (numbers or [300])[0]))
