"""Freezes of everybody in one call, by network, share of time and minute (today's API only).

The documents show the names and scale of a row, not what the rows are wrapped in: both a bare
list and the object of `dimension/top20` are read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from bot.call import Call, Media
from bot.clouds.agora.app_metric_schemas import (
    AppMetricsBody,
    Ranking,
    distribution_from_rows,
    parse_time_series,
)
from bot.clouds.agora.client import AgoraClient, span_params
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response, unsupported
from bot.clouds.numbers import parse_number
from bot.errors import CloudError, CloudRefusedError
from bot.ports import CallStatistics, FreezeBucket, Priority, Window

JsonRow = dict[str, int | float | str | None]
_NETWORK: Final = "network"
_RATES: Final = {"audio_freeze_rate": "audioFreezeRate", "video_freeze_rate": "videoFreezeRate"}
_COUNTS: Final = {
    "user_count": "userCount",
    "audio_freeze_user_count": "audioFreezeUserCount",
    "video_freeze_user_count": "videoFreezeUserCount",
}
_FROZEN: Final = {
    Media.AUDIO: "audio_freeze_user_count",
    Media.VIDEO: "video_freeze_user_count",
}
_BOUNDS: Final = re.compile(r"[\[(]\s*(\d{1,3})\s*%?\s*,\s*(\d{1,3})\s*%?\s*[\])]")
_DENIED_STATUSES: Final = (200, 401, 403, 404)  # 200: the body says "no auth"
_DENIED_FOR: Final = dt.timedelta(days=1)  # the plan may be upgraded meanwhile


@dataclass(frozen=True, slots=True)
class _MetricsQuery:
    """One of the three requests."""

    endpoint: str
    params: dict[str, str]


_QUERIES: Final = (
    _MetricsQuery("freeze_buckets", {"metric": ",".join(_RATES)}),
    _MetricsQuery("call_statistics", {"metric": ",".join(_RATES), "dimension": "net"}),
    _MetricsQuery("call_minutes", {"metric": ",".join(_COUNTS)}),
)


class CallStatisticsFetcher:
    """Fetches with background priority: nobody waits for it."""

    def __init__(self, client: AgoraClient) -> None:
        self._client = client.with_priority(Priority.BACKGROUND)
        self._denied_until: dict[str, dt.datetime] = {}

    async def fetch(self, call: Call, window: Window) -> CallStatistics:
        """Return the statistics of a call, from those of the three requests that succeed.

        Raises CloudError when none does, CloudUnsupportedError for the API of 2020 and for plans
        without these endpoints.
        """
        now = self._client.clock.now()
        denied_until = self._denied_until.get(call.app, now)
        if denied_until > now or await self._client.generation(call.app) == "seed":
            raise unsupported("agora", "call_statistics")
        bodies: dict[str, Ranking] = {}
        error: CloudError | None = None
        for query in _QUERIES:
            try:
                bodies[query.endpoint] = await self._fetch(call, query, window)
            except CloudError as failure:
                error = error or failure
                if self._is_denied(call.app, failure):
                    break
        if error is not None and not bodies:
            raise error
        return _build_call_statistics(self._client, bodies, window)

    async def _fetch(self, call: Call, query: _MetricsQuery, window: Window) -> Ranking:
        row = self._client.find_endpoint(query.endpoint, "current")
        params = {"call_id": call.id, **span_params(window), **query.params}
        return await self._client.get(call.app, row, params, Ranking)

    def _is_denied(self, app: str, error: CloudError) -> bool:
        """A plan without these endpoints gets no further request for a day."""
        access_denied = type(error) is CloudRefusedError and error.status in _DENIED_STATUSES
        if access_denied:
            self._denied_until[app] = self._client.clock.now() + _DENIED_FOR
        return access_denied


def _build_call_statistics(
    client: AgoraClient, bodies: dict[str, Ranking], window: Window
) -> CallStatistics:
    rows = {
        name: (client.find_endpoint(name, "current"), body.rows or [])
        for name, body in bodies.items()
    }
    statistics = CallStatistics(window.since, window.until)
    if "call_statistics" in rows:
        row, json_rows = rows["call_statistics"]
        named = [_renamed(each) for each in json_rows]
        distributions = tuple(
            distribution_from_rows(row, named, _NETWORK, name) for name in _RATES.values()
        )
        statistics = replace(statistics, distributions=distributions)
    if "freeze_buckets" in rows:
        statistics = replace(statistics, buckets=tuple(_buckets(*rows["freeze_buckets"])))
    if "call_minutes" in rows:
        row, json_rows = rows["call_minutes"]
        body = AppMetricsBody(data=[_renamed(each) for each in json_rows])
        names = tuple(_COUNTS.values())
        minutes = parse_time_series(row, body, names, _minute(window.since), window.until)
        statistics = replace(statistics, minutes=minutes)
    return statistics


def _renamed(row: JsonRow) -> JsonRow:
    """The same metrics have other names in the endpoints for whole apps."""
    names = {**_RATES, **_COUNTS}
    return {names.get(name, name): value for name, value in row.items()}


def _buckets(row: Endpoint, rows: list[JsonRow]) -> Iterator[FreezeBucket]:
    """Read `[0%,3%)` and the like, under any name; a row without bounds is skipped."""
    for json_row in rows:
        texts = [value for value in json_row.values() if isinstance(value, str)]
        matches = [_BOUNDS.fullmatch(text) for text in texts]
        bounds = next((match for match in matches if match), None)
        if bounds is None:
            continue
        for media, name in _FROZEN.items():
            try:
                people = parse_number(json_row.get(name))
            except ValueError:
                raise invalid_response(row, name) from None
            if people is None:
                continue
            if people < 0:
                raise invalid_response(row, name)
            yield FreezeBucket(media, float(bounds[1]), float(bounds[2]), int(people))


def _minute(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)
