"""What every cloud is built from, besides its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cloud_settings import CloudSettings
from bot.clouds.cache import Cache
from bot.clouds.http import CloudHttp, OnResponse
from bot.clouds.quota import Quota
from bot.clouds.response_cache import ResponseCache
from bot.clouds.storage import EventStore
from bot.ports import Clock, KeyValueStore

if TYPE_CHECKING:  # httpx is slow to import
    import httpx

    from bot.clouds.connection import Auth


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudDependencies:
    """The parts shared by all clouds. `transport` replaces the network in tests.

    `on_response` gets each response before it is parsed.
    """

    quota: Quota
    key_value_store: KeyValueStore
    clock: Clock
    transport: httpx.AsyncBaseTransport | None = None
    delay_scale: float
    event_store: EventStore
    response_cache: ResponseCache
    on_response: OnResponse | None = None

    def http(
        self, settings: CloudSettings, *, base_url: str = "", auth: Auth | None = None
    ) -> CloudHttp:
        """Return the HTTP client for a cloud, at its own base URL unless another is given."""
        url = base_url or settings.base_url
        return CloudHttp(
            *(settings.name, url, self.quota),
            auth=auth,
            transport=self.transport,
            on_response=self.on_response,
        )

    def cache(self) -> Cache:
        """Return an empty cache."""
        return Cache(self.clock)
