"""Requests for the metrics of a whole app: quality by dimension and over time, and operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.call import Distribution, Trend, Unit, Usage
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import data_expired, not_yet_published, unsupported
from bot.clouds.volcengine.app_metric_schemas import (
    DIMENSIONS,
    OPERATIONS,
    PRODUCTS,
    QUALITY,
    REALTIME_OPERATIONS,
    IndicatorRow,
    Indicators,
    OnlineRow,
    Point,
    build_distributions,
    build_trend,
    build_usages,
    operation_metric,
    parse_points,
    products_for,
    quality_metric,
)
from bot.clouds.volcengine.client import DISTRIBUTION, VolcengineClient, span_params
from bot.clouds.volcengine.metrics import unit_of
from bot.clouds.windows import CLOCK_SKEW, round_down, split_window
from bot.ports import Window

_TTL: Final = dt.timedelta(minutes=10)
_LIVE_TTL: Final = dt.timedelta(seconds=30)
_OFFLINE_OPS: Final = "volcengine.offline_ops"
_LIVE_OPS: Final = "volcengine.realtime_ops"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a trend counts: a room, at most 20 of its users, systems, networks; empty: all."""

    room: str = ""
    uids: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    def params(self) -> dict[str, Any]:
        """Return it as Volcengine's parameters."""
        params: dict[str, Any] = {
            "RoomId": self.room,
            "UserId": list(self.uids),
            "OS": list(self.systems),
            "Access": list(self.networks),
        }
        return {name: value for name, value in params.items() if value}


@dataclass(frozen=True, slots=True)
class OnlineUsers:
    """The users in a room now; `exists` is False when nobody ever joined."""

    exists: bool
    visible: tuple[str, ...] = ()
    invisible: tuple[str, ...] = ()


_Read = list[tuple[IndicatorRow, list[Point]]]


class StatisticsApi:
    """Fetches the metrics of whole apps. Every method raises CloudError only.

    Shares are percent, 0 to 100: 0.54 is 0.54 %. Users of browsers are counted separately, so
    each request about quality is sent twice (contract trap V14) unless `products` names one.
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
        """Return one distribution for each day, product and returned name of the indicator.

        Days are of +08:00 and named by their begin; with `is_live` they are half minutes of the
        last hour. Names of countries and provinces are as returned, in Chinese.
        """
        name = "ListRealTimeQualityDistribution" if is_live else DISTRIBUTION
        _require_known(indicator, QUALITY)
        _require_known(dimension, DIMENSIONS)
        distributions: list[Distribution] = []
        for product in products or products_for(dimension):
            params = {"Indicator": indicator, "ProductType": product, "Dimension": dimension}
            for row, points in await self._fetch(app, name, params, window):
                definition = quality_metric(row.name, product)
                distributions += build_distributions(dimension, definition, points)
        return tuple(distributions)

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
            _require_known(each, QUALITY)
        params = {"Indicator": list(names), **(scope or Scope()).params()}
        if not is_live:
            params["AggregateGranularity"] = granularity
        action = "ListRealTimeQuality" if is_live else "ListQuality"
        trends: list[Trend] = []
        for product in products or PRODUCTS:
            query = {**params, "ProductType": product}
            for row, points in await self._fetch(app, action, query, window):
                definition = quality_metric(row.name, product)
                trends.append(build_trend(definition, Unit.PERCENT, points))
        return tuple(trends)

    async def daily(self, app: str, names: Sequence[str], window: Window) -> tuple[Usage, ...]:
        """Return quality by day of +08:00, of the whole app."""
        return build_usages(await self.trends(app, names, window))

    async def operations(
        self, app: str, names: Sequence[str], window: Window, *, granularity: str = "1d"
    ) -> tuple[Trend, ...]:
        """Return how much an app was used by day or hour (`1d`, `1h`).

        The documents name no unit for the times among them; a returned unit is kept.
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
        """Return how much an app was used, a row for each day of +08:00 and metric."""
        return build_usages(await self.operations(app, names, window))

    async def online_users(self, app: str, room: str) -> OnlineUsers:
        """Return who is in a room now."""
        row = self._client.find_endpoint("GetRoomOnlineUsers")
        body = await self._client.get(app, row, {"RoomId": room}, OnlineRow)
        visible = tuple(str(uid) for uid in body.visible_user_list or ())
        invisible = tuple(str(uid) for uid in body.invisible_user_list or ())
        exists = bool(body.room_exists or body.room_exist or visible or invisible)
        return OnlineUsers(exists, visible, invisible)

    async def _operations(
        self, app: str, action: str, names: Sequence[str], window: Window, params: dict[str, Any]
    ) -> tuple[Trend, ...]:
        is_live = "RealTime" in action
        known = REALTIME_OPERATIONS if is_live else OPERATIONS
        for each in names:
            _require_known(each, known)
        query = {"Indicator": list(names), **params}
        kind = _LIVE_OPS if is_live else _OFFLINE_OPS
        return tuple(
            build_trend(operation_metric(row.name, kind), unit_of(row.unit), points)
            for row, points in await self._fetch(app, action, query, window)
        )

    async def _fetch(self, app: str, action: str, params: dict[str, Any], window: Window) -> _Read:
        """Fetch the part of the window that is published and not expired, in chunks.

        A response includes the day in which the request ends (contract trap V12): points at the
        window's end or later are left out.
        """
        row = self._client.find_endpoint(action)
        ttl = _LIVE_TTL if "RealTime" in action else _TTL
        by_name: dict[str, tuple[IndicatorRow, dict[tuple[dt.datetime, str], Point]]] = {}
        for chunk in split_window(
            _available_window(row, window, self._client.clock.now()), row.max_span
        ):
            query = {**params, **span_params(chunk)}
            body = await self._client.cached_post(app, row, query, Indicators, ttl)
            for each in body.indicators or ():
                _, points = by_name.setdefault(each.name, (each, {}))
                points.update(((p.at, p.label), p) for p in parse_points(row, each, window))
        return [(each, list(points.values())) for each, points in by_name.values()]


def _require_known(word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise unsupported("volcengine", word)


def _available_window(row: Endpoint, window: Window, now: dt.datetime) -> Window:
    """The part of a window that is published and not expired; CloudError when there is none."""
    oldest = now - row.retention + CLOCK_SKEW
    if window.until <= oldest:
        raise data_expired(row)
    newest = now - row.delay
    until = window.until if window.until <= newest else round_down(newest)
    since = max(window.since, oldest)
    if until <= since:
        raise not_yet_published(row, window.since + row.delay, status=0, code="")
    return Window(since, until)
