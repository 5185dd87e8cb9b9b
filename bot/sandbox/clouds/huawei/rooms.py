"""Huawei's lists of rooms and users (13.1, 13.2), computed from lessons."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.clouds.huawei.params import DAY_S, Params, invalid, stamp
from bot.sandbox.clouds.server import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.sandbox.scenario import Lesson, Person, Stay

Json = dict[str, Any]
LISTS_DELAY_S: Final = 60
MOST_SPAN_S: Final = 90 * DAY_S
NOT_ENDED: Final = "-"
REGIONS: Final = (("广东", "GD"), ("陕西", "SN"), ("山西", "SX"), ("北京", "BJ"), ("贵州", "GZ"))
_ISPS: Final = ("CTCC", "CMCC", "CUCC")
_STATES: Final = frozenset({"FAIL", "ONLINE", "OFFLINE"})
_TYPES: Final = frozenset({"", "detail", "summary"})
_ROOM_STATES: Final = frozenset({"", "RUNNING", "CLOSED"})


@dataclass(frozen=True, slots=True)
class Presence:
    """One session of one person, as it shows at `known_until`."""

    lesson: Lesson
    person: Person
    number: int
    stay: Stay
    known_until: float

    @property
    def exists(self) -> bool:
        """Tell whether the session is known yet."""
        return self.stay.joined_at <= self.known_until

    @property
    def has_left(self) -> bool:
        """Tell whether the person is known to have left."""
        return self.stay.left_at <= self.known_until

    @property
    def session(self) -> str:
        """The session's id: 32 hexadecimal digits."""
        return session_id(self.lesson, self.person, self.number)


def session_id(lesson: Lesson, person: Person, number: int) -> str:
    """Return a session's id, the same in every answer."""
    key = f"{lesson.cname}:{lesson.started_at}:{person.uid}:{number}"
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def presences(lesson: Lesson, known_until: float) -> Iterator[Presence]:
    """Return every session of a lesson that is known by then."""
    for person in lesson.people:
        for number, stay in enumerate(person.stays):
            presence = Presence(lesson, person, number, stay, known_until)
            if presence.exists:
                yield presence


def region_of(person: Person) -> tuple[str, str]:
    """Return a person's province: its name, and its code of 14.5."""
    return REGIONS[person.uid % len(REGIONS)]


def list_rooms(
    params: Params, app: str, lessons: Sequence[Lesson], *, are_merged: bool = False
) -> Answer:
    """Answer 13.1: the rooms created within the stretch, the newest first.

    `are_merged`: a room id used again stays one room, from its first class to its last (W14).
    """
    params.allow("app", "room_id", "state", "start_time", "end_time", "limit", "offset")
    span = params.span(most_s=MOST_SPAN_S)
    limit, offset = params.page()
    room_id, state = params.optional("room_id"), params.optional("state")
    if state not in _ROOM_STATES:
        raise invalid("state")
    until = params.ask.now - params.ask.delay(LISTS_DELAY_S)
    held = [one for one in lessons if room_id in ("", one.cname)]
    found = [_room(app, group, until) for group in _rooms(held, are_merged=are_merged)]
    rows = [row for start, row in found if row is not None and span.holds(int(start))]
    rows = [row for row in rows if state in ("", row["state"])]
    rows.sort(key=lambda row: row["start_time"], reverse=True)
    page = rows[offset : offset + limit]
    body = {"total": len(rows), "room_info_list": page, "offset": offset, "limit": limit}
    return Answer(body)


def _rooms(lessons: Iterable[Lesson], *, are_merged: bool) -> list[list[Lesson]]:
    groups: dict[object, list[Lesson]] = {}
    for lesson in lessons:
        groups.setdefault(lesson.cname if are_merged else id(lesson), []).append(lesson)
    return list(groups.values())


def _room(app: str, lessons: Iterable[Lesson], until: float) -> tuple[float, Json | None]:
    """Return when a room was created and its row, None while it is unknown."""
    known = [one for lesson in lessons for one in presences(lesson, until)]
    if not known:
        return 0.0, None
    start = min(one.stay.joined_at for one in known)
    end = max(one.stay.left_at for one in known)
    is_closed = all(one.has_left for one in known)
    return start, {
        "domain": f"{app}.sparkrtc.myhuaweicloud.com",
        "app": app,
        "room_id": known[0].lesson.cname,
        "state": "CLOSED" if is_closed else "RUNNING",
        "start_time": stamp(start),
        "end_time": stamp(end) if is_closed else NOT_ENDED,
    }


def list_users(params: Params, app: str, lessons: Sequence[Lesson]) -> Answer:
    """Answer 13.2: who joined within the stretch; by default the sessions of a user are merged."""
    params.allow(
        *("app", "room_id", "uid", "nickname", "region", "isp", "state"),
        *("start_time", "end_time", "limit", "offset", "type"),
    )
    span = params.span(most_s=MOST_SPAN_S)
    limit, offset = params.page()
    mode = params.optional("type")
    if mode not in _TYPES or not set(params.several("state")) <= _STATES:
        raise invalid("type" if mode not in _TYPES else "state")
    until = params.ask.now - params.ask.delay(LISTS_DELAY_S)
    room_id = params.optional("room_id")
    held = [one for one in lessons if room_id in ("", one.cname)]
    rows = [row for lesson in held for row in _users(app, lesson, until, span.start, span.end)]
    rows = [row for row in rows if _is_wanted(row, params)]
    rows = rows if mode == "detail" else _merged(rows)
    page = rows[offset : offset + limit]
    return Answer({"total": len(rows), "limit": limit, "offset": offset, "users": page})


def _users(app: str, lesson: Lesson, until: float, start: float, end: float) -> Iterator[Json]:
    for one in presences(lesson, until):
        if start <= int(one.stay.joined_at) <= end:
            left = stamp(one.stay.left_at) if one.has_left else NOT_ENDED
            state = "OFFLINE" if one.has_left else "ONLINE"
            yield _user(app, lesson, one.person, one.session) | {
                "state": state,
                "join_time": stamp(one.stay.joined_at),
                "leave_time": left,
            }
    for person in lesson.people:
        tried = [fault.begins_at for fault in lesson.faults_of(person.uid)]
        if not person.stays and tried and start <= tried[0] <= min(end, until):
            yield _user(app, lesson, person, session_id(lesson, person, 0)) | {
                "state": "FAIL",
                "join_time": NOT_ENDED,
                "leave_time": NOT_ENDED,
            }


def _user(app: str, lesson: Lesson, person: Person, session: str) -> Json:
    return {
        "domain": f"{app}.sparkrtc.myhuaweicloud.com",
        "app": app,
        "room_id": lesson.cname,
        "uid": str(person.uid),
        "session": session,
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
