"""Huawei's client events (13.11, 13.12), in the form of the table or of the sample."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bot.sandbox.clouds.huawei.calls import SessionView, region_of, session_views
from bot.sandbox.clouds.huawei.codes import factor_of
from bot.sandbox.clouds.huawei.params import (
    DAY_S,
    HOUR_S,
    Params,
    Span,
    check_look_back,
    plain_text_error,
    stamp,
)
from bot.sandbox.clouds.server import Response
from bot.sandbox.scenario import SimulatedCall

Json = dict[str, Any]
CLIENT_DELAY_S: Final = 300
LOOK_BACK_S: Final = 5 * DAY_S
JOINED: Final = "18"  # the sample's number; the document has no table of them (W31)
EXPERIENCE: Final = "954350051"
_BEIJING: Final = dt.timezone(dt.timedelta(hours=8))


def list_events(params: Params, sim_calls: Iterable[SimulatedCall], shape: str) -> Response:
    """Answer 13.11. `shape`: `data` as the sample has it, `flat` (one event) as the table has."""
    params.allow("app_id", "room_id", "start_time", "end_time")
    if not params.optional("room_id"):
        raise plain_text_error("need app_id room_id args")  # optional in the table, and yet (W29)
    span = params.span(max_s=HOUR_S, required=True)
    check_look_back(params.request, span, LOOK_BACK_S)
    rows = list(_joins(params, sim_calls, span))
    if shape == "flat" and rows:
        return Response({"event_id" if key == "evnet_id" else key: rows[0][key] for key in rows[0]})
    return Response({"data": rows})


def list_experiences(params: Params, sim_calls: Iterable[SimulatedCall], shape: str) -> Response:
    """Answer 13.12. `shape`: `object` (one person) as the table has it, `list` or `data`."""
    params.allow("app_id", "room_id", "start_time", "end_time")
    span = params.span(max_s=HOUR_S, required=True)
    check_look_back(params.request, span, LOOK_BACK_S)
    rows = list(_experiences(params, sim_calls, span))
    if shape == "object":
        nobody = {"uid": "", "room_id": "", "exp_id": "", "abnormal_list": None}
        return Response(rows[0] if rows else nobody)
    return Response(rows if shape == "list" else {"data": rows})


def _joins(params: Params, sim_calls: Iterable[SimulatedCall], span: Span) -> Iterator[Json]:
    until = params.request.now - params.request.delay(CLIENT_DELAY_S)
    for sim_call in sim_calls:
        if sim_call.cname == params.optional("room_id"):
            for one in session_views(sim_call, until):
                if span.holds(int(one.session.joined_at)):
                    at = stamp(one.session.joined_at)
                    yield {"ctime": at, "evnet_id": JOINED, "event_info": _info(one)}


def _info(one: SessionView) -> str:
    """JSON in a text whose quotes are escaped once more, with names and addresses (W28)."""
    device, at = one.person.device, one.session.joined_at
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
        "roomId": one.sim_call.cname,
        "session": one.session_id,
        "start": int(one.session.join_started_at),
        "success": 1,
        "uid": str(one.person.uid),
        "v": device.sdk,
    }
    return json.dumps(info, ensure_ascii=False).replace('"', '\\"')


def _experiences(params: Params, sim_calls: Iterable[SimulatedCall], span: Span) -> Iterator[Json]:
    until = params.request.now - params.request.delay(CLIENT_DELAY_S)
    for sim_call in sim_calls:
        if params.optional("room_id") not in ("", sim_call.cname):
            continue
        for fault in sim_call.faults:
            if span.holds(fault.begins_at) and fault.begins_at <= until:
                others = [one.uid for one in sim_call.people if one.uid != fault.uid]
                cause = {
                    "event_id": str(factor_of(fault.cause)),
                    "peer_id": str(others[0]) if others else "",
                    "ts": stamp(fault.begins_at),
                }
                yield {
                    "uid": str(fault.uid),
                    "room_id": sim_call.cname,
                    "exp_id": EXPERIENCE,
                    "abnormal_list": [cause],
                }
