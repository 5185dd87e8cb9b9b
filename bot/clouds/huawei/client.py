"""How Huawei is asked: addresses, credentials, pages, answers kept while true. No meaning here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar, cast

import httpx
import msgspec

from bot.clouds.cache import Cache, CacheEntry
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.http import ApiRequest, ApiResponse, CloudHttp
from bot.clouds.huawei.credentials import Credentials, UnsignedRequest
from bot.clouds.huawei.endpoints import ENDPOINTS
from bot.clouds.huawei.schemas import ensure_accepted, format_time, parse_response
from bot.clouds.huawei.signing import canonical_query, encode
from bot.errors import CloudRefusedError
from bot.ports import Clock, KeyValueStore, Window

Value = TypeVar("Value")
Params = Mapping[str, str | Sequence[str]]
_UNAUTHORIZED: Final = 401
_ROUND_TO_S: Final = 10
_PAGES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class _RequestSpec:
    """One question: about which app, where, its parameters, the names in its path, its body."""

    app: str
    endpoint: Endpoint
    params: Params = field(default_factory=dict, repr=False)
    path_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


class HuaweiClient:
    """One credential's way to Huawei. `apps` maps our names of apps to Huawei's app ids.

    `array_style` says how a parameter with several values is written: as the document's samples
    do (`metric=A,B`) or as Huawei's own SDK does (`metric=A&metric=B`); contract trap W12.
    """

    def __init__(
        self,
        http: CloudHttp,
        credentials: Credentials,
        key_value_store: KeyValueStore,
        clock: Clock,
        *,
        apps: Mapping[str, str],
        project_id: str,
        array_style: str = "comma",
        delay_scale: float = 1.0,
    ) -> None:
        self._http = http
        self._project_id = project_id
        self._array_style = array_style
        self._delay_scale = delay_scale
        self._cache: Cache[object] = Cache(clock)
        self.credentials: Final = credentials
        self.key_value_store: Final = key_value_store
        self.clock: Final = clock
        self.apps: Final = dict(apps)

    def find_endpoint(self, name: str) -> Endpoint:
        """Return the row of the endpoint table."""
        endpoint = select_endpoint(ENDPOINTS, name)
        return replace(endpoint, delay_s=endpoint.delay_s * self._delay_scale)

    async def body(
        self,
        app: str,
        endpoint: Endpoint,
        params: Params,
        body_type: type[Value],
        **path_params: str,
    ) -> Value:
        """Ask an endpoint about an app and read its yes; `path_params` fill its path."""
        return (
            await self._sized_body(_RequestSpec(app, endpoint, params, path_params), body_type)
        )[0]

    async def cached_body(
        self,
        app: str,
        endpoint: Endpoint,
        params: Params,
        body_type: type[Value],
        ttl: dt.timedelta,
    ) -> Value:
        """Ask unless the same answer is kept and still fresh."""

        async def fetch() -> CacheEntry[object]:
            body, size_bytes = await self._sized_body(
                _RequestSpec(app, endpoint, params), body_type
            )
            now = self.clock.now()
            return CacheEntry(body, now, now + ttl, size_bytes)

        question: Hashable = (endpoint.name, app, *self._pairs(params))
        return cast("Value", (await self._cache.get(question, fetch)).value)

    async def post(
        self,
        app: str,
        endpoint: Endpoint,
        content: object,
        body_type: type[Value],
        **path_params: str,
    ) -> Value:
        """Send JSON and read the answer; never asked twice unless the credentials had ended."""
        now = self.clock.now()
        spec = _RequestSpec(app, endpoint, {}, path_params, msgspec.json.encode(content))
        return await self._send(
            spec, lambda response: parse_response(endpoint, response, body_type, now)
        )

    async def command(
        self, app: str, endpoint: Endpoint, content: object, **path_params: str
    ) -> None:
        """Send a command whose yes has no body (202 or 204: taken, maybe not done; W38)."""
        now = self.clock.now()
        encoded = b"" if content is None else msgspec.json.encode(content)
        spec = _RequestSpec(app, endpoint, {}, path_params, encoded)
        await self._send(spec, lambda response: ensure_accepted(endpoint, response, now))

    async def close(self) -> None:
        """Give connections back."""
        await self._cache.close()
        await self._http.close()
        await self.credentials.close()

    async def _sized_body(self, spec: _RequestSpec, body_type: type[Value]) -> tuple[Value, int]:
        now = self.clock.now()

        def read(response: ApiResponse) -> tuple[Value, int]:
            return parse_response(spec.endpoint, response, body_type, now), len(response.body)

        return await self._send(spec, read)

    async def _send(self, spec: _RequestSpec, read: Callable[[ApiResponse], Value]) -> Value:
        """Ask with our credentials; once more when a token had ended."""
        endpoint, app_id = spec.endpoint, self.apps[spec.app]
        path_params = {"project_id": self._project_id, "app_id": app_id, **spec.path_params}
        query = self._pairs(spec.params)
        path = endpoint.path.format(**{name: encode(value) for name, value in path_params.items()})
        request = UnsignedRequest(endpoint.method, path, query, spec.content)
        addressed = replace(endpoint, path=f"{path}?{canonical_query(query)}" if query else path)
        headers = await self.credentials.headers(request)
        try:
            return await self._request(addressed, app_id, spec.content, headers, read)
        except CloudRefusedError as error:
            if error.status != _UNAUTHORIZED or not self.credentials.invalidate(headers):
                raise
        headers = await self.credentials.headers(request)
        return await self._request(addressed, app_id, spec.content, headers, read)

    async def _request(
        self,
        endpoint: Endpoint,
        app_id: str,
        content: bytes,
        headers: Mapping[str, str],
        read: Callable[[ApiResponse], Value],
    ) -> Value:
        question = ApiRequest(body=content or None, headers=headers)
        return await self._http.request(endpoint, app_id, question, read)

    def _pairs(self, params: Params) -> tuple[tuple[str, str], ...]:
        """Write parameters as pairs, those with several values in the chosen style."""
        pairs: list[tuple[str, str]] = []
        for name, value in params.items():
            if isinstance(value, str):
                pairs.append((name, value))
            elif self._array_style == "comma":
                pairs.append((name, ",".join(value)))
            else:
                pairs += ((name, each) for each in value)
        return tuple(sorted(pairs))


async def fetch_pages(
    request: Callable[[dict[str, str]], Awaitable[tuple[Sequence[Value], int | None]]],
    size: int,
) -> tuple[list[Value], bool]:
    """Turn pages until all rows are there; returns them, and whether they are all.

    `request` takes the page's parameters and returns its rows and the total, None when the cloud
    tells none: then a page that is not full is the last (W13).
    """
    found: list[Value] = []
    for _ in range(_PAGES_MAX):
        rows, total = await request({"limit": str(size), "offset": str(len(found))})
        found += rows
        if not rows or (len(rows) < size if total is None else len(found) >= total):
            return found, True
    return found, False


def host_of(base_url: str) -> str:
    """Return the Host header that will be sent to this address."""
    return httpx.URL(base_url).netloc.decode()


def span_params(span: Window) -> dict[str, str]:
    """Write a stretch of time the way Huawei takes it: UTC, whole seconds."""
    return {"start_time": format_time(span.since), "end_time": format_time(span.until)}


def round_down(moment: dt.datetime) -> dt.datetime:
    """Round a moving "until now" down, so that questions asked together are the same one."""
    return dt.datetime.fromtimestamp(moment.timestamp() // _ROUND_TO_S * _ROUND_TO_S, dt.UTC)


def whole_seconds(span: Window) -> Window:
    """Widen a stretch to whole seconds."""
    until = span.until.replace(microsecond=0)
    until = until if until == span.until else until + dt.timedelta(seconds=1)
    return Window(span.since.replace(microsecond=0), until)


def split_window(span: Window, longest: dt.timedelta | None) -> tuple[Window, ...]:
    """Cut a stretch into questions no longer than the cloud takes, the newest first."""
    if longest is None or span.span <= longest:
        return (span,) if span.until > span.since else ()
    middle = span.until - longest
    return (Window(middle, span.until), *split_window(Window(span.since, middle), longest))
