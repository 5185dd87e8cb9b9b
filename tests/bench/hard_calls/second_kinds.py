"""The second set of hard calls: what happens at home, at school and on the way."""

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
_JITTER: Final = frozenset({Metric.JITTER})
_VOLUMES: Final = frozenset({Metric.SEND_VOLUME})
_SILENT: Final = (
    "media.no_sound",
    "user_action.module_off",
    "user_action.stopped_sending",
)


def microwave_oven(draft: CallDraft) -> Expectation:
    """The oven beside the student's router runs for half a minute: lost bursts, a slow router."""
    for since in range(-34, -4, 4):
        draft.lose(_STUDENT, 38, since, since + 2)
    draft.measure(_STUDENT, Metric.ROUTER_LATENCY, 180, None, -34, -4)
    return expect("network.loss", "network.wifi_weak", side=Side.STUDENT)


def vpn_switched_on(draft: CallDraft) -> Expectation:
    """The teacher switches on a VPN: offline for ten seconds, then 350 ms away."""
    draft.disconnect(_TEACHER, -30, -20)
    draft.delay(_TEACHER, 350, -20)
    causes = (*CONNECTION, "network.latency")
    return expect(*causes, side=Side.TEACHER, limits={"network.latency": UNSURE})


def laptop_lid_closed(draft: CallDraft) -> Expectation:
    """The student closes the lid for half a minute; the teacher sees a frozen picture."""
    draft.complaint_of(Side.TEACHER)
    draft.disconnect(_STUDENT, -55, -25)
    return expect(*CONNECTION, side=Side.STUDENT)


def two_faults_in_turn(draft: CallDraft) -> Expectation:
    """The student's way down had been bad a minute before; now it is the teacher's way up."""
    draft.lose(_STUDENT, 30, -118, -85, _DOWN)
    draft.lose(_TEACHER, 35, -40, 10, _UP)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def sibling_downloads(draft: CallDraft) -> Expectation:
    """A download fills the student's line: 600 ms, jitter 120, 4 % lost, a third of the picture."""
    draft.delay(_STUDENT, 600, -50, 60, _DOWN)
    draft.shake(_STUDENT, 120, -50, 60, _DOWN)
    draft.lose(_STUDENT, 4, -50, 60, _DOWN)
    _narrow(draft, _STUDENT, 200, -50, 60)
    causes = ("network.latency", "network.jitter", "network.bandwidth", "network.loss")
    return expect(*causes, side=Side.STUDENT, limits={"network.loss": UNSURE})


def narrow_uplink(draft: CallDraft) -> Expectation:
    """The teacher's old line carries 200 kbps up: a tiny picture at 8 frames, 2 % lost."""
    draft.measure(_TEACHER, Metric.SEND_BITRATE, 140, _VIDEO, -90)
    draft.measure(_TEACHER, Metric.SEND_WIDTH, 160, _VIDEO, -90)
    draft.measure(_TEACHER, Metric.SEND_HEIGHT, 90, _VIDEO, -90)
    draft.measure(_TEACHER, Metric.SEND_FPS, 8, _VIDEO, -90)
    _narrow(draft, _STUDENT, 138, -90, 120)
    draft.lose(_TEACHER, 2, -90, 120, _UP)
    return expect("network.bandwidth", "unknown.other", side=Side.TEACHER)


def headset_unplugged(draft: CallDraft) -> Expectation:
    """The teacher's headset comes loose for half a minute: exact zeros at the usual rate."""
    draft.measure(_TEACHER, Metric.SEND_VOLUME, 0, _AUDIO, -40, -8)
    draft.measure(_STUDENT, Metric.PLAY_VOLUME, 0, _AUDIO, -40, -8)
    return expect(*_SILENT, side=Side.TEACHER, needs=_VOLUMES)


def muted_student(draft: CallDraft) -> Expectation:
    """The student has been muted since the class began and complains: nothing measured is wrong."""
    draft.turn_off(_STUDENT, _AUDIO)
    return expect(*HEALTHY)


def class_over(draft: CallDraft) -> Expectation:
    """The teacher's way up was bad in the last minute; everybody left soon after the complaint."""
    draft.lose(_TEACHER, 25, -60, 40, _UP)
    draft.leave(_STUDENT, 25)
    draft.leave(_TEACHER, 32)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def left_and_came_back(draft: CallDraft) -> Expectation:
    """The student receives badly, leaves, comes back, and it is well: the loss was the reason."""
    draft.lose(_STUDENT, 40, -75, -20, _DOWN)
    draft.leave(_STUDENT, -18, back=-8)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def app_crashed(draft: CallDraft) -> Expectation:
    """The student's app ends at once and is started again 25 s later; the teacher complains."""
    draft.complaint_of(Side.TEACHER)
    draft.leave(_STUDENT, -38, back=-13)
    causes = (*CONNECTION, "session.peer_offline", "session.removed")
    return expect(*causes, side=Side.STUDENT)


