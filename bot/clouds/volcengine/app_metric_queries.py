"""The numbers of whole apps: quality by dimension and over time, and operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec

from bot.call import Code, Distribution, DistributionRow, MetricDefinition, Trend, Unit, Usage
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import data_expired, invalid_response, not_yet_published, unsupported
from bot.clouds.volcengine import metric_names
from bot.clouds.volcengine.client import (
    DISTRIBUTION,
    VolcengineClient,
    round_down,
    span_params,
    split_window,
)
from bot.clouds.volcengine.metrics import unit_of
from bot.clouds.volcengine.schemas import (
    CHINA,
    IndicatorRow,
    Indicators,
    OnlineRow,
    lowercase_keys,
    parse_required_time,
)
from bot.ports import Window

_CLOCK_SKEW: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_TTL: Final = dt.timedelta(minutes=10)
_LIVE_TTL: Final = dt.timedelta(seconds=30)
_OFFLINE_OPS: Final = "volcengine.offline_ops"
_LIVE_OPS: Final = "volcengine.realtime_ops"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a trend counts: a room, at most 20 of its users, systems, networks; empty: all."""

    room: str = ""
    uids: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    def params(self) -> dict[str, Any]:
        """Write it as Volcengine takes it."""
        given: dict[str, Any] = {
            "RoomId": self.room,
            "UserId": list(self.uids),
            "OS": list(self.systems),
            "Access": list(self.networks),
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class OnlineUsers:
    """Who is in a room this moment; `exists` is False when nobody ever came."""

    exists: bool
    visible: tuple[str, ...] = ()
    invisible: tuple[str, ...] = ()


class _Item(msgspec.Struct):
    timestamp: str
    value: float | None = None
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class _Point:
    """One value of one indicator; `label` along the dimension that was asked for."""

    at: dt.datetime
    value: float
    label: str = ""


_Read = list[tuple[IndicatorRow, list[_Point]]]


class StatisticsApi:
    """Volcengine's numbers of whole apps. Every method raises CloudError and nothing else.

    Shares are percent, 0 to 100: 0.54 is 0.54 %. Users of browsers are counted apart, so each
    question about quality is asked twice (contract trap V14) unless `products` names one.
    """

    def __init__(self, client: VolcengineClient) -> None:
        self._client = client

    async def distribution(
        self,
        app: str,
        indicator: str,
        dimension: str,
        window: Window,
        *,
        is_live: bool = False,
        products: Sequence[str] | None = None,
    ) -> tuple[Distribution, ...]:
        """Return one distribution for each day, product and name the indicator comes back as.

        Days are those of +08:00 and named by their beginning; `is_live` asks about half minutes
        of the last hour. Names of countries and provinces stay as they came, in Chinese.
        """
        name = "ListRealTimeQualityDistribution" if is_live else DISTRIBUTION
        _require_known(indicator, metric_names.QUALITY)
        _require_known(dimension, metric_names.DIMENSIONS)
        found: list[Distribution] = []
        for product in products or metric_names.products_for(dimension):
            params = {"Indicator": indicator, "ProductType": product, "Dimension": dimension}
            for row, points in await self._fetch(app, name, params, window):
                definition = metric_names.quality_metric(row.name, product)
                found += _distribution(dimension, definition, points)
        return tuple(found)

    async def trends(
        self,
        app: str,
        names: Sequence[str],
        window: Window,
        *,
        scope: Scope | None = None,
        granularity: str = "1d",
        is_live: bool = False,
        products: Sequence[str] | None = None,
    ) -> tuple[Trend, ...]:
        """Return quality over time; `granularity` is `1d` or `5min`, half minutes when live."""
        _require_known(granularity, ("1d", "5min"))
        for each in names:
            _require_known(each, metric_names.QUALITY)
        params = {"Indicator": list(names), **(scope or Scope()).params()}
        if not is_live:
            params["AggregateGranularity"] = granularity
        action = "ListRealTimeQuality" if is_live else "ListQuality"
        found: list[Trend] = []
        for product in products or metric_names.PRODUCTS:
            query = {**params, "ProductType": product}
            for row, points in await self._fetch(app, action, query, window):
                definition = metric_names.quality_metric(row.name, product)
                found.append(_trend(definition, Unit.PERCENT, points))
        return tuple(found)

    async def daily(self, app: str, names: Sequence[str], window: Window) -> tuple[Usage, ...]:
        """Return quality by day of +08:00, of the whole app."""
        return _days(await self.trends(app, names, window))

    async def operations(
        self, app: str, names: Sequence[str], window: Window, *, granularity: str = "1d"
    ) -> tuple[Trend, ...]:
        """Return how much an app was used by day or hour (`1d`, `1h`).

        The documents name no unit for the times among them; one that comes along is kept.
        """
        _require_known(granularity, ("1d", "1h"))
        params = {"AggregateGranularity": granularity}
        return await self._operations(app, "ListOperationData", names, window, params)

    async def live_operations(
        self, app: str, names: Sequence[str], window: Window
    ) -> tuple[Trend, ...]:
        """Return who was online in each half minute of the last hour."""
        return await self._operations(app, "ListRealTimeOperationData", names, window, {})

    async def usage(self, app: str, names: Sequence[str], window: Window) -> tuple[Usage, ...]:
        """Return how much an app was used, a row for each day of +08:00 and figure."""
        return _days(await self.operations(app, names, window))

    async def online_users(self, app: str, room: str) -> OnlineUsers:
        """Return who is in a room this moment."""
        row = self._client.find_endpoint("GetRoomOnlineUsers")
        body, _ = await self._client.get(app, row, {"RoomId": room}, OnlineRow)
        visible = tuple(str(uid) for uid in body.visible_user_list or ())
        invisible = tuple(str(uid) for uid in body.invisible_user_list or ())
        exists = bool(body.room_exists or body.room_exist or visible or invisible)
        return OnlineUsers(exists, visible, invisible)

    async def _operations(
        self, app: str, action: str, names: Sequence[str], window: Window, params: dict[str, Any]
    ) -> tuple[Trend, ...]:
        is_live = "RealTime" in action
        known = metric_names.REALTIME_OPERATIONS if is_live else metric_names.OPERATIONS
        for each in names:
            _require_known(each, known)
        query = {"Indicator": list(names), **params}
        kind = _LIVE_OPS if is_live else _OFFLINE_OPS
        return tuple(
            _trend(metric_names.operation_metric(row.name, kind), unit_of(row.unit), points)
            for row, points in await self._fetch(app, action, query, window)
        )

    async def _fetch(self, app: str, action: str, params: dict[str, Any], window: Window) -> _Read:
        """Ask about what of the window is out and remembered, in pieces the cloud takes.

        The day a question ends in is told too (contract trap V12): what begins at the window's
        end or after it is left out.
        """
        row = self._client.find_endpoint(action)
        ttl = _LIVE_TTL if "RealTime" in action else _TTL
        found: dict[str, tuple[IndicatorRow, dict[tuple[dt.datetime, str], _Point]]] = {}
        for chunk in split_window(
            _available_window(row, window, self._client.clock.now()), row.max_span
        ):
            query = {**params, **span_params(chunk)}
            cache_key = (row.name, row.generation, app, str(sorted(query.items())))
            body, _ = await self._client.cached(
                cache_key, partial(self._post, app, row, query), ttl
            )
            for each in body.indicators or ():
                _, points = found.setdefault(each.name, (each, {}))
                points.update(((p.at, p.label), p) for p in _points(row, each, window))
        return [(each, list(points.values())) for each, points in found.values()]

    async def _post(
        self, app: str, row: Endpoint, params: dict[str, Any]
    ) -> tuple[Indicators, int]:
        return await self._client.post(app, row, params, Indicators)


def _require_known(word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise unsupported("volcengine", word)


def _available_window(row: Endpoint, window: Window, now: dt.datetime) -> Window:
    """The part of a window that is out and still remembered; CloudError when there is none."""
    oldest = now - row.look_back + _CLOCK_SKEW if row.look_back else window.since
    if window.until <= oldest:
        raise data_expired(row)
    newest = now - row.delay
    until = window.until if window.until <= newest else round_down(newest)
    since = max(window.since, oldest)
    if until <= since:
        raise not_yet_published(row, window.since + row.delay, status=0, code="")
    return Window(since, until)


def _points(row: Endpoint, indicator: IndicatorRow, window: Window) -> Iterator[_Point]:
    for raw in indicator.data or ():
        try:
            item = msgspec.convert(lowercase_keys(raw), _Item, strict=False)
            at = parse_required_time(item.timestamp)
        except (msgspec.ValidationError, ValueError):
            raise invalid_response(row, "TimeStamp") from None
        if item.value is not None and at < window.until:
            yield _Point(at, item.value, item.dimension or "")


def _trend(definition: MetricDefinition, unit: Unit, points: Iterable[_Point]) -> Trend:
    sorted_points = sorted((point.at, point.value) for point in points)
    return Trend(definition.name, unit, tuple(sorted_points), definition)


def _days(trends: Iterable[Trend]) -> tuple[Usage, ...]:
    return tuple(
        Usage(at.astimezone(CHINA).date(), trend.name, trend.unit, value, trend.definition)
        for trend in trends
        for at, value in trend.points
    )


def _distribution(
    dimension: str, definition: MetricDefinition, points: Iterable[_Point]
) -> Iterator[Distribution]:
    periods: dict[dt.datetime, list[_Point]] = {}
    for point in points:
        periods.setdefault(point.at, []).append(point)
    kind = f"volcengine.{dimension.lower()}"
    for since, found in sorted(periods.items()):
        ranked = sorted(found, key=lambda point: point.value, reverse=True)
        rows = tuple(DistributionRow((Code(kind, point.label),), point.value) for point in ranked)
        yield Distribution(dimension.lower(), Unit.PERCENT, rows, definition, since)
