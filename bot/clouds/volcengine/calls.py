"""Finds the calls of a room: `ListRoomInfo`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import data_expired, invalid_response
from bot.clouds.volcengine.client import VolcengineClient, span_params
from bot.clouds.volcengine.schemas import RoomPage, RoomRow, parse_required_time, parse_time
from bot.clouds.windows import CLOCK_SKEW, round_down, split_window, up_to_second, whole_seconds
from bot.ports import Window

_MAX_CALL_AGE: Final = dt.timedelta(hours=24)  # how long before the window a call may have begun
_PAGES_MAX: Final = 10
_RUNNING_TTL: Final = dt.timedelta(seconds=15)
_ENDED_TTL: Final = dt.timedelta(minutes=5)


async def find_calls(
    client: VolcengineClient, app: str, cname: str, window: Window
) -> tuple[Call, ...]:
    """Return the calls of this room that touch the window, newest first.

    A room is listed in the window in which it was created, so the request begins a day before
    the window ends, or with the window if that is longer. Raises CloudDataExpiredError when
    Volcengine keeps no data of the window, and any other CloudError.
    """
    endpoint = client.find_endpoint("ListRoomInfo")
    now = client.clock.now()
    oldest = now - endpoint.retention + CLOCK_SKEW
    if window.until <= oldest:
        raise data_expired(endpoint)
    newest = now - endpoint.delay
    until = up_to_second(window.until) if window.until <= newest else round_down(newest)
    since = max(min(window.since, until - _MAX_CALL_AGE), oldest)
    calls: dict[str, Call] = {}
    for chunk in split_window(whole_seconds(Window(since, until)), endpoint.max_span):
        for room in await _fetch_pages(client, app, endpoint, cname, chunk):
            call = _call(endpoint, app, room)
            if call.cname == cname and _overlaps(call, window):
                calls[call.id] = call
    return tuple(sorted(calls.values(), key=lambda call: call.started_at, reverse=True))


async def probe(client: VolcengineClient, app: str, span: dt.timedelta) -> None:
    """Send the cheapest request: one room of the last minutes. Raises CloudError."""
    endpoint = client.find_endpoint("ListRoomInfo")
    until = client.clock.now() - endpoint.delay
    params = {**span_params(Window(until - span, until)), "PageNum": "1", "PageSize": "1"}
    await client.get(app, endpoint, params, RoomPage)


async def _fetch_pages(
    client: VolcengineClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> list[RoomRow]:
    is_running = span.until > client.clock.now() - endpoint.delay - _ENDED_TTL
    ttl = _RUNNING_TTL if is_running else _ENDED_TTL
    rooms: list[RoomRow] = []
    for number in range(1, _PAGES_MAX + 1):
        params = {
            **span_params(span),
            "RoomId": cname,
            "PageNum": str(number),
            "PageSize": str(endpoint.page_size),
        }
        page = await client.cached_get(app, endpoint, params, RoomPage, ttl)
        rooms += page.room_list or ()
        has_more = page.has_more or len(rooms) < (page.total or 0)
        if not page.room_list or not has_more:
            break
    return rooms


def _call(endpoint: Endpoint, app: str, room: RoomRow) -> Call:
    try:
        started_at = parse_required_time(room.created_time)
        ended_at = None if room.is_finished is False else parse_time(room.destroy_time)
    except ValueError:
        raise invalid_response(endpoint, "CreatedTime") from None
    return Call(
        cloud=endpoint.cloud,
        app=app,
        id=str(room.call_id),
        cname=str(room.room_id),
        started_at=started_at,
        ended_at=ended_at,
    )


def _overlaps(call: Call, window: Window) -> bool:
    begun = call.started_at <= window.until
    return begun and (call.ended_at is None or call.ended_at >= window.since)
