"""Huawei's abnormal events (13.13, 13.14), derived from the faults of calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from bot.call import Direction
from bot.sandbox.clouds.huawei.codes import (
    DOWN_FACTORS,
    SLOW_JOIN,
    TYPE_NAMES,
    factor_of,
    short_factor,
    type_of,
)
from bot.sandbox.clouds.huawei.params import DAY_S, Params, Span, invalid, stamp
from bot.sandbox.clouds.server import Response
from bot.sandbox.scenario import Fault, SimulatedCall
from bot.sandbox.scenario.simulated_call import Role

Json = dict[str, Any]
EVENTS_DELAY_S: Final = 300  # the console: up to five minutes
_MINUTE_S: Final = 60
_MAX_WITNESSES: Final = 3
_FELT_BY_OTHERS: Final = frozenset({"user_action", "media", "reconnect", "session"})
_DIMENSIONS: Final = frozenset({"abnormal_type", "abnormal_factor"})


def list_events(params: Params, sim_calls: Iterable[SimulatedCall]) -> Response:
    """Answer 13.13: problems by user, the newest first; ten rows by default."""
    params.allow("app", "room_id", "uid", "start_time", "end_time", "limit", "offset")
    span = params.span(max_s=DAY_S)
    limit, offset = params.page()
    uid = params.optional("uid")
    rows = [row for row in _matching_rows(params, sim_calls, span) if uid in ("", row["uid"])]
    rows.sort(key=lambda row: (row["time"], row["uid"]), reverse=True)
    return Response({"total": len(rows), "events": rows[offset : offset + limit]})


def get_distribution(params: Params, sim_calls: Iterable[SimulatedCall]) -> Response:
    """Answer 13.14: the number of users by problem. Factors have a digit less (W33).

    With one dimension the other pair of fields is left out (W36).
    """
    params.allow("app", "room_id", "dimension", "start_time", "end_time")
    dimensions = params.several("dimension") or sorted(_DIMENSIONS)
    if not set(dimensions) <= _DIMENSIONS:
        raise invalid("dimension")
    span = params.span(max_s=DAY_S)
    users: dict[tuple[Any, ...], set[str]] = {}
    for row in _matching_rows(params, sim_calls, span):
        key = tuple(sorted((name, row[name]) for name in dimensions))
        users.setdefault(key, set()).add(row["uid"])
    return Response(
        {"dimensions": [_distribution_row(dict(key), len(who)) for key, who in users.items()]}
    )


def _distribution_row(key: Json, count: int) -> Json:
    row: Json = {}
    if "abnormal_type" in key:
        row["abnormal_type"] = key["abnormal_type"]
        row["abnormal_type_desc"] = TYPE_NAMES[key["abnormal_type"]]
    if "abnormal_factor" in key:
        row["abnormal_factor"] = short_factor(key["abnormal_factor"])
        row["abnormal_factor_desc"] = "..."
    return row | {"user_count": count}


def _matching_rows(
    params: Params, sim_calls: Iterable[SimulatedCall], span: Span
) -> Iterator[Json]:
    room_id = params.optional("room_id")
    until = params.request.now - params.request.delay(EVENTS_DELAY_S)
    for sim_call in sim_calls:
        if room_id in ("", sim_call.cname):
            for row, at in _rows(sim_call):
                if span.holds(at) and at <= until:
                    yield row


def _rows(sim_call: SimulatedCall) -> Iterator[tuple[Json, float]]:
    """A fault makes a row for each who suffers at its begin and at every minute it goes on."""
    for fault in sim_call.faults:
        first = int(fault.begins_at) + 5
        for at in range(first, max(first + 1, int(fault.ends_at)), _MINUTE_S):
            for uid in _affected_uids(sim_call, fault, at):
                yield _row(sim_call, fault, uid, at), float(at)


def _affected_uids(sim_call: SimulatedCall, fault: Fault, at: float) -> Sequence[int]:
    """Return who is affected by a fault: for sending, the others; else the person."""
    cause = fault.cause
    if cause.group == "join" or cause.direction is Direction.DOWN or cause.name == "wifi_weak":
        return [fault.uid]
    others = [
        person.uid
        for person in sim_call.people
        if person.uid != fault.uid
        and person.role is not Role.SERVER
        and any(session.joined_at <= at < session.left_at for session in person.sessions)
    ][:_MAX_WITNESSES]
    if cause.direction is Direction.UP or cause.group in _FELT_BY_OTHERS or cause.name == "busy":
        return others
    return [fault.uid, *others]


def _row(sim_call: SimulatedCall, fault: Fault, uid: int, at: int) -> Json:
    kind, factor = type_of(fault.cause), factor_of(fault.cause)
    location, peer = _where(sim_call, fault, uid, factor)
    return {
        "time": stamp(at),
        "uid": str(uid),
        "room_id": sim_call.cname,
        "stage": "join_room" if kind == SLOW_JOIN else "communication",
        "location": location,
        "peer_uid": peer,
        "abnormal_type": kind,
        "abnormal_type_desc": TYPE_NAMES[kind],
        "abnormal_factor": factor,
        "abnormal_factor_desc": "...",
    }


def _where(sim_call: SimulatedCall, fault: Fault, uid: int, factor: int) -> tuple[str, str]:
    """Return where it happened; the downlink is called remote, as in the sample (W37)."""
    if uid != fault.uid:
        return "remote", str(fault.uid)
    senders = [one.uid for one in sim_call.people if one.sends and one.uid != uid]
    if factor in DOWN_FACTORS and type_of(fault.cause) != SLOW_JOIN and senders:
        return "remote", str(senders[0])
    return "local", ""
