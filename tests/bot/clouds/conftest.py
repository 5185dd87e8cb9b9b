"""Fixtures for the tests of the clouds: a manual clock, a real store, and a scripted network."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import stamina

from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.ports import Cloud
from bot.sandbox.clouds import VolcengineAccount
from bot.store import Store
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore
from tests.bot.clouds.light import build_light
from tests.databases import create_sqlite

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
SECRET = "s3cret-of-agora"
APP_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


class ManualClock:
    """A clock that advances only when it is set or a task sleeps."""

    def __init__(self) -> None:
        self.moment = NOON
        self.slept_s: list[float] = []

    def now(self) -> dt.datetime:
        """Return the time that was set."""
        return self.moment

    def timestamp(self) -> float:
        """Now, in epoch seconds."""
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Advance the clock without waiting."""
        self.slept_s.append(seconds)
        self.moment += dt.timedelta(seconds=seconds)

    def advance(self, **span: float) -> None:
        """Advance the clock."""
        self.moment += dt.timedelta(**span)


class MockApi:
    """A network with scripted responses, by Action or last part of the path; records requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.responses: dict[str, Callable[[httpx.Request], httpx.Response]] = {}

    def respond(self, name: str, body: object, status: int = 200, **headers: str) -> None:
        """Respond to every request of an endpoint with this JSON (bytes: unchanged)."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.responses[name] = lambda _: httpx.Response(status, content=content, headers=headers)

    def respond_with(self, name: str, response: Callable[[httpx.Request], httpx.Response]) -> None:
        """Respond with a function, which may raise a network error."""
        self.responses[name] = response

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Respond to one request."""
        self.requests.append(request)
        name = request.url.params.get("Action") or request.url.path.rsplit("/", 1)[-1]
        if name not in self.responses:
            return httpx.Response(404, json={"code": 404, "message": "Not Found"})
        return self.responses[name](request)

    def params(self, name: str) -> list[dict[str, str]]:
        """The query of every request of an endpoint, in order."""
        requests = [each for each in self.requests if each.url.path.endswith(f"/{name}")]
        return [dict(each.url.params) for each in requests]


@pytest.fixture(autouse=True)
def _quick_retries() -> Iterator[None]:
    """Retry as often as in production, without pauses."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def clock() -> ManualClock:
    """A clock at noon."""
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh SQLite database with every table."""
    opened = Store(create_sqlite(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def rate_limit_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> SqlRateLimitStore:
    """A rate limit store that ignores the real time of a busy machine."""
    monkeypatch.setattr("bot.store.rate_limits.time", SimpleNamespace(monotonic=lambda: 0.0))
    return SqlRateLimitStore(store)


@pytest.fixture
def mock_api() -> MockApi:
    """A scripted network."""
    return MockApi()


@pytest.fixture
async def light(mock_api: MockApi, clock: ManualClock) -> AsyncIterator[Callable[..., Any]]:
    """Build a cloud by name over the scripted network, with stores in memory."""
    opened: list[Any] = []

    def build(name: str, **options: Any) -> Any:
        opened.append(build_light(name, httpx.MockTransport(mock_api.handle), clock, **options))
        return opened[-1]

    yield build
    for cloud in opened:
        await cloud.close()


MakeAgora = Callable[..., Cloud]


@pytest.fixture
async def make_agora(
    store: Store, rate_limit_store: SqlRateLimitStore, clock: ManualClock, mock_api: MockApi
) -> AsyncIterator[MakeAgora]:
    """Build Agora over the scripted network, or over HTTP at `url`."""
    opened: list[Cloud] = []

    def make(url: str = "", **options: str) -> Cloud:
        settings = CloudSettings(
            "agora",
            {"kids": APP_ID, "adults": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"},
            url or "https://agora.invalid",
            {"customer_id": "sandbox-customer", "customer_secret": SECRET},
            {"api": "seed", "plan": "standard", "report": "reportV2"} | options,
        )
        transport = None if url else httpx.MockTransport(mock_api.handle)
        clouds = build_clouds(
            [settings],
            rate_limit_store=rate_limit_store,
            key_value_store=SqlKeyValueStore(store),
            clock=clock,
            transport=transport,
            sleep=clock.sleep,
        )
        opened.append(clouds["kids"])
        return clouds["kids"]

    yield make
    for cloud in opened:
        await cloud.close()


MakeVolcengine = Callable[..., Cloud]


@pytest.fixture
async def make_volcengine(
    store: Store, rate_limit_store: SqlRateLimitStore, clock: ManualClock, mock_api: MockApi
) -> AsyncIterator[MakeVolcengine]:
    """Build Volcengine over the scripted network, or over HTTP at `url`."""
    opened: list[Cloud] = []

    def make(url: str = "", *, now: dt.datetime | None = None, **options: str) -> Cloud:
        clock.moment = now or clock.moment
        account = VolcengineAccount()
        settings = CloudSettings(
            "volcengine",
            account.apps,
            url or "https://volcengine.invalid",
            {"access_key": account.access_key, "secret_key": account.secret_key},
            options,
        )
        clouds = build_clouds(
            [settings],
            rate_limit_store=rate_limit_store,
            key_value_store=SqlKeyValueStore(store),
            clock=clock,
            transport=None if url else httpx.MockTransport(mock_api.handle),
            sleep=clock.sleep,
        )
        opened.append(clouds["kids"])
        return clouds["kids"]

    yield make
    for cloud in opened:
        await cloud.close()
