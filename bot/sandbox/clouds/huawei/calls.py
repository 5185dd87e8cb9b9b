"""Huawei's lists of rooms and users (13.1, 13.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.clouds.huawei.params import DAY_S, Params, invalid, stamp
from bot.sandbox.clouds.server import Response
from bot.sandbox.scenario import Person, SimulatedCall, SimulatedSession

Json = dict[str, Any]
LISTS_DELAY_S: Final = 60
MAX_SPAN_S: Final = 90 * DAY_S
NOT_ENDED: Final = "-"
REGIONS: Final = (("广东", "GD"), ("陕西", "SN"), ("山西", "SX"), ("北京", "BJ"), ("贵州", "GZ"))
_ISPS: Final = ("CTCC", "CMCC", "CUCC")
_STATES: Final = frozenset({"FAIL", "ONLINE", "OFFLINE"})
_TYPES: Final = frozenset({"", "detail", "summary"})
_ROOM_STATES: Final = frozenset({"", "RUNNING", "CLOSED"})


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session of one person, as it shows at `known_until`."""

    sim_call: SimulatedCall
    person: Person
    number: int
    session: SimulatedSession
    known_until: float

    @property
    def exists(self) -> bool:
        """Return whether the session is visible yet."""
        return self.session.joined_at <= self.known_until

    @property
    def has_left(self) -> bool:
        """Return whether the person has left, as far as data is available."""
        return self.session.left_at <= self.known_until

    @property
    def session_id(self) -> str:
        """The session's id: 32 hexadecimal digits."""
        return session_id(self.sim_call, self.person, self.number)


def session_id(sim_call: SimulatedCall, person: Person, number: int) -> str:
    """Return a session's id, the same in every response."""
    key = f"{sim_call.cname}:{sim_call.started_at}:{person.uid}:{number}"
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def session_views(sim_call: SimulatedCall, known_until: float) -> Iterator[SessionView]:
    """Return every session of a call that is visible by then."""
    for person in sim_call.people:
        for number, session in enumerate(person.sessions):
            view = SessionView(sim_call, person, number, session, known_until)
            if view.exists:
                yield view


def region_of(person: Person) -> tuple[str, str]:
    """Return a person's province: its name, and its code of 14.5."""
    return REGIONS[person.uid % len(REGIONS)]


def list_rooms(
    params: Params, app: str, sim_calls: Sequence[SimulatedCall], *, are_merged: bool = False
) -> Response:
    """Answer 13.1: the rooms created within the span, the newest first.

    `are_merged`: a room id used again stays one room, from its first call to its last (W14).
    """
    params.allow("app", "room_id", "state", "start_time", "end_time", "limit", "offset")
    span = params.span(max_s=MAX_SPAN_S)
    limit, offset = params.page()
    room_id, state = params.optional("room_id"), params.optional("state")
    if state not in _ROOM_STATES:
        raise invalid("state")
    until = params.request.now - params.request.delay(LISTS_DELAY_S)
    selected = [one for one in sim_calls if room_id in ("", one.cname)]
    room_rows = [_room(app, group, until) for group in _rooms(selected, are_merged=are_merged)]
    rows = [row for start, row in room_rows if row is not None and span.holds(int(start))]
    rows = [row for row in rows if state in ("", row["state"])]
    rows.sort(key=lambda row: row["start_time"], reverse=True)
    page = rows[offset : offset + limit]
    body = {"total": len(rows), "room_info_list": page, "offset": offset, "limit": limit}
    return Response(body)


def _rooms(sim_calls: Iterable[SimulatedCall], *, are_merged: bool) -> list[list[SimulatedCall]]:
    groups: dict[object, list[SimulatedCall]] = {}
    for sim_call in sim_calls:
        groups.setdefault(sim_call.cname if are_merged else id(sim_call), []).append(sim_call)
    return list(groups.values())


