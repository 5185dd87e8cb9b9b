"""Agora's real time of today, every twenty seconds: a project, a channel, people or places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.clouds.agora import totals
from bot.sandbox.clouds.agora.current import QUALITY_METRICS, USAGE_METRICS, of_product
from bot.sandbox.clouds.agora.dimensions import PLACES, Seat, count_of, seats_of, share_of
from bot.sandbox.clouds.agora.params import Params, bad_input, check_look_back
from bot.sandbox.clouds.server import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.clouds.agora.current import PlanLimits
    from bot.sandbox.clouds.server import Ask
    from bot.sandbox.scenario import Lesson

STEP_S: Final = 20
# The tables say `sdkVersion`, samples of the same calls say `sdk`: both are taken.
DIMENSIONS: Final = ("country", "region", "network", "sdkVersion", "sdk", "os", "device")
_MOST_UIDS: Final = 10
_PARAMS: Final = ("startTs", "endTs", "appid", "metric", "productType", "cname")
_PLACE_PARAMS: Final = ("dimension", "dimensionValues")


@dataclass(frozen=True, slots=True)
class RealtimeApi:
    """The two calls under one plan."""

    limits: PlanLimits

    def tell_usage(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer realtime/usage/by_time_20sec."""
        params = Params(ask.query)
        params.allow(*_PARAMS, *_PLACE_PARAMS)
        return self._tell(params, ask, lessons, USAGE_METRICS)

    def tell_quality(self, ask: Ask, lessons: list[Lesson]) -> Answer:
        """Answer realtime/quality/by_time_20sec; shares are 0 to 1."""
        params = Params(ask.query)
        params.allow(*_PARAMS, *_PLACE_PARAMS, "uids")
        return self._tell(params, ask, lessons, QUALITY_METRICS)

    def _tell(
        self, params: Params, ask: Ask, lessons: list[Lesson], known: tuple[str, ...]
    ) -> Answer:
        window = params.window("startTs", "endTs")
        names = params.names("metric", known)
        uids = params.items("uids", _MOST_UIDS)
        if uids and "cname" not in params.query:
            raise bad_input("uids needs cname")
        dimension, places = _places(params)
        check_look_back(window, ask.now, self.limits.realtime_look_back_s)
        until = min(window.end, int(ask.now - ask.delay(self.limits.realtime_delay_s)))
        # the stretch startTs falls in is told, the one endTs falls in is not
        starts = range(window.start // STEP_S * STEP_S, until // STEP_S * STEP_S, STEP_S)
        cname = params.query.get("cname")
        held = [
            lesson for lesson in of_product(ask, params, lessons) if cname in {None, lesson.cname}
        ]
        if uids:
            return _success(_by_uid(names, seats_of(held), uids, starts))
        if dimension:
            return _success(_by_place(names, seats_of(held), dimension, places, starts))
        return _success(totals.rows(names, held, starts, 1))


def _places(params: Params) -> tuple[str, list[str]]:
    """Read a dimension and its values, which stand in double quotes even in an address."""
    if "dimension" not in params.query:
        if "dimensionValues" in params.query:
            raise bad_input("dimensionValues needs a dimension")
        return "", []
    (dimension,) = params.names("dimension", DIMENSIONS)[:1]
    values = params.text("dimensionValues").split(",")
    if not all(len(value) > 1 and value[0] == value[-1] == '"' for value in values):
        raise bad_input("dimensionValues must stand in double quotes")
    return dimension, [value[1:-1] for value in values]


def _figures(names: Sequence[str], seats: Sequence[Seat], start: int) -> dict[str, Any]:
    end = start + STEP_S
    return {
        name: count_of(name, seats, start, end)
        if name in USAGE_METRICS
        else share_of(name, seats, start, end)[0]
        for name in names
    }


def _by_uid(
    names: Sequence[str], seats: Sequence[Seat], uids: Sequence[str], starts: range
) -> list[dict[str, Any]]:
    found = []
    for uid in uids:
        own = [seat for seat in seats if str(seat.person.uid) == uid]
        values = [{"ts": start, **_figures(names, own, start)} for start in starts]
        found.append({"uid": int(uid), "values": values} if own else None)
    return [each for each in found if each is not None]


def _by_place(
    names: Sequence[str],
    seats: Sequence[Seat],
    dimension: str,
    places: Sequence[str],
    starts: range,
) -> list[dict[str, Any]]:
    """A row for each stretch and place; the samples answer sdkVersion as sdk."""
    label = "sdk" if dimension == "sdkVersion" else dimension
    groups = {
        place: [seat for seat in seats if PLACES[dimension](seat) == place] for place in places
    }
    return [
        {**_figures(names, group, start), label: place, "ts": start}
        for start in starts
        for place, group in groups.items()
        if group
    ]


def _success(data: list[dict[str, Any]]) -> Answer:
    return Answer({"code": 200, "message": "success", "data": data})
