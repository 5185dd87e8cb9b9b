"""Agora's numbers per minute and per day of the 2020 document (000, "Live", "Insight")."""

from __future__ import annotations

from typing import Final

from bot.sandbox.clouds.agora import totals
from bot.sandbox.clouds.agora.diagnosis import LIVE_DELAY_S, LIVE_LOOK_BACK_S
from bot.sandbox.clouds.agora.params import Params, check_look_back, check_span
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
USAGE_METRICS: Final = ("userCount", "sessionCount", "channelCount")
_PERCENT: Final = 100.0
_DAY_S: Final = 86400
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
    return _success(totals.rows(names, sim_calls, minutes, _PERCENT))


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
    names = params.names("metric", USAGE_METRICS)
    check_look_back(window, request.now, _USAGE_LOOK_BACK_S)
    if window.length_s < _DAY_S:
        return _success([])
    first = -(-window.start // _DAY_S) * _DAY_S
    counted = request.now - _COUNTED_AT_S - _DAY_S
    days = range(first, int(min(window.end, counted + 1)), _DAY_S)
    return _success(totals.rows(names, sim_calls, days, _PERCENT))


def _success(data: list[dict[str, float]]) -> Response:
    return Response({"code": 200, "message": "success", "data": data})
