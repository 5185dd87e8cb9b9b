"""Volcengine's endpoints about single calls (2023-11-01): rooms, users, metrics, who is online.

A room is listed where it was created; a span over the limit is silently cut off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.call import Direction
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.clouds.volcengine.codes import BY_CURVE
from bot.sandbox.clouds.volcengine.params import Params, Window, rfc3339, success
from bot.sandbox.scenario import Curve, Person, SimulatedCall, SimulatedSession, curves_of
from bot.sandbox.scenario.simulated_call import Role

Json = dict[str, Any]

ROOMS_DELAY_S: Final = 20
USERS_DELAY_S: Final = 100
_DAY_S: Final = 86400
_HOUR_S: Final = 3600
_MAX_USERS: Final = 10
_MAX_MEASURED_USERS: Final = 20
_DIRECTIONS: Final = {"0": tuple(Direction), "1": (Direction.UP,), "2": (Direction.DOWN,)}
_SPAN: Final = ("StartTime", "EndTime")
_PAGE: Final = ("PageNum", "PageSize")
PLATFORMS: Final = {"macos": "mac"}


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as visible to an endpoint with data up to `fresh_until`."""

    sim_call: SimulatedCall
    fresh_until: float

    @property
    def sessions(self) -> list[SimulatedSession]:
        """Every session, visible yet or not."""
        return [session for person in self.sim_call.people for session in person.sessions]

    @property
    def created_at(self) -> float:
        """When the first person joined."""
        return min(session.joined_at for session in self.sessions)

    @property
    def destroyed_at(self) -> float:
        """When the last person leaves, maybe in the future."""
        return max(session.left_at for session in self.sessions)

    @property
    def is_known(self) -> bool:
        """Return whether the call is visible yet."""
        return bool(self.sessions) and self.created_at <= self.fresh_until

    @property
    def call_id(self) -> str:
        """The call's id."""
        key = f"{self.sim_call.cname}@{self.sim_call.started_at}"
        return hashlib.blake2b(key.encode(), digest_size=12).hexdigest()

    def row(self) -> Json:
        """Return the call as a row of `RoomList`; `DestroyTime` is empty while it runs."""
        is_over = self.destroyed_at <= self.fresh_until
        active = sum(
            session.joined_at <= self.fresh_until < session.left_at and not is_over
            for session in self.sessions
        )
        return {
            "CallId": self.call_id,
            "RoomId": self.sim_call.cname,
            "IsFinished": is_over,
            "CreatedTime": rfc3339(self.created_at),
            "DestroyTime": rfc3339(self.destroyed_at) if is_over else "",
            "ActiveUserNum": active,
        }

    def users(self, window: Window, *, exclude_servers: bool) -> Iterator[tuple[Person, Json]]:
        """Return who was there within the window, each as a row of `UserList`."""
        until = min(window.end, self.fresh_until)
        for person in self.sim_call.people:
            seen = [session for session in person.sessions if session.joined_at <= self.fresh_until]
            touching = any(s.joined_at <= until and window.start <= s.left_at for s in seen)
            if touching and not (exclude_servers and person.role is Role.SERVER):
                yield person, self._user(person, seen)

    def _user(self, person: Person, seen: Sequence[SimulatedSession]) -> Json:
        last = seen[-1]
        is_over = last.left_at <= self.fresh_until
        online_s = sum(
            min(session.left_at, self.fresh_until) - session.joined_at for session in seen
        )
        return {
            "RoomId": self.sim_call.cname,
            "CallId": self.call_id,
            "UserId": str(person.uid),
            "CreatedAt": rfc3339(seen[0].joined_at),
            "LeaveAt": rfc3339(last.left_at) if is_over else "",
            "Finished": is_over,
            "Duration": int(online_s),
            "OS": platform_of(person),
            "Access": access_of(person),
            "Pub": person.sends,
            "DeviceType": person.device.model,
            "SdkVersion": person.device.sdk,
            "Record": [record for session in seen for record in self._record(session)],
        }

    def _record(self, session: SimulatedSession) -> list[Json]:
        came = {"Time": rfc3339(session.joined_at), "Type": "join_room"}
        if session.left_at > self.fresh_until:
            return [came]
        return [came, {"Time": rfc3339(session.left_at), "Type": "leave_room"}]


def platform_of(person: Person) -> str:
    """Return `android`, `ios`, `linux`, `mac`, `windows` or `web`."""
    word = person.device.platform.lower()
    return PLATFORMS.get(word, word)


def access_of(person: Person) -> str:
    """Return `2g` to `5g`, `wifi`, or `unknown`: the document has no value for a cable."""
    return {"Wi-Fi": "wifi", "4G": "4g"}.get(person.device.network, "unknown")


