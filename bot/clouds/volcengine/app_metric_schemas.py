"""Volcengine's responses about whole apps: indicators, their names, and what they mean."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.call import (
    Code,
    Distribution,
    DistributionRow,
    Media,
    MetricDefinition,
    Trend,
    Unit,
    Usage,
)
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.volcengine.schemas import CHINA, Id, parse_required_time
from bot.decoding import convert_object
from bot.ports import Window

# 002, "Indicators of quality", "of offline operations", "of realtime operations"; 003, Dimension.
QUALITY: Final = (
    "join_room_success_rate",
    "stall_rate",
    "first_frame_send_success_rate",
    "first_frame_recv_success_rate",
    "network_trans_delay",
)
OPERATIONS: Final = (
    "user_count",
    "session_count",
    "peak_concurrent_user",
    "room_count",
    "high_concurrency_room",
    "peak_concurrent_room",
    "avg_call_count",
    "per_call_time",
    "avg_call_time",
    "total_online_time",
    "avg_online_time",
    "avg_user_count",
)
REALTIME_OPERATIONS: Final = ("online_user_count", "online_room_count")
DIMENSIONS: Final = ("Province", "Country", "OS", "Access")
PRODUCTS: Final = ("native", "web")

_PREFIXED: Final = re.compile(
    r"(?:(?:(?P<within>\d{1,6})(?P<unit>ms|s)|(?P<media>audio|video))_)*(?P<base>.+)"
)
_MS: Final = {"ms": 1, "s": 1000}
# `network_trans_delay` is not a delay but the share of time within the target (contract trap V5).
_HIGHER_IS_BETTER: Final = {
    "join_room_success_rate": True,
    "stall_rate": False,
    "first_frame_send_success_rate": True,
    "first_frame_recv_success_rate": True,
    "network_trans_delay": True,
}


def products_for(dimension: str | None) -> tuple[str, ...]:
    """Both products; for browsers there is no distribution by system or network."""
    return PRODUCTS[:1] if dimension in {"OS", "Access"} else PRODUCTS


def quality_metric(name: str, product: str) -> MetricDefinition:
    """Parse a returned name such as `80ms_audio_stall_rate`; an unknown one is kept as it is.

    The threshold and the medium precede the name, in either order, or are absent.
    """
    match = _PREFIXED.fullmatch(name)
    if match is None or match["base"] not in _HIGHER_IS_BETTER:
        return MetricDefinition(Code("volcengine.quality", name), part=part_of(product))
    base, media = match["base"], match["media"]
    within = match["within"]
    return MetricDefinition(
        name=Code("volcengine.quality", f"{media}_{base}" if media else base),
        media=Media(media) if media else None,
        within_ms=int(within) * _MS[match["unit"]] if within else None,
        higher_is_better=_HIGHER_IS_BETTER[base],
        part=part_of(product),
    )


def operation_metric(name: str, kind: str) -> MetricDefinition:
    """Return the definition of a count, which is neither good nor bad."""
    return MetricDefinition(Code(kind, name))


def part_of(product: str) -> Code:
    """Return the code of the users that a metric counts: those on `native` or on `web`."""
    return Code("volcengine.product_type", product)


class IndicatorRow(msgspec.Struct, rename="pascal"):
    """One indicator. The time of its items is `TimeStamp` or `Timestamp`."""

    name: str
    unit: str | None = None
    data: list[dict[str, Any]] | None = None


class Indicators(msgspec.Struct, rename="pascal"):
    """The response of every endpoint for whole apps."""

    indicators: list[IndicatorRow] | None = None


class OnlineRow(msgspec.Struct, rename="pascal"):
    """`GetRoomOnlineUsers`; the documents have `RoomExist` and `RoomExists`."""

    room_exist: bool | None = None
    room_exists: bool | None = None
    visible_user_list: list[Id] | None = None
    invisible_user_list: list[Id] | None = None


class _ItemRow(msgspec.Struct):
    timestamp: str
    value: float | None = None
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one indicator; `label` is the value of the requested dimension."""

    at: dt.datetime
    value: float
    label: str = ""


def parse_points(endpoint: Endpoint, indicator: IndicatorRow, window: Window) -> Iterator[Point]:
    """Parse the points of an indicator that begin before the window ends."""
    for raw in indicator.data or ():
        try:
            item = convert_object(_lowercase_keys(raw), _ItemRow, strict=False)
            at = parse_required_time(item.timestamp)
        except (msgspec.ValidationError, ValueError):
            raise invalid_response(endpoint, "TimeStamp") from None
        if item.value is not None and at < window.until:
            yield Point(at, item.value, item.dimension or "")


def build_trend(definition: MetricDefinition, unit: Unit, points: Iterable[Point]) -> Trend:
    """Return a metric over time."""
    sorted_points = sorted((point.at, point.value) for point in points)
    return Trend(definition.name, unit, tuple(sorted_points), definition)


def build_usages(trends: Iterable[Trend]) -> tuple[Usage, ...]:
    """Return a metric by day of +08:00."""
    return tuple(
        Usage(at.astimezone(CHINA).date(), trend.name, trend.unit, value, trend.definition)
        for trend in trends
        for at, value in trend.points
    )


def build_distributions(
    dimension: str, definition: MetricDefinition, points: Iterable[Point]
) -> Iterator[Distribution]:
    """Yield one distribution per period, largest values first."""
    periods: dict[dt.datetime, list[Point]] = {}
    for point in points:
        periods.setdefault(point.at, []).append(point)
    kind = f"volcengine.{dimension.lower()}"
    for since, members in sorted(periods.items()):
        ranked = sorted(members, key=lambda point: point.value, reverse=True)
        rows = tuple(DistributionRow((Code(kind, point.label),), point.value) for point in ranked)
        yield Distribution(dimension.lower(), Unit.PERCENT, rows, definition, since)


def _lowercase_keys(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with lower-case keys: the documents have `TimeStamp` and `Timestamp`."""
    return {name.lower(): value for name, value in row.items()}
