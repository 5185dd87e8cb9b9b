"""Finds the calls of a room: `ListRoomInfo`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call
from bot.clouds import call_list
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.publication import newest_published
from bot.clouds.volcengine.client import VolcengineClient, span_params
from bot.clouds.volcengine.schemas import RoomPage, RoomRow, parse_required_time, parse_time
from bot.ports import Window

_PAGES_MAX: Final = 10


async def find_calls(
    client: VolcengineClient, app: str, cname: str, window: Window, *, fresh: bool
) -> tuple[Call, ...]:
    """Return the calls of this room that touch the window, newest first.

    A room is listed in the window in which it was created, so the request begins a day before
    the window ends, or with the window if that is longer. Raises CloudDataExpiredError when
    Volcengine keeps no data of the window, and any other CloudError.
    """
    endpoint = client.find_endpoint("ListRoomInfo")

    async def fetch(span: Window) -> list[Call]:
        rooms = await _fetch_pages(client, app, endpoint, cname, span)
        return [_call(endpoint, app, room) for room in rooms]

    newest = newest_published(endpoint, client.clock.now())
    return await call_list.find_calls(
        client, endpoint, app, window, cname=cname, newest=newest, fetch=fetch, fresh=fresh
    )


async def probe(client: VolcengineClient, app: str, span: dt.timedelta) -> None:
    """Send the cheapest request: one room of the last minutes. Raises CloudError."""
    endpoint = client.find_endpoint("ListRoomInfo")
    until = client.clock.now() - endpoint.delay
    params = {**span_params(Window(until - span, until)), "PageNum": "1", "PageSize": "1"}
    await client.get(app, endpoint, params, RoomPage)


async def _fetch_pages(
    client: VolcengineClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> list[RoomRow]:
    rooms: list[RoomRow] = []
    for number in range(1, _PAGES_MAX + 1):
        params = {
            **span_params(span),
            "RoomId": cname,
            "PageNum": str(number),
            "PageSize": str(endpoint.page_size),
        }
        page = await client.get(app, endpoint, params, RoomPage)
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
