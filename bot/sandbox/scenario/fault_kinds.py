"""The kinds of simulated call: which fault, on whose side, and the cause to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

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
    Person,
    Role,
    SimulatedCall,
    SimulatedSession,
)

_AUDIO, _VIDEO = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN
_TEACHER, _STUDENT = Side.TEACHER, Side.STUDENT
_BEFORE_COMPLAINT_S: Final = 150.0  # a fault is felt this long before somebody complains
_AFTER_COMPLAINT_S: Final = 120.0  # and goes on this long
_LONG_BEFORE_S: Final = 900.0  # the distance of a fault that has nothing to do with the complaint
_SLOW_JOIN_S: Final = 24.0
_OUTAGE_S: Final = 25.0
_SHORT_S: Final = 25.0


@dataclass(frozen=True, slots=True)
class CallKind:
    """One kind of call. `cause` None: nothing is wrong near the complaint."""

    cause: Cause | None
    side: Side | None = None
    affected_side: Side = Side.STUDENT
    comment: str = ""
    fault_pattern: str = "plain"


@dataclass(frozen=True, slots=True)
class _CallDraft:
    """A call under construction: the healthy call, and the kind it becomes."""

    sim_call: SimulatedCall
    kind: CallKind
    severity: float
    until_end: bool = False

    @property
    def uid(self) -> int:
        """The uid at whose end the fault lies."""
        return TEACHER_UID if self.kind.side is _TEACHER else STUDENT_UID

    def fault(self, begins_at: float, ends_at: float) -> Fault:
        """Build the kind's fault. Raises ValueError for a kind without a cause."""
        if self.kind.cause is None:
            raise ValueError(self.kind)
        return Fault(self.kind.cause, self.uid, begins_at, ends_at, self.severity)


KINDS: Final[dict[str, CallKind]] = {
    "wifi_weak_student": CallKind(Cause("network", "wifi_weak"), _STUDENT, _STUDENT, "一直卡"),
    "wifi_weak_teacher": CallKind(
        Cause("network", "wifi_weak"), _TEACHER, _STUDENT, "老师一卡一卡的"
    ),
    "uplink_loss_video": CallKind(
        Cause("network", "loss", _VIDEO, _UP), _TEACHER, _STUDENT, "画面卡顿"
    ),
    "uplink_loss_audio": CallKind(
        Cause("network", "loss", _AUDIO, _UP), _TEACHER, _STUDENT, "听不清老师"
    ),
    "uplink_loss_student": CallKind(
        Cause("network", "loss", _VIDEO, _UP), _STUDENT, _TEACHER, "学生画面糊"
    ),
    "downlink_loss_video": CallKind(
        Cause("network", "loss", _VIDEO, _DOWN), _STUDENT, _STUDENT, "画面卡"
    ),
    "downlink_loss_audio": CallKind(
        Cause("network", "loss", _AUDIO, _DOWN), _STUDENT, _STUDENT, "声音断断续续"
    ),
    "downlink_loss_teacher": CallKind(
        Cause("network", "loss", _VIDEO, _DOWN), _TEACHER, _TEACHER, "看学生卡"
    ),
    "latency_up_video": CallKind(
        Cause("network", "latency", _VIDEO, _UP), _TEACHER, _STUDENT, "延迟很大"
    ),
    "latency_down_video": CallKind(
        Cause("network", "latency", _VIDEO, _DOWN), _STUDENT, _STUDENT, "延迟"
    ),
    "latency_down_audio": CallKind(
        Cause("network", "latency", _AUDIO, _DOWN), _STUDENT, _STUDENT, "声音慢"
    ),
    "jitter_up_audio": CallKind(
        Cause("network", "jitter", _AUDIO, _UP), _TEACHER, _STUDENT, "声音抖"
    ),
    "jitter_down_video": CallKind(
        Cause("network", "jitter", _VIDEO, _DOWN), _STUDENT, _STUDENT, "画面忽快忽慢"
    ),
    "cpu_high_teacher": CallKind(Cause("device", "cpu_high"), _TEACHER, _STUDENT, "老师画面不流畅"),
    "cpu_high_student": CallKind(Cause("device", "cpu_high"), _STUDENT, _STUDENT, "电脑很烫很卡"),
    "app_cpu_high_student": CallKind(Cause("device", "app_cpu_high"), _STUDENT, _STUDENT, "软件卡"),
    "capture_low_teacher": CallKind(
        Cause("device", "busy"), _TEACHER, _STUDENT, "老师画面像幻灯片"
    ),
    "stopped_video_teacher": CallKind(
        Cause("user_action", "stopped_sending", _VIDEO, _UP), _TEACHER, _STUDENT, "看不到老师"
    ),
    "stopped_audio_teacher": CallKind(
        Cause("user_action", "stopped_sending", _AUDIO, _UP), _TEACHER, _STUDENT, "听不到老师"
    ),
    "stopped_audio_student": CallKind(
        Cause("user_action", "stopped_sending", _AUDIO, _UP), _STUDENT, _TEACHER, "听不到学生"
    ),
    "module_off_video": CallKind(
        Cause("user_action", "module_off", _VIDEO), _TEACHER, _STUDENT, "没有画面"
    ),
    "stopped_receiving": CallKind(
        Cause("user_action", "peer_stopped_receiving", _VIDEO, _DOWN),
        _STUDENT,
        _STUDENT,
        "没有画面",
    ),
    "slow_join": CallKind(Cause("join", "timeout"), _STUDENT, _STUDENT, "进教室很慢", "slow_join"),
    "join_failed": CallKind(
        Cause("join", "expired_token"), _STUDENT, _STUDENT, "进不去教室", "join_failed"
    ),
    "rejoin": CallKind(Cause("reconnect", "network_down"), _STUDENT, _STUDENT, "掉线了", "rejoin"),
    "reconnect": CallKind(
        Cause("reconnect", "ip_changed"), _STUDENT, _STUDENT, "断了一下", "reconnect"
    ),
    "removed": CallKind(Cause("session", "removed"), _STUDENT, _STUDENT, "被踢出教室", "removed"),
    "healthy": CallKind(None, comment="好像有点卡", fault_pattern="healthy"),
    "too_little": CallKind(None, comment="卡", fault_pattern="too_little"),
    "one_end_missing": CallKind(None, comment="学生没来", fault_pattern="one_end_missing"),
    "outside": CallKind(
        Cause("network", "loss", _VIDEO, _UP), _TEACHER, _STUDENT, "刚才卡", "outside"
    ),
    "two_faults": CallKind(
        Cause("network", "loss", _VIDEO, _UP), _TEACHER, _STUDENT, "又卡又糊", "two_faults"
    ),
}


