"""Fixtures of Huawei's tests: its cloud over a scripted network with one call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.store.rate_limits import SqlKeyValueStore

APP_ID = "5fa682b34a974f7ad24d223b"
PROJECT = "0123456789abcdef0123456789abcdef"
SECRETS = ("AKSANDBOX", "sk-very-secret")
ROOM = {
    "domain": "d",
    "app": APP_ID,
    "room_id": "class_77_1",
    "state": "CLOSED",
    "start_time": "2026-11-20T11:00:00Z",
    "end_time": "2026-11-20T11:50:00Z",
}
USER = {
    "room_id": "class_77_1",
    "uid": "10001",
    "session": "s1",
    "state": "OFFLINE",
    "nick_name": "Wang Xiaoming",
    "ip": "113.140.81.7",
    "region": "陕西",
    "isp": "CTCC",
    "device_model": "iphone",
    "platform": "web-Mac10_15_4",
    "sdk": "1.4.0",
    "join_time": "2026-11-20T11:00:00Z",
    "leave_time": "2026-11-20T11:50:00Z",
}
MakeHuawei = Callable[..., Any]


@pytest.fixture
def room() -> dict[str, object]:
    """One row of 13.1, as in the document's sample."""
    return dict(ROOM)


@pytest.fixture
def user() -> dict[str, object]:
    """One row of 13.2, with a name and an IP address."""
    return dict(USER)


@pytest.fixture
async def make_huawei(
    store: Any, rate_limit_store: Any, clock: Any, mock_api: Any
) -> AsyncIterator[MakeHuawei]:
    """Build Huawei over the scripted network, with an access key or a token."""
    made: list[Any] = []
    mock_api.respond("rooms", {"total": 1, "room_info_list": [ROOM]})
    mock_api.respond("users", {"total": 1, "users": [USER]})
    mock_api.respond("details", {"room_id": "class_77_1", "data": []})
    mock_api.respond("abnormal-events", {"total": 0, "events": []})

    def make(**options: str) -> Any:
        by_key = {"access_key": SECRETS[0], "secret_key": SECRETS[1]}
        names = ("iam_user", "iam_password", "iam_domain", "iam_project")
        secrets = dict.fromkeys(names, SECRETS[1]) if options.pop("auth", "") else by_key
        addresses = {"project_id": PROJECT, "iam_url": "https://iam.invalid"}
        apps = {"kids": APP_ID}
        each = CloudSettings("huawei", apps, "https://rtc.invalid", secrets, addresses | options)
        transport = httpx.MockTransport(mock_api.handle)
        clouds: Any = build_clouds(
            [each],
            rate_limit_store=rate_limit_store,
            key_value_store=SqlKeyValueStore(store),
            clock=clock,
            transport=transport,
            sleep=clock.sleep,
        )
        made.append(clouds["kids"])
        return clouds["kids"]

    yield make
    for cloud in made:
        await cloud.close()
