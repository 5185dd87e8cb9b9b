"""Requests to Huawei: paths, credentials, pages, and cached responses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import msgspec

from bot.clouds.client import CloudClient
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.http import ApiRequest, ApiResponse
from bot.clouds.huawei.credentials import Credentials, UnsignedRequest
from bot.clouds.huawei.endpoints import ENDPOINTS
from bot.clouds.huawei.schemas import ensure_accepted, format_time, parse_response
from bot.clouds.huawei.signing import canonical_query, encode
from bot.clouds.windows import RequestWindow
from bot.errors import CloudRefusedError
from bot.ports import KeyValueStore, Window

Value = TypeVar("Value")
Params = Mapping[str, str | Sequence[str]]
_ALWAYS_COMMAS: Final = frozenset({"mid"})
_UNAUTHORIZED: Final = 401
_PAGES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class _RequestSpec:
    """A request before it is signed: app, endpoint, parameters, path parameters, and body."""

    app: str
    endpoint: Endpoint
    params: Params = field(default_factory=dict, repr=False)
    path_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class HuaweiClient(CloudClient):
    """Sends requests to Huawei.

    `array_style` is how a parameter with several values is written: as in the document's samples
    (`comma`: `metric=A,B`) or as in Huawei's own SDK (`repeat`: `metric=A&metric=B`, but
    `mid=a,b`); contract trap W12.
    """

    credentials: Credentials
    key_value_store: KeyValueStore
    project_id: str
    array_style: str = "comma"

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """All of Huawei's endpoints."""
        return ENDPOINTS

    def find_endpoint(self, name: str) -> Endpoint:
        """Return the endpoint of this name."""
        return self._scaled(select_endpoint(ENDPOINTS, name))

    async def get(
        self,
        app: str,
        endpoint: Endpoint,
        params: Params,
        body_type: type[Value],
        **path_params: str,
    ) -> Value:
        """Send a GET about an app and return its body; `path_params` fill the path."""
        spec = _RequestSpec(app, endpoint, params, path_params)
        return (await self._request(spec, body_type))[0]

    async def cached_get(
        self,
        app: str,
        endpoint: Endpoint,
        params: Params,
        body_type: type[Value],
        ttl: dt.timedelta,
    ) -> Value:
        """Send a GET unless its response is cached."""
        return await self._cached(
            (endpoint.name, app, *self._pairs(params)),
            lambda: self._request(_RequestSpec(app, endpoint, params), body_type),
            ttl,
        )

    async def cached_window(
        self,
        app: str,
        endpoint: Endpoint,
        params: Params,
        body_type: type[Value],
        window: RequestWindow,
    ) -> Value:
        """Send a GET about a window unless it is cached, as `_cached_window`."""

        def request(span: Window) -> Awaitable[tuple[Value, int]]:
            spec = _RequestSpec(app, endpoint, {**params, **span_params(span)})
            return self._request(spec, body_type)

        key = (endpoint.name, app, *self._pairs(params))
        return (await self._cached_window(key, endpoint, window, request)).body

    async def post(
        self,
        app: str,
        endpoint: Endpoint,
        content: object,
        body_type: type[Value],
        **path_params: str,
    ) -> Value:
        """Send JSON and return the body of the response; repeated only after an expired token."""
        spec = _RequestSpec(app, endpoint, {}, path_params, msgspec.json.encode(content))
        return (await self._request(spec, body_type))[0]

    async def command(
        self, app: str, endpoint: Endpoint, content: object, **path_params: str
    ) -> None:
        """Send a command whose response has no body (202 or 204: accepted, maybe not done; W38)."""
        now = self.clock.now()
        encoded = b"" if content is None else msgspec.json.encode(content)
        spec = _RequestSpec(app, endpoint, {}, path_params, encoded)
        await self._send(spec, lambda response: ensure_accepted(endpoint, response, now))

    async def close(self) -> None:
        """Cancel running requests and close connections, those for credentials too."""
        await super().close()
        await self.credentials.close()

    async def _request(self, spec: _RequestSpec, body_type: type[Value]) -> tuple[Value, int]:
        now = self.clock.now()

        def read(response: ApiResponse) -> tuple[Value, int]:
            return parse_response(spec.endpoint, response, body_type, now), len(response.body)

        return await self._send(spec, read)

    async def _send(self, spec: _RequestSpec, read: Callable[[ApiResponse], Value]) -> Value:
        """Send with our credentials; a second time when the token had expired."""
        endpoint, app_id = spec.endpoint, self.apps[spec.app]
        path_params = {"project_id": self.project_id, "app_id": app_id, **spec.path_params}
        query = self._pairs(spec.params)
        path = endpoint.path.format(**{name: encode(value) for name, value in path_params.items()})
        request = UnsignedRequest(endpoint.method, path, query, spec.content)
        addressed = replace(endpoint, path=f"{path}?{canonical_query(query)}" if query else path)
        headers = await self.credentials.headers(request)
        try:
            return await self._send_signed(addressed, app_id, spec.content, headers, read)
        except CloudRefusedError as error:
            if error.status != _UNAUTHORIZED or not self.credentials.invalidate(headers):
                raise
        headers = await self.credentials.headers(request)
        return await self._send_signed(addressed, app_id, spec.content, headers, read)

    async def _send_signed(
        self,
        endpoint: Endpoint,
        app_id: str,
        content: bytes,
        headers: Mapping[str, str],
        read: Callable[[ApiResponse], Value],
    ) -> Value:
        request = ApiRequest(body=content or None, headers=headers)
        return await self.http.request(endpoint, app_id, request, read, priority=self.priority)

    def _pairs(self, params: Params) -> tuple[tuple[str, str], ...]:
        """Write parameters as sorted pairs, those with several values in the chosen style."""
        pairs: list[tuple[str, str]] = []
        for name, value in params.items():
            if isinstance(value, str):
                pairs.append((name, value))
            elif self.array_style == "comma" or name in _ALWAYS_COMMAS:
                pairs.append((name, ",".join(value)))
            else:
                pairs += ((name, each) for each in value)
        return tuple(sorted(pairs))


async def fetch_pages(
    request: Callable[[dict[str, str]], Awaitable[tuple[Sequence[Value], int | None]]],
    size: int,
) -> tuple[list[Value], bool]:
    """Fetch pages until all rows are there; returns them, and whether they are complete.

    `request` takes the page's parameters and returns its rows and the total, None when the
    response has no total: then a page that is not full is the last (W13).
    """
    collected: list[Value] = []
    for _ in range(_PAGES_MAX):
        rows, total = await request({"limit": str(size), "offset": str(len(collected))})
        collected += rows
        if not rows or (len(rows) < size if total is None else len(collected) >= total):
            return collected, True
    return collected, False


def span_params(span: Window) -> dict[str, str]:
    """Write a window the way Huawei takes it: UTC, whole seconds."""
    return {"start_time": format_time(span.since), "end_time": format_time(span.until)}
