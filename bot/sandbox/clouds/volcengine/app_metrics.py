"""Volcengine's metrics of whole apps: quality by dimension and over time, and operations.

Both Versions of ListQualityDistribution are here: the old one writes `Timestamp`, as the table of
003 has it, today's `TimeStamp`, as the sample of 003 and today's documents do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.clouds.volcengine.app_metric_totals import (
    OPERATIONS,
    QUALITY,
    REALTIME_OPERATIONS,
    Bucket,
    CallParticipant,
    Count,
    participants_of,
)
from bot.sandbox.clouds.volcengine.calls import access_of, platform_of
from bot.sandbox.clouds.volcengine.params import CHINA, Params, Window, rfc3339, success
from bot.sandbox.scenario import Person, SimulatedCall

Json = dict[str, Any]

_HOUR_S: Final = 3600
_DAY_S: Final = 86400
_LIVE_STEP_S: Final = 30
_LIVE_DELAY_S: Final = 60
_LATE_S: Final = 8 * _HOUR_S
_MAX_USERS: Final = 20
_STEPS: Final = {"1d": _DAY_S, "1h": _HOUR_S, "5min": 300}
_SPAN: Final = ("StartTime", "EndTime")
PRODUCTS: Final = ("native", "web")
PLATFORMS: Final = ("android", "ios", "linux", "mac", "windows")
NETWORKS: Final = ("2g", "3g", "4g", "5g", "wifi")
_PROVINCES: Final = ("北京", "广东", "上海", "四川", "香港")


def _province(person: Person) -> str | None:
    is_home = _country(person) == "中国"
    return _PROVINCES[person.uid % len(_PROVINCES)] if is_home else None


def _country(person: Person) -> str:
    return "丹麦" if person.uid % 7 == 0 else "中国"


def _dimension_value(person: Person, dimension: str) -> str | None:
    """Return where somebody counts along a dimension; a browser has no system and no network."""
    if dimension in {"Province", "Country"}:
        return _province(person) if dimension == "Province" else _country(person)
    category, known = (
        (platform_of(person), PLATFORMS) if dimension == "OS" else (access_of(person), NETWORKS)
    )
    return category if category in known else None


DIMENSIONS: Final = ("Province", "Country", "OS", "Access")


@dataclass(frozen=True, slots=True)
class _Range:
    """The intervals of a response, and the time up to which data is available."""

    buckets: tuple[Bucket, ...]

    @classmethod
    def of(cls, window: Window, step_s: int, fresh_until: float) -> _Range:
        """Cut a window into steps that begin at midnight of +08:00; its end is included."""
        offset_s = CHINA.utcoffset(None).total_seconds()
        first = int((window.start + offset_s) // step_s * step_s - offset_s)
        starts = range(first, int(window.end) + 1, step_s)
        return cls(
            tuple(
                Bucket(start, min(start + step_s, fresh_until))
                for start in starts
                if start < fresh_until
            )
        )


def _product(params: Params, people: Sequence[CallParticipant]) -> list[CallParticipant]:
    """Keep those on the asked product: `native` unless another is named."""
    product = params.choice("ProductType", PRODUCTS, "native")
    return [
        participant
        for participant in people
        if (platform_of(participant.person) == "web") is (product == "web")
    ]


def _series(
    counts: Mapping[str, Count], people: Sequence[CallParticipant], time_range: _Range, stamp: str
) -> list[Json]:
    return [
        {"Name": name, "Data": list(_items(count, people, time_range, stamp))}
        for name, count in counts.items()
    ]


def _items(
    count: Count, people: Sequence[CallParticipant], time_range: _Range, stamp: str
) -> Iterator[Json]:
    for bucket in time_range.buckets:
        value = count(
            [participant for participant in people if participant.is_near(bucket)], bucket
        )
        if value is not None:
            yield {stamp: rfc3339(bucket.start), "Value": round(value, 2)}


def _distribution(
    request: Request, sim_calls: Sequence[SimulatedCall], window: Window, time_range: _Range
) -> Response:
    params = Params(request)
    stamp = "Timestamp" if request.query["Version"] == "2020-12-01" else "TimeStamp"
    dimension = params.choice("Dimension", DIMENSIONS)
    counts = QUALITY[params.choice("Indicator", tuple(QUALITY))]
    dimension_values: dict[str, list[CallParticipant]] = {}
    for participant in _product(params, participants_of(_select_calls(sim_calls, window))):
        dimension_value = _dimension_value(participant.person, dimension)
        if dimension_value is not None:
            dimension_values.setdefault(dimension_value, []).append(participant)
    indicators = [
        {
            "Name": name,
            "Data": [
                {**item, "Dimension": dimension_value}
                for dimension_value, people in dimension_values.items()
                for item in _items(count, people, time_range, stamp)
            ],
        }
        for name, count in counts.items()
    ]
    return success(request, {"Indicators": indicators})


def _select_calls(sim_calls: Sequence[SimulatedCall], window: Window) -> list[SimulatedCall]:
    """Select the calls of these days; the last day is included to its end."""
    return [
        sim_call
        for sim_call in sim_calls
        if sim_call.started_at <= window.end + _DAY_S and window.start - _DAY_S <= sim_call.ended_at
    ]


def get_distribution(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListQualityDistribution: one row per day and group; the last day is included."""
    params = Params(request)
    more = () if request.query["Version"] == "2020-12-01" else ("Platform",)
    params.allow(*_SPAN, "Indicator", "Dimension", "ProductType", *more)
    window = params.window(30 * _DAY_S, 7 * _DAY_S)
    return _distribution(
        request, sim_calls, window, _Range.of(window, _DAY_S, request.now - request.delay(_LATE_S))
    )


