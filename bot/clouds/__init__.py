"""The RTC clouds: who carries which app. A cloud's answers go no further than its own room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import httpx

from bot.clouds.agora import AgoraCloud, Asking
from bot.clouds.http import CloudHttp
from bot.clouds.huawei import Asking as HuaweiAsking
from bot.clouds.huawei import Credentials, HuaweiCloud, KeyPair, Tokens
from bot.clouds.huawei.client import host_of
from bot.clouds.huawei.credentials import Login
from bot.clouds.quota import Ledger, Quota, Sleep, SystemClock
from bot.clouds.response_cache import Answers
from bot.clouds.storage import EventBook, Memory
from bot.clouds.volcengine import Asking as VolcengineAsking
from bot.clouds.volcengine import SignatureAuth, VolcengineCloud
from bot.ports import Clock, Cloud
from bot.settings import CloudSettings

__all__ = ["Ledger", "Memory", "SystemClock", "build_clouds", "recall_clouds"]


@dataclass(frozen=True, slots=True)
class _Means:
    """What every cloud is built with."""

    quota: Quota
    memory: Memory
    clock: Clock
    transport: httpx.AsyncBaseTransport | None
    delay_scale: float
    book: EventBook | None
    answers: Answers | None


def build_clouds(
    settings: Iterable[CloudSettings],
    *,
    ledger: Ledger,
    memory: Memory,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    delay_scale: float = 1.0,
    sleep: Sleep = asyncio.sleep,
    book: EventBook | None = None,
    answers: Answers | None = None,
) -> dict[str, Cloud]:
    """Build the clouds that are configured; returns which cloud carries each app.

    Apps of one cloud share one object: close each once. `transport` replaces the network and
    `sleep` the waiting for short allowances. Without a `book` what was seen of whole apps is
    known to this process alone, and without `answers` their figures are.
    """
    told = clock or SystemClock()
    quota = Quota(ledger, told, sleep)
    means = _Means(quota, memory, told, transport, delay_scale, book, answers)
    carriers: dict[str, Cloud] = {}
    for each in settings:
        cloud = _BUILDERS[each.name](each, means)
        carriers.update(dict.fromkeys(each.apps, cloud))
    return carriers


async def recall_clouds(clouds: Iterable[Cloud]) -> None:
    """Let every cloud take over what other processes learnt; asks no cloud anything."""
    for cloud in set(clouds):
        if isinstance(cloud, AgoraCloud):
            await cloud.recall()


def _agora(settings: CloudSettings, means: _Means) -> Cloud:
    auth = httpx.BasicAuth(settings.secrets["customer_id"], settings.secrets["customer_secret"])
    http = CloudHttp(
        settings.name, settings.base_url, means.quota, auth=auth, transport=means.transport
    )
    asking = Asking(
        http,
        means.memory,
        means.clock,
        settings.apps,
        api=settings.options.get("api", "auto"),
        plan=settings.options.get("plan", "standard"),
        delay_scale=means.delay_scale,
    )
    report = settings.options.get("report", "reportV2")
    return AgoraCloud(asking, report=report, book=means.book, answers=means.answers)


def _volcengine(settings: CloudSettings, means: _Means) -> Cloud:
    auth = SignatureAuth(
        settings.secrets["access_key"], settings.secrets["secret_key"], means.clock
    )
    http = CloudHttp(
        settings.name, settings.base_url, means.quota, auth=auth, transport=means.transport
    )
    asking = VolcengineAsking(
        http,
        means.clock,
        settings.apps,
        version=settings.options.get("api_version", "2020-12-01"),
        delay_scale=means.delay_scale,
    )
    return VolcengineCloud(asking, answers=means.answers)


def _huawei(settings: CloudSettings, means: _Means) -> Cloud:
    http = CloudHttp(settings.name, settings.base_url, means.quota, transport=means.transport)
    project_id = settings.options["project_id"]
    asking = HuaweiAsking(
        http,
        _huawei_credentials(settings, means, project_id),
        means.memory,
        means.clock,
        apps=settings.apps,
        project_id=project_id,
        array_style=settings.options.get("array_style", "comma"),
        delay_scale=means.delay_scale,
    )
    client_events = settings.options.get("client_events", "auto")
    return HuaweiCloud(asking, client_events=client_events, answers=means.answers)


def _huawei_credentials(settings: CloudSettings, means: _Means, project_id: str) -> Credentials:
    secrets = settings.secrets
    if "access_key" in secrets:
        host = host_of(settings.base_url)
        keys = (secrets["access_key"], secrets["secret_key"])
        return KeyPair(*keys, project_id, host, means.clock)
    http = CloudHttp(
        settings.name, settings.options["iam_url"], means.quota, transport=means.transport
    )
    names = ("iam_user", "iam_password", "iam_domain", "iam_project")
    return Tokens(http, Login(*(secrets[name] for name in names)), project_id, means.clock)


_BUILDERS: Final[dict[str, Callable[[CloudSettings, _Means], Cloud]]] = {
    "agora": _agora,
    "volcengine": _volcengine,
    "huawei": _huawei,
}
