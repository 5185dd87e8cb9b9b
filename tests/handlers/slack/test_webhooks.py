"""The webhook for Huawei's recording callbacks: authentication, storage and invalid events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from bot.application import Application, open_application
from bot.call import Side
from bot.call_control import RecordingState
from bot.sandbox.clouds.huawei.control import sign_callback
from bot.services.call_control.webhook_registration import RECORDING_PATH
from bot.settings import read_settings
from bot.store.call_control.recordings import Recording, WebhookEvent
from handlers.slack.webhooks import MAX_EVENT_BYTES, add_webhooks
from tests.conftest import FakeClock

KEY = "callback-key"
APP = "5fa682b34a974f7ad24d223b"
EVENT = {"app_id": APP, "event_type": "RECORD_NEW_FILE_START", "job_id": "j1", "room_id": "c"}


@dataclass(slots=True)
class WebhookClient:
    """A served webhook, and the Lagdesk behind it."""

    application: Application
    url: str
    session: aiohttp.ClientSession
    clock: FakeClock

    async def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Knock; returns the status."""
        async with self.session.post(self.url, data=body, headers=headers) as response:
            return response.status

    async def send_event(self, event: object, *, key: str = KEY, age_s: float = 0) -> int:
        """Send an event as Huawei does."""
        body = event if isinstance(event, bytes) else msgspec.json.encode(event)
        return await self.post(body, sign_callback(key, body, self.clock() - age_s))

    async def recorded(self) -> int:
        """Return how many events were stored."""
        return await self.application.store.read(
            lambda session: len(session.exec(select(WebhookEvent)).all()),
        )


@asynccontextmanager
async def serve_webhook(folder: Path, **more: str) -> AsyncIterator[WebhookClient]:
    """Serve the webhook of a Lagdesk with one recording, job j1."""
    clock = FakeClock()
    env = {
        "DATABASE_URL": f"sqlite:///{folder / 'lagdesk.db'}",
        "HUAWEI_APPS": f"kids={APP}",
        "HUAWEI_ACCESS_KEY": "a",
        "HUAWEI_SECRET_KEY": "s",
        "HUAWEI_PROJECT_ID": "p",
        **more,
    }
    routes = web.Application(handler_args={"auto_decompress": False})
    async with open_application(read_settings(env), clock=clock) as application:
        await application.store.transact(lambda session: session.add(_recording(clock)))
        add_webhooks(routes, application.services.recording_webhooks, application.services.alerts)
        runner = web.AppRunner(routes, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}{RECORDING_PATH}"
        async with aiohttp.ClientSession() as session:
            yield WebhookClient(application, url, session, clock)
        await runner.cleanup()


def _recording(clock: FakeClock) -> Recording:
    return Recording(
        team="T1",
        origin="V1",
        ticket=1,
        app="kids",
        cname="c",
        side=Side.TEACHER,
        uid="10001",
        person="U1",
        requested_at=clock.now(),
        state=RecordingState.RUNNING,
        job_id="j1",
    )


@pytest.fixture
async def webhook(tmp_path: Path) -> AsyncIterator[WebhookClient]:
    """The webhook, for requests with the key."""
    async with serve_webhook(tmp_path, HUAWEI_CALLBACK_KEY=KEY) as served:
        yield served


async def test_signed_event_is_taken_once(webhook: WebhookClient) -> None:
    """The same event again, replayed or signed anew, gets 200 and changes nothing."""
    body = msgspec.json.encode(EVENT)
    headers = sign_callback(KEY, body, webhook.clock())
    assert [await webhook.post(body, headers) for _ in range(2)] == [200, 200]
    assert await webhook.send_event(EVENT) == 200
    assert await webhook.recorded() == 1


@pytest.mark.parametrize(
    ("key", "age_s"),
    [("another-key", 0), (KEY, 301), (KEY, -301), ("", 0)],
    ids=["wrong key", "too old", "from the future", "empty key"],
)
async def test_what_huawei_did_not_sign_now(webhook: WebhookClient, key: str, age_s: float) -> None:
    """A wrong or old signature is 401 and has no effect."""
    assert await webhook.send_event(EVENT, key=key, age_s=age_s) == 401
    assert await webhook.recorded() == 0


