"""The RTC clouds: Agora, Huawei Cloud and Volcengine, built from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from bot.cloud_settings import CloudSettings
from bot.clouds.agora import build_agora
from bot.clouds.dependencies import CloudDependencies
from bot.clouds.http import OnResponse
from bot.clouds.huawei import build_huawei
from bot.clouds.quota import Quota, RateLimitStore, Sleep
from bot.clouds.response_cache import InMemoryResponseCache, ResponseCache
from bot.clouds.storage import EventStore, InMemoryEventStore
from bot.clouds.volcengine import build_volcengine
from bot.ports import Clock, Cloud, KeyValueStore, SystemClock

if TYPE_CHECKING:  # slow to import
    import httpx

__all__ = ["RateLimitStore", "build_clouds"]

_BUILDERS: Final[dict[str, Callable[[CloudSettings, CloudDependencies], Cloud]]] = {
    "agora": build_agora,
    "huawei": build_huawei,
    "volcengine": build_volcengine,
}


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
    on_response: OnResponse | None = None,
) -> dict[str, Cloud]:
    """Build the configured clouds; returns the cloud of each app.

    Apps of one cloud share one object: close each once. `transport` replaces the network, and
    `sleep` the waiting for a quota. Without `event_store` and `response_cache` events and metrics
    of whole apps are kept in memory. `on_response` gets each response before it is parsed.
    """
    clock = clock or SystemClock()
    dependencies = CloudDependencies(
        quota=Quota(rate_limit_store, clock, sleep),
        key_value_store=key_value_store,
        clock=clock,
        transport=transport,
        delay_scale=delay_scale,
        event_store=event_store or InMemoryEventStore(),
        response_cache=response_cache or InMemoryResponseCache(),
        on_response=on_response,
    )
    clouds_by_app: dict[str, Cloud] = {}
    for each in settings:
        cloud = _BUILDERS[each.name](each, dependencies)
        clouds_by_app.update(dict.fromkeys(each.apps, cloud))
    return clouds_by_app