def build_simulated_call(
    kind: str,
    cname: str,
    *,
    seed: int,
    started_at: float,
    length_s: float = 2700.0,
    complaint_after_s: float = 1500.0,
    severity: float = 0.6,
    until_end: bool = False,
    app: str = "kids",
    title: str = "",
    teacher_device: Device | None = None,
    student_device: Device | None = None,
) -> SimulatedCall:
    """Build one call of a kind in KINDS; equal arguments give an equal call.

    `until_end` faults last until the call ends, so that they also affect a later complaint.
    """
    plan = KINDS[kind]
    ended_at = started_at + length_s
    teacher = _present(TEACHER_UID, Role.TEACHER, teacher_device, started_at, ended_at)
    student = _present(STUDENT_UID, Role.STUDENT, student_device, started_at + 35, ended_at - 4)
    complaint = Complaint(started_at + complaint_after_s, plan.affected_side, plan.comment)
    healthy = SimulatedCall(
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
    return _FAULT_PATTERNS[plan.fault_pattern](_CallDraft(healthy, plan, severity, until_end))


def _present(
    uid: int, role: Role, device: Device | None, joined_at: float, left_at: float
) -> Person:
    default = Device() if role is Role.TEACHER else Device("Android", "Android (10)", "3.1.2")
    return Person(
        uid, role, device or default, (SimulatedSession(joined_at - 1, joined_at, left_at),)
    )


def expected_from(fault: Fault, side: Side | None) -> Expected:
    """Turn a fault into what a diagnosis should find."""
    cause = fault.cause
    return Expected(
        cause.key, cause.media, cause.direction, side, fault.uid, fault.begins_at, fault.ends_at
    )


def with_sessions(sim_call: SimulatedCall, uid: int, *sessions: SimulatedSession) -> SimulatedCall:
    """Return the call with other sessions for one person."""
    people = tuple(
        replace(person, sessions=sessions) if person.uid == uid else person
        for person in sim_call.people
    )
    return replace(sim_call, people=people)


def _with_fault(
    draft: _CallDraft, fault: Fault, sim_call: SimulatedCall | None = None
) -> SimulatedCall:
    return replace(
        sim_call or draft.sim_call, faults=(fault,), expected=expected_from(fault, draft.kind.side)
    )


def _plain(draft: _CallDraft) -> SimulatedCall:
    at = draft.sim_call.complaint.at
    ends_at = draft.sim_call.ended_at if draft.until_end else at + _AFTER_COMPLAINT_S
    return _with_fault(draft, draft.fault(at - _BEFORE_COMPLAINT_S, ends_at))


def _healthy(draft: _CallDraft) -> SimulatedCall:
    return draft.sim_call


def _outside(draft: _CallDraft) -> SimulatedCall:
    """The fault was over long before the time the complaint names."""
    at = draft.sim_call.complaint.at
    return replace(
        draft.sim_call, faults=(draft.fault(at - _LONG_BEFORE_S, at - _LONG_BEFORE_S + 180),)
    )


def _two_faults(draft: _CallDraft) -> SimulatedCall:
    """The sender's fault is the one to name: a bad sender comes before who sees it."""
    sim_call = _plain(draft)
    first = sim_call.faults[0]
    cpu = Cause("device", "cpu_high")
    second = Fault(cpu, STUDENT_UID, first.begins_at, first.ends_at, draft.severity)
    return replace(sim_call, faults=(*sim_call.faults, second))


def _slow_join(draft: _CallDraft) -> SimulatedCall:
    """The person complains about the wait half a minute after getting in at last."""
    sim_call = draft.sim_call
    join_started_at = sim_call.started_at + 90
    session = SimulatedSession(join_started_at, join_started_at + _SLOW_JOIN_S, sim_call.ended_at)
    complaint = replace(sim_call.complaint, at=session.joined_at + 30)
    slow = with_sessions(replace(sim_call, complaint=complaint), draft.uid, session)
    return _with_fault(draft, draft.fault(join_started_at, session.joined_at), slow)


def _join_failed(draft: _CallDraft) -> SimulatedCall:
    sim_call = draft.sim_call
    join_started_at = sim_call.complaint.at - 60
    return _with_fault(
        draft,
        draft.fault(join_started_at, join_started_at + 60),
        with_sessions(sim_call, draft.uid),
    )


def _rejoin(draft: _CallDraft) -> SimulatedCall:
    """Gone for some seconds, back with a session of its own."""
    sim_call = draft.sim_call
    first = sim_call.person(draft.uid).sessions[0]
    gone_at = sim_call.complaint.at - 20
    back_at = gone_at + _OUTAGE_S
    sessions = (
        replace(first, left_at=gone_at),
        SimulatedSession(gone_at + 2, back_at, first.left_at),
    )
    return _with_fault(
        draft, draft.fault(gone_at, back_at), with_sessions(sim_call, draft.uid, *sessions)
    )


def _reconnect(draft: _CallDraft) -> SimulatedCall:
    """Offline for some seconds within one session."""
    gone_at = draft.sim_call.complaint.at - 20
    return _with_fault(draft, draft.fault(gone_at, gone_at + _OUTAGE_S))


def _removed(draft: _CallDraft) -> SimulatedCall:
    sim_call = draft.sim_call
    at = sim_call.complaint.at
    first = sim_call.person(draft.uid).sessions[0]
    shorter = with_sessions(sim_call, draft.uid, replace(first, left_at=at))
    return _with_fault(draft, draft.fault(at, at + 30), shorter)


def _too_little(draft: _CallDraft) -> SimulatedCall:
    """The student was in the room for some seconds only."""
    sim_call = draft.sim_call
    joined_at = sim_call.complaint.at - _SHORT_S / 2
    session = SimulatedSession(joined_at - 1, joined_at, joined_at + _SHORT_S)
    short = with_sessions(sim_call, STUDENT_UID, session)
    return replace(short, expected=Expected(UNKNOWN_CAUSE))


def _one_end_missing(draft: _CallDraft) -> SimulatedCall:
    teacher = draft.sim_call.person(TEACHER_UID)
    return replace(draft.sim_call, people=(teacher,), expected=Expected(UNKNOWN_CAUSE))


_FAULT_PATTERNS: Final[dict[str, Callable[[_CallDraft], SimulatedCall]]] = {
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