def satellite(draft: CallDraft) -> Expectation:
    """The teacher is behind a satellite: 640 ms all the time."""
    draft.delay(_TEACHER, 640)
    return expect("network.latency", side=Side.TEACHER, needs=_DELAYS)


def delay_on_the_way_down(draft: CallDraft) -> Expectation:
    """Only what the student receives is late, by 560 ms."""
    draft.delay(_STUDENT, 560, -70, 70, _DOWN)
    needs = frozenset({Metric.DOWNLINK_LATENCY})
    return expect("network.latency", side=Side.STUDENT, direction=_DOWN, needs=needs)


def jitter_at_the_teacher(draft: CallDraft) -> Expectation:
    """The teacher's Wi-Fi is busy: jitter of 260 ms on the way up, nothing lost."""
    draft.use_network(_TEACHER, "Wi-Fi")
    draft.shake(_TEACHER, 260, -60, 20, _UP)
    return expect("network.jitter", "network.wifi_weak", side=Side.TEACHER, needs=_JITTER)


def bad_at_both_ends(draft: CallDraft) -> Expectation:
    """Two faults at once: the teacher loses a fifth on the way up, the student on the way down."""
    draft.lose(_TEACHER, 20, -60, 30, _UP)
    draft.lose(_STUDENT, 22, -60, 30, _DOWN)
    return expect("network.loss")


def writing_exercise(draft: CallDraft) -> Expectation:
    """Everybody writes: nobody speaks, both pictures hardly change."""
    for uid in (_TEACHER, _STUDENT):
        draft.silence(uid, -150, 150)
        draft.still_picture(uid, 3)
    return expect(*HEALTHY)


def document_camera(draft: CallDraft) -> Expectation:
    """The teacher shows a book with a camera of five sharp frames a second: no fault."""
    draft.still_picture(_TEACHER, 5)
    draft.measure(_TEACHER, Metric.SEND_WIDTH, 1280, _VIDEO)
    draft.measure(_TEACHER, Metric.SEND_HEIGHT, 720, _VIDEO)
    draft.measure(_STUDENT, Metric.RECEIVE_WIDTH, 1280, _VIDEO)
    draft.measure(_STUDENT, Metric.RECEIVE_HEIGHT, 720, _VIDEO)
    return expect(*HEALTHY, "device.busy", limits={"device.busy": UNSURE, "none": UNSURE})


def phone_gets_hot(draft: CallDraft) -> Expectation:
    """The student's phone works harder and harder: from 60 % to 98 %, then frames are dropped."""
    ramp = np.linspace(60, 98, 110)
    draft.measure(_STUDENT, Metric.SYSTEM_CPU, ramp, None, -110, 0)
    draft.measure(_STUDENT, Metric.SYSTEM_CPU, 98, None, 0, 60)
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 6, _VIDEO, -50, 60)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 700, _VIDEO, -50, 60)
    causes = ("device.cpu_high", "device.app_cpu_high", "device.decoder")
    return expect(*causes, side=Side.STUDENT)


def busy_a_while_ago(draft: CallDraft) -> Expectation:
    """The student's processor was full for 15 s, a minute and a half before: perhaps that."""
    draft.load(_STUDENT, 99, -110, -95)
    causes = ("device.cpu_high", "device.app_cpu_high")
    return expect(*HEALTHY, *causes, limits=dict.fromkeys(("none", *causes), UNSURE))


def busy_but_fine(draft: CallDraft) -> Expectation:
    """The teacher's processor is at 84 % for the whole class, and no frame is dropped."""
    draft.measure(_TEACHER, Metric.SYSTEM_CPU, 84)
    limits = {"none": UNSURE, "device.cpu_high": UNSURE}
    return expect(*HEALTHY, "device.cpu_high", limits=limits)


def phone_call(draft: CallDraft) -> Expectation:
    """Somebody calls the student's phone: it takes the microphone and the loudspeaker for 30 s."""
    draft.complaint_of(Side.TEACHER)
    draft.turn_off(_STUDENT, _AUDIO, -45, -15)
    draft.measure(_STUDENT, Metric.PLAY_VOLUME, 0, _AUDIO, -45, -15)
    return expect(*_SILENT, side=Side.STUDENT)


def hidden_tab(draft: CallDraft) -> Expectation:
    """The student looks at another tab: everything arrives, one frame a second is drawn."""
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 1, _VIDEO, -60, 20)
    causes = ("device.decoder", "unknown.other", "user_action.peer_stopped_receiving")
    return expect(*causes, side=Side.STUDENT)


