"""The third set of hard calls: written with the second one, and run after it."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.call import Direction, Media, Metric, Side
from bot.sandbox.scenario import STUDENT_UID, TEACHER_UID
from tests.bench.call_draft import CallDraft
from tests.bench.expectation import CONNECTION, HEALTHY, Expectation, expect
from tests.bench.hard_calls.kind import UNSURE, Kind

_UP, _DOWN = Direction.UP, Direction.DOWN
_VIDEO = Media.VIDEO
_TEACHER, _STUDENT = TEACHER_UID, STUDENT_UID
_DELAYS: Final = frozenset({Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY})
_RAIN_SEED: Final = 7


def school_proxy(draft: CallDraft) -> Expectation:
    """The student's school lets only TCP out: nothing is lost, but 1.5 s of delay at a time."""
    draft.delay(_STUDENT, 330)
    for since in range(-118, 118, 20):
        draft.delay(_STUDENT, 1500, since, since + 7)
    return expect("network.latency", "network.jitter", side=Side.STUDENT, needs=_DELAYS)


def cable_pulled(draft: CallDraft) -> Expectation:
    """A dog pulls the teacher's cable ten seconds before the complaint; it is back 25 s later."""
    draft.disconnect(_TEACHER, -10, 15)
    return expect(*CONNECTION, side=Side.TEACHER)


def rain_on_the_dish(draft: CallDraft) -> Expectation:
    """Heavy rain: the teacher's way up loses between nothing and half, 13 % on average."""
    loss = np.random.default_rng(_RAIN_SEED).exponential(13, 250).clip(0, 55)
    draft.lose(_TEACHER, loss, -124, 126, _UP)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def student_uplink_narrow(draft: CallDraft) -> Expectation:
    """The student's phone uploads photos: a sixth of the picture reaches the teacher."""
    draft.complaint_of(Side.TEACHER)
    for uid, rate, width, height, fps in (
        (
            _STUDENT,
            Metric.SEND_BITRATE,
            Metric.SEND_WIDTH,
            Metric.SEND_HEIGHT,
            Metric.SEND_FPS,
        ),
        (
            _TEACHER,
            Metric.RECEIVE_BITRATE,
            Metric.RECEIVE_WIDTH,
            Metric.RECEIVE_HEIGHT,
            Metric.RECEIVE_FPS,
        ),
    ):
        draft.measure(uid, rate, 100, _VIDEO, -70, 60)
        draft.measure(uid, width, 160, _VIDEO, -70, 60)
        draft.measure(uid, height, 90, _VIDEO, -70, 60)
        draft.measure(uid, fps, 7, _VIDEO, -70, 60)
    draft.measure(_TEACHER, Metric.FREEZE_TIME, 350, _VIDEO, -70, 60)
    draft.lose(_STUDENT, 2, -70, 60, _UP)
    return expect("network.bandwidth", "unknown.other", side=Side.STUDENT)


def update_in_the_background(draft: CallDraft) -> Expectation:
    """An update takes the student's processor for ten seconds in every twenty."""
    for since in range(-110, 100, 20):
        draft.load(_STUDENT, 97, since, since + 10)
    return expect("device.cpu_high", "device.app_cpu_high", side=Side.STUDENT)


def slides_and_a_late_way(draft: CallDraft) -> Expectation:
    """A silent teacher with slides, and a student who receives everything 700 ms late."""
    draft.still_picture(_TEACHER, 1.5)
    draft.silence(_TEACHER, -120, 120)
    draft.delay(_STUDENT, 700, -80, 80, _DOWN)
    needs = frozenset({Metric.DOWNLINK_LATENCY})
    return expect("network.latency", side=Side.STUDENT, direction=_DOWN, needs=needs)


def class_of_witnesses(draft: CallDraft) -> Expectation:
    """Four people receive the same loss of a teacher whose way up loses a third."""
    for _ in range(3):
        draft.add_observer()
    draft.lose(_TEACHER, 33, -50, 40, _UP)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def bad_route_but_for_one(draft: CallDraft) -> Expectation:
    """The student and two listeners receive badly, one listener well, with a clean sender."""
    uids = (_STUDENT, draft.add_observer(), draft.add_observer())
    draft.add_observer()
    for uid in uids:
        draft.lose(uid, 26, -70, 50, _DOWN)
    causes = ("network.loss", "server.route")
    return expect(*causes, limits=dict.fromkeys(causes, UNSURE))


