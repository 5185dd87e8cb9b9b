"""Asking today's Agora how everybody in one call fared: freezes by network, share and minute.

The documents show the names in a row and its scale, not what wraps the rows: both a bare list
and the object of `dimension/top20` are understood.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from bot.call import Call, Media
from bot.clouds.agora.app_metric_schemas import Figures, Ranking, spread_of, trends_of
from bot.clouds.agora.client import Asking, span_params
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import cannot, nonsense
from bot.clouds.numbers import read_number
from bot.errors import CloudError, CloudRefusedError
from bot.ports import Bucket, Crowd, Window

Row = dict[str, int | float | str | None]
_NETWORK: Final = "network"
_RATES: Final = {"audio_freeze_rate": "audioFreezeRate", "video_freeze_rate": "videoFreezeRate"}
_COUNTS: Final = {
    "user_count": "userCount",
    "audio_freeze_user_count": "audioFreezeUserCount",
    "video_freeze_user_count": "videoFreezeUserCount",
}
_FROZEN: Final = {
    Media.AUDIO: "audio_freeze_user_count",
    Media.VIDEO: "video_freeze_user_count",
}
_BOUNDS: Final = re.compile(r"[\[(]\s*(\d{1,3})\s*%?\s*,\s*(\d{1,3})\s*%?\s*[\])]")
_CLOSED: Final = (200, 401, 403, 404)  # 200: the body says "no auth"
_CLOSED_FOR: Final = dt.timedelta(days=1)  # a plan may be bought meanwhile


@dataclass(frozen=True, slots=True)
class _Wish:
    """One of the three questions."""

    endpoint: str
    params: dict[str, str]


_WISHES: Final = (
    _Wish("freeze_buckets", {"metric": ",".join(_RATES)}),
    _Wish("call_statistics", {"metric": ",".join(_RATES), "dimension": "net"}),
    _Wish("call_minutes", {"metric": ",".join(_COUNTS)}),
)


class Crowds:
    """Asks in the background: nobody waits for it, and people's questions come first."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._closed_until: dict[str, dt.datetime] = {}

    async def fetch(self, call: Call, window: Window) -> Crowd:
        """Return what is told of everybody; of three questions what was answered counts.

        Raises CloudError when none was, CloudCannotError for the 2020 API and closed plans.
        """
        now = self._asking.clock.now()
        closed_until = self._closed_until.get(call.app, now)
        if closed_until > now or await self._asking.generation(call.app) == "seed":
            raise cannot("agora", "call_statistics")
        bodies: dict[str, Ranking] = {}
        error: CloudError | None = None
        for wish in _WISHES:
            try:
                bodies[wish.endpoint] = await self._ask(call, wish, window)
            except CloudError as failure:
                error = error or failure
                if self._is_closed(call.app, failure):
                    break
        if error is not None and not bodies:
            raise error
        return _crowd(self._asking, bodies, window)

    async def _ask(self, call: Call, wish: _Wish, window: Window) -> Ranking:
        row = self._asking.endpoint(wish.endpoint, "current")
        params = {"call_id": call.id, **span_params(window), **wish.params}
        return (await self._asking.body(call.app, row, params, Ranking, background=True))[0]

    def _is_closed(self, app: str, error: CloudError) -> bool:
        """A plan without these calls is not asked again the same day."""
        no_right = type(error) is CloudRefusedError and error.status in _CLOSED
        if no_right:
            self._closed_until[app] = self._asking.clock.now() + _CLOSED_FOR
        return no_right


def _crowd(asking: Asking, bodies: dict[str, Ranking], window: Window) -> Crowd:
    rows = {
        name: (asking.endpoint(name, "current"), body.rows or []) for name, body in bodies.items()
    }
    crowd = Crowd(window.since, window.until)
    if "call_statistics" in rows:
        row, told = rows["call_statistics"]
        named = [_renamed(each) for each in told]
        spreads = tuple(spread_of(row, named, _NETWORK, name) for name in _RATES.values())
        crowd = replace(crowd, spreads=spreads)
    if "freeze_buckets" in rows:
        crowd = replace(crowd, buckets=tuple(_buckets(*rows["freeze_buckets"])))
    if "call_minutes" in rows:
        row, told = rows["call_minutes"]
        body = Figures(data=[_renamed(each) for each in told])
        names = tuple(_COUNTS.values())
        minutes = trends_of(row, body, names, _minute(window.since), window.until)
        crowd = replace(crowd, minutes=minutes)
    return crowd


def _renamed(row: Row) -> Row:
    """The same figures have other names where whole apps are asked about."""
    names = {**_RATES, **_COUNTS}
    return {names.get(name, name): value for name, value in row.items()}


def _buckets(row: Endpoint, rows: list[Row]) -> Iterator[Bucket]:
    """Read `[0%,3%)` and its like, under whatever name; a row without one is no bucket."""
    for told in rows:
        found = [_BOUNDS.fullmatch(value) for value in told.values() if isinstance(value, str)]
        bounds = next((match for match in found if match), None)
        if bounds is None:
            continue
        for media, name in _FROZEN.items():
            try:
                people = read_number(told.get(name))
            except ValueError:
                raise nonsense(row, name) from None
            if people is None:
                continue
            if people < 0:
                raise nonsense(row, name)
            yield Bucket(media, float(bounds[1]), float(bounds[2]), int(people))


def _minute(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)
