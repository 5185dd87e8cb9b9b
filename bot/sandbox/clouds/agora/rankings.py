"""Agora's rankings of today along one dimension: the whole project's history, and its now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bot.sandbox.clouds.agora.current import QUALITY_METRICS, USAGE_METRICS
from bot.sandbox.clouds.agora.dimensions import (
    COUNTRY,
    Seat,
    by_place,
    count_of,
    seats_of,
    share_of,
)
from bot.sandbox.clouds.agora.params import (
    GRACE_S,
    Params,
    Window,
    bad_input,
    check_look_back,
    check_span,
)
from bot.sandbox.clouds.agora.realtime import DIMENSIONS, STEP_S
from bot.sandbox.clouds.server import Answer, RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.clouds.agora.current import PlanLimits
    from bot.sandbox.clouds.server import Ask
    from bot.sandbox.scenario import Lesson

_TOP, _TOP_DEVICES = 20, 50
_PEAKS: Final = ("peakConcurrentUsers", "peakConcurrentChannels")
_PRODUCTS: Final = ("Native", "WebRTC")


class Filter(msgspec.Struct, forbid_unknown_fields=True):
    """Only the regions of one country."""

    name: str
    value: str


class Wish(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The body of an aggregation; times are epoch seconds."""

    start_ts: int
    end_ts: int
    metric: str
    dimension: str | None = None
    dimension_values: list[str] | None = None
    filters: list[Filter] | None = None


