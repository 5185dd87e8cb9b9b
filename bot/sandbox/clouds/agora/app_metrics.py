"""Agora's metrics of an app per minute, hour and day: 2020 (000, "Live", "Insight") and today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.clouds.agora import app_metric_totals
from bot.sandbox.clouds.agora.events import LIVE_DELAY_S, LIVE_LOOK_BACK_S
from bot.sandbox.clouds.agora.params import Params, check_look_back, check_span
from bot.sandbox.clouds.agora.plans import PlanLimits
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.scenario import SimulatedCall

SCALE_METRICS: Final = ("pcu", "pcc")
EXPERIENCE_METRICS: Final = (
    "joinSuccessRate",
    "joinSuccess5SecsRate",
    "videoFreezeRate",
    "audioFreezeRate",
)
NET_METRICS: Final = (
    "videoUpstreamExcellentTransRate",
    "audioUpstreamExcellentTransRate",
    "videoEnd2EndExcellentTransRate",
    "audioEnd2EndExcellentTransRate",
)
SEED_USAGE_METRICS: Final = ("userCount", "sessionCount", "channelCount")
_PERCENT: Final = 100.0
_DAY_S: Final = 86400
_HOUR_S: Final = 3600
_STEPS: Final = {"1d": _DAY_S, "1h": _HOUR_S}
USAGE_METRICS: Final = (
    "userCount",
    "sessionCount",
    "channelCount",
    "peakConcurrentUsers",
    "peakConcurrentChannels",
)
QUALITY_METRICS: Final = (
    "joinSuccessRate",
    "joinSuccessIn5sRate",
    "audioFreezeRate",
    "videoFreezeRate",
    "networkDelay",
)
_PRODUCTS: Final = ("Native", "WebRTC")
_COUNTED_AT_S: Final = 8 * 3600  # a day's numbers are done by 08:00 UTC of the next
_USAGE_LOOK_BACK_S: Final = 7 * _DAY_S


def get_live(request: Request, sim_calls: list[SimulatedCall], known: tuple[str, ...]) -> Response:
    """Answer live/scale, live/experience or live/net: a row a minute, shares in percent."""
    params = Params(request.query)
    params.allow("start_ts", "end_ts", "appid", "metric")
    window = params.window()
    names = params.names("metric", known)
    check_look_back(window, request.now, LIVE_LOOK_BACK_S)
    check_span(window, LIVE_LOOK_BACK_S)
    minutes = window.minutes(until=request.now - request.delay(LIVE_DELAY_S))
    return _success(app_metric_totals.rows(names, sim_calls, minutes, _PERCENT))


def get_scale(request: Request, sim_calls: list[SimulatedCall]) -> Response:
    """Answer live/scale/by_time."""
    return get_live(request, sim_calls, SCALE_METRICS)


def get_experience(request: Request, sim_calls: list[SimulatedCall]) -> Response:
    """Answer live/experience/by_time."""
    return get_live(request, sim_calls, EXPERIENCE_METRICS)


def get_network(request: Request, sim_calls: list[SimulatedCall]) -> Response:
    """Answer live/net/by_time."""
    return get_live(request, sim_calls, NET_METRICS)


def get_usage(request: Request, sim_calls: list[SimulatedCall]) -> Response:
    """Answer insight/usage/by_time: a row a UTC day; less than a day's window has none."""
    params = Params(request.query)
    params.allow("start_ts", "end_ts", "appid", "metric")
    window = params.window()
    names = params.names("metric", SEED_USAGE_METRICS)
    check_look_back(window, request.now, _USAGE_LOOK_BACK_S)
    if window.length_s < _DAY_S:
        return _success([])
    first = -(-window.start // _DAY_S) * _DAY_S
    counted = request.now - _COUNTED_AT_S - _DAY_S
    days = range(first, int(min(window.end, counted + 1)), _DAY_S)
    return _success(app_metric_totals.rows(names, sim_calls, days, _PERCENT))


@dataclass(frozen=True, slots=True)
class InsightApi:
    """Today's insight by time under one plan."""

    limits: PlanLimits

    def get_usage(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer insight/usage/by_time."""
        return self._insight(request, sim_calls, USAGE_METRICS)

    def get_quality(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer insight/quality/by_time; shares are 0 to 1."""
        return self._insight(request, sim_calls, QUALITY_METRICS)

    def _insight(
        self, request: Request, sim_calls: list[SimulatedCall], known: tuple[str, ...]
    ) -> Response:
        params = Params(request.query)
        params.allow("startTs", "endTs", "appid", "metric", "aggregateGranularity", "productType")
        window = params.window("startTs", "endTs")
        names = params.names("metric", known)
        step_s = _STEPS[params.names("aggregateGranularity", _STEPS)[0]]
        check_look_back(window, request.now, self.limits.insight_look_back_s)
        check_span(window, self.limits.insight_span_s)
        first = -(-window.start // step_s) * step_s
        starts = range(first, int(min(window.end, request.now - step_s) + 1), step_s)
        return _success(
            app_metric_totals.rows(names, of_product(request, params, sim_calls), starts, 1)
        )


def of_product(
    request: Request, params: Params, sim_calls: list[SimulatedCall]
) -> list[SimulatedCall]:
    """Filter the calls by product; every simulated call is native."""
    if "productType" not in request.query:
        return sim_calls
    return sim_calls if params.names("productType", _PRODUCTS) == ["Native"] else []


def _success(data: list[dict[str, Any]]) -> Response:
    return Response({"code": 200, "message": "success", "data": data})
