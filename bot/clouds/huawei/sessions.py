"""Fetches the sessions in a room: 13.2. Network types come from 13.11, where it exists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.call import Call, Participant
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.huawei.client import HuaweiClient, fetch_pages
from bot.clouds.huawei.schemas import UserRow, Users, parse_time
from bot.clouds.publication import oldest_kept
from bot.clouds.windows import CLOCK_SKEW, RequestWindow
from bot.ports import Window

_MAX_SESSION: Final = dt.timedelta(hours=24)  # no session lasts longer
_ONLINE: Final = "ONLINE"


@dataclass(frozen=True, slots=True)
class SessionList:
    """The sessions of the requested uids, and whether the list is complete."""

    participants: tuple[Participant, ...]
    is_complete: bool


async def fetch_sessions(
    client: HuaweiClient, call: Call, uids: Sequence[str], window: RequestWindow
) -> SessionList:
    """Return the sessions of these uids (of all uids when there are none) that touch a window.

    13.2 lists sessions that began within the window of the request, so that begins a day earlier.
    A user who failed to join (`FAIL`) has no session.
    """
    endpoint = client.find_endpoint("users")
    span, oldest = window.wanted, oldest_kept(endpoint, client.clock.now())
    since = max(min(call.started_at, span.since) - CLOCK_SKEW, span.until - _MAX_SESSION, oldest)
    since = since.replace(microsecond=0)
    joined = RequestWindow(Window(since, span.until), Window(since, window.wider.until))
    rows: list[UserRow] = []
    is_complete = True
    for uid in uids or ("",):
        params = _query_params(client, call, uid)
        users, complete = await _users(client, call.app, endpoint, params, joined)
        rows += users
        is_complete &= complete
    participants = _participants(endpoint, rows, uids)
    inside = tuple(one for one in participants if one.touches(span.since, span.until))
    return SessionList(inside, is_complete)


def _query_params(client: HuaweiClient, call: Call, uid: str) -> dict[str, str]:
    """The parameters of 13.2; without `type` it would merge the sessions of a user (W15)."""
    params = {
        "app": client.apps[call.app],
        "room_id": call.cname,
        "type": "detail",
    }
    return params | {"uid": uid} if uid else params


async def _users(
    client: HuaweiClient,
    app: str,
    endpoint: Endpoint,
    params: dict[str, str],
    window: RequestWindow,
) -> tuple[list[UserRow], bool]:
    async def fetch_page(page: dict[str, str]) -> tuple[list[UserRow], int | None]:
        body = await client.cached_window(app, endpoint, params | page, Users, window)
        if body.users is None and body.total is None:
            raise invalid_response(endpoint, "no users")
        return body.users or [], body.total

    return await fetch_pages(fetch_page, endpoint.page_size)


def _participants(
    endpoint: Endpoint, rows: Iterable[UserRow], uids: Sequence[str]
) -> tuple[Participant, ...]:
    sessions: dict[tuple[str, str], Participant] = {}
    for user in rows:
        uid = str(user.uid)
        session = _participant(endpoint, uid, user) if not uids or uid in uids else None
        if session is not None:
            sessions[uid, session.sid] = session
    return tuple(sorted(sessions.values(), key=lambda session: session.joined_at))


def _participant(endpoint: Endpoint, uid: str, user: UserRow) -> Participant | None:
    try:
        joined_at = parse_time(user.join_time)
        left_at = None if user.state == _ONLINE else parse_time(user.leave_time)
    except ValueError:
        raise invalid_response(endpoint, "join_time") from None
    if joined_at is None:
        return None
    return Participant(
        uid=uid,
        sid=f"{uid}@{joined_at.timestamp():.0f}" if user.session is None else str(user.session),
        joined_at=joined_at,
        left_at=left_at,
        platform=user.platform or "",
        device=user.device_model or "",
        sdk=user.sdk or "",
    )
