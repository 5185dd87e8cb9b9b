"""The kinds of lesson we can stage: which fault, at whose end, and what should be found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.call import Direction, Media, Side
from bot.causes import Cause
from bot.sandbox.scenario.simulated_call import (
    NO_CAUSE,
    STUDENT_UID,
    TEACHER_UID,
    UNKNOWN_CAUSE,
    Complaint,
    Device,
    Expected,
    Fault,
    Lesson,
    Person,
    Role,
    Stay,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_A, _V = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN
_T, _S = Side.TEACHER, Side.STUDENT
_LEAD_S: Final = 150.0  # a fault is felt this long before somebody complains
_TAIL_S: Final = 120.0  # and goes on this long
_FAR_S: Final = 900.0  # the distance of a fault that has nothing to do with the complaint
_SLOW_JOIN_S: Final = 24.0
_OUTAGE_S: Final = 25.0
_SHORT_S: Final = 25.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of lesson. `cause` None: nothing is wrong near the complaint."""

    cause: Cause | None
    side: Side | None = None
    suffers: Side = Side.STUDENT
    comment: str = ""
    shape: str = "plain"


@dataclass(frozen=True, slots=True)
class _Draft:
    """A lesson being put together: the healthy one, and the kind it is to become."""

    lesson: Lesson
    kind: Kind
    severity: float
    lasting: bool = False

    @property
    def uid(self) -> int:
        """The uid at whose end the fault lies."""
        return TEACHER_UID if self.kind.side is _T else STUDENT_UID

    def fault(self, begins_at: float, ends_at: float) -> Fault:
        """Build the kind's fault. Raises ValueError for a kind without a cause."""
        if self.kind.cause is None:
            raise ValueError(self.kind)
        return Fault(self.kind.cause, self.uid, begins_at, ends_at, self.severity)


KINDS: Final[dict[str, Kind]] = {
    "wifi_weak_student": Kind(Cause("network", "wifi_weak"), _S, _S, "一直卡"),
    "wifi_weak_teacher": Kind(Cause("network", "wifi_weak"), _T, _S, "老师一卡一卡的"),
    "uplink_loss_video": Kind(Cause("network", "loss", _V, _UP), _T, _S, "画面卡顿"),
    "uplink_loss_audio": Kind(Cause("network", "loss", _A, _UP), _T, _S, "听不清老师"),
    "uplink_loss_student": Kind(Cause("network", "loss", _V, _UP), _S, _T, "学生画面糊"),
    "downlink_loss_video": Kind(Cause("network", "loss", _V, _DOWN), _S, _S, "画面卡"),
    "downlink_loss_audio": Kind(Cause("network", "loss", _A, _DOWN), _S, _S, "声音断断续续"),
    "downlink_loss_teacher": Kind(Cause("network", "loss", _V, _DOWN), _T, _T, "看学生卡"),
    "latency_up_video": Kind(Cause("network", "latency", _V, _UP), _T, _S, "延迟很大"),
    "latency_down_video": Kind(Cause("network", "latency", _V, _DOWN), _S, _S, "延迟"),
    "latency_down_audio": Kind(Cause("network", "latency", _A, _DOWN), _S, _S, "声音慢"),
    "jitter_up_audio": Kind(Cause("network", "jitter", _A, _UP), _T, _S, "声音抖"),
    "jitter_down_video": Kind(Cause("network", "jitter", _V, _DOWN), _S, _S, "画面忽快忽慢"),
    "cpu_high_teacher": Kind(Cause("device", "cpu_high"), _T, _S, "老师画面不流畅"),
    "cpu_high_student": Kind(Cause("device", "cpu_high"), _S, _S, "电脑很烫很卡"),
    "app_cpu_high_student": Kind(Cause("device", "app_cpu_high"), _S, _S, "软件卡"),
    "capture_low_teacher": Kind(Cause("device", "busy"), _T, _S, "老师画面像幻灯片"),
    "stopped_video_teacher": Kind(
        Cause("user_action", "stopped_sending", _V, _UP), _T, _S, "看不到老师"
    ),
    "stopped_audio_teacher": Kind(
        Cause("user_action", "stopped_sending", _A, _UP), _T, _S, "听不到老师"
    ),
    "stopped_audio_student": Kind(
        Cause("user_action", "stopped_sending", _A, _UP), _S, _T, "听不到学生"
    ),
    "module_off_video": Kind(Cause("user_action", "module_off", _V), _T, _S, "没有画面"),
    "stopped_receiving": Kind(
        Cause("user_action", "peer_stopped_receiving", _V, _DOWN), _S, _S, "没有画面"
    ),
    "slow_join": Kind(Cause("join", "timeout"), _S, _S, "进教室很慢", "slow_join"),
    "join_failed": Kind(Cause("join", "expired_token"), _S, _S, "进不去教室", "join_failed"),
    "rejoin": Kind(Cause("reconnect", "network_down"), _S, _S, "掉线了", "rejoin"),
    "reconnect": Kind(Cause("reconnect", "ip_changed"), _S, _S, "断了一下", "reconnect"),
    "removed": Kind(Cause("session", "removed"), _S, _S, "被踢出教室", "removed"),
    "healthy": Kind(None, comment="好像有点卡", shape="healthy"),
    "too_little": Kind(None, comment="卡", shape="too_little"),
    "one_end_missing": Kind(None, comment="学生没来", shape="one_end_missing"),
    "outside": Kind(Cause("network", "loss", _V, _UP), _T, _S, "刚才卡", "outside"),
    "two_faults": Kind(Cause("network", "loss", _V, _UP), _T, _S, "又卡又糊", "two_faults"),
}


