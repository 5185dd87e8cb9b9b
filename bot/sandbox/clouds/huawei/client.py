"""What Huawei's clients told (13.11, 13.12), in the shapes of the table or of the sample."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.clouds.huawei.codes import factor_of
from bot.sandbox.clouds.huawei.params import DAY_S, HOUR_S, Params, bare, check_look_back, stamp
from bot.sandbox.clouds.huawei.rooms import presences, region_of
from bot.sandbox.clouds.server import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.sandbox.clouds.huawei.params import Span
    from bot.sandbox.clouds.huawei.rooms import Presence
    from bot.sandbox.scenario import Lesson

Json = dict[str, Any]
CLIENT_DELAY_S: Final = 300
LOOK_BACK_S: Final = 5 * DAY_S
JOINED: Final = "18"  # the sample's number; the document has no table of them (W31)
EXPERIENCE: Final = "954350051"
_BEIJING: Final = dt.timezone(dt.timedelta(hours=8))


def tell_events(params: Params, lessons: Iterable[Lesson], shape: str) -> Answer:
    """Answer 13.11. `shape`: `data` as the sample has it, `flat` (one event) as the table has."""
    params.allow("app_id", "room_id", "start_time", "end_time")
    if not params.optional("room_id"):
        raise bare("need app_id room_id args")  # optional in the table, and yet (W29)
    span = params.span(most_s=HOUR_S, required=True)
    check_look_back(params.ask, span, LOOK_BACK_S)
    rows = list(_joins(params, lessons, span))
    if shape == "flat" and rows:
        return Answer({"event_id" if key == "evnet_id" else key: rows[0][key] for key in rows[0]})
    return Answer({"data": rows})


def tell_experiences(params: Params, lessons: Iterable[Lesson], shape: str) -> Answer:
    """Answer 13.12. `shape`: `object` (one person) as the table has it, `list` or `data`."""
    params.allow("app_id", "room_id", "start_time", "end_time")
    span = params.span(most_s=HOUR_S, required=True)
    check_look_back(params.ask, span, LOOK_BACK_S)
    rows = list(_experiences(params, lessons, span))
    if shape == "object":
        nobody = {"uid": "", "room_id": "", "exp_id": "", "abnormal_list": None}
        return Answer(rows[0] if rows else nobody)
    return Answer(rows if shape == "list" else {"data": rows})


def _joins(params: Params, lessons: Iterable[Lesson], span: Span) -> Iterator[Json]:
    until = params.ask.now - params.ask.delay(CLIENT_DELAY_S)
    for lesson in lessons:
        if lesson.cname == params.optional("room_id"):
            for one in presences(lesson, until):
                if span.holds(int(one.stay.joined_at)):
                    at = stamp(one.stay.joined_at)
                    yield {"ctime": at, "evnet_id": JOINED, "event_info": _info(one)}


def _info(one: Presence) -> str:
    """JSON in a text whose quotes are escaped once more, with names and addresses (W28)."""
    device, at = one.person.device, one.stay.joined_at
    local = dt.datetime.fromtimestamp(at, _BEIJING).isoformat(timespec="milliseconds")
    info = {
        "deviceModel": device.model,
        "nickName": f"nick-{one.person.uid}",
        "failMessage": "",
        "ACSAddr": "203.0.113.76",
        "SFUAddr": "203.0.113.84",
        "localAddr": f"192.0.2.{one.person.uid % 250}",
        "accessNet": device.network.replace("-", "").lower(),
        "ctime": local,
        "event": 1,
        "iplsp": "移动",
        "ipProvince": region_of(one.person)[0],
        "isRejoin": int(one.number > 0),
        "platform": device.platform,
        "roomId": one.lesson.cname,
        "session": one.session,
        "start": int(one.stay.asked_at),
        "success": 1,
        "uid": str(one.person.uid),
        "v": device.sdk,
    }
    return json.dumps(info, ensure_ascii=False).replace('"', '\\"')


def _experiences(params: Params, lessons: Iterable[Lesson], span: Span) -> Iterator[Json]:
    until = params.ask.now - params.ask.delay(CLIENT_DELAY_S)
    for lesson in lessons:
        if params.optional("room_id") not in ("", lesson.cname):
            continue
        for fault in lesson.faults:
            if span.holds(fault.begins_at) and fault.begins_at <= until:
                others = [one.uid for one in lesson.people if one.uid != fault.uid]
                cause = {
                    "event_id": str(factor_of(fault.cause)),
                    "peer_id": str(others[0]) if others else "",
                    "ts": stamp(fault.begins_at),
                }
                yield {
                    "uid": str(fault.uid),
                    "room_id": lesson.cname,
                    "exp_id": EXPERIENCE,
                    "abnormal_list": [cause],
                }
