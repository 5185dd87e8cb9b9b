"""Volcengine's calls about whole apps: quality by dimension and over time, and operations.

Both Versions of ListQualityDistribution are here: the old one writes `Timestamp`, as the table of
003 has it, today's `TimeStamp`, as the sample of 003 and today's documents do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.clouds.volcengine.calls import access_of, platform_of
from bot.sandbox.clouds.volcengine.params import CHINA, Params, Window, rfc3339, success
from bot.sandbox.clouds.volcengine.totals import (
    OPERATIONS,
    QUALITY,
    REALTIME_OPERATIONS,
    Bucket,
    Count,
    Guest,
    guests,
)

if TYPE_CHECKING:
    from bot.sandbox.clouds.server import Answer, Ask
    from bot.sandbox.scenario import Lesson, Person

    Json = dict[str, Any]

_HOUR_S: Final = 3600
_DAY_S: Final = 86400
_LIVE_STEP_S: Final = 30
_LIVE_DELAY_S: Final = 60
_LATE_S: Final = 8 * _HOUR_S
_MOST_USERS: Final = 20
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


def _place(person: Person, dimension: str) -> str | None:
    """Return where somebody counts along a dimension; a browser has no system and no network."""
    if dimension in {"Province", "Country"}:
        return _province(person) if dimension == "Province" else _country(person)
    found, known = (
        (platform_of(person), PLATFORMS) if dimension == "OS" else (access_of(person), NETWORKS)
    )
    return found if found in known else None


DIMENSIONS: Final = ("Province", "Country", "OS", "Access")


@dataclass(frozen=True, slots=True)
class _Range:
    """The stretches of time an answer tells of, and up to when there is data."""

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


def _product(params: Params, people: Sequence[Guest]) -> list[Guest]:
    """Keep those on the asked product: `native` unless another is named."""
    product = params.choice("ProductType", PRODUCTS, "native")
    return [guest for guest in people if (platform_of(guest.person) == "web") is (product == "web")]


def _series(
    counts: Mapping[str, Count], people: Sequence[Guest], time_range: _Range, stamp: str
) -> list[Json]:
    return [
        {"Name": name, "Data": list(_items(count, people, time_range, stamp))}
        for name, count in counts.items()
    ]


def _items(count: Count, people: Sequence[Guest], time_range: _Range, stamp: str) -> Iterator[Json]:
    for bucket in time_range.buckets:
        value = count([guest for guest in people if guest.is_near(bucket)], bucket)
        if value is not None:
            yield {stamp: rfc3339(bucket.start), "Value": round(value, 2)}


def _distribution(
    ask: Ask, lessons: Sequence[Lesson], window: Window, time_range: _Range
) -> Answer:
    params = Params(ask)
    stamp = "Timestamp" if ask.query["Version"] == "2020-12-01" else "TimeStamp"
    dimension = params.choice("Dimension", DIMENSIONS)
    counts = QUALITY[params.choice("Indicator", tuple(QUALITY))]
    places: dict[str, list[Guest]] = {}
    for guest in _product(params, guests(_held(lessons, window))):
        place = _place(guest.person, dimension)
        if place is not None:
            places.setdefault(place, []).append(guest)
    indicators = [
        {
            "Name": name,
            "Data": [
                {**item, "Dimension": place}
                for place, people in places.items()
                for item in _items(count, people, time_range, stamp)
            ],
        }
        for name, count in counts.items()
    ]
    return success(ask, {"Indicators": indicators})


def _held(lessons: Sequence[Lesson], window: Window) -> list[Lesson]:
    """Leave out lessons of other days; the last day counts to its end."""
    return [
        lesson
        for lesson in lessons
        if lesson.started_at <= window.end + _DAY_S and window.start - _DAY_S <= lesson.ended_at
    ]


def tell_distribution(ask: Ask, lessons: Sequence[Lesson]) -> Answer:
    """Answer ListQualityDistribution: a row a day and place; the last day is included."""
    params = Params(ask)
    more = () if ask.query["Version"] == "2020-12-01" else ("Platform",)
    params.allow(*_SPAN, "Indicator", "Dimension", "ProductType", *more)
    window = params.window(30 * _DAY_S, 7 * _DAY_S)
    return _distribution(
        ask, lessons, window, _Range.of(window, _DAY_S, ask.now - ask.delay(_LATE_S))
    )


def tell_live_distribution(ask: Ask, lessons: Sequence[Lesson]) -> Answer:
    """Answer ListRealTimeQualityDistribution: a row for each half minute and place."""
    params = Params(ask)
    params.allow(*_SPAN, "Indicator", "Dimension", "ProductType", "Platform")
    window = params.window(_HOUR_S, _HOUR_S)
    return _distribution(ask, lessons, window, _live(ask, window))


def _live(ask: Ask, window: Window) -> _Range:
    return _Range.of(window, _LIVE_STEP_S, ask.now - ask.delay(_LIVE_DELAY_S))


def tell_quality(ask: Ask, lessons: Sequence[Lesson]) -> Answer:
    """Answer ListQuality: several indicators over time, of an app, a room or some users."""
    params = Params(ask)
    lists = ("Indicator", "OS", "Access")
    params.allow(*_SPAN, *lists, "AggregateGranularity", "RoomId", "UserId", "ProductType")
    window = params.window(30 * _DAY_S, 7 * _DAY_S)
    step_s = _STEPS[params.choice("AggregateGranularity", ("1d", "5min"), "1d")]
    time_range = _Range.of(window, step_s, ask.now - ask.delay(_LATE_S))
    return _trends(ask, lessons, window, time_range)


def tell_live_quality(ask: Ask, lessons: Sequence[Lesson]) -> Answer:
    """Answer ListRealTimeQuality: the same for each half minute of the last hour."""
    params = Params(ask)
    params.allow(*_SPAN, "Indicator", "RoomId", "UserId", "ProductType")
    window = params.window(_HOUR_S, _HOUR_S)
    return _trends(ask, lessons, window, _live(ask, window))


def _trends(ask: Ask, lessons: Sequence[Lesson], window: Window, time_range: _Range) -> Answer:
    params = Params(ask)
    names = _indicators(params, QUALITY)
    systems, networks = params.texts("OS", PLATFORMS), params.texts("Access", NETWORKS)
    uids = params.users(_MOST_USERS) if "UserId" in params.given else []
    room = params.given.get("RoomId")
    if uids and not room:
        raise params.bad("UserId", "needs RoomId")
    held = [lesson for lesson in _held(lessons, window) if room in (None, lesson.cname)]
    people = [
        guest
        for guest in _product(params, guests(held))
        if (not uids or str(guest.person.uid) in uids)
        and (not systems or platform_of(guest.person) in systems)
        and (not networks or access_of(guest.person) in networks)
    ]
    counts = {told: count for name in names for told, count in QUALITY[name].items()}
    return success(ask, {"Indicators": _series(counts, people, time_range, "TimeStamp")})


def _indicators(params: Params, known: Mapping[str, object]) -> list[str]:
    names = params.texts("Indicator", tuple(known))
    if not names:
        raise params.bad("Indicator", "is required")
    return names


def tell_operations(ask: Ask, lessons: Sequence[Lesson]) -> Answer:
    """Answer ListOperationData: how much an app was used, by day or hour."""
    params = Params(ask)
    params.allow(*_SPAN, "Indicator", "AggregateGranularity")
    window = params.window(30 * _DAY_S, 7 * _DAY_S)
    step_s = _STEPS[params.choice("AggregateGranularity", ("1d", "1h"))]
    counts = {name: OPERATIONS[name] for name in _indicators(params, OPERATIONS)}
    people = guests(_held(lessons, window))
    time_range = _Range.of(window, step_s, ask.now - ask.delay(_LATE_S))
    return success(ask, {"Indicators": _series(counts, people, time_range, "TimeStamp")})


def tell_live_operations(ask: Ask, lessons: Sequence[Lesson]) -> Answer:
    """Answer ListRealTimeOperationData: who is online, for each half minute."""
    params = Params(ask)
    params.allow(*_SPAN, "Indicator")
    window = params.window(_HOUR_S, _HOUR_S)
    names = _indicators(params, REALTIME_OPERATIONS)
    counts = {name: REALTIME_OPERATIONS[name] for name in names}
    people = guests(_held(lessons, window))
    series = _series(counts, people, _live(ask, window), "TimeStamp")
    return success(ask, {"Indicators": series})
