"""Agora's abnormal diagnosis of the 2020 document (000, "Abnormal diagnosis API")."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from bot.call import Direction
from bot.sandbox.clouds.agora.call_views import Json
from bot.sandbox.clouds.agora.codes import UNDOCUMENTED_FACTOR, experience_of, factor_of
from bot.sandbox.clouds.agora.params import Params, Window, check_look_back, check_span
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.scenario import Fault, SimulatedCall
from bot.sandbox.scenario.simulated_call import Role

LIVE_DELAY_S: Final = 90  # the document: 60 to 120
LIVE_LOOK_BACK_S: Final = 3600
MAX_ROWS: Final = 10
_MAX_TAGS: Final = 3
_MAX_WITNESSES: Final = 3
_NOTICED_OF_FIVE: Final = 2  # a fault that lasts makes a row in two minutes of five
_AT_ONCE_S: Final = 60
_GROUPS_FELT_BY_OTHERS: Final = frozenset({"network", "device", "user_action", "media"})


def get_diagnosis(request: Request, sim_calls: Iterable[SimulatedCall]) -> Response:
    """Answer live/diagnosis: the ten newest rows of the whole app; there is no paging."""
    params = Params(request.query)
    params.allow("start_ts", "end_ts", "appid")
    window = params.window()
    check_look_back(window, request.now, LIVE_LOOK_BACK_S)
    check_span(window, LIVE_LOOK_BACK_S)
    until = request.now - request.delay(LIVE_DELAY_S)
    rows = [row for sim_call in sim_calls for row in _rows(sim_call, window) if row["ts"] <= until]
    rows.sort(key=lambda row: (-row["ts"], row["cname"], row["user"]))
    return Response({"code": 200, "message": "success", "data": rows[:MAX_ROWS]})


def _rows(sim_call: SimulatedCall, window: Window) -> Iterator[Json]:
    """One row for each person who suffers in a minute; its tags name every fault they feel."""
    for minute in range(window.start // 60 * 60, window.end + 1, 60):
        felt: dict[tuple[int, int], list[Json]] = {}
        for fault in sim_call.faults_between(minute, minute + 59):
            if _noticed(sim_call, fault, minute):
                _fault_row_of(sim_call, fault, minute, felt)
        for (uid, experience), tags in felt.items():
            ts = _moment(sim_call, uid, minute)
            if window.start <= ts <= window.end:
                yield _row(sim_call, uid, experience, tags, ts)


def _noticed(sim_call: SimulatedCall, fault: Fault, minute: int) -> bool:
    """Short faults are noticed at once, lasting ones in some of their minutes."""
    if minute <= fault.begins_at or fault.ends_at - fault.begins_at <= _AT_ONCE_S:
        return True
    return _chance(sim_call, f"{fault.uid}:{minute}", 5) < _NOTICED_OF_FIVE


def _fault_row_of(
    sim_call: SimulatedCall, fault: Fault, minute: int, felt: dict[tuple[int, int], list[Json]]
) -> None:
    experience, factor = experience_of(fault.cause), factor_of(fault.cause)
    for uid in _affected_uids(sim_call, fault, minute):
        host = "" if uid == fault.uid else str(fault.uid)
        tags = felt.setdefault((uid, experience), [])
        tags.append({"factor_id": factor, "host_user": host})


def _affected_uids(sim_call: SimulatedCall, fault: Fault, minute: int) -> list[int]:
    """Return who is affected: by bad sending the others (some, in a large call), else oneself."""
    cause = fault.cause
    others = [
        person.uid
        for person in sim_call.people
        if person.uid != fault.uid
        and person.role is not Role.SERVER
        and any(
            session.joined_at < minute + 60 and minute < session.left_at
            for session in person.sessions
        )
    ][:_MAX_WITNESSES]
    if cause.group not in _GROUPS_FELT_BY_OTHERS or cause.direction is Direction.DOWN:
        return [fault.uid]
    if cause.direction is Direction.UP or cause.media is not None or cause.name == "busy":
        return others
    return [fault.uid, *others]


def _row(sim_call: SimulatedCall, uid: int, experience: int, tags: list[Json], ts: int) -> Json:
    return {
        "user": str(uid),
        "exp_id": experience,
        "cname": sim_call.cname,
        "cause_tags": _with_undocumented_factor(sim_call, tags, ts)[:_MAX_TAGS],
        "ts": ts,
    }


def _with_undocumented_factor(sim_call: SimulatedCall, tags: list[Json], ts: int) -> list[Json]:
    """Some rows carry factor 18, even twice, as the document's own sample does."""
    dice = _chance(sim_call, f"undocumented:{ts}", 8)
    host = str(sim_call.people[0].uid)
    if dice == 0:
        away = {"factor_id": UNDOCUMENTED_FACTOR, "host_user": host}
        return [away, *tags[:1], {"factor_id": UNDOCUMENTED_FACTOR, "host_user": ""}]
    if dice == 1:
        return [*tags, {"factor_id": UNDOCUMENTED_FACTOR, "host_user": ""}]
    return tags


def _moment(sim_call: SimulatedCall, uid: int, minute: int) -> int:
    return minute + _chance(sim_call, f"{uid}:{minute}", 60)


def _chance(sim_call: SimulatedCall, key: str, sides: int) -> int:
    return zlib.crc32(f"{sim_call.seed}:{key}".encode()) % sides
