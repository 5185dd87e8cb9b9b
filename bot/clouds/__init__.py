"""The RTC clouds: who carries which app. A cloud's answers go no further than its own room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import httpx

from bot.clouds.agora import AgoraClient, AgoraCloud
from bot.clouds.http import CloudHttp
from bot.clouds.huawei import (
    AccessKeyCredentials,
    Credentials,
    HuaweiClient,
    HuaweiCloud,
    IamTokenCredentials,
)
from bot.clouds.huawei.client import host_of
from bot.clouds.huawei.credentials import IamUser
from bot.clouds.quota import Quota, RateLimitStore, Sleep, SystemClock
from bot.clouds.response_cache import ResponseCache
from bot.clouds.storage import EventStore
from bot.clouds.volcengine import SignatureAuth, VolcengineClient, VolcengineCloud
from bot.ports import Clock, Cloud, KeyValueStore
from bot.settings import CloudSettings

__all__ = ["RateLimitStore", "SystemClock", "build_clouds", "load_cloud_state"]


@dataclass(frozen=True, slots=True)
class _CloudDependencies:
    """What every cloud is built with."""

    quota: Quota
    key_value_store: KeyValueStore
    clock: Clock
    transport: httpx.AsyncBaseTransport | None
    delay_scale: float
    event_store: EventStore | None
    response_cache: ResponseCache | None


def build_clouds(
    settings: Iterable[CloudSettings],
    *,
    rate_limit_store: RateLimitStore,
    key_value_store: KeyValueStore,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    delay_scale: float = 1.0,
    sleep: Sleep = asyncio.sleep,
    event_store: EventStore | None = None,
    response_cache: ResponseCache | None = None,
) -> dict[str, Cloud]:
    """Build the clouds that are configured; returns which cloud carries each app.

    Apps of one cloud share one object: close each once. `transport` replaces the network and
    `sleep` the waiting for short allowances. Without a `event_store` what was seen of whole apps is
    known to this process alone, and without `response_cache` their figures are.
    """
    resolved_clock = clock or SystemClock()
    quota = Quota(rate_limit_store, resolved_clock, sleep)
    dependencies = _CloudDependencies(
        quota, key_value_store, resolved_clock, transport, delay_scale, event_store, response_cache
    )
    clouds_by_app: dict[str, Cloud] = {}
    for each in settings:
        cloud = _BUILDERS[each.name](each, dependencies)
        clouds_by_app.update(dict.fromkeys(each.apps, cloud))
    return clouds_by_app


async def load_cloud_state(clouds: Iterable[Cloud]) -> None:
    """Let every cloud take over what other processes learnt; asks no cloud anything."""
    for cloud in set(clouds):
        if isinstance(cloud, AgoraCloud):
            await cloud.load_state()


def _agora(settings: CloudSettings, dependencies: _CloudDependencies) -> Cloud:
    auth = httpx.BasicAuth(settings.secrets["customer_id"], settings.secrets["customer_secret"])
    http = CloudHttp(
        settings.name,
        settings.base_url,
        dependencies.quota,
        auth=auth,
        transport=dependencies.transport,
    )
    client = AgoraClient(
        http,
        dependencies.key_value_store,
        dependencies.clock,
        settings.apps,
        api=settings.options.get("api", "auto"),
        plan=settings.options.get("plan", "standard"),
        delay_scale=dependencies.delay_scale,
    )
    report = settings.options.get("report", "reportV2")
    return AgoraCloud(
        client,
        report=report,
        event_store=dependencies.event_store,
        response_cache=dependencies.response_cache,
    )


def _volcengine(settings: CloudSettings, dependencies: _CloudDependencies) -> Cloud:
    auth = SignatureAuth(
        settings.secrets["access_key"], settings.secrets["secret_key"], dependencies.clock
    )
    http = CloudHttp(
        settings.name,
        settings.base_url,
        dependencies.quota,
        auth=auth,
        transport=dependencies.transport,
    )
    client = VolcengineClient(
        http,
        dependencies.clock,
        settings.apps,
        version=settings.options.get("api_version", "2020-12-01"),
        delay_scale=dependencies.delay_scale,
    )
    return VolcengineCloud(client, response_cache=dependencies.response_cache)


def _huawei(settings: CloudSettings, dependencies: _CloudDependencies) -> Cloud:
    http = CloudHttp(
        settings.name, settings.base_url, dependencies.quota, transport=dependencies.transport
    )
    project_id = settings.options["project_id"]
    client = HuaweiClient(
        http,
        _huawei_credentials(settings, dependencies, project_id),
        dependencies.key_value_store,
        dependencies.clock,
        apps=settings.apps,
        project_id=project_id,
        array_style=settings.options.get("array_style", "comma"),
        delay_scale=dependencies.delay_scale,
    )
    client_events = settings.options.get("client_events", "auto")
    return HuaweiCloud(
        client, client_events=client_events, response_cache=dependencies.response_cache
    )


def _huawei_credentials(
    settings: CloudSettings, dependencies: _CloudDependencies, project_id: str
) -> Credentials:
    secrets = settings.secrets
    if "access_key" in secrets:
        host = host_of(settings.base_url)
        keys = (secrets["access_key"], secrets["secret_key"])
        return AccessKeyCredentials(*keys, project_id, host, dependencies.clock)
    http = CloudHttp(
        settings.name,
        settings.options["iam_url"],
        dependencies.quota,
        transport=dependencies.transport,
    )
    names = ("iam_user", "iam_password", "iam_domain", "iam_project")
    return IamTokenCredentials(
        http, IamUser(*(secrets[name] for name in names)), project_id, dependencies.clock
    )


_BUILDERS: Final[dict[str, Callable[[CloudSettings, _CloudDependencies], Cloud]]] = {
    "agora": _agora,
    "volcengine": _volcengine,
    "huawei": _huawei,
}
