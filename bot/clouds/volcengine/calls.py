"""Finding the calls of a room, in `ListRoomInfo`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import forgot, nonsense
from bot.clouds.volcengine.client import Asking, coarse, pieces, span_params, whole_seconds
from bot.clouds.volcengine.schemas import RoomPage, RoomRow, moment, required
from bot.ports import Window

_REACH: Final = dt.timedelta(hours=24)  # how long before the window a call may have begun
_EDGE: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_PAGES_MAX: Final = 10
_RUNNING_FRESH: Final = dt.timedelta(seconds=15)
_ENDED_FRESH: Final = dt.timedelta(minutes=5)


async def find_calls(asking: Asking, app: str, cname: str, window: Window) -> tuple[Call, ...]:
    """Return the calls of this room that touch the window, newest first.

    A room is listed in the stretch in which it was created, so the question begins a day before
    the window ends, or at the window if that is longer. Raises CloudForgotError when the whole
    window lies before the time Volcengine remembers, and any other CloudError.
    """
    row = asking.endpoint("ListRoomInfo")
    now = asking.clock.now()
    oldest = now - (row.look_back or _REACH) + _EDGE
    if window.until < oldest:
        raise forgot(row)
    newest = now - row.delay
    until = window.until if window.until <= newest else coarse(newest)
    since = max(min(window.since, until - _REACH), oldest)
    found: dict[str, Call] = {}
    for piece in pieces(whole_seconds(Window(since, until)), row.max_span):
        for room in await _turn_pages(asking, app, row, cname, piece):
            call = _call(row, app, room)
            if call.cname == cname and _touches(call, window):
                found[call.id] = call
    return tuple(sorted(found.values(), key=lambda call: call.started_at, reverse=True))


async def probe(asking: Asking, app: str, span: dt.timedelta) -> None:
    """Ask the cheapest question: one room of the last minutes. Raises CloudError."""
    row = asking.endpoint("ListRoomInfo")
    until = asking.clock.now() - row.delay
    params = {**span_params(Window(until - span, until)), "PageNum": "1", "PageSize": "1"}
    await asking.get(app, row, params, RoomPage)


async def _turn_pages(
    asking: Asking, app: str, row: Endpoint, cname: str, span: Window
) -> list[RoomRow]:
    is_moving = span.until > asking.clock.now() - row.delay - _ENDED_FRESH
    fresh_for = _RUNNING_FRESH if is_moving else _ENDED_FRESH
    found: list[RoomRow] = []
    for number in range(1, _PAGES_MAX + 1):
        params = {
            **span_params(span),
            "RoomId": cname,
            "PageNum": str(number),
            "PageSize": str(row.row_cap or 1),
        }
        page, _ = await asking.kept_get(app, row, params, RoomPage, fresh_for)
        found += page.room_list or ()
        has_more = page.has_more or len(found) < (page.total or 0)
        if not page.room_list or not has_more:
            break
    return found


def _call(row: Endpoint, app: str, room: RoomRow) -> Call:
    try:
        started_at = required(room.created_time)
        ended_at = None if room.is_finished is False else moment(room.destroy_time)
    except ValueError:
        raise nonsense(row, "CreatedTime") from None
    return Call(
        cloud=row.cloud,
        app=app,
        id=str(room.call_id),
        cname=str(room.room_id),
        started_at=started_at,
        ended_at=ended_at,
    )


def _touches(call: Call, window: Window) -> bool:
    begun = call.started_at <= window.until
    return begun and (call.ended_at is None or call.ended_at >= window.since)
