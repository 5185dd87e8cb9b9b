"""Agora's abnormal diagnosis of the 2020 document (000, "Abnormal diagnosis API")."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from bot.call import Direction
from bot.sandbox.clouds.agora.codes import UNDOCUMENTED_FACTOR, experience_of, factor_of
from bot.sandbox.clouds.agora.params import Params, Window, check_look_back, check_span
from bot.sandbox.clouds.server import Answer
from bot.sandbox.scenario.simulated_call import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.sandbox.clouds.agora.view import Json
    from bot.sandbox.clouds.server import Ask
    from bot.sandbox.scenario import Fault, Lesson

LIVE_DELAY_S: Final = 90  # the document: 60 to 120
LIVE_LOOK_BACK_S: Final = 3600
MOST_ROWS: Final = 10
_MOST_TAGS: Final = 3
_MOST_WITNESSES: Final = 3
_NOTICED_OF_FIVE: Final = 2  # a fault that lasts makes a row in two minutes of five
_AT_ONCE_S: Final = 60
_GROUPS_FELT_BY_OTHERS: Final = frozenset({"network", "device", "user_action", "media"})


def tell_diagnosis(ask: Ask, lessons: Iterable[Lesson]) -> Answer:
    """Answer live/diagnosis: the ten newest rows of the whole app; there is no paging."""
    params = Params(ask.query)
    params.allow("start_ts", "end_ts", "appid")
    window = params.window()
    check_look_back(window, ask.now, LIVE_LOOK_BACK_S)
    check_span(window, LIVE_LOOK_BACK_S)
    until = ask.now - ask.delay(LIVE_DELAY_S)
    rows = [row for lesson in lessons for row in _rows(lesson, window) if row["ts"] <= until]
    rows.sort(key=lambda row: (-row["ts"], row["cname"], row["user"]))
    return Answer({"code": 200, "message": "success", "data": rows[:MOST_ROWS]})


def _rows(lesson: Lesson, window: Window) -> Iterator[Json]:
    """One row for each person who suffers in a minute; its tags name every fault they feel."""
    for minute in range(window.start // 60 * 60, window.end + 1, 60):
        felt: dict[tuple[int, int], list[Json]] = {}
        for fault in lesson.faults_between(minute, minute + 59):
            if _noticed(lesson, fault, minute):
                _blame(lesson, fault, minute, felt)
        for (uid, experience), tags in felt.items():
            ts = _moment(lesson, uid, minute)
            if window.start <= ts <= window.end:
                yield _row(lesson, uid, experience, tags, ts)


def _noticed(lesson: Lesson, fault: Fault, minute: int) -> bool:
    """Short faults are noticed at once, lasting ones in some of their minutes."""
    if minute <= fault.begins_at or fault.ends_at - fault.begins_at <= _AT_ONCE_S:
        return True
    return _chance(lesson, f"{fault.uid}:{minute}", 5) < _NOTICED_OF_FIVE


def _blame(
    lesson: Lesson, fault: Fault, minute: int, felt: dict[tuple[int, int], list[Json]]
) -> None:
    experience, factor = experience_of(fault.cause), factor_of(fault.cause)
    for uid in _victims(lesson, fault, minute):
        host = "" if uid == fault.uid else str(fault.uid)
        tags = felt.setdefault((uid, experience), [])
        tags.append({"factor_id": factor, "host_user": host})


def _victims(lesson: Lesson, fault: Fault, minute: int) -> list[int]:
    """Tell who feels a fault: others (some, in a big class) what is sent, oneself the rest."""
    cause = fault.cause
    others = [
        person.uid
        for person in lesson.people
        if person.uid != fault.uid
        and person.role is not Role.SERVER
        and any(stay.joined_at < minute + 60 and minute < stay.left_at for stay in person.stays)
    ][:_MOST_WITNESSES]
    if cause.group not in _GROUPS_FELT_BY_OTHERS or cause.direction is Direction.DOWN:
        return [fault.uid]
    if cause.direction is Direction.UP or cause.media is not None or cause.name == "busy":
        return others
    return [fault.uid, *others]


def _row(lesson: Lesson, uid: int, experience: int, tags: list[Json], ts: int) -> Json:
    return {
        "user": str(uid),
        "exp_id": experience,
        "cname": lesson.cname,
        "cause_tags": _with_riddles(lesson, tags, ts)[:_MOST_TAGS],
        "ts": ts,
    }


def _with_riddles(lesson: Lesson, tags: list[Json], ts: int) -> list[Json]:
    """Some rows carry factor 18, even twice, as the document's own sample does."""
    riddle = _chance(lesson, f"riddle:{ts}", 8)
    host = str(lesson.people[0].uid)
    if riddle == 0:
        away = {"factor_id": UNDOCUMENTED_FACTOR, "host_user": host}
        return [away, *tags[:1], {"factor_id": UNDOCUMENTED_FACTOR, "host_user": ""}]
    if riddle == 1:
        return [*tags, {"factor_id": UNDOCUMENTED_FACTOR, "host_user": ""}]
    return tags


def _moment(lesson: Lesson, uid: int, minute: int) -> int:
    return minute + _chance(lesson, f"{uid}:{minute}", 60)


def _chance(lesson: Lesson, key: str, sides: int) -> int:
    return zlib.crc32(f"{lesson.seed}:{key}".encode()) % sides
