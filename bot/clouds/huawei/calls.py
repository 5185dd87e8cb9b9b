"""Finding the calls of a room: 13.1, whose rows are rooms that may have held several classes."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from bot.call import Call
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import forgot, nonsense
from bot.clouds.huawei.client import Asking, coarse, pages, span_params, whole_seconds
from bot.clouds.huawei.schemas import Id, Moment, moment, required
from bot.ports import Window

_EDGE: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_RUNNING_FRESH: Final = dt.timedelta(seconds=15)
_ENDED_FRESH: Final = dt.timedelta(minutes=5)
_RUNNING: Final = "RUNNING"


class RoomRow(msgspec.Struct):
    """One room; `end_time` is when the last class in it ended, "-" while one goes on (W14)."""

    room_id: Id
    start_time: Moment
    end_time: Moment = None
    state: str | None = None
    duration: float | str | None = None


class Rooms(msgspec.Struct):
    """13.1's answer."""

    total: int | None = None
    room_info_list: list[RoomRow] | None = None


async def find_calls(asking: Asking, app: str, cname: str, window: Window) -> tuple[Call, ...]:
    """Return the calls of this room that touch the window, newest first.

    13.1 lists the rooms created within a stretch, so it is asked as far back as it remembers:
    a room id that is used again may have been created weeks ago. Raises CloudForgotError for a
    window before all it remembers, and any other CloudError.
    """
    row = asking.endpoint("rooms")
    now = asking.clock.now()
    reach = row.look_back or dt.timedelta(days=1)
    if window.until < now - reach + _EDGE:
        raise forgot(row)
    is_moving = window.until > now - row.delay
    until = coarse(now) if window.until > now else whole_seconds(window).until
    span = Window(max(now - reach + _EDGE, until - reach).replace(microsecond=0), until)
    found: dict[str, Call] = {}
    for room in await _rooms(asking, app, row, cname, span, is_moving=is_moving):
        call = _call(row, app, room)
        if call.cname == cname and _touches(call, window):
            found[call.id] = call
    return tuple(sorted(found.values(), key=lambda call: call.started_at, reverse=True))


async def _rooms(
    asking: Asking, app: str, row: Endpoint, cname: str, span: Window, *, is_moving: bool
) -> list[RoomRow]:
    fresh_for = _RUNNING_FRESH if is_moving else _ENDED_FRESH
    asked = {"app": asking.apps[app], "room_id": cname, **_grained(span)}

    async def ask(page: dict[str, str]) -> tuple[list[RoomRow], int | None]:
        body = await asking.kept_body(app, row, asked | page, Rooms, fresh_for)
        if body.room_info_list is None and body.total is None:
            raise nonsense(row, "no room_info_list")
        return body.room_info_list or [], body.total

    return (await pages(ask, row.row_cap or 1))[0]


def _grained(span: Window) -> dict[str, str]:
    """The far end moves with the clock; whole hours let a question be the same for a while."""
    since = span.since.replace(minute=0, second=0) + dt.timedelta(hours=1)
    return span_params(Window(min(since, span.until), span.until))


def _call(row: Endpoint, app: str, room: RoomRow) -> Call:
    try:
        started_at = required(room.start_time)
        ended_at = None if room.state == _RUNNING else moment(room.end_time)
    except ValueError:
        raise nonsense(row, "start_time") from None
    room_id = str(room.room_id)
    return Call(
        cloud=row.cloud,
        app=app,
        id=f"{room_id}@{started_at:%Y%m%dT%H%M%SZ}",
        cname=room_id,
        started_at=started_at,
        ended_at=ended_at,
    )


def _touches(call: Call, window: Window) -> bool:
    begun = call.started_at <= window.until
    return begun and (call.ended_at is None or call.ended_at >= window.since)