def _room(app: str, sim_calls: Iterable[SimulatedCall], until: float) -> tuple[float, Json | None]:
    """Return when a room was created and its row, None while it is unknown."""
    known = [one for sim_call in sim_calls for one in session_views(sim_call, until)]
    if not known:
        return 0.0, None
    start = min(one.session.joined_at for one in known)
    end = max(one.session.left_at for one in known)
    is_closed = all(one.has_left for one in known)
    return start, {
        "domain": f"{app}.sparkrtc.myhuaweicloud.com",
        "app": app,
        "room_id": known[0].sim_call.cname,
        "state": "CLOSED" if is_closed else "RUNNING",
        "start_time": stamp(start),
        "end_time": stamp(end) if is_closed else NOT_ENDED,
    }


def list_users(params: Params, app: str, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer 13.2: who joined within the span; by default the sessions of a user are merged."""
    params.allow(
        *("app", "room_id", "uid", "nickname", "region", "isp", "state"),
        *("start_time", "end_time", "limit", "offset", "type"),
    )
    span = params.span(max_s=MAX_SPAN_S)
    limit, offset = params.page()
    mode = params.optional("type")
    if mode not in _TYPES or not set(params.several("state")) <= _STATES:
        raise invalid("type" if mode not in _TYPES else "state")
    until = params.request.now - params.request.delay(LISTS_DELAY_S)
    room_id = params.optional("room_id")
    selected = [one for one in sim_calls if room_id in ("", one.cname)]
    rows = [
        row for sim_call in selected for row in _users(app, sim_call, until, span.start, span.end)
    ]
    rows = [row for row in rows if _is_wanted(row, params)]
    rows = rows if mode == "detail" else _merged(rows)
    page = rows[offset : offset + limit]
    return Response({"total": len(rows), "limit": limit, "offset": offset, "users": page})


def _users(
    app: str, sim_call: SimulatedCall, until: float, start: float, end: float
) -> Iterator[Json]:
    for one in session_views(sim_call, until):
        if start <= int(one.session.joined_at) <= end:
            left = stamp(one.session.left_at) if one.has_left else NOT_ENDED
            state = "OFFLINE" if one.has_left else "ONLINE"
            yield _user(app, sim_call, one.person, one.session_id) | {
                "state": state,
                "join_time": stamp(one.session.joined_at),
                "leave_time": left,
            }
    for person in sim_call.people:
        attempted = [fault.begins_at for fault in sim_call.faults_of(person.uid)]
        if not person.sessions and attempted and start <= attempted[0] <= min(end, until):
            yield _user(app, sim_call, person, session_id(sim_call, person, 0)) | {
                "state": "FAIL",
                "join_time": NOT_ENDED,
                "leave_time": NOT_ENDED,
            }


def _user(app: str, sim_call: SimulatedCall, person: Person, session_id: str) -> Json:
    return {
        "domain": f"{app}.sparkrtc.myhuaweicloud.com",
        "app": app,
        "room_id": sim_call.cname,
        "uid": str(person.uid),
        "session": session_id,
        "nick_name": f"nick-{person.uid}",
        "ip": f"203.0.113.{person.uid % 250}",
        "region": region_of(person)[0],
        "isp": _ISPS[person.uid % len(_ISPS)],
        "device_model": person.device.model,
        "platform": person.device.platform,
        "sdk": person.device.sdk,
    }


def _is_wanted(row: Json, params: Params) -> bool:
    codes = dict(REGIONS)
    regions, isps = params.several("region"), params.several("isp")
    states = params.several("state")
    return (
        params.optional("uid") in ("", row["uid"])
        and params.optional("nickname") in ("", row["nick_name"])
        and (not regions or row["region"] in regions or codes[row["region"]] in regions)
        and (not isps or row["isp"] in isps)
        and (not states or row["state"] in states)
    )


def _merged(rows: Iterable[Json]) -> list[Json]:
    """One row for each user of a room, from the first join to the last leave."""
    users: dict[tuple[str, str], Json] = {}
    for row in rows:
        key = (row["room_id"], row["uid"])
        first = users.get(key)
        users[key] = row if first is None else {**row, "join_time": first["join_time"]}
    return list(users.values())
