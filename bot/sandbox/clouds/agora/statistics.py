"""Agora's statistics of today about everybody in one call: by place, by freeze, by minute."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.clouds.agora.calls import find_call
from bot.sandbox.clouds.agora.dimensions import Seat, by_place, seats_of, share_of
from bot.sandbox.clouds.agora.params import Params, Window, bad_input, check_look_back, check_span
from bot.sandbox.clouds.server import Answer

if TYPE_CHECKING:
    from bot.sandbox.clouds.agora.current import PlanLimits
    from bot.sandbox.clouds.agora.view import CallView
    from bot.sandbox.clouds.server import Ask
    from bot.sandbox.scenario import Lesson

_RATES: Final = {"audio_freeze_rate": "audioFreezeRate", "video_freeze_rate": "videoFreezeRate"}
_DIMENSIONS: Final = ("country", "region", "net", "sdk", "os", "device")
_BUCKETS: Final = ((0, 3), (3, 5), (5, 10), (10, 100))
_CALL: Final = ("start_ts", "end_ts", "appid", "call_id")
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class StatisticsApi:
    """The three calls under one plan; their limits are those of sessions and metrics."""

    limits: PlanLimits

    def tell_by_dimension(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer call/statistics: the freeze rates, 0 to 1, along one dimension."""
        params = Params(ask.query)
        params.allow(*_CALL, "dimension", "metric")
        names = params.names("metric", _RATES)
        dimension = params.text("dimension")
        if dimension not in _DIMENSIONS:
            raise bad_input(f"dimension has no {dimension}")
        window, seats = self._seats(params, ask, lessons)
        return _told(
            [
                {dimension: place, "user_count": len(group), **_rates(group, names, window)}
                for place, group in sorted(by_place(seats, dimension).items())
            ]
        )

    def tell_buckets(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer call/freeze/bucket: how many people froze how much of their time."""
        params = Params(ask.query)
        params.allow(*_CALL, "metric")
        names = params.names("metric", _RATES)
        window, seats = self._seats(params, ask, lessons)
        rows: list[dict[str, Any]] = [{"bucket": f"[{low}%,{high}%)"} for low, high in _BUCKETS]
        for name in names:
            told = [_rate(seat, name, window) for seat in seats]
            for row, bounds in zip(rows, _BUCKETS, strict=True):
                count = sum(each is not None and _falls(each, bounds) for each in told)
                row[_user_count(name)] = count
        return _told(rows)

    def tell_by_minute(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer call/statistics/time: a row a minute, in no order."""
        params = Params(ask.query)
        params.allow(*_CALL, "metric")
        names = params.names("metric", ("user_count", *_RATES, *map(_user_count, _RATES)))
        window, seats = self._seats(params, ask, lessons)
        minutes = list(window.minutes(window.end))
        rows = [{"ts": minute, **_minute(seats, names, minute)} for minute in minutes]
        random.Random(window.start).shuffle(rows)  # noqa: S311 - as the document's points come
        return _told(rows)

    def _seats(self, params: Params, ask: Ask, lessons: list[Lesson]) -> tuple[Window, list[Seat]]:
        """Everybody who was in the call in the window, as far as it is out."""
        window = params.window()
        call_id = params.text("call_id")
        check_look_back(window, ask.now, self.limits.look_back_s)
        check_span(window, self.limits.span_s)
        view = find_call(lessons, ask.now, ask.delay(self.limits.delay_s), call_id)
        if view is None:
            return window, []
        window = _out(window, view)
        seats = [seat for seat in seats_of([view.lesson]) if seat.is_taken(*_ends(window))]
        return window, seats


def _out(window: Window, view: CallView) -> Window:
    return Window(window.start, max(window.start, int(min(window.end, view.fresh_until))))


def _ends(window: Window) -> tuple[int, int]:
    return window.start, window.end + 1


def _rate(seat: Seat, name: str, window: Window) -> float | None:
    return share_of(_RATES[name], [seat], *_ends(window))[0]


def _rates(group: list[Seat], names: list[str], window: Window) -> dict[str, float | None]:
    """Freeze rates of several people together; null where nobody received anything."""
    return {name: share_of(_RATES[name], group, *_ends(window))[0] for name in names}


def _falls(rate: float, bounds: tuple[int, int]) -> bool:
    low, high = bounds
    is_last = high == _BUCKETS[-1][1]
    return low <= rate * 100 and (is_last or rate * 100 < high)


def _user_count(name: str) -> str:
    return name.replace("rate", "user_count")


def _minute(seats: list[Seat], names: list[str], minute: int) -> dict[str, float | None]:
    there = [seat for seat in seats if seat.is_taken(minute, minute + _MINUTE_S)]
    window = Window(minute, minute + _MINUTE_S - 1)
    told: dict[str, float | None] = {"user_count": len(there)}
    for name in _RATES:
        told |= _rates(there, [name], window)
        told[_user_count(name)] = sum(bool(_rate(seat, name, window)) for seat in there)
    return {name: told[name] for name in names}


def _told(rows: list[dict[str, Any]]) -> Answer:
    return Answer({"code": 200, "message": "", "data": rows})