@pytest.mark.parametrize("name", ["X-Rtc-Rand", "X-Rtc-Timestamp", "X-Rtc-Signature"])
@pytest.mark.parametrize("value", [None, "", "x", "١" * 10, "9" * 400])
async def test_headers_of_any_kind(webhook: WebhookClient, name: str, value: str | None) -> None:
    """A header that is missing or strange is 401, never 5xx."""
    body = msgspec.json.encode(EVENT)
    headers = sign_callback(KEY, body, webhook.clock())
    headers.pop(name)
    if value is not None:
        headers[name] = value
    assert await webhook.post(body, headers) == 401


async def test_body_changed_on_its_way(webhook: WebhookClient) -> None:
    """The signature covers the body."""
    body = msgspec.json.encode(EVENT)
    headers = sign_callback(KEY, body, webhook.clock())
    assert await webhook.post(body.replace(b"j1", b"j2"), headers) == 401


NONSENSE: list[Any] = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"[" * 5000,
    {},
    {**EVENT, "event_type": None},
    {**EVENT, "event_type": "x" * 3000},
    {**EVENT, "job_id": ["j1"]},
    {**EVENT, "record_duration": -1},
    {**EVENT, "record_duration": 1e300},
    {**EVENT, "width": "wide"},
    {**EVENT, "start_time": "yesterday"},
    {**EVENT, "end_time": 1e300},
    {**EVENT, "obs_object": 7.5},
]


@pytest.mark.parametrize("event", NONSENSE)
async def test_signed_nonsense(webhook: WebhookClient, event: object) -> None:
    """What 14.6 does not promise is 400 and has no effect, signed or not."""
    assert await webhook.send_event(event) == 400
    assert await webhook.recorded() == 0


@pytest.mark.parametrize(
    "event",
    [
        {**EVENT, "job_id": "somebody's"},
        {**EVENT, "app_id": "another-app"},
        {**EVENT, "job_id": None},
        {"event_type": "RECORD_FILE_COMPLETE"},
        {"event_type": "RTC_USER_ROLE_CHANGED"},
    ],
)
async def test_events_of_others(webhook: WebhookClient, event: object) -> None:
    """An unknown job gets 200, or Huawei would send it again; nothing is stored."""
    assert await webhook.send_event(event) == 200
    assert await webhook.recorded() == 0


@pytest.mark.parametrize("event_type", ["SOMETHING_NEW", "", "RECORD_FILE_COMPLETE\x00"])
async def test_unknown_kind_of_event(webhook: WebhookClient, event_type: str) -> None:
    """An unknown kind is stored, and changes nothing else."""
    assert await webhook.send_event({**EVENT, "event_type": event_type}) == 200
    assert await webhook.recorded() == 1


async def test_controls_in_texts(webhook: WebhookClient) -> None:
    """Characters that a database cannot store are removed."""
    done = {**EVENT, "event_type": "RECORD_FILE_COMPLETE", "obs_object": "a\x00b\nc.m3u8"}
    assert await webhook.send_event(done) == 200
    assert await webhook.recorded() == 1


async def test_body_that_is_too_long(webhook: WebhookClient) -> None:
    """A body above the limit gets 413, with Content-Length or in chunks."""
    body = b" " * (MAX_EVENT_BYTES + 1)
    assert await webhook.send_event(body) == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MAX_EVENT_BYTES // 2)

    async with webhook.session.post(webhook.url, data=pieces()) as response:
        assert response.status == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods(webhook: WebhookClient, method: str) -> None:
    """Only POST is accepted."""
    async with webhook.session.request(method, webhook.url) as response:
        assert response.status == 405


async def test_no_key_no_hook(tmp_path: Path) -> None:
    """As long as no key is set there is no such address, whatever is sent."""
    async with serve_webhook(tmp_path) as webhook:
        assert await webhook.send_event(EVENT) == 404
        assert await webhook.send_event(EVENT, key="") == 404


async def test_database_away(webhook: WebhookClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that could not be stored gets a 5xx, so that Huawei sends it again."""

    async def fail(_work: object) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(webhook.application.store, "transact", fail)
    assert await webhook.send_event(EVENT) == 503
