"""Who was in a room when: 13.2, asked by session. Network types come from 13.11, if it is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bot.call import Call, Participant
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import nonsense
from bot.clouds.huawei.client import Asking, pages, span_params
from bot.clouds.huawei.schemas import Id, Moment, moment
from bot.ports import Window

_LESSON: Final = dt.timedelta(hours=24)  # nobody stays longer than this
_EDGE: Final = dt.timedelta(seconds=30)
_ONLINE: Final = "ONLINE"


class UserRow(msgspec.Struct):
    """One session of one user. Names and addresses are not read."""

    uid: Id
    session: Id | None = None
    state: str | None = None
    device_model: str | None = None
    platform: str | None = None
    sdk: str | None = None
    join_time: Moment = None
    leave_time: Moment = None


class Users(msgspec.Struct):
    """13.2's answer."""

    total: int | None = None
    users: list[UserRow] | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """The stays of the people asked for, and whether these are all."""

    people: tuple[Participant, ...]
    are_all: bool


async def fetch_stays(
    asking: Asking, call: Call, uids: Sequence[str], span: Window, fresh_for: dt.timedelta
) -> Stays:
    """Return the stays of these uids (of everybody when there are none) that touch a stretch.

    13.2 lists who joined within the time asked about, so it is asked from a day before the
    stretch on. Somebody who never got in (`FAIL`) has no stay.
    """
    row = asking.endpoint("users")
    now = asking.clock.now()
    oldest = now - row.look_back + _EDGE if row.look_back else span.since
    since = max(min(call.started_at, span.since) - _EDGE, span.until - _LESSON, oldest)
    joined = Window(since.replace(microsecond=0), span.until)
    rows: list[UserRow] = []
    are_all = True
    for uid in uids or ("",):
        asked = _asked(asking, call, uid, joined)
        found, complete = await _users(asking, call.app, row, asked, fresh_for)
        rows += found
        are_all &= complete
    people = _participants(row, rows, uids)
    return Stays(tuple(one for one in people if _touches(one, span)), are_all)


def _asked(asking: Asking, call: Call, uid: str, span: Window) -> dict[str, str]:
    """The parameters of 13.2; without `type` it would merge the sessions of a user (W15)."""
    asked = {
        "app": asking.apps[call.app],
        "room_id": call.cname,
        "type": "detail",
        **span_params(span),
    }
    return asked | {"uid": uid} if uid else asked


async def _users(
    asking: Asking, app: str, row: Endpoint, asked: dict[str, str], fresh_for: dt.timedelta
) -> tuple[list[UserRow], bool]:
    async def ask(page: dict[str, str]) -> tuple[list[UserRow], int | None]:
        body = await asking.kept_body(app, row, asked | page, Users, fresh_for)
        if body.users is None and body.total is None:
            raise nonsense(row, "no users")
        return body.users or [], body.total

    return await pages(ask, row.row_cap or 1)


def _participants(
    row: Endpoint, rows: Iterable[UserRow], uids: Sequence[str]
) -> tuple[Participant, ...]:
    stays: dict[tuple[str, str], Participant] = {}
    for user in rows:
        uid = str(user.uid)
        stay = _participant(row, uid, user) if not uids or uid in uids else None
        if stay is not None:
            stays[uid, stay.sid] = stay
    return tuple(sorted(stays.values(), key=lambda stay: stay.joined_at))


def _participant(row: Endpoint, uid: str, user: UserRow) -> Participant | None:
    try:
        joined_at = moment(user.join_time)
        left_at = None if user.state == _ONLINE else moment(user.leave_time)
    except ValueError:
        raise nonsense(row, "join_time") from None
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


def _touches(stay: Participant, span: Window) -> bool:
    return stay.joined_at <= span.until and (stay.left_at is None or stay.left_at >= span.since)
