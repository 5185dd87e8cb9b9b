"""Finding the calls of a room: 13.1, whose rows are rooms that may have held several classes."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from bot.call import Call
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import data_expired, invalid_response
from bot.clouds.huawei.client import (
    HuaweiClient,
    fetch_pages,
    round_down,
    span_params,
    whole_seconds,
)
from bot.clouds.huawei.schemas import Id, JsonTime, parse_required_time, parse_time
from bot.ports import Window

_CLOCK_SKEW: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_RUNNING_TTL: Final = dt.timedelta(seconds=15)
_ENDED_TTL: Final = dt.timedelta(minutes=5)
_RUNNING: Final = "RUNNING"


class RoomRow(msgspec.Struct):
    """One room; `end_time` is when the last class in it ended, "-" while one goes on (W14)."""

    room_id: Id
    start_time: JsonTime
    end_time: JsonTime = None
    state: str | None = None
    duration: float | str | None = None


class Rooms(msgspec.Struct):
    """13.1's answer."""

    total: int | None = None
    room_info_list: list[RoomRow] | None = None


async def find_calls(
    client: HuaweiClient, app: str, cname: str, window: Window
) -> tuple[Call, ...]:
    """Return the calls of this room that touch the window, newest first.

    13.1 lists the rooms created within a stretch, so it is asked as far back as it remembers:
    a room id that is used again may have been created weeks ago. Raises CloudForgotError for a
    window before all it remembers, and any other CloudError.
    """
    endpoint = client.find_endpoint("rooms")
    now = client.clock.now()
    retention = endpoint.look_back or dt.timedelta(days=1)
    if window.until < now - retention + _CLOCK_SKEW:
        raise data_expired(endpoint)
    is_running = window.until > now - endpoint.delay
    until = round_down(now) if window.until > now else whole_seconds(window).until
    span = Window(
        max(now - retention + _CLOCK_SKEW, until - retention).replace(microsecond=0), until
    )
    found: dict[str, Call] = {}
    for room in await _rooms(client, app, endpoint, cname, span, is_running=is_running):
        call = _call(endpoint, app, room)
        if call.cname == cname and _overlaps(call, window):
            found[call.id] = call
    return tuple(sorted(found.values(), key=lambda call: call.started_at, reverse=True))


async def _rooms(
    client: HuaweiClient,
    app: str,
    endpoint: Endpoint,
    cname: str,
    span: Window,
    *,
    is_running: bool,
) -> list[RoomRow]:
    ttl = _RUNNING_TTL if is_running else _ENDED_TTL
    params = {"app": client.apps[app], "room_id": cname, **_rounded_params(span)}

    async def fetch_page(page: dict[str, str]) -> tuple[list[RoomRow], int | None]:
        body = await client.cached_body(app, endpoint, params | page, Rooms, ttl)
        if body.room_info_list is None and body.total is None:
            raise invalid_response(endpoint, "no room_info_list")
        return body.room_info_list or [], body.total

    return (await fetch_pages(fetch_page, endpoint.max_rows or 1))[0]


def _rounded_params(span: Window) -> dict[str, str]:
    """The far end moves with the clock; whole hours let a question be the same for a while."""
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


def _overlaps(call: Call, window: Window) -> bool:
    begun = call.started_at <= window.until
    return begun and (call.ended_at is None or call.ended_at >= window.since)