def build_lesson(
    kind: str,
    cname: str,
    *,
    seed: int,
    started_at: float,
    length_s: float = 2700.0,
    complaint_after_s: float = 1500.0,
    severity: float = 0.6,
    lasting: bool = False,
    app: str = "kids",
    title: str = "",
    teacher_device: Device | None = None,
    student_device: Device | None = None,
) -> Lesson:
    """Stage one lesson of a kind in KINDS; equal arguments give an equal lesson.

    `lasting` faults go on until the lesson ends, so that a complaint made later meets them too.
    """
    plan = KINDS[kind]
    ended_at = started_at + length_s
    teacher = _present(TEACHER_UID, Role.TEACHER, teacher_device, started_at, ended_at)
    student = _present(STUDENT_UID, Role.STUDENT, student_device, started_at + 35, ended_at - 4)
    complaint = Complaint(started_at + complaint_after_s, plan.suffers, plan.comment)
    healthy = Lesson(
        cname=cname,
        seed=seed,
        started_at=started_at,
        ended_at=ended_at,
        people=(teacher, student),
        complaint=complaint,
        expected=Expected(NO_CAUSE),
        app=app,
        title=title or kind,
    )
    return _SHAPES[plan.shape](_Draft(healthy, plan, severity, lasting))


def _present(
    uid: int, role: Role, device: Device | None, joined_at: float, left_at: float
) -> Person:
    default = Device() if role is Role.TEACHER else Device("Android", "Android (10)", "3.1.2")
    return Person(uid, role, device or default, (Stay(joined_at - 1, joined_at, left_at),))


def expect(fault: Fault, side: Side | None) -> Expected:
    """Turn a fault into what a diagnosis should find."""
    cause = fault.cause
    return Expected(
        cause.key, cause.media, cause.direction, side, fault.uid, fault.begins_at, fault.ends_at
    )


def with_stays(lesson: Lesson, uid: int, *stays: Stay) -> Lesson:
    """Return the lesson with other stays for one person."""
    people = tuple(
        replace(person, stays=stays) if person.uid == uid else person for person in lesson.people
    )
    return replace(lesson, people=people)


def _afflicted(draft: _Draft, fault: Fault, lesson: Lesson | None = None) -> Lesson:
    return replace(lesson or draft.lesson, faults=(fault,), expected=expect(fault, draft.kind.side))


