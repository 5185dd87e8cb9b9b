"""Submits report forms as fast as a burst of people would, and measures the acknowledgements.

After the last one it counts for a minute what is posted, and what the waiting jobs cost.

`python -m tests.bench load [sqlite|postgres] [reports] [at once]`, by default 1000 and 8.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp

from bot.sandbox.slack.delivery.transport import HttpTransport, encode, sign
from bot.sandbox.slack.errors import NoAckError
from bot.sandbox.slack.state.model import Ack, Delivery
from tests.bench.bench_crash import Crash, open_crash, start_postgres
from tests.bench.crash_fleet import FLEETS
from tests.bench.process_size import cpu_seconds
from tests.scenario_helpers import FORM

_LATE_S: Final = 3.0  # Slack shows an error after that
_WATCHED_S: Final = 60.0


class _Recording(HttpTransport):
    """A transport with any number of connections that keeps the last delivery."""

    def __init__(self, url: str, secret: str) -> None:
        super().__init__(url, secret, ack_limit_s=30)
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.secret = secret
        self.last: Delivery | None = None

    async def send(self, delivery: Delivery) -> Ack:
        self.last = delivery
        return await super().send(delivery)


async def main(kind: str, reports: int, at_once: int) -> None:
    """Print throughput and latency of the acknowledgements."""
    with tempfile.TemporaryDirectory(prefix="lagdesk-load-") as name, ExitStack() as stack:
        url = f"sqlite:///{name}/lagdesk.db"
        if kind == "postgres":
            url = stack.enter_context(start_postgres(Path(name)))
        async with open_crash(kind, url, Path(name)) as crash:
            await crash.fleet.start()
            transports = _connect(crash)
            form = await _open_form(crash, transports[0])
            cpu_before, started = _cpu(crash), time.monotonic()
            latencies, statuses = await _submit(transports, form, reports, at_once)
            took = time.monotonic() - started
            _print(kind, took, latencies, statuses, _cpu(crash) - cpu_before)
            await _watch(crash)
            await crash.fleet.stop()
            for transport in transports:
                await transport.close()


def _connect(crash: Crash) -> list[_Recording]:
    """Return a transport to each web process."""
    secret, fleet = crash.workspace.signing_secret, crash.fleet
    return [
        _Recording(f"http://127.0.0.1:{fleet.ports[index]}/slack/events", secret)
        for index in fleet.of_kind(is_worker=False)
    ]


async def _open_form(crash: Crash, recording: _Recording) -> Delivery:
    """Report one call as a person does; returns the delivery of its form."""
    workspace = crash.workspace
    workspace.transports.insert(0, recording)
    lin = workspace.person("lin")
    async with asyncio.timeout(60):
        while not (await lin.command("/report", "load-0")).ok:  # noqa: ASYNC110 - it starts
            await asyncio.sleep(0.5)
    view = await lin.wait_for_view("report", timeout_s=10)
    await lin.submit(view, {**FORM, "cname": "load-0"})
    assert recording.last is not None
    return recording.last


async def _submit(
    transports: Sequence[_Recording], form: Delivery, reports: int, at_once: int
) -> tuple[list[float], Counter[int]]:
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    numbers = iter(range(1, reports + 1))

    async def person(transport: _Recording) -> None:
        for number in numbers:
            body, headers = encode(_numbered(form, number))
            started = time.monotonic()
            try:
                ack = await transport.post(body, headers | sign(transport.secret, body))
            except NoAckError:  # the connection was closed, or 30 s went by
                ack = Ack(0, "")
            latencies.append(time.monotonic() - started)
            statuses[ack.status] += 1

    in_turn = itertools.islice(itertools.cycle(transports), at_once)
    await asyncio.gather(*(person(transport) for transport in in_turn))
    return latencies, statuses


async def _watch(crash: Crash) -> None:
    """Print what is sent to Slack and to the cloud in a minute, and the CPU time of a second."""
    cpu, sent, reports = _cpu(crash), _count_posts(crash), len(crash.inspector.reports)
    await asyncio.sleep(_WATCHED_S)
    print(  # noqa: T201 - a benchmark prints
        f"in the next minute {_count_posts(crash) - sent} messages posted, "
        f"{len(crash.inspector.reports) - reports} calls reported to the cloud, "
        f"{(_cpu(crash) - cpu) / _WATCHED_S:.0%} of a core",
        flush=True,
    )


def _count_posts(crash: Crash) -> int:
    return sum(each["name"] == "chat.postMessage" for each in crash.workspace.request_log.entries)


def _numbered(form: Delivery, number: int) -> Delivery:
    """Return the same form about another call, with a view of its own."""
    payload: Any = copy.deepcopy(form.payload)
    payload["view"]["id"] = f"V{number:09}"
    payload["view"]["state"]["values"]["cname"]["value"]["value"] = f"load-{number}"
    return Delivery(form.kind, payload)


def _cpu(crash: Crash) -> float:
    return sum(cpu_seconds(process.pid) for process in crash.fleet.processes)


def _print(
    kind: str, took: float, latencies: Sequence[float], statuses: Counter[int], cpu: float
) -> None:
    ordered, count = sorted(latencies), len(latencies)
    late = sum(latency > _LATE_S for latency in latencies)
    print(  # noqa: T201 - a benchmark prints
        f"{kind}: {count} forms in {took:.1f} s = {count / took:.0f}/s, "
        f"median {statistics.median(ordered) * 1000:.0f} ms, "
        f"p99 {ordered[int(count * 0.99)] * 1000:.0f} ms, late {late}, statuses {dict(statuses)}, "
        f"CPU {cpu / count * 1000:.1f} ms a form with the jobs that ran meanwhile"
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    sizes = itertools.chain((int(word) for word in words if word.isdigit()), itertools.repeat(0))
    kinds = [word for word in words if word in FLEETS]
    asyncio.run(main((kinds or ["sqlite"])[0], next(sizes) or 1000, next(sizes) or 8))
