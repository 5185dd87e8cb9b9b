"""Huawei's own diagnosis (13.13, 13.14), derived from the faults of lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.call import Direction
from bot.sandbox.clouds.huawei.codes import (
    DOWN_FACTORS,
    SLOW_JOIN,
    TYPE_WORDS,
    factor_of,
    short_factor,
    type_of,
)
from bot.sandbox.clouds.huawei.params import DAY_S, Params, invalid, stamp
from bot.sandbox.clouds.server import Answer
from bot.sandbox.scenario.simulated_call import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.sandbox.clouds.huawei.params import Span
    from bot.sandbox.scenario import Fault, Lesson

Json = dict[str, Any]
EVENTS_DELAY_S: Final = 300  # the console: up to five minutes
_MINUTE_S: Final = 60
_MOST_WITNESSES: Final = 3
_FELT_BY_OTHERS: Final = frozenset({"user_action", "media", "reconnect", "session"})
_DIMENSIONS: Final = frozenset({"abnormal_type", "abnormal_factor"})


def tell_events(params: Params, lessons: Iterable[Lesson]) -> Answer:
    """Answer 13.13: what went wrong for whom, the newest first; ten rows unless more are asked."""
    params.allow("app", "room_id", "uid", "start_time", "end_time", "limit", "offset")
    span = params.span(most_s=DAY_S)
    limit, offset = params.page()
    uid = params.optional("uid")
    rows = [row for row in _found(params, lessons, span) if uid in ("", row["uid"])]
    rows.sort(key=lambda row: (row["time"], row["uid"]), reverse=True)
    return Answer({"total": len(rows), "events": rows[offset : offset + limit]})


def tell_distribution(params: Params, lessons: Iterable[Lesson]) -> Answer:
    """Answer 13.14: how many users had what. Factors come with a digit less (W33).

    With one dimension the other pair of fields is left out (W36).
    """
    params.allow("app", "room_id", "dimension", "start_time", "end_time")
    dimensions = params.several("dimension") or sorted(_DIMENSIONS)
    if not set(dimensions) <= _DIMENSIONS:
        raise invalid("dimension")
    span = params.span(most_s=DAY_S)
    users: dict[tuple[Any, ...], set[str]] = {}
    for row in _found(params, lessons, span):
        key = tuple(sorted((name, row[name]) for name in dimensions))
        users.setdefault(key, set()).add(row["uid"])
    return Answer({"dimensions": [_slice(dict(key), len(who)) for key, who in users.items()]})


def _slice(found: Json, count: int) -> Json:
    row: Json = {}
    if "abnormal_type" in found:
        row["abnormal_type"] = found["abnormal_type"]
        row["abnormal_type_desc"] = TYPE_WORDS[found["abnormal_type"]]
    if "abnormal_factor" in found:
        row["abnormal_factor"] = short_factor(found["abnormal_factor"])
        row["abnormal_factor_desc"] = "..."
    return row | {"user_count": count}


def _found(params: Params, lessons: Iterable[Lesson], span: Span) -> Iterator[Json]:
    room_id = params.optional("room_id")
    until = params.ask.now - params.ask.delay(EVENTS_DELAY_S)
    for lesson in lessons:
        if room_id in ("", lesson.cname):
            for row, at in _rows(lesson):
                if span.holds(at) and at <= until:
                    yield row


def _rows(lesson: Lesson) -> Iterator[tuple[Json, float]]:
    """A fault makes a row for each who suffers at its begin and at every minute it goes on."""
    for fault in lesson.faults:
        first = int(fault.begins_at) + 5
        for at in range(first, max(first + 1, int(fault.ends_at)), _MINUTE_S):
            for uid in _victims(lesson, fault, at):
                yield _row(lesson, fault, uid, at), float(at)


def _victims(lesson: Lesson, fault: Fault, at: float) -> Sequence[int]:
    """Tell who feels a fault: others what is not sent well, oneself the rest."""
    cause = fault.cause
    if cause.group == "join" or cause.direction is Direction.DOWN or cause.name == "wifi_weak":
        return [fault.uid]
    others = [
        person.uid
        for person in lesson.people
        if person.uid != fault.uid
        and person.role is not Role.SERVER
        and any(stay.joined_at <= at < stay.left_at for stay in person.stays)
    ][:_MOST_WITNESSES]
    if cause.direction is Direction.UP or cause.group in _FELT_BY_OTHERS or cause.name == "busy":
        return others
    return [fault.uid, *others]


def _row(lesson: Lesson, fault: Fault, uid: int, at: int) -> Json:
    kind, factor = type_of(fault.cause), factor_of(fault.cause)
    location, peer = _where(lesson, fault, uid, factor)
    return {
        "time": stamp(at),
        "uid": str(uid),
        "room_id": lesson.cname,
        "stage": "join_room" if kind == SLOW_JOIN else "communication",
        "location": location,
        "peer_uid": peer,
        "abnormal_type": kind,
        "abnormal_type_desc": TYPE_WORDS[kind],
        "abnormal_factor": factor,
        "abnormal_factor_desc": "...",
    }


def _where(lesson: Lesson, fault: Fault, uid: int, factor: int) -> tuple[str, str]:
    """Tell where it happened; the way down is called remote, as the sample has it (W37)."""
    if uid != fault.uid:
        return "remote", str(fault.uid)
    senders = [one.uid for one in lesson.people if one.sends and one.uid != uid]
    if factor in DOWN_FACTORS and type_of(fault.cause) != SLOW_JOIN and senders:
        return "remote", str(senders[0])
    return "local", ""