def over_before(draft: CallDraft) -> Expectation:
    """The teacher's way up was bad for three minutes, until two minutes before the complaint."""
    draft.lose(_TEACHER, 40, -310, -130, _UP)
    return expect(*HEALTHY, "network.loss", side=Side.TEACHER, limits={"none": UNSURE})


def nothing_comes_down(draft: CallDraft) -> Expectation:
    """For 16 s the student receives nothing, while the way up stays clean."""
    draft.lose(_STUDENT, 100, -20, -4, _DOWN)
    causes = ("network.loss", "user_action.peer_stopped_receiving", *CONNECTION)
    limits = {"user_action.peer_stopped_receiving": 0.5}
    return expect(*causes, side=Side.STUDENT, limits=limits)


def flapping(draft: CallDraft) -> Expectation:
    """The teacher's cable is loose: offline for five seconds, six times."""
    for since in range(-115, 5, 20):
        draft.disconnect(_TEACHER, since, since + 5)
    return expect(*CONNECTION, "network.loss", "unknown.other", side=Side.TEACHER)


def camera_used_elsewhere(draft: CallDraft) -> Expectation:
    """Another program takes the teacher's camera: two of fifteen frames, a calm processor."""
    draft.measure(_TEACHER, Metric.CAPTURE_FPS, 2, _VIDEO, -50, 40)
    draft.measure(_TEACHER, Metric.SEND_FPS, 2, _VIDEO, -50, 40)
    draft.measure(_TEACHER, Metric.SEND_BITRATE, 90, _VIDEO, -50, 40)
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 2, _VIDEO, -50, 40)
    draft.measure(_STUDENT, Metric.RECEIVE_BITRATE, 89, _VIDEO, -50, 40)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 900, _VIDEO, -50, 40)
    return expect("device.busy", "unknown.other", side=Side.TEACHER)


def everything_nearly(draft: CallDraft) -> Expectation:
    """The student's link is near every limit and over none: nothing may be said for sure."""
    draft.lose(_STUDENT, 4, direction=_DOWN)
    draft.delay(_STUDENT, 260, direction=_DOWN)
    draft.shake(_STUDENT, 48, direction=_DOWN)
    causes = ("network.loss", "network.latency", "network.jitter", "network.wifi_weak")
    limits = {"none": 0.6, **dict.fromkeys(causes, UNSURE)}
    return expect(*HEALTHY, *causes, limits=limits)


def just_begun(draft: CallDraft) -> Expectation:
    """The student's way down broke four seconds before the complaint, and stayed so."""
    draft.lose(_STUDENT, 35, -4, 100, _DOWN)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def rejoined_in_vain(draft: CallDraft) -> Expectation:
    """The teacher's way up is bad, the student rejoins twice, and it stays bad."""
    draft.lose(_TEACHER, 30, -100, 60, _UP)
    draft.leave(_STUDENT, -70, back=-62)
    draft.leave(_STUDENT, -30, back=-21)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def small_talk(draft: CallDraft) -> Expectation:
    """Two people speak by turns with their cameras on; the student complains of nothing real."""
    for since in range(-120, 120, 20):
        draft.silence(_TEACHER, since, since + 9)
        draft.silence(_STUDENT, since + 10, since + 19)
    return expect(*HEALTHY)


THIRD_KINDS: Final[tuple[Kind, ...]] = (
    school_proxy,
    cable_pulled,
    rain_on_the_dish,
    student_uplink_narrow,
    update_in_the_background,
    slides_and_a_late_way,
    class_of_witnesses,
    bad_route_but_for_one,
    over_before,
    nothing_comes_down,
    flapping,
    camera_used_elsewhere,
    everything_nearly,
    just_begun,
    rejoined_in_vain,
    small_talk,
)
