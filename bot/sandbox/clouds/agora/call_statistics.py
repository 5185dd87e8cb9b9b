"""Agora's current statistics of everybody in one call: by dimension, by freeze rate, by minute."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.clouds.agora.call_views import CallView
from bot.sandbox.clouds.agora.calls import find_call
from bot.sandbox.clouds.agora.dimensions import (
    CallParticipant,
    group_by_dimension,
    participants_of,
    share_of,
)
from bot.sandbox.clouds.agora.params import Params, Window, bad_input, check_look_back, check_span
from bot.sandbox.clouds.agora.plans import PlanLimits
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.scenario import SimulatedCall

_RATES: Final = {"audio_freeze_rate": "audioFreezeRate", "video_freeze_rate": "videoFreezeRate"}
_DIMENSIONS: Final = ("country", "region", "net", "sdk", "os", "device")
_BUCKETS: Final = ((0, 3), (3, 5), (5, 10), (10, 100))
_CALL: Final = ("start_ts", "end_ts", "appid", "call_id")
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class StatisticsApi:
    """The three calls under one plan; their limits are those of sessions and metrics."""

    limits: PlanLimits

    def get_by_dimension(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer call/statistics: the freeze rates, 0 to 1, along one dimension."""
        params = Params(request.query)
        params.allow(*_CALL, "dimension", "metric")
        names = params.names("metric", _RATES)
        dimension = params.text("dimension")
        if dimension not in _DIMENSIONS:
            raise bad_input(f"dimension has no {dimension}")
        window, participants = self._participants(params, request, sim_calls)
        return _success(
            [
                {
                    dimension: dimension_value,
                    "user_count": len(group),
                    **_rates(group, names, window),
                }
                for dimension_value, group in sorted(
                    group_by_dimension(participants, dimension).items()
                )
            ]
        )

    def get_buckets(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer call/freeze/bucket: how many people froze how much of their time."""
        params = Params(request.query)
        params.allow(*_CALL, "metric")
        names = params.names("metric", _RATES)
        window, participants = self._participants(params, request, sim_calls)
        rows: list[dict[str, Any]] = [{"bucket": f"[{low}%,{high}%)"} for low, high in _BUCKETS]
        for name in names:
            rates = [_rate(participant, name, window) for participant in participants]
            for row, bounds in zip(rows, _BUCKETS, strict=True):
                count = sum(each is not None and _falls(each, bounds) for each in rates)
                row[_user_count(name)] = count
        return _success(rows)

    def get_by_minute(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer call/statistics/time: a row a minute, in no order."""
        params = Params(request.query)
        params.allow(*_CALL, "metric")
        names = params.names("metric", ("user_count", *_RATES, *map(_user_count, _RATES)))
        window, participants = self._participants(params, request, sim_calls)
        minutes = list(window.minutes(window.end))
        rows = [{"ts": minute, **_minute(participants, names, minute)} for minute in minutes]
        random.Random(window.start).shuffle(rows)  # noqa: S311 - as the document's points come
        return _success(rows)

    def _participants(
        self, params: Params, request: Request, sim_calls: list[SimulatedCall]
    ) -> tuple[Window, list[CallParticipant]]:
        """Everybody who was in the call in the window, as far as it is out."""
        window = params.window()
        call_id = params.text("call_id")
        check_look_back(window, request.now, self.limits.look_back_s)
        check_span(window, self.limits.span_s)
        view = find_call(sim_calls, request.now, request.delay(self.limits.delay_s), call_id)
        if view is None:
            return window, []
        window = _out(window, view)
        participants = [
            participant
            for participant in participants_of([view.sim_call])
            if participant.is_present(*_ends(window))
        ]
        return window, participants


def _out(window: Window, view: CallView) -> Window:
    return Window(window.start, max(window.start, int(min(window.end, view.fresh_until))))


def _ends(window: Window) -> tuple[int, int]:
    return window.start, window.end + 1


def _rate(participant: CallParticipant, name: str, window: Window) -> float | None:
    return share_of(_RATES[name], [participant], *_ends(window))[0]


def _rates(
    group: list[CallParticipant], names: list[str], window: Window
) -> dict[str, float | None]:
    """Freeze rates of several people together; null where nobody received anything."""
    return {name: share_of(_RATES[name], group, *_ends(window))[0] for name in names}


def _falls(rate: float, bounds: tuple[int, int]) -> bool:
    low, high = bounds
    is_last = high == _BUCKETS[-1][1]
    return low <= rate * 100 and (is_last or rate * 100 < high)


def _user_count(name: str) -> str:
    return name.replace("rate", "user_count")


def _minute(
    participants: list[CallParticipant], names: list[str], minute: int
) -> dict[str, float | None]:
    there = [
        participant
        for participant in participants
        if participant.is_present(minute, minute + _MINUTE_S)
    ]
    window = Window(minute, minute + _MINUTE_S - 1)
    rates: dict[str, float | None] = {"user_count": len(there)}
    for name in _RATES:
        rates |= _rates(there, [name], window)
        rates[_user_count(name)] = sum(
            bool(_rate(participant, name, window)) for participant in there
        )
    return {name: rates[name] for name in names}


def _success(rows: list[dict[str, Any]]) -> Response:
    return Response({"code": 200, "message": "", "data": rows})