def _plain(draft: _Draft) -> Lesson:
    at = draft.lesson.complaint.at
    ends_at = draft.lesson.ended_at if draft.lasting else at + _TAIL_S
    return _afflicted(draft, draft.fault(at - _LEAD_S, ends_at))


def _healthy(draft: _Draft) -> Lesson:
    return draft.lesson


def _outside(draft: _Draft) -> Lesson:
    """The fault was over long before the time the complaint names."""
    at = draft.lesson.complaint.at
    return replace(draft.lesson, faults=(draft.fault(at - _FAR_S, at - _FAR_S + 180),))


def _two_faults(draft: _Draft) -> Lesson:
    """The sender's fault is the one to name: a bad sender comes before who sees it."""
    lesson = _plain(draft)
    first = lesson.faults[0]
    cpu = Cause("device", "cpu_high")
    second = Fault(cpu, STUDENT_UID, first.begins_at, first.ends_at, draft.severity)
    return replace(lesson, faults=(*lesson.faults, second))


def _slow_join(draft: _Draft) -> Lesson:
    """The person complains about the wait half a minute after getting in at last."""
    lesson = draft.lesson
    asked_at = lesson.started_at + 90
    stay = Stay(asked_at, asked_at + _SLOW_JOIN_S, lesson.ended_at)
    complaint = replace(lesson.complaint, at=stay.joined_at + 30)
    slow = with_stays(replace(lesson, complaint=complaint), draft.uid, stay)
    return _afflicted(draft, draft.fault(asked_at, stay.joined_at), slow)


def _join_failed(draft: _Draft) -> Lesson:
    lesson = draft.lesson
    asked_at = lesson.complaint.at - 60
    return _afflicted(draft, draft.fault(asked_at, asked_at + 60), with_stays(lesson, draft.uid))


def _rejoin(draft: _Draft) -> Lesson:
    """Gone for some seconds, back with a session of its own."""
    lesson = draft.lesson
    first = lesson.person(draft.uid).stays[0]
    gone_at = lesson.complaint.at - 20
    back_at = gone_at + _OUTAGE_S
    stays = (
        replace(first, left_at=gone_at),
        Stay(gone_at + 2, back_at, first.left_at),
    )
    return _afflicted(draft, draft.fault(gone_at, back_at), with_stays(lesson, draft.uid, *stays))


def _reconnect(draft: _Draft) -> Lesson:
    """Offline for some seconds within one session."""
    gone_at = draft.lesson.complaint.at - 20
    return _afflicted(draft, draft.fault(gone_at, gone_at + _OUTAGE_S))


def _removed(draft: _Draft) -> Lesson:
    lesson = draft.lesson
    at = lesson.complaint.at
    first = lesson.person(draft.uid).stays[0]
    shorter = with_stays(lesson, draft.uid, replace(first, left_at=at))
    return _afflicted(draft, draft.fault(at, at + 30), shorter)


def _too_little(draft: _Draft) -> Lesson:
    """The student was in the room for some seconds only."""
    lesson = draft.lesson
    joined_at = lesson.complaint.at - _SHORT_S / 2
    stay = Stay(joined_at - 1, joined_at, joined_at + _SHORT_S)
    short = with_stays(lesson, STUDENT_UID, stay)
    return replace(short, expected=Expected(UNKNOWN_CAUSE))


def _one_end_missing(draft: _Draft) -> Lesson:
    teacher = draft.lesson.first(Role.TEACHER)
    return replace(draft.lesson, people=(teacher,), expected=Expected(UNKNOWN_CAUSE))


_SHAPES: Final[dict[str, Callable[[_Draft], Lesson]]] = {
    "plain": _plain,
    "healthy": _healthy,
    "outside": _outside,
    "two_faults": _two_faults,
    "slow_join": _slow_join,
    "join_failed": _join_failed,
    "rejoin": _rejoin,
    "reconnect": _reconnect,
    "removed": _removed,
    "too_little": _too_little,
    "one_end_missing": _one_end_missing,
}
