"""How Volcengine is asked: Actions, Versions, parameters, kept answers. No meaning here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import msgspec

from bot.clouds.cache import Cache, CacheEntry
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.http import ApiRequest, ApiResponse, CloudHttp
from bot.clouds.volcengine.endpoints import ENDPOINTS
from bot.clouds.volcengine.schemas import Body, format_time, parse_response
from bot.ports import Clock, Window

VERSION: Final = "2023-11-01"  # of every Action but, if set so, ListQualityDistribution
DISTRIBUTION: Final = "ListQualityDistribution"
_ROUND_TO_S: Final = 10
_SECOND: Final = dt.timedelta(seconds=1)


class VolcengineClient:
    """One key's way to Volcengine. `apps` maps our names of apps to Volcengine's app ids.

    `version` is the one of `ListQualityDistribution`.
    """

    def __init__(
        self,
        http: CloudHttp,
        clock: Clock,
        apps: Mapping[str, str],
        *,
        version: str,
        delay_scale: float = 1.0,
    ) -> None:
        self._http = http
        self._delay_scale = delay_scale
        self._cache: Cache[object] = Cache(clock)
        self.clock: Final = clock
        self.apps: Final = dict(apps)
        self.version: Final = version

    def find_endpoint(self, name: str) -> Endpoint:
        """Return the row of the endpoint table for an Action, in the Version we use of it."""
        version = self.version if name == DISTRIBUTION else VERSION
        endpoint = select_endpoint(ENDPOINTS, name, generation=version)
        return replace(endpoint, delay_s=endpoint.delay_s * self._delay_scale)

    async def get(
        self, app: str, endpoint: Endpoint, params: Mapping[str, str], body_type: type[Body]
    ) -> tuple[Body, int]:
        """Ask by GET, everything in the query; returns `Result` and the answer's size in bytes."""
        query = {**_action(endpoint), "AppId": self.apps[app], **params}
        return await self._request(app, endpoint, ApiRequest(query), body_type)

    async def post(
        self, app: str, endpoint: Endpoint, params: Mapping[str, Any], body_type: type[Body]
    ) -> tuple[Body, int]:
        """Ask by POST: the Action in the query, the rest as JSON, signed as it is sent."""
        content = msgspec.json.encode({"AppId": self.apps[app], **params})
        headers = {"Content-Type": "application/json"}
        return await self._request(
            app, endpoint, ApiRequest(_action(endpoint), content, headers), body_type
        )

    async def cached(
        self,
        question: Hashable,
        request: Callable[[], Awaitable[tuple[Body, int]]],
        ttl: dt.timedelta,
    ) -> tuple[Body, int]:
        """Ask unless the answer to this question is kept and still fresh."""

        async def fetch() -> CacheEntry[object]:
            body, size_bytes = await request()
            now = self.clock.now()
            return CacheEntry((body, size_bytes), now, now + ttl, size_bytes)

        return cast("tuple[Body, int]", (await self._cache.get(question, fetch)).value)

    async def cached_get(
        self,
        app: str,
        endpoint: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        ttl: dt.timedelta,
    ) -> tuple[Body, int]:
        """Ask by GET unless the same answer is kept and still fresh."""
        question = (endpoint.name, app, *sorted(params.items()))
        return await self.cached(question, lambda: self.get(app, endpoint, params, body_type), ttl)

    async def close(self) -> None:
        """Give connections back."""
        await self._cache.close()
        await self._http.close()

    async def _request(
        self, app: str, endpoint: Endpoint, question: ApiRequest, body_type: type[Body]
    ) -> tuple[Body, int]:
        now = self.clock.now()

        def read(response: ApiResponse) -> tuple[Body, int]:
            return parse_response(endpoint, response, body_type, now), len(response.body)

        return await self._http.request(endpoint, self.apps[app], question, read)


def span_params(span: Window) -> dict[str, str]:
    """Write a stretch of time the way Volcengine takes it; it grows to whole seconds."""
    return {"StartTime": format_time(span.since), "EndTime": format_time(up_to_second(span.until))}


def split_window(span: Window, max_span: dt.timedelta | None) -> tuple[Window, ...]:
    """Cut a stretch into questions no longer than the cloud takes: it cuts longer ones silently."""
    windows: list[Window] = []
    until = span.until
    while until > span.since:
        since = span.since if max_span is None else max(span.since, until - max_span)
        windows.append(Window(since, until))
        until = since
    return tuple(windows)


def whole_seconds(span: Window) -> Window:
    """Widen a stretch to whole seconds, which is what Volcengine counts in."""
    return Window(span.since.replace(microsecond=0), up_to_second(span.until))


def up_to_second(moment: dt.datetime) -> dt.datetime:
    """Return the next whole second, or the moment itself when it is one."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + _SECOND


def round_down(moment: dt.datetime) -> dt.datetime:
    """Round a moving "until now" down, so that questions asked together are the same one."""
    return dt.datetime.fromtimestamp(moment.timestamp() // _ROUND_TO_S * _ROUND_TO_S, dt.UTC)


def _action(endpoint: Endpoint) -> dict[str, str]:
    return {"Action": endpoint.name, "Version": endpoint.generation}
