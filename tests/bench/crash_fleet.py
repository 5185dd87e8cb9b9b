"""The processes of a Lagdesk that the crash benchmark kills and freezes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlmodel import col, select

from bot.sandbox.slack.state.model import Ack, Delivery, Transport
from bot.store import Session, Store
from bot.store.models import Job

WEB: Final = ("serve", "--no-worker")
FLEETS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "sqlite": (("serve",),),
    "socket": (("socket",),),
    "postgres": (WEB, WEB, ("worker",), ("worker",)),
}
_PID: Final = re.compile(r"-(\d+)-[0-9a-f]{8}/")


class Alternating:
    """Delivers to several web processes in turn, as a load balancer does."""

    name = "http"
    connected = True

    def __init__(self, transports: Sequence[Transport]) -> None:
        self._transports = transports
        self._turn = 0

    async def send(self, delivery: Delivery) -> Ack:
        """Deliver to the next process, also when it is dead."""
        self._turn += 1
        return await self._transports[self._turn % len(self._transports)].send(delivery)

    async def close(self) -> None:
        """Close every connection."""
        for transport in self._transports:
            await transport.close()


@dataclass(slots=True)
class Fleet:
    """The processes of one Lagdesk; each web process has a port of its own."""

    commands: Sequence[tuple[str, ...]]
    ports: Sequence[int]
    environment: dict[str, str]
    folder: Path
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    readers: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Start every process."""
        for index in range(len(self.commands)):
            self.processes.append(await self._start(index))

    async def restart(self, index: int) -> None:
        """Start a process that was killed again."""
        await self.processes[index].wait()
        self.processes[index] = await self._start(index)

    def send(self, index: int, what: signal.Signals) -> None:
        """Send a process a signal."""
        with contextlib.suppress(ProcessLookupError):
            self.processes[index].send_signal(what)

    def of_kind(self, *, is_worker: bool) -> list[int]:
        """Return the processes that run jobs, or those that answer Slack."""
        if len(self.commands) == 1:
            return [0]
        return [i for i, command in enumerate(self.commands) if (command != WEB) is is_worker]

    def holders(self, store: Store, key: str, kinds: Collection[str]) -> list[int]:
        """Return the processes that run the job of this name, or without one jobs of these kinds.

        They are all workers if that cannot be known.
        """
        workers = self.of_kind(is_worker=True)
        if len(workers) == 1:
            return workers

        def work(session: Session) -> set[int]:
            where = col(Job.name) == key if key else col(Job.kind).in_(kinds)
            statement = select(Job.locked_by).where(where, col(Job.locked_by).is_not(None))
            found = (_PID.search(token or "") for token in session.exec(statement))
            return {int(match.group(1)) for match in found if match}

        pids = store.read_sync(work)
        return [index for index in workers if self.processes[index].pid in pids] or workers

    def cpu_s(self) -> float:
        """Return the user and system time of every process so far."""
        ticks = 0
        for process in self.processes:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    async def stop(self) -> list[int | None]:
        """Stop every process as a host does; returns their exit statuses."""
        for index in range(len(self.processes)):
            self.send(index, signal.SIGTERM)
        async with asyncio.timeout(30):
            await asyncio.gather(*(process.wait() for process in self.processes))
        statuses = [process.returncode for process in self.processes]
        self.log.append(f"exit statuses {statuses}")
        return statuses

    async def _start(self, index: int) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *self.commands[index]),
            cwd=self.folder,
            env=self.environment | {"PORT": str(self.ports[index])},
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
