"""Finds the calls of a room: 13.1, one row of which may have held several classes."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call
from bot.clouds import call_list
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.huawei.client import HuaweiClient, fetch_pages, span_params
from bot.clouds.huawei.schemas import RoomRow, Rooms, parse_required_time, parse_time
from bot.ports import Window

_RUNNING: Final = "RUNNING"


async def find_calls(
    client: HuaweiClient, app: str, cname: str, window: Window, *, fresh: bool
) -> tuple[Call, ...]:
    """Return the calls of this room that touch the window, newest first.

    13.1 lists the rooms created within a window, so the request goes back as far as it keeps
    them: a room id in use again may have been created weeks ago. Raises CloudDataExpiredError for
    an older window, and any other CloudError.
    """
    endpoint = client.find_endpoint("rooms")

    async def fetch(span: Window) -> list[Call]:
        rooms = await _rooms(client, app, endpoint, cname, span)
        return [_call(endpoint, app, room) for room in rooms]

    newest = client.clock.now()  # rooms may be listed earlier than documented
    return await call_list.find_calls(
        client, endpoint, app, window, cname=cname, newest=newest, fetch=fetch, fresh=fresh
    )


async def _rooms(
    client: HuaweiClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> list[RoomRow]:
    params = {"app": client.apps[app], "room_id": cname, **_rounded_params(span)}

    async def fetch_page(page: dict[str, str]) -> tuple[list[RoomRow], int | None]:
        body = await client.get(app, endpoint, params | page, Rooms)
        if body.room_info_list is None and body.total is None:
            raise invalid_response(endpoint, "no room_info_list")
        return body.room_info_list or [], body.total

    return (await fetch_pages(fetch_page, endpoint.page_size))[0]


def _rounded_params(span: Window) -> dict[str, str]:
    """The begin moves with the clock; in whole hours the request is the same for a while."""
    since = span.since.replace(minute=0, second=0) + dt.timedelta(hours=1)
    return span_params(Window(min(since, span.until), span.until))


def _call(endpoint: Endpoint, app: str, room: RoomRow) -> Call:
    try:
        started_at = parse_required_time(room.start_time)
        ended_at = None if room.state == _RUNNING else parse_time(room.end_time)
    except ValueError:
        raise invalid_response(endpoint, "start_time") from None
    room_id = str(room.room_id)
    return Call(
        cloud=endpoint.cloud,
        app=app,
        id=f"{room_id}@{started_at:%Y%m%dT%H%M%SZ}",
        cname=room_id,
        started_at=started_at,
        ended_at=ended_at,
    )
