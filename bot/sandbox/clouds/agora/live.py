"""Agora's numbers per minute and per day of the 2020 document (000, "Live", "Insight")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.sandbox.clouds.agora import totals
from bot.sandbox.clouds.agora.diagnosis import LIVE_DELAY_S, LIVE_LOOK_BACK_S
from bot.sandbox.clouds.agora.params import Params, check_look_back, check_span
from bot.sandbox.clouds.server import Answer

if TYPE_CHECKING:
    from bot.sandbox.clouds.server import Ask
    from bot.sandbox.scenario import Lesson

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


def tell_live(ask: Ask, lessons: list[Lesson], known: tuple[str, ...]) -> Answer:
    """Answer live/scale, live/experience or live/net: a row a minute, shares in percent."""
    params = Params(ask.query)
    params.allow("start_ts", "end_ts", "appid", "metric")
    window = params.window()
    names = params.names("metric", known)
    check_look_back(window, ask.now, LIVE_LOOK_BACK_S)
    check_span(window, LIVE_LOOK_BACK_S)
    minutes = window.minutes(until=ask.now - ask.delay(LIVE_DELAY_S))
    return _success(totals.rows(names, lessons, minutes, _PERCENT))


def tell_scale(ask: Ask, lessons: list[Lesson]) -> Answer:
    """Answer live/scale/by_time."""
    return tell_live(ask, lessons, SCALE_METRICS)


def tell_experience(ask: Ask, lessons: list[Lesson]) -> Answer:
    """Answer live/experience/by_time."""
    return tell_live(ask, lessons, EXPERIENCE_METRICS)


def tell_net(ask: Ask, lessons: list[Lesson]) -> Answer:
    """Answer live/net/by_time."""
    return tell_live(ask, lessons, NET_METRICS)


def tell_usage(ask: Ask, lessons: list[Lesson]) -> Answer:
    """Answer insight/usage/by_time: a row a UTC day; less than a day's window has none."""
    params = Params(ask.query)
    params.allow("start_ts", "end_ts", "appid", "metric")
    window = params.window()
    names = params.names("metric", USAGE_METRICS)
    check_look_back(window, ask.now, _USAGE_LOOK_BACK_S)
    if window.length_s < _DAY_S:
        return _success([])
    first = -(-window.start // _DAY_S) * _DAY_S
    counted = ask.now - _COUNTED_AT_S - _DAY_S
    days = range(first, int(min(window.end, counted + 1)), _DAY_S)
    return _success(totals.rows(names, lessons, days, _PERCENT))


def _success(data: list[dict[str, float]]) -> Answer:
    return Answer({"code": 200, "message": "success", "data": data})