def everybody_cut_off(draft: CallDraft) -> Expectation:
    """All three are cut off for twelve seconds at the same time, which is nobody's own link."""
    for uid in (_TEACHER, _STUDENT, draft.add_observer()):
        draft.disconnect(uid, -20, -8)
    causes = ("server.route", "server.error", "unknown", *CONNECTION)
    return expect(*causes, limits=dict.fromkeys(CONNECTION, UNSURE))


def one_of_two_listeners(draft: CallDraft) -> Expectation:
    """The student and one listener receive badly, another listener well: not the whole server."""
    uids = (_STUDENT, draft.add_observer())
    draft.add_observer()
    for uid in uids:
        draft.lose(uid, 30, -60, 30, _DOWN)
    return expect("network.loss", "server.route", limits={"server.route": UNSURE})


def delay_creeps_up(draft: CallDraft) -> Expectation:
    """A buffer on the student's way fills slowly: from 60 ms to 1000 ms within two minutes."""
    ramp = np.linspace(60, 1000, 120)
    draft.delay(_STUDENT, ramp, -120, 0)
    draft.delay(_STUDENT, 1000, 0, 60)
    return expect("network.latency", side=Side.STUDENT, needs=_DELAYS)


def hotel_wifi(draft: CallDraft) -> Expectation:
    """A hotel at night: the student loses 9 % both ways, with jitter 110 and 320 ms."""
    draft.lose(_STUDENT, 9, -125, 125)
    draft.shake(_STUDENT, 110, -125, 125)
    draft.delay(_STUDENT, 320, -125, 125)
    causes = ("network.loss", "network.jitter", "network.wifi_weak", "network.latency")
    return expect(*causes, side=Side.STUDENT, limits={"network.latency": UNSURE})


def in_the_lift(draft: CallDraft) -> Expectation:
    """The student's phone is in a lift for eleven seconds: nearly everything is lost both ways."""
    draft.use_network(_STUDENT, "4G")
    draft.lose(_STUDENT, 92, -23, -12)
    return expect("network.loss", *CONNECTION, side=Side.STUDENT)


def just_joined(draft: CallDraft) -> Expectation:
    """The student joined 40 s before the complaint and has received badly ever since."""
    draft.join(_STUDENT, -40)
    draft.lose(_STUDENT, 30, -40, 120, _DOWN)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def storm_afterwards(draft: CallDraft) -> Expectation:
    """Eight bad seconds of the student's downlink; a minute later the teacher's uplink breaks."""
    draft.lose(_STUDENT, 45, -15, -7, _DOWN)
    draft.lose(_TEACHER, 60, 60, 125, _UP)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def mobile_but_fine(draft: CallDraft) -> Expectation:
    """A good 4G link: 90 ms, jitter 25, 1 % lost now and then."""
    draft.use_network(_STUDENT, "4G")
    draft.delay(_STUDENT, 90)
    draft.shake(_STUDENT, 25)
    draft.lose(_STUDENT, 1)
    return expect(*HEALTHY)


def cut_off_long_before(draft: CallDraft) -> Expectation:
    """The teacher was offline four minutes before the complaint: perhaps that, perhaps nothing."""
    draft.disconnect(_TEACHER, -252, -240)
    limits = {"none": UNSURE}
    return expect(*HEALTHY, *CONNECTION, side=Side.TEACHER, limits=limits)


def _narrow(draft: CallDraft, receiver: int, kbps: float, since: float, until: float) -> None:
    """Let the receiver get a quarter of the picture, at this rate, with freezes."""
    draft.measure(receiver, Metric.RECEIVE_BITRATE, kbps, _VIDEO, since, until)
    draft.measure(receiver, Metric.RECEIVE_WIDTH, 320, _VIDEO, since, until)
    draft.measure(receiver, Metric.RECEIVE_HEIGHT, 180, _VIDEO, since, until)
    draft.measure(receiver, Metric.RECEIVE_FPS, 8, _VIDEO, since, until)
    draft.measure(receiver, Metric.FREEZE_TIME, 300, _VIDEO, since, until)


SECOND_KINDS: Final[tuple[Kind, ...]] = (
    microwave_oven,
    vpn_switched_on,
    laptop_lid_closed,
    two_faults_in_turn,
    sibling_downloads,
    narrow_uplink,
    headset_unplugged,
    muted_student,
    class_over,
    left_and_came_back,
    app_crashed,
    satellite,
    delay_on_the_way_down,
    jitter_at_the_teacher,
    bad_at_both_ends,
    writing_exercise,
    document_camera,
    phone_gets_hot,
    busy_a_while_ago,
    busy_but_fine,
    phone_call,
    hidden_tab,
    everybody_cut_off,
    one_of_two_listeners,
    delay_creeps_up,
    hotel_wifi,
    in_the_lift,
    just_joined,
    storm_afterwards,
    mobile_but_fine,
    cut_off_long_before,
)