@dataclass(frozen=True, slots=True)
class RankingApi:
    """The four rankings under one plan."""

    limits: PlanLimits

    def aggregate_usage(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer insight/usage/aggregation: the largest counts along a dimension."""
        wish, window = self._read(ask, USAGE_METRICS, DIMENSIONS)
        until = ask.now - ask.delay(self.limits.insight_usage_delay_s)
        seats = _within(lessons, wish, window)
        groups = {"": seats} if wish.dimension is None else by_place(seats, wish.dimension)
        rows = [
            {wish.metric: count_of(wish.metric, group, window.start, min(window.end, until))}
            | ({wish.dimension: place} if wish.dimension else {})
            for place, group in groups.items()
        ]
        return _told(_ranked([row for row in rows if row[wish.metric]], wish))

    def aggregate_quality(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer insight/quality/aggregation: shares from 0 to 1 and what each rests on."""
        wish, window = self._read(ask, QUALITY_METRICS, (*DIMENSIONS, "channelSize"))
        until = min(window.end, ask.now - ask.delay(self.limits.insight_delay_s))
        seats = _within(lessons, wish, window)
        if wish.dimension is None:
            value, _ = share_of(wish.metric, seats, window.start, until)
            return _told([{wish.metric: value}] if value is not None else [])
        rows = []
        for place, group in by_place(seats, wish.dimension).items():
            value, usage = share_of(wish.metric, group, window.start, until)
            if value is not None:
                rows.append({wish.dimension: place, "refUsage": usage, wish.metric: value})
        return _told(_ranked(rows, wish))

    def rank_usage(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer realtime/usage/dimension/top20: the users of twenty seconds."""
        params = Params(ask.query)
        params.allow("ts", "appid", "productType", "metric", "dimension", "cname")
        metric = _one(params, "metric", ("userCount",))
        return self._rank(params, ask, lessons, metric)

    def rank_quality(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer realtime/quality/dimension/top20: shares from 0 to 1 of twenty seconds."""
        params = Params(ask.query)
        params.allow("ts", "appid", "productType", "metric", "dimension", "cname", "extraMetrics")
        metric = _one(params, "metric", QUALITY_METRICS)
        if "extraMetrics" in params.query:
            _one(params, "extraMetrics", ("userCount",))
        return self._rank(params, ask, lessons, metric)

    def _read(
        self, ask: Ask, known: tuple[str, ...], dimensions: tuple[str, ...]
    ) -> tuple[Wish, Window]:
        Params(ask.query).allow("appid")
        try:
            wish = msgspec.json.decode(ask.body, type=Wish)
        except msgspec.MsgspecError as error:
            raise bad_input(str(error)) from None
        window = Window(wish.start_ts, wish.end_ts)
        if wish.metric not in known or wish.dimension not in {None, *dimensions}:
            raise bad_input("metric or dimension is unknown")
        _check_wish(wish)
        if window.start > window.end or len(str(wish.start_ts)) > len(str(int(ask.now))):
            raise bad_input("startTs and endTs must be Unix timestamps in seconds")
        check_look_back(window, ask.now, self.limits.insight_look_back_s)
        check_span(window, self.limits.insight_span_s)
        return wish, window

    def _rank(self, params: Params, ask: Ask, lessons: list[Lesson], metric: str) -> Answer:
        dimension = _one(params, "dimension", DIMENSIONS)
        product = _one(params, "productType", _PRODUCTS)
        window = Window(params.seconds("ts"), params.seconds("ts") + STEP_S)
        check_look_back(window, ask.now, self.limits.realtime_look_back_s)
        if window.end > ask.now - ask.delay(self.limits.realtime_delay_s) + GRACE_S:
            raise RefusalError(Answer({"code": 300, "message": "query latency limit error"}))
        cname = params.query.get("cname")
        held = [lesson for lesson in lessons if cname in {None, lesson.cname}]
        seats = seats_of(held) if product == "Native" else []
        label = "sdk" if dimension == "sdkVersion" else dimension  # as the samples have it
        rows: list[dict[str, Any]] = []
        for place, group in by_place(seats, dimension).items():
            told = _now(metric, group, window)
            if told is not None:
                extra = _now("userCount", group, window) if "extraMetrics" in params.query else None
                stamps = {"windowStartTs": window.start, "windowEndTs": window.end}
                shown = {} if extra is None else {"userCount": extra}
                rows.append({label: place, metric: told, **shown, **stamps})
        ranked = sorted(rows, key=lambda row: -row[metric])[: _most(dimension)]
        return Answer({"code": 200, "message": None, "data": {"list": ranked}})


def _now(metric: str, group: list[Seat], window: Window) -> float | None:
    if metric == "userCount":
        return count_of(metric, group, window.start, window.end) or None
    return share_of(metric, group, window.start, window.end)[0]


def _check_wish(wish: Wish) -> None:
    if wish.dimension_values is not None and wish.dimension in {None, "channelSize"}:
        raise bad_input("dimensionValues needs a dimension")
    if wish.dimension is not None and wish.metric in _PEAKS:
        raise bad_input("peaks have no dimension")
    for each in wish.filters or ():
        if wish.dimension != "region" or each.name != "country":
            raise bad_input("only regions are filtered, and by country")


def _within(lessons: Iterable[Lesson], wish: Wish, window: Window) -> list[Seat]:
    """Everybody who may count: of the country that is asked for."""
    if any(each.value != COUNTRY for each in wish.filters or ()):
        return []
    near = [
        lesson
        for lesson in lessons
        if lesson.started_at < window.end and window.start < lesson.ended_at
    ]
    return seats_of(near)


def _one(params: Params, name: str, known: tuple[str, ...]) -> str:
    """Read a parameter that takes one word, not a list."""
    words = params.names(name, known)
    if len(words) > 1:
        raise bad_input(f"{name} takes one value")
    return words[0]


def _most(dimension: str) -> int:
    return _TOP_DEVICES if dimension == "device" else _TOP


def _ranked(rows: list[dict[str, Any]], wish: Wish) -> list[dict[str, Any]]:
    """The largest first; only the places asked for, if any were."""
    dimension = wish.dimension or ""
    if wish.dimension_values is not None:
        rows = [row for row in rows if row[dimension] in wish.dimension_values]
    return sorted(rows, key=lambda row: -row[wish.metric])[: _most(dimension)]


def _told(rows: list[dict[str, Any]]) -> Answer:
    return Answer({"code": 200, "message": "null", "data": rows})