def list_rooms(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListRoomInfo: the calls created within the span, newest first, in pages."""
    params = Params(request)
    params.allow(*_SPAN, *_PAGE, "RoomId")
    window = params.window(14 * _DAY_S, _DAY_S)
    room = params.given.get("RoomId")
    number, size = params.page()
    views = [
        CallView(sim_call, request.now - request.delay(ROOMS_DELAY_S)) for sim_call in sim_calls
    ]
    rows = [
        view.row()
        for view in sorted(views, key=lambda view: -view.sim_call.started_at)
        if view.is_known
        and room in (None, view.sim_call.cname)
        and window.start <= int(view.created_at) <= window.end
    ]
    page = rows[(number - 1) * size : number * size]
    return success(
        request,
        {
            "RoomList": page,
            "HasMore": number * size < len(rows),
            "PageNum": number,
            "PageSize": size,
            "Total": len(rows),
        },
    )


def list_users(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListUserInfo: a row for each person of each call of the room within the span."""
    params = Params(request)
    params.allow(*_SPAN, *_PAGE, "RoomId", "UserId", "ExcludeServerUser")
    window, room = params.window(14 * _DAY_S, 6 * _HOUR_S), params.room()
    uids = params.users(_MAX_USERS)
    exclude_servers = params.flag("ExcludeServerUser", default=True)
    number, size = params.page()
    rows = [
        row
        for view in _views(request, sim_calls, room)
        for person, row in view.users(window, exclude_servers=exclude_servers)
        if not params.given.get("UserId") or str(person.uid) in uids
    ]
    page = rows[(number - 1) * size : number * size]
    result = {"UserList": page, "PageNum": number, "PageSize": size, "Total": len(rows)}
    return success(request, result)


def get_details(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer ListCallDetail: these users' metrics, times in epoch ms."""
    params = Params(request)
    params.allow(*_SPAN, "RoomId", "UserId", "Direction")
    window, room = params.window(6 * _DAY_S, _HOUR_S), params.room()
    params.text("UserId")
    uids = params.users(_MAX_MEASURED_USERS)
    directions = _DIRECTIONS[params.choice("Direction", tuple(_DIRECTIONS), "0")]
    groups: dict[tuple[str, str | None, Direction], Json] = {}
    for view in _views(request, sim_calls, room):
        until = min(window.end, view.fresh_until)
        for curve in curves_of(view.sim_call):
            metric = BY_CURVE.get((curve.metric, curve.media))
            if metric is None or str(curve.uid) not in uids or metric.direction not in directions:
                continue
            points = _points(curve, window.start, until)
            if points:
                detail = {"Name": metric.name, "Desc": metric.desc, "Unit": metric.unit}
                group = _group(groups, room, curve, metric.direction)
                group["CallDetail"].append({**detail, "Data": points})
    return success(request, {"UserCallDetail": list(groups.values())})


def _group(
    groups: dict[tuple[str, str | None, Direction], Json],
    room: str,
    curve: Curve,
    direction: Direction,
) -> Json:
    """Return the row of one user, one direction and one peer, which only downlinks have."""
    peer = str(curve.peer_uid) if curve.peer_uid is not None else None
    key = (str(curve.uid), peer, direction)
    if key not in groups:
        row: Json = {"RoomId": room, "UserId": key[0], "Direction": direction.value}
        if peer is not None and direction is Direction.DOWN:
            row["PeerId"] = peer
        groups[key] = row | {"CallDetail": []}
    return groups[key]


def _points(curve: Curve, start: float, until: float) -> list[Json]:
    seen = (curve.times >= start) & (curve.times <= until)
    return [
        {"Time": int(at) * 1000, "Value": value}
        for at, value in zip(curve.times[seen].tolist(), curve.values[seen].tolist(), strict=True)
    ]


def _views(request: Request, sim_calls: Sequence[SimulatedCall], room: str) -> list[CallView]:
    views = [
        CallView(sim_call, request.now - request.delay(USERS_DELAY_S)) for sim_call in sim_calls
    ]
    return [view for view in views if view.sim_call.cname == room and view.is_known]


def list_online(request: Request, sim_calls: Sequence[SimulatedCall]) -> Response:
    """Answer GetRoomOnlineUsers: who is in the room this moment."""
    params = Params(request)
    params.allow("RoomId", "Property", "RoleType")
    room = params.room()
    present = [
        person
        for sim_call in sim_calls
        if sim_call.cname == room
        for person in sim_call.people
        if any(session.joined_at <= request.now < session.left_at for session in person.sessions)
    ]
    if not present:
        return success(request, {"RoomExists": False})
    visible = [str(person.uid) for person in present if person.sends]
    invisible = [str(person.uid) for person in present if not person.sends]
    return success(
        request,
        {
            "RoomExists": True,
            "TotalUser": len(present),
            "TotalInvisibleUser": len(invisible),
            "VisibleUserList": visible,
            "InvisibleUserList": invisible,
        },
    )
