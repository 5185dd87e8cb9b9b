"""The fourth set of hard calls: written when the others were solved, before it was run."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.call import Direction, Media, Metric, Side
from bot.sandbox.scenario import STUDENT_UID, TEACHER_UID
from tests.bench.call_draft import CallDraft
from tests.bench.expectation import CONNECTION, HEALTHY, Expectation, expect
from tests.bench.hard_calls.kind import UNSURE, Kind

_UP, _DOWN = Direction.UP, Direction.DOWN
_AUDIO, _VIDEO = Media.AUDIO, Media.VIDEO
_TEACHER, _STUDENT = TEACHER_UID, STUDENT_UID
_DELAYS: Final = frozenset({Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY})
_ARRIVED: Final = (Metric.END_TO_END_LOSS, Metric.DOWNLINK_LOSS)
_SEED: Final = 11


def muted_by_accident(draft: CallDraft) -> Expectation:
    """The teacher mutes the microphone while speaking, for 25 s until just before the complaint."""
    draft.turn_off(_TEACHER, _AUDIO, -30, -5)
    return expect("user_action.stopped_sending", "user_action.module_off", side=Side.TEACHER)


def other_camera(draft: CallDraft) -> Expectation:
    """The teacher changes cameras 40 s before the complaint: five seconds without a picture."""
    draft.turn_off(_TEACHER, _VIDEO, -45, -40)
    causes = ("user_action.stopped_sending", "user_action.module_off", "device.busy")
    limits = {"none": UNSURE, **dict.fromkeys(causes, UNSURE)}
    return expect(*HEALTHY, *causes, "unknown.other", limits=limits)


def same_provider(draft: CallDraft) -> Expectation:
    """A busy evening at the provider of both: 12 % lost on the way up, 11 % more on the way down."""
    draft.lose(_TEACHER, 12, direction=_UP)
    draft.lose(_STUDENT, 11, direction=_DOWN)
    return expect("network.loss")


def roaming_teacher(draft: CallDraft) -> Expectation:
    """The teacher's laptop goes from one access point to the next: four seconds, four times."""
    for since in (-100, -70, -40, -12):
        draft.disconnect(_TEACHER, since, since + 4)
    causes = ("network.loss", "network.wifi_weak", "unknown.other")
    return expect(*CONNECTION, *causes, side=Side.TEACHER)


def full_and_lossy(draft: CallDraft) -> Expectation:
    """A worn-out phone in a bad place: the student's processor is full, 15 % lost on the way down."""
    draft.load(_STUDENT, 97, -80, 50)
    draft.lose(_STUDENT, 15, -80, 50, _DOWN)
    causes = ("network.loss", "device.cpu_high", "device.app_cpu_high")
    return expect(*causes, side=Side.STUDENT)


def shaken_a_minute_ago(draft: CallDraft) -> Expectation:
    """Jitter of 400 ms on the teacher's way up for half a minute, over since 50 s."""
    draft.shake(_TEACHER, 400, -80, -50, _UP)
    needs = frozenset({Metric.JITTER})
    causes = ("network.jitter", "media.concealed", "unknown.other")
    return expect(*HEALTHY, *causes, limits={"none": 0.6, "media.concealed": 0.6}, needs=needs)


def teacher_gone(draft: CallDraft) -> Expectation:
    """The teacher's browser crashed eight seconds before the complaint and stays away."""
    draft.leave(_TEACHER, -8)
    causes = (*CONNECTION, "session.peer_offline", "session.removed")
    return expect(*causes, "unknown", side=Side.TEACHER)


def all_sent_again(draft: CallDraft) -> Expectation:
    """The teacher's way up loses 14 % for a minute, all of which is sent again in time."""
    draft.lose(_TEACHER, 14, -60, 20, _UP)
    for media in Media:
        for metric in _ARRIVED:
            draft.measure(_STUDENT, metric, 0.5, media)
        draft.measure(_STUDENT, Metric.FREEZE_TIME, 0, media)
    limits = {"network.loss": UNSURE, "none": UNSURE}
    return expect(*HEALTHY, "network.loss", limits=limits)


def to_mobile_afterwards(draft: CallDraft) -> Expectation:
    """The student goes from Wi-Fi to 4G, ten seconds offline, 35 s after the complaint."""
    draft.disconnect(_STUDENT, 35, 45)
    draft.lose(_STUDENT, 45, 45, 52)
    return expect(*HEALTHY)


def camera_off_to_save(draft: CallDraft) -> Expectation:
    """The teacher's way up loses 25 %; the teacher switches the camera off, as that may help."""
    draft.lose(_TEACHER, 25, -110, 60, _UP)
    draft.turn_off(_TEACHER, _VIDEO, -30)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def only_heard_late(draft: CallDraft) -> Expectation:
    """What the student sends is 900 ms late, which the student, who complains, cannot notice."""
    draft.delay(_STUDENT, 900, direction=_UP)
    limits = {"network.latency": UNSURE, "none": 0.6}
    return expect(*HEALTHY, "network.latency", side=Side.STUDENT, limits=limits, needs=_DELAYS)


def school_network(draft: CallDraft) -> Expectation:
    """The student and three listeners sit in one school whose Wi-Fi is bad both ways."""
    uids = (_STUDENT, *(draft.add_observer() for _ in range(3)))
    rng = np.random.default_rng(_SEED)
    for uid in uids:
        draft.lose(uid, rng.exponential(14, 200).clip(0, 60), -90, 100)
        draft.shake(uid, 130, -90, 100)
    causes = ("network.wifi_weak", "network.loss", "network.jitter", "server.route")
    return expect(*causes, limits={"server.route": UNSURE})


def far_server(draft: CallDraft) -> Expectation:
    """Everybody gets the teacher 700 ms late: they were put on a server on another continent."""
    for uid in (_STUDENT, draft.add_observer(), draft.add_observer()):
        draft.delay(uid, 700, direction=_DOWN)
    needs = frozenset({Metric.DOWNLINK_LATENCY})
    return expect("server.route", needs=needs)


def one_listener_too(draft: CallDraft) -> Expectation:
    """The student's way down is bad; of five listeners one has a bad minute of his own earlier."""
    listeners = [draft.add_observer() for _ in range(5)]
    draft.lose(listeners[0], 30, -118, -75, _DOWN)
    draft.lose(_STUDENT, 24, -50, 40, _DOWN)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def stutter_of_the_sound(draft: CallDraft) -> Expectation:
    """The student's sound alone loses 18 % on the way down, the picture nothing."""
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 260, _AUDIO, -60, 40)
    for metric in _ARRIVED:
        draft.measure(_STUDENT, metric, 18, _AUDIO, -60, 40)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def mostly_fine(draft: CallDraft) -> Expectation:
    """Loss of 2 % on every way, 120 ms, jitter 20: an ordinary evening."""
    for uid in (_TEACHER, _STUDENT):
        draft.lose(uid, 2)
        draft.delay(uid, 120)
        draft.shake(uid, 20)
    return expect(*HEALTHY)


FOURTH_KINDS: Final[tuple[Kind, ...]] = (
    muted_by_accident,
    other_camera,
    same_provider,
    roaming_teacher,
    full_and_lossy,
    shaken_a_minute_ago,
    teacher_gone,
    all_sent_again,
    to_mobile_afterwards,
    camera_off_to_save,
    only_heard_late,
    school_network,
    far_server,
    one_listener_too,
    stutter_of_the_sound,
    mostly_fine,
)
