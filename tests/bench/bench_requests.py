"""How fast requests are answered, beside a bare Bolt app in the same run.

`python -m tests.bench requests [seconds]`: a command, a form to open and a form to save, one and
sixteen at once; the programs take turns. Ratios are against the faster of Bolt's two settings.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import ClientSession, TCPConnector, web

from bot.sandbox.slack.delivery.transport import sign
from tests.bench.process_size import cpu_seconds, memory_mb

ROOT: Final = Path(__file__).parents[2]
SECRET: Final = "bench-signing-secret"
FORM_TYPE: Final = {"Content-Type": "application/x-www-form-urlencoded"}
BARE: Final = ("-m", "tests.bench.bare_bolt")
PROGRAMS: Final[dict[str, tuple[str, ...]]] = {
    "bare Bolt": (*BARE, "{port}", "{folder}/bare.db"),
    "bare Bolt that waits": (*BARE, "{port}", "{folder}/waits.db", "waits"),
    "Lagdesk": ("-m", "bot", "serve", "--port", "{port}"),
}
AT_ONCE: Final = (1, 16)


class FakeApi:
    """Slack's Web API that accepts everything, and notes when a form is opened."""

    def __init__(self) -> None:
        self.opened_at: dict[str, float] = {}
        self.opened: dict[str, asyncio.Event] = {}
        self.url = ""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Serve on a free port."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", free_port())
        await site.start()
        self.url = f"{site.name}/api/"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        now = time.perf_counter()
        is_json = request.content_type == "application/json"
        values = await request.json() if is_json else await request.post()
        trigger = str(values.get("trigger_id") or "")
        if trigger in self.opened:
            self.opened_at[trigger] = now
            self.opened[trigger].set()
        body = {"ok": True, "ts": f"1.{secrets.randbelow(10**6):06}", "channel": "C1"}
        identity = {"team_id": "T1", "user_id": "UB", "bot_id": "B1", "user": {"locale": "en-US"}}
        return web.json_response({**body, **identity, "view": {"id": "V1"}, "members": ["U1"]})


@dataclass(slots=True)
class Result:
    """The latencies of one kind of request, in seconds, and the CPU they cost."""

    latencies_s: list[float] = field(default_factory=list)
    took_s: float = 0.0
    cpu_s: float = 0.0

    def percentile_ms(self, share: float) -> float:
        """Return a percentile of the latencies."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies_s) / self.took_s


class Client:
    """Sends signed requests to one program."""

    def __init__(self, url: str, api: FakeApi, session: ClientSession) -> None:
        self._url, self._api, self._session = url, api, session

    async def command(self) -> float:
        """Send a command; return how long its acknowledgement takes."""
        return await self._timed(_command("/lagdesk", "help", secrets.token_hex(8)))

    async def open_form(self) -> float:
        """Send `/report`; return how long it takes until the form is opened."""
        trigger = secrets.token_hex(8)
        self._api.opened[trigger] = asyncio.Event()
        started = time.perf_counter()
        await self._timed(_command("/report", "class_77_1 10001 20002", trigger))
        async with asyncio.timeout(10):
            await self._api.opened[trigger].wait()
        del self._api.opened[trigger]
        return self._api.opened_at.pop(trigger) - started

    async def save_form(self) -> float:
        """Submit a form; return how long its acknowledgement takes."""
        return await self._timed(_submission())

    async def _timed(self, body: bytes) -> float:
        headers = FORM_TYPE | sign(SECRET, body)
        started = time.perf_counter()
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            text = await answer.read()
            if answer.status != 200 or b"errors" in text:
                raise SystemExit(f"{answer.status} {text.decode()}")
        return time.perf_counter() - started


REQUESTS: Final = {"command": Client.command, "open": Client.open_form, "save": Client.save_form}


def _command(name: str, text: str, trigger: str) -> bytes:
    return urlencode(
        {
            "command": name,
            "text": text,
            "trigger_id": trigger,
            "team_id": "T1",
            "user_id": "U1",
            "channel_id": "C2",
            "response_url": "https://hooks.slack.com/commands/1",
        }
    ).encode()


def _submission() -> bytes:
    text = {"cname": f"room-{secrets.token_hex(4)}", "teacher_uid": "10001", "student_uid": "20002"}
    chosen = {"abnormal_side": "student", "issue_type": "3"}
    values: dict[str, Any] = {
        **{name: {"value": {"type": "plain_text_input", "value": text[name]}} for name in text},
        **{
            name: {"value": {"type": "static_select", "selected_option": {"value": chosen[name]}}}
            for name in chosen
        },
        "occurred_at": {
            "value": {"type": "datetimepicker", "selected_date_time": int(time.time()) - 60}
        },
    }
    payload = {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "view": {
            "id": f"V{secrets.token_hex(8)}",
            "callback_id": "report",
            "type": "modal",
            "private_metadata": "",
            "state": {"values": values},
        },
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


@asynccontextmanager
async def run_program(name: str, api: FakeApi) -> AsyncIterator[tuple[int, str]]:
    """Run a program; yields its process id and the address for Slack's requests."""
    with tempfile.TemporaryDirectory(prefix="lagdesk-requests-") as folder:
        port = free_port()
        words = [word.format(port=port, folder=folder) for word in PROGRAMS[name]]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *words), cwd=folder, env=_environment(api), stderr=sys.stderr
        )
        try:
            await _until_open(port)
            yield process.pid, f"http://127.0.0.1:{port}/slack/events"
        finally:
            process.kill()
            await process.wait()


