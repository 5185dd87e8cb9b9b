"""How fast requests are answered, beside a bare Bolt app in the same run.

`python -m tests.bench requests [sqlite|postgres] [seconds]`: a command, a form to open (also in
bursts) and a form to save, one to sixty-four at once. The programs take turns, and one is frozen
while another is measured. Ratios are against both settings of Bolt, those of many workspaces
against one. The client and the fake API need less CPU than any of the programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import ClientSession, web

from bot.sandbox.slack.delivery.transport import sign
from handlers.slack.connections import Connections
from tests.bench.bench_crash import start_postgres
from tests.bench.process_size import cpu_seconds, memory_mb

ROOT: Final = Path(__file__).parents[2]
SECRET: Final = "bench-signing-secret"
FORM_TYPE: Final = {"Content-Type": "application/x-www-form-urlencoded"}
BARE: Final = ("-m", "tests.bench.bare_bolt")
SERVE: Final = ("-m", "bot", "serve", "--port", "{port}")
PROGRAMS: Final[dict[str, tuple[str, ...]]] = {
    "bare Bolt": (*BARE, "{port}"),
    "bare Bolt that waits": (*BARE, "{port}", "waits"),
    "Lagdesk": SERVE,
    "Lagdesk, 20 workspaces": SERVE,
}
TEAMS: Final = {"Lagdesk, 20 workspaces": [f"T{number}" for number in range(1, 21)]}
AT_ONCE: Final = (1, 8, 16, 64)
ROUNDS: Final = 3
_SETTLE_S: Final = 3.0  # for the jobs of the first form


class FakeApi:
    """Slack's Web API that accepts everything, and notes when a form is opened."""

    def __init__(self) -> None:
        self.opened_at: dict[str, float] = {}
        self.opened: dict[str, asyncio.Event] = {}
        self.url = ""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Serve on a free port."""
        runner = web.ServerRunner(web.Server(self._answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", free_port())
        await site.start()
        self.url = f"{site.name}/api/"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        now = time.perf_counter()
        is_json = request.content_type == "application/json"
        values = msgspec.json.decode(await request.read()) if is_json else await request.post()
        if request.path.endswith("/oauth.v2.access"):
            return web.json_response(_installation(str(values["code"])))
        trigger = str(values.get("trigger_id") or "")
        if trigger in self.opened:
            self.opened_at[trigger] = now
            self.opened[trigger].set()
        body = {"ok": True, "ts": f"1.{secrets.randbelow(10**6):06}", "channel": "C1"}
        if request.path.endswith("/conversations.info"):
            return web.json_response(
                {"ok": True, "channel": {"is_private": True, "is_member": True}}
            )
        user = {"name": "ben", "locale": "en-US", "is_admin": True}
        identity = {"team_id": "T1", "user_id": "UB", "bot_id": "B1", "user": user}
        return web.json_response({**body, **identity, "view": {"id": "V1"}, "members": ["U1"]})


def _installation(team: str) -> dict[str, Any]:
    return {
        "ok": True,
        "access_token": f"xoxb-{team}",
        "bot_user_id": "UB",
        "app_id": "A1",
        "team": {"id": team},
        "authed_user": {"id": "U1"},
    }


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


class Program:
    """A running program, and a client that sends it signed requests."""

    def __init__(self, process: Process, url: str, api: FakeApi, teams: Sequence[str]) -> None:
        self._process, self._url, self._api = process, url, api
        self._connections = Connections(url, timeout_s=30)
        self.pid = process.pid
        self._teams = cycle(teams)

    @asynccontextmanager
    async def awake(self) -> AsyncIterator[None]:
        """Let the program run while the block is open; it closes what was idle for long."""
        self._process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            await self._connections.close()
            self._process.send_signal(signal.SIGSTOP)

    async def install(self, team: str) -> None:
        """Install it in a workspace and set it up, as its administrator does."""
        async with ClientSession() as session:
            async with session.get(f"{self._url}/slack/install") as answer:
                state = re.search(r"state=([\w-]+)", await answer.text())
                cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
            query = {"code": team, "state": state[1] if state else ""}
            back = f"{self._url}/slack/oauth_redirect"
            async with session.get(back, params=query, cookies=cookies) as answer:
                answer.raise_for_status()
        await self._timed(_setup(team))

    async def command(self) -> float:
        """Send a command; return how long its acknowledgement takes."""
        return await self._timed(_command("/lagdesk", "help", self._sender("")))

    async def open_form(self) -> float:
        """Send `/report`; return how long it takes until the form is opened."""
        trigger = secrets.token_hex(8)
        self._api.opened[trigger] = asyncio.Event()
        started = time.perf_counter()
        await self._timed(_command("/report", "class_77_1 10001 20002", self._sender(trigger)))
        async with asyncio.timeout(10):
            await self._api.opened[trigger].wait()
        del self._api.opened[trigger]
        return self._api.opened_at.pop(trigger) - started

    async def save_form(self) -> float:
        """Submit a form; return how long its acknowledgement takes."""
        return await self._timed(_submission(next(self._teams)))

    def _sender(self, trigger: str) -> dict[str, str]:
        return {"team_id": next(self._teams), "trigger_id": trigger}

    async def _timed(self, body: bytes) -> float:
        headers = FORM_TYPE | sign(SECRET, body)
        started = time.perf_counter()
        answer = await self._connections.post("/slack/events", headers, body)
        took_s = time.perf_counter() - started
        if answer.status != 200 or b"errors" in answer.body or b"not installed" in answer.body:
            raise SystemExit(f"{answer.status} {answer.body.decode()}")
        return took_s


REQUESTS: Final = {
    "command": Program.command,
    "open": Program.open_form,
    "open, in bursts": Program.open_form,
    "save": Program.save_form,
}


def _command(name: str, text: str, sender: Mapping[str, str]) -> bytes:
    return urlencode(
        {
            **sender,
            "command": name,
            "text": text,
            "user_id": "U1",
            "channel_id": "C2",
            "response_url": "https://hooks.slack.com/commands/1",
        }
    ).encode()


def _setup(team: str) -> bytes:
    values: dict[str, Any] = {
        "escalation_channel": {"value": {"selected_conversation": "C1"}},
        "apps": {"value": {"selected_options": [{"value": "kids"}]}},
        "timezone": {"value": {"value": "Asia/Shanghai"}},
        "language": {"value": {"selected_option": {"value": "en"}}},
    }
    return _form(team, "setup", values)


def _submission(team: str) -> bytes:
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
    return _form(team, "report", values)


def _form(team: str, callback_id: str, values: Mapping[str, Any]) -> bytes:
    payload = {
        "type": "view_submission",
        "team": {"id": team},
        "user": {"id": "U1", "team_id": team},
        "view": {
            "id": f"V{secrets.token_hex(8)}",
            "callback_id": callback_id,
            "type": "modal",
            "private_metadata": "",
            "state": {"values": values},
        },
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


@asynccontextmanager
async def run_program(name: str, kind: str, api: FakeApi) -> AsyncIterator[Program]:
    """Run a program, installed in its workspaces, that has answered each kind of request."""
    with tempfile.TemporaryDirectory(prefix="lagdesk-requests-") as folder, ExitStack() as stack:
        database = "sqlite:///lagdesk.db"
        if kind == "postgres":
            database = stack.enter_context(start_postgres(Path(folder)))
        port, teams = free_port(), TEAMS.get(name, [])
        words = [word.format(port=port) for word in PROGRAMS[name]]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *words),
            cwd=folder,
            env=_environment(api, teams, database),
            stderr=sys.stderr,
        )
        try:
            await _until_open(port)
            program = Program(process, f"http://127.0.0.1:{port}", api, teams or ["T1"])
            async with program.awake():
                for team in teams:
                    await program.install(team)
                for send in (program.command, program.open_form):
                    await asyncio.gather(*(send() for _ in range(max(AT_ONCE))))
                await program.save_form()
                await asyncio.sleep(_SETTLE_S)
            yield program
        finally:
            process.kill()
            await process.wait()


def _environment(api: FakeApi, teams: Sequence[str], database: str) -> Mapping[str, str]:
    tokens = {"SLACK_BOT_TOKEN": "xoxb-bench"}
    if teams:
        client = {
            "SLACK_CLIENT_ID": "1.2",
            "SLACK_CLIENT_SECRET": "bench",
            "ENCRYPTION_KEY": "k" * 43 + "=",
        }
        tokens = {**client, "ALLOWED_TEAMS": ",".join(teams)}
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **tokens,
        "DATABASE_URL": database,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "LOG_LEVEL": "ERROR",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": api.url,
        "ESCALATION_CHANNEL": "C1",
        "PERSON_LIMIT": "0",
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


async def measure(
    program: Program, kind: str, at_once: int, seconds: float, result: Result
) -> None:
    """Send one kind of request for some seconds, as many at once as this."""
    send, in_bursts = REQUESTS[kind], kind.endswith("bursts")
    cpu_before, started = cpu_seconds(program.pid), time.perf_counter()

    async def person() -> None:
        while time.perf_counter() - started < seconds:
            result.latencies_s.append(await send(program))

    if in_bursts:
        while time.perf_counter() - started < seconds:
            result.latencies_s += await asyncio.gather(*(send(program) for _ in range(at_once)))
    else:
        await asyncio.gather(*(person() for _ in range(at_once)))
    result.took_s += time.perf_counter() - started
    result.cpu_s += cpu_seconds(program.pid) - cpu_before


async def main(kind: str, seconds: float) -> None:
    """Measure every program, and print a table for each kind of request."""
    api = FakeApi()
    async with api.serve(), AsyncExitStack() as stack:
        programs = {
            name: await stack.enter_async_context(run_program(name, kind, api)) for name in PROGRAMS
        }
        for request in REQUESTS:
            for at_once in AT_ONCE:
                results = {name: Result() for name in programs}
                for _ in range(ROUNDS):
                    for name, program in programs.items():
                        async with program.awake():
                            await measure(
                                program, request, at_once, seconds / ROUNDS, results[name]
                            )
                _print(request, at_once, results)
        for name, program in programs.items():
            print(f"{name}: {memory_mb(program.pid):.0f} MB")  # noqa: T201 - a benchmark prints


def _print(kind: str, at_once: int, measured: Mapping[str, Result]) -> None:
    print(f"{kind}, {at_once} at once")  # noqa: T201 - a benchmark prints
    for name, result in measured.items():
        print(  # noqa: T201 - likewise
            f"  {name}: {result.rate:.0f}/s, median {result.percentile_ms(0.5):.1f} ms, "
            f"p99 {result.percentile_ms(0.99):.1f} ms, "
            f"CPU {result.cpu_s / len(result.latencies_s) * 1e6:.0f} us"
        )
    bare, waiting, ours, many = measured.values()
    _print_ratios("Lagdesk to bare Bolt", ours, bare)
    _print_ratios("Lagdesk to bare Bolt that waits", ours, waiting)
    _print_ratios("20 workspaces to one", many, ours)


def _print_ratios(what: str, one: Result, other: Result) -> None:
    cpu = one.cpu_s / len(one.latencies_s) / (other.cpu_s / len(other.latencies_s))
    median, p99 = (one.percentile_ms(share) / other.percentile_ms(share) for share in (0.5, 0.99))
    print(  # noqa: T201 - a benchmark prints
        f"  {what}: x{one.rate / other.rate:.2f} the rate, x{median:.2f} the median, "
        f"x{p99:.2f} the p99, x{cpu:.2f} the CPU",
        flush=True,
    )


if __name__ == "__main__":
    numbers = [float(word) for word in sys.argv[1:] if word.replace(".", "").isdigit()]
    is_postgres = "postgres" in sys.argv[1:]
    asyncio.run(main("postgres" if is_postgres else "sqlite", (numbers or [6.0])[0]))
