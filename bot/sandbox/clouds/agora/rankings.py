"""Agora's current rankings along one dimension: a project's history and its present."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.sandbox.clouds.agora.app_metrics import QUALITY_METRICS, USAGE_METRICS
from bot.sandbox.clouds.agora.dimensions import (
    COUNTRY,
    CallParticipant,
    count_of,
    group_by_dimension,
    participants_of,
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
from bot.sandbox.clouds.agora.plans import PlanLimits
from bot.sandbox.clouds.agora.realtime import DIMENSIONS, STEP_S
from bot.sandbox.clouds.server import ApiError, Request, Response
from bot.sandbox.scenario import SimulatedCall

_TOP, _TOP_DEVICES = 20, 50
_PEAKS: Final = ("peakConcurrentUsers", "peakConcurrentChannels")
_PRODUCTS: Final = ("Native", "WebRTC")


class Filter(msgspec.Struct, forbid_unknown_fields=True):
    """Only the regions of one country."""

    name: str
    value: str


class AggregationRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
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

    def aggregate_usage(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer insight/usage/aggregation: the largest counts along a dimension."""
        aggregation, window = self._read(request, USAGE_METRICS, DIMENSIONS)
        until = request.now - request.delay(self.limits.insight_usage_delay_s)
        participants = _within(sim_calls, aggregation, window)
        groups = (
            {"": participants}
            if aggregation.dimension is None
            else group_by_dimension(participants, aggregation.dimension)
        )
        rows = [
            {
                aggregation.metric: count_of(
                    aggregation.metric, group, window.start, min(window.end, until)
                )
            }
            | ({aggregation.dimension: dimension_value} if aggregation.dimension else {})
            for dimension_value, group in groups.items()
        ]
        return _success(_ranked([row for row in rows if row[aggregation.metric]], aggregation))

    def aggregate_quality(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer insight/quality/aggregation: shares from 0 to 1 with their sample counts."""
        aggregation, window = self._read(request, QUALITY_METRICS, (*DIMENSIONS, "channelSize"))
        until = min(window.end, request.now - request.delay(self.limits.insight_delay_s))
        participants = _within(sim_calls, aggregation, window)
        if aggregation.dimension is None:
            value, _ = share_of(aggregation.metric, participants, window.start, until)
            return _success([{aggregation.metric: value}] if value is not None else [])
        rows = []
        for dimension_value, group in group_by_dimension(
            participants, aggregation.dimension
        ).items():
            value, usage = share_of(aggregation.metric, group, window.start, until)
            if value is not None:
                rows.append(
                    {
                        aggregation.dimension: dimension_value,
                        "refUsage": usage,
                        aggregation.metric: value,
                    }
                )
        return _success(_ranked(rows, aggregation))

    def rank_usage(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer realtime/usage/dimension/top20: the users of twenty seconds."""
        params = Params(request.query)
        params.allow("ts", "appid", "productType", "metric", "dimension", "cname")
        metric = _one(params, "metric", ("userCount",))
        return self._rank(params, request, sim_calls, metric)

    def rank_quality(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer realtime/quality/dimension/top20: shares from 0 to 1 of twenty seconds."""
        params = Params(request.query)
        params.allow("ts", "appid", "productType", "metric", "dimension", "cname", "extraMetrics")
        metric = _one(params, "metric", QUALITY_METRICS)
        if "extraMetrics" in params.query:
            _one(params, "extraMetrics", ("userCount",))
        return self._rank(params, request, sim_calls, metric)

    def _read(
        self, request: Request, known: tuple[str, ...], dimensions: tuple[str, ...]
    ) -> tuple[AggregationRequest, Window]:
        Params(request.query).allow("appid")
        try:
            aggregation = msgspec.json.decode(request.body, type=AggregationRequest)
        except msgspec.MsgspecError as error:
            raise bad_input(str(error)) from None
        window = Window(aggregation.start_ts, aggregation.end_ts)
        if aggregation.metric not in known or aggregation.dimension not in {None, *dimensions}:
            raise bad_input("metric or dimension is unknown")
        _check_aggregation(aggregation)
        if window.start > window.end or len(str(aggregation.start_ts)) > len(str(int(request.now))):
            raise bad_input("startTs and endTs must be Unix timestamps in seconds")
        check_look_back(window, request.now, self.limits.insight_look_back_s)
        check_span(window, self.limits.insight_span_s)
        return aggregation, window

    def _rank(
        self, params: Params, request: Request, sim_calls: list[SimulatedCall], metric: str
    ) -> Response:
        dimension = _one(params, "dimension", DIMENSIONS)
        product = _one(params, "productType", _PRODUCTS)
        window = Window(params.seconds("ts"), params.seconds("ts") + STEP_S)
        check_look_back(window, request.now, self.limits.realtime_look_back_s)
        if window.end > request.now - request.delay(self.limits.realtime_delay_s) + GRACE_S:
            raise ApiError(Response({"code": 300, "message": "query latency limit error"}))
        cname = params.query.get("cname")
        selected = [sim_call for sim_call in sim_calls if cname in {None, sim_call.cname}]
        participants = participants_of(selected) if product == "Native" else []
        label = "sdk" if dimension == "sdkVersion" else dimension  # as the samples have it
        rows: list[dict[str, Any]] = []
        for dimension_value, group in group_by_dimension(participants, dimension).items():
            value = _now(metric, group, window)
            if value is not None:
                extra = _now("userCount", group, window) if "extraMetrics" in params.query else None
                stamps = {"windowStartTs": window.start, "windowEndTs": window.end}
                extra_columns = {} if extra is None else {"userCount": extra}
                rows.append({label: dimension_value, metric: value, **extra_columns, **stamps})
        ranked = sorted(rows, key=lambda row: -row[metric])[: _max_rows(dimension)]
        return Response({"code": 200, "message": None, "data": {"list": ranked}})


def _now(metric: str, group: list[CallParticipant], window: Window) -> float | None:
    if metric == "userCount":
        return count_of(metric, group, window.start, window.end) or None
    return share_of(metric, group, window.start, window.end)[0]


def _check_aggregation(aggregation: AggregationRequest) -> None:
    if aggregation.dimension_values is not None and aggregation.dimension in {None, "channelSize"}:
        raise bad_input("dimensionValues needs a dimension")
    if aggregation.dimension is not None and aggregation.metric in _PEAKS:
        raise bad_input("peaks have no dimension")
    for each in aggregation.filters or ():
        if aggregation.dimension != "region" or each.name != "country":
            raise bad_input("only regions are filtered, and by country")


def _within(
    sim_calls: Iterable[SimulatedCall], aggregation: AggregationRequest, window: Window
) -> list[CallParticipant]:
    """Everybody who may count: of the country that is asked for."""
    if any(each.value != COUNTRY for each in aggregation.filters or ()):
        return []
    near = [
        sim_call
        for sim_call in sim_calls
        if sim_call.started_at < window.end and window.start < sim_call.ended_at
    ]
    return participants_of(near)


def _one(params: Params, name: str, known: tuple[str, ...]) -> str:
    """Read a parameter that takes one value, not a list."""
    words = params.names(name, known)
    if len(words) > 1:
        raise bad_input(f"{name} takes one value")
    return words[0]


def _max_rows(dimension: str) -> int:
    return _TOP_DEVICES if dimension == "device" else _TOP


def _ranked(rows: list[dict[str, Any]], aggregation: AggregationRequest) -> list[dict[str, Any]]:
    """The largest first; only the places asked for, if any were."""
    dimension = aggregation.dimension or ""
    if aggregation.dimension_values is not None:
        rows = [row for row in rows if row[dimension] in aggregation.dimension_values]
    return sorted(rows, key=lambda row: -row[aggregation.metric])[: _max_rows(dimension)]


def _success(rows: list[dict[str, Any]]) -> Response:
    return Response({"code": 200, "message": "null", "data": rows})