def _environment(api: FakeApi) -> Mapping[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "LOG_LEVEL": "ERROR",
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": api.url,
        "ESCALATION_CHANNEL": "C1",
        "AGORA_APPS": "kids=" + "0" * 32,
        "AGORA_CUSTOMER_ID": "bench",
        "AGORA_CUSTOMER_SECRET": "bench",
        "AGORA_BASE_URL": api.url,
    }


async def _until_open(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def measure(client: Client, pid: int, kind: str, at_once: int, seconds: float) -> Result:
    """Send one kind of request for some seconds, as many at once as this."""
    result, send = Result(), REQUESTS[kind]
    cpu_before, started = cpu_seconds(pid), time.perf_counter()

    async def person() -> None:
        while time.perf_counter() - started < seconds:
            result.latencies_s.append(await send(client))

    await asyncio.gather(*(person() for _ in range(at_once)))
    result.took_s = time.perf_counter() - started
    result.cpu_s = cpu_seconds(pid) - cpu_before
    return result


async def main(seconds: float) -> None:
    """Measure every program, and print a line for each kind of request."""
    results: dict[tuple[str, int], dict[str, Result]] = {}
    api = FakeApi()
    async with api.serve(), ClientSession(connector=TCPConnector(limit=64)) as session:
        for name in PROGRAMS:
            async with run_program(name, api) as (pid, url):
                client = Client(url, api, session)
                for send in REQUESTS.values():
                    await send(client)  # what the first request loads
                for kind in REQUESTS:
                    for at_once in AT_ONCE:
                        result = await measure(client, pid, kind, at_once, seconds)
                        results.setdefault((kind, at_once), {})[name] = result
                print(f"{name}: {memory_mb(pid):.0f} MB", flush=True)  # noqa: T201 - a benchmark prints
    for (kind, at_once), measured in results.items():
        _print(kind, at_once, measured)


def _print(kind: str, at_once: int, measured: Mapping[str, Result]) -> None:
    print(f"{kind}, {at_once} at once")  # noqa: T201 - a benchmark prints
    for name, result in measured.items():
        print(  # noqa: T201 - likewise
            f"  {name}: {result.rate:.0f}/s, median {result.percentile_ms(0.5):.1f} ms, "
            f"p99 {result.percentile_ms(0.99):.1f} ms, "
            f"CPU {result.cpu_s / len(result.latencies_s) * 1e6:.0f} us"
        )
    *bare, ours = measured.values()
    rate = ours.rate / max(each.rate for each in bare)
    ratios = [
        ours.percentile_ms(share) / min(each.percentile_ms(share) for each in bare)
        for share in (0.5, 0.99)
    ]
    print(f"  Lagdesk: x{rate:.2f} the rate, x{ratios[0]:.2f} the median, x{ratios[1]:.2f} the p99")  # noqa: T201 - likewise


if __name__ == "__main__":
    numbers = [float(word) for word in sys.argv[1:] if word.replace(".", "").isdigit()]
    asyncio.run(main((numbers or [5.0])[0]))
