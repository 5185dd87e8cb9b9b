"""How Volcengine is asked: Actions, Versions, parameters, kept answers. No meaning here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import msgspec

from bot.clouds.cache import Cache, Kept
from bot.clouds.endpoints import Endpoint, endpoint
from bot.clouds.http import Answer, CloudHttp, Question
from bot.clouds.volcengine.schemas import Body, rfc3339, understand
from bot.ports import Clock, Window

VERSION: Final = "2023-11-01"  # of every Action but, if set so, ListQualityDistribution
DISTRIBUTION: Final = "ListQualityDistribution"
_GRAIN_S: Final = 10
_SECOND: Final = dt.timedelta(seconds=1)


class Asking:
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

    def endpoint(self, name: str) -> Endpoint:
        """Return the row of the endpoint table for an Action, in the Version we use of it."""
        version = self.version if name == DISTRIBUTION else VERSION
        row = endpoint("volcengine", name, generation=version)
        return replace(row, delay_s=row.delay_s * self._delay_scale)

    async def get(
        self, app: str, row: Endpoint, params: Mapping[str, str], body_type: type[Body]
    ) -> tuple[Body, int]:
        """Ask by GET, everything in the query; returns `Result` and the answer's size in bytes."""
        query = {**_action(row), "AppId": self.apps[app], **params}
        return await self._ask(app, row, Question(query), body_type)

    async def post(
        self, app: str, row: Endpoint, params: Mapping[str, Any], body_type: type[Body]
    ) -> tuple[Body, int]:
        """Ask by POST: the Action in the query, the rest as JSON, signed as it is sent."""
        content = msgspec.json.encode({"AppId": self.apps[app], **params})
        headers = {"Content-Type": "application/json"}
        return await self._ask(app, row, Question(_action(row), content, headers), body_type)

    async def kept(
        self,
        question: Hashable,
        ask: Callable[[], Awaitable[tuple[Body, int]]],
        fresh_for: dt.timedelta,
    ) -> tuple[Body, int]:
        """Ask unless the answer to this question is kept and still fresh."""

        async def fetch() -> Kept[object]:
            body, size_bytes = await ask()
            now = self.clock.now()
            return Kept((body, size_bytes), now, now + fresh_for, size_bytes)

        return cast("tuple[Body, int]", (await self._cache.get(question, fetch)).value)

    async def kept_get(
        self,
        app: str,
        row: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        fresh_for: dt.timedelta,
    ) -> tuple[Body, int]:
        """Ask by GET unless the same answer is kept and still fresh."""
        question = (row.name, app, *sorted(params.items()))
        return await self.kept(question, lambda: self.get(app, row, params, body_type), fresh_for)

    async def close(self) -> None:
        """Give connections back."""
        await self._cache.close()
        await self._http.close()

    async def _ask(
        self, app: str, row: Endpoint, question: Question, body_type: type[Body]
    ) -> tuple[Body, int]:
        now = self.clock.now()

        def read(answer: Answer) -> tuple[Body, int]:
            return understand(row, answer, body_type, now), len(answer.body)

        return await self._http.ask(row, self.apps[app], question, read)


def span_params(span: Window) -> dict[str, str]:
    """Write a stretch of time the way Volcengine takes it; it grows to whole seconds."""
    return {"StartTime": rfc3339(span.since), "EndTime": rfc3339(up_to_second(span.until))}


def pieces(span: Window, max_span: dt.timedelta | None) -> tuple[Window, ...]:
    """Cut a stretch into questions no longer than the cloud takes: it cuts longer ones silently."""
    cut: list[Window] = []
    until = span.until
    while until > span.since:
        since = span.since if max_span is None else max(span.since, until - max_span)
        cut.append(Window(since, until))
        until = since
    return tuple(cut)


def whole_seconds(span: Window) -> Window:
    """Widen a stretch to whole seconds, which is what Volcengine counts in."""
    return Window(span.since.replace(microsecond=0), up_to_second(span.until))


def up_to_second(moment: dt.datetime) -> dt.datetime:
    """Return the next whole second, or the moment itself when it is one."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + _SECOND


def coarse(moment: dt.datetime) -> dt.datetime:
    """Round a moving "until now" down, so that questions asked together are the same one."""
    return dt.datetime.fromtimestamp(moment.timestamp() // _GRAIN_S * _GRAIN_S, dt.UTC)


def _action(row: Endpoint) -> dict[str, str]:
    return {"Action": row.name, "Version": row.generation}
