"""Requests to Volcengine: Actions, Versions, parameters, and cached responses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.call import Call
from bot.clouds.client import CloudClient
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.http import ApiRequest, ApiResponse
from bot.clouds.volcengine.endpoints import ENDPOINTS
from bot.clouds.volcengine.schemas import Body, format_time, parse_response
from bot.clouds.windows import RequestWindow, up_to_second
from bot.ports import Window

VERSION: Final = "2023-11-01"  # of all Actions except, where set, ListQualityDistribution
DISTRIBUTION: Final = "ListQualityDistribution"


@dataclass(frozen=True, kw_only=True)
class VolcengineClient(CloudClient):
    """Sends requests to Volcengine. `version` is the one of `ListQualityDistribution`."""

    version: str

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """All of Volcengine's endpoints."""
        return ENDPOINTS

    def find_endpoint(self, name: str) -> Endpoint:
        """Return the endpoint of an Action, in the Version in use."""
        version = self.version if name == DISTRIBUTION else VERSION
        return self._scaled(select_endpoint(ENDPOINTS, name, generation=version))

    async def get(
        self, app: str, endpoint: Endpoint, params: Mapping[str, str], body_type: type[Body]
    ) -> Body:
        """Send a GET about an app and return `Result`."""
        return (await self._get(app, endpoint, params, body_type))[0]

    async def cached_get(
        self,
        call: Call,
        endpoint: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        window: RequestWindow,
    ) -> Body:
        """Send a GET about a window of a room unless it is cached, as `_cached_window`."""
        query = {"RoomId": call.cname, **params}

        def request(span: Window) -> Awaitable[tuple[Body, int]]:
            return self._get(call.app, endpoint, {**span_params(span), **query}, body_type)

        key = (endpoint.name, call.app, *sorted(query.items()))
        return (await self._cached_window(key, endpoint, window, request)).body

    async def cached_post(
        self,
        app: str,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        body_type: type[Body],
        ttl: dt.timedelta,
    ) -> Body:
        """Send a POST, the Action in the query and the rest as JSON, unless it is cached."""
        return await self._cached(
            (endpoint.name, endpoint.generation, app, str(sorted(params.items()))),
            lambda: self._post(app, endpoint, params, body_type),
            ttl,
        )

    async def _get(
        self, app: str, endpoint: Endpoint, params: Mapping[str, str], body_type: type[Body]
    ) -> tuple[Body, int]:
        query = {**_action(endpoint), "AppId": self.apps[app], **params}
        return await self._request(app, endpoint, ApiRequest(query), body_type)

    async def _post(
        self, app: str, endpoint: Endpoint, params: Mapping[str, Any], body_type: type[Body]
    ) -> tuple[Body, int]:
        content = msgspec.json.encode({"AppId": self.apps[app], **params})
        headers = {"Content-Type": "application/json"}
        request = ApiRequest(_action(endpoint), content, headers)
        return await self._request(app, endpoint, request, body_type)

    async def _request(
        self, app: str, endpoint: Endpoint, request: ApiRequest, body_type: type[Body]
    ) -> tuple[Body, int]:
        now = self.clock.now()

        def read(response: ApiResponse) -> tuple[Body, int]:
            return parse_response(endpoint, response, body_type, now), len(response.body)

        return await self.http.request(
            endpoint, self.apps[app], request, read, priority=self.priority
        )


def span_params(span: Window) -> dict[str, str]:
    """Write a window the way Volcengine takes it, widened to whole seconds."""
    return {"StartTime": format_time(span.since), "EndTime": format_time(up_to_second(span.until))}


def _action(endpoint: Endpoint) -> dict[str, str]:
    return {"Action": endpoint.name, "Version": endpoint.generation}
