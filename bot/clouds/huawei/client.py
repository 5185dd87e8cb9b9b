"""How Huawei is asked: addresses, credentials, pages, answers kept while true. No meaning here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar, cast

import httpx
import msgspec

from bot.clouds.cache import Cache, Kept
from bot.clouds.endpoints import Endpoint, endpoint
from bot.clouds.http import Answer, CloudHttp, Question
from bot.clouds.huawei.credentials import Credentials, Request
from bot.clouds.huawei.schemas import accept, stamp, understand
from bot.clouds.huawei.signing import canonical_query, encode
from bot.clouds.storage import Memory
from bot.errors import CloudRefusedError
from bot.ports import Clock, Window

Value = TypeVar("Value")
Params = Mapping[str, str | Sequence[str]]
_UNAUTHORIZED: Final = 401
_GRAIN_S: Final = 10
_PAGES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """One question: about which app, where, its parameters, the names in its path, its body."""

    app: str
    row: Endpoint
    params: Params = field(default_factory=dict, repr=False)
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


class Asking:
    """One credential's way to Huawei. `apps` maps our names of apps to Huawei's app ids.

    `array_style` says how a parameter with several values is written: as the document's samples
    do (`metric=A,B`) or as Huawei's own SDK does (`metric=A&metric=B`); contract trap W12.
    """

    def __init__(
        self,
        http: CloudHttp,
        credentials: Credentials,
        memory: Memory,
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
        self.memory: Final = memory
        self.clock: Final = clock
        self.apps: Final = dict(apps)

    def endpoint(self, name: str) -> Endpoint:
        """Return the row of the endpoint table."""
        row = endpoint("huawei", name)
        return replace(row, delay_s=row.delay_s * self._delay_scale)

    async def body(
        self,
        app: str,
        row: Endpoint,
        params: Params,
        body_type: type[Value],
        **names: str,
    ) -> Value:
        """Ask an endpoint about an app and read its yes; `names` fill its path."""
        return (await self._sized_body(_Inquiry(app, row, params, names), body_type))[0]

    async def kept_body(
        self,
        app: str,
        row: Endpoint,
        params: Params,
        body_type: type[Value],
        fresh_for: dt.timedelta,
    ) -> Value:
        """Ask unless the same answer is kept and still fresh."""

        async def fetch() -> Kept[object]:
            body, size_bytes = await self._sized_body(_Inquiry(app, row, params), body_type)
            now = self.clock.now()
            return Kept(body, now, now + fresh_for, size_bytes)

        question: Hashable = (row.name, app, *self._pairs(params))
        return cast("Value", (await self._cache.get(question, fetch)).value)

    async def post(
        self, app: str, row: Endpoint, content: object, body_type: type[Value], **names: str
    ) -> Value:
        """Send JSON and read the answer; never asked twice unless the credentials had ended."""
        now = self.clock.now()
        inquiry = _Inquiry(app, row, {}, names, msgspec.json.encode(content))
        return await self._send(inquiry, lambda answer: understand(row, answer, body_type, now))

    async def command(self, app: str, row: Endpoint, content: object, **names: str) -> None:
        """Send a command whose yes has no body (202 or 204: taken, maybe not done; W38)."""
        now = self.clock.now()
        encoded = b"" if content is None else msgspec.json.encode(content)
        inquiry = _Inquiry(app, row, {}, names, encoded)
        await self._send(inquiry, lambda answer: accept(row, answer, now))

    async def close(self) -> None:
        """Give connections back."""
        await self._cache.close()
        await self._http.close()
        await self.credentials.close()

    async def _sized_body(self, inquiry: _Inquiry, body_type: type[Value]) -> tuple[Value, int]:
        now = self.clock.now()

        def read(answer: Answer) -> tuple[Value, int]:
            return understand(inquiry.row, answer, body_type, now), len(answer.body)

        return await self._send(inquiry, read)

    async def _send(self, inquiry: _Inquiry, read: Callable[[Answer], Value]) -> Value:
        """Ask with our credentials; once more when a token had ended."""
        row, app_id = inquiry.row, self.apps[inquiry.app]
        names = {"project_id": self._project_id, "app_id": app_id, **inquiry.names}
        query = self._pairs(inquiry.params)
        path = row.path.format(**{name: encode(value) for name, value in names.items()})
        request = Request(row.method, path, query, inquiry.content)
        addressed = replace(row, path=f"{path}?{canonical_query(query)}" if query else path)
        headers = await self.credentials.headers(request)
        try:
            return await self._ask(addressed, app_id, inquiry.content, headers, read)
        except CloudRefusedError as error:
            if error.status != _UNAUTHORIZED or not self.credentials.renews(headers):
                raise
        headers = await self.credentials.headers(request)
        return await self._ask(addressed, app_id, inquiry.content, headers, read)

    async def _ask(
        self,
        row: Endpoint,
        app_id: str,
        content: bytes,
        headers: Mapping[str, str],
        read: Callable[[Answer], Value],
    ) -> Value:
        question = Question(body=content or None, headers=headers)
        return await self._http.ask(row, app_id, question, read)

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


async def pages(
    ask: Callable[[dict[str, str]], Awaitable[tuple[Sequence[Value], int | None]]],
    size: int,
) -> tuple[list[Value], bool]:
    """Turn pages until all rows are there; returns them, and whether they are all.

    `ask` takes the page's parameters and returns its rows and the total, None when the cloud
    tells none: then a page that is not full is the last (W13).
    """
    found: list[Value] = []
    for _ in range(_PAGES_MAX):
        rows, total = await ask({"limit": str(size), "offset": str(len(found))})
        found += rows
        if not rows or (len(rows) < size if total is None else len(found) >= total):
            return found, True
    return found, False


def host_of(base_url: str) -> str:
    """Return the Host header that will be sent to this address."""
    return httpx.URL(base_url).netloc.decode()


def span_params(span: Window) -> dict[str, str]:
    """Write a stretch of time the way Huawei takes it: UTC, whole seconds."""
    return {"start_time": stamp(span.since), "end_time": stamp(span.until)}


def coarse(moment: dt.datetime) -> dt.datetime:
    """Round a moving "until now" down, so that questions asked together are the same one."""
    return dt.datetime.fromtimestamp(moment.timestamp() // _GRAIN_S * _GRAIN_S, dt.UTC)


def whole_seconds(span: Window) -> Window:
    """Widen a stretch to whole seconds."""
    until = span.until.replace(microsecond=0)
    until = until if until == span.until else until + dt.timedelta(seconds=1)
    return Window(span.since.replace(microsecond=0), until)


def days_of(span: Window, longest: dt.timedelta | None) -> tuple[Window, ...]:
    """Cut a stretch into questions no longer than the cloud takes, the newest first."""
    if longest is None or span.span <= longest:
        return (span,) if span.until > span.since else ()
    middle = span.until - longest
    return (Window(middle, span.until), *days_of(Window(span.since, middle), longest))