def get_live_distribution(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListRealTimeQualityDistribution: one row per half minute and group."""
    params = Params(request)
    params.allow(*_SPAN, "Indicator", "Dimension", "ProductType", "Platform")
    window = params.window(_HOUR_S, _HOUR_S)
    return _distribution(request, sim_calls, window, _live(request, window))


def _live(request: Request, window: Window) -> _Range:
    return _Range.of(window, _LIVE_STEP_S, request.now - request.delay(_LIVE_DELAY_S))


def get_quality(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListQuality: several indicators over time, of an app, a room or some users."""
    params = Params(request)
    lists = ("Indicator", "OS", "Access")
    params.allow(*_SPAN, *lists, "AggregateGranularity", "RoomId", "UserId", "ProductType")
    window = params.window(30 * _DAY_S, 7 * _DAY_S)
    step_s = _STEPS[params.choice("AggregateGranularity", ("1d", "5min"), "1d")]
    time_range = _Range.of(window, step_s, request.now - request.delay(_LATE_S))
    return _trends(request, sim_calls, window, time_range)


def get_live_quality(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListRealTimeQuality: the same for each half minute of the last hour."""
    params = Params(request)
    params.allow(*_SPAN, "Indicator", "RoomId", "UserId", "ProductType")
    window = params.window(_HOUR_S, _HOUR_S)
    return _trends(request, sim_calls, window, _live(request, window))


def _trends(
    request: Request, sim_calls: Sequence[SimulatedCall], window: Window, time_range: _Range
) -> Response:
    params = Params(request)
    names = _indicators(params, QUALITY)
    systems, networks = params.texts("OS", PLATFORMS), params.texts("Access", NETWORKS)
    uids = params.users(_MAX_USERS) if "UserId" in params.given else []
    room = params.given.get("RoomId")
    if uids and not room:
        raise params.bad("UserId", "needs RoomId")
    selected = [
        sim_call for sim_call in _select_calls(sim_calls, window) if room in (None, sim_call.cname)
    ]
    people = [
        participant
        for participant in _product(params, participants_of(selected))
        if (not uids or str(participant.person.uid) in uids)
        and (not systems or platform_of(participant.person) in systems)
        and (not networks or access_of(participant.person) in networks)
    ]
    counts = {series_name: count for name in names for series_name, count in QUALITY[name].items()}
    return success(request, {"Indicators": _series(counts, people, time_range, "TimeStamp")})


def _indicators(params: Params, known: Mapping[str, object]) -> list[str]:
    names = params.texts("Indicator", tuple(known))
    if not names:
        raise params.bad("Indicator", "is required")
    return names


def get_operations(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListOperationData: how much an app was used, by day or hour."""
    params = Params(request)
    params.allow(*_SPAN, "Indicator", "AggregateGranularity")
    window = params.window(30 * _DAY_S, 7 * _DAY_S)
    step_s = _STEPS[params.choice("AggregateGranularity", ("1d", "1h"))]
    counts = {name: OPERATIONS[name] for name in _indicators(params, OPERATIONS)}
    people = participants_of(_select_calls(sim_calls, window))
    time_range = _Range.of(window, step_s, request.now - request.delay(_LATE_S))
    return success(request, {"Indicators": _series(counts, people, time_range, "TimeStamp")})


def get_live_operations(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListRealTimeOperationData: who is online, for each half minute."""
    params = Params(request)
    params.allow(*_SPAN, "Indicator")
    window = params.window(_HOUR_S, _HOUR_S)
    names = _indicators(params, REALTIME_OPERATIONS)
    counts = {name: REALTIME_OPERATIONS[name] for name in names}
    people = participants_of(_select_calls(sim_calls, window))
    series = _series(counts, people, _live(request, window), "TimeStamp")
    return success(request, {"Indicators": series})
