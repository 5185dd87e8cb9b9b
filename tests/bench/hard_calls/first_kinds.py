"""The first set of hard calls: silence, slides, bursts, and faults that look like others."""

from __future__ import annotations

from typing import Final

from bot.call import Direction, Media, Metric, Side
from bot.sandbox.scenario import STUDENT_UID, TEACHER_UID
from tests.bench.call_draft import CallDraft
from tests.bench.expectation import CONNECTION, HEALTHY, Expectation, expect
from tests.bench.hard_calls.kind import UNSURE, Kind

_UP, _DOWN = Direction.UP, Direction.DOWN
_AUDIO, _VIDEO = Media.AUDIO, Media.VIDEO
_TEACHER, _STUDENT = TEACHER_UID, STUDENT_UID
_DELAYS: Final = frozenset({Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY})
_VOLUMES: Final = frozenset({Metric.SEND_VOLUME})
_JITTER: Final = frozenset({Metric.JITTER})


def roaming_wifi(draft: CallDraft) -> Expectation:
    """The student walks about: every 40 s, six seconds with half of everything lost both ways."""
    for since in (-113, -73, -33, 7, 47, 87):
        draft.lose(_STUDENT, 50, since, since + 6)
    return expect("network.loss", "network.wifi_weak", side=Side.STUDENT)


def bufferbloat_upload(draft: CallDraft) -> Expectation:
    """The teacher's backup fills the router's buffer: round trip 900 ms, jitter 160, loss 3 %."""
    draft.delay(_TEACHER, 900, -75, 40)
    draft.shake(_TEACHER, 160, -75, 40, _UP)
    draft.lose(_TEACHER, 3, -75, 40, _UP)
    causes = ("network.latency", "network.jitter", "network.bandwidth")
    return expect(*causes, side=Side.TEACHER, needs=_DELAYS | _JITTER)


def route_change(draft: CallDraft) -> Expectation:
    """The teacher's provider takes another route: 480 ms from then on, and nothing else."""
    draft.delay(_TEACHER, 480, -80)
    return expect("network.latency", side=Side.TEACHER, needs=_DELAYS)


def regional_outage(draft: CallDraft) -> Expectation:
    """The way to everybody is bad at the same time and all uplinks are clean: not one person."""
    for uid in (_TEACHER, _STUDENT, draft.add_observer()):
        draft.lose(uid, 28, -90, 60, _DOWN)
    return expect("server.route", "network.loss", limits={"network.loss": UNSURE})


def sender_with_witness(draft: CallDraft) -> Expectation:
    """The teacher's uplink loses; the student and a listener both receive the loss."""
    draft.add_observer()
    draft.lose(_TEACHER, 22, -60, 30, _UP)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def listener_in_trouble(draft: CallDraft) -> Expectation:
    """Only a listener nobody asked about has a terrible link; the two who matter are well."""
    uid = draft.add_observer()
    draft.lose(uid, 45, -110, 110)
    draft.delay(uid, 700, -110, 110)
    return expect(*HEALTHY)


def student_with_good_witness(draft: CallDraft) -> Expectation:
    """The student receives a third less while a listener receives everything: her own way down."""
    draft.add_observer()
    draft.lose(_STUDENT, 34, -60, 30, _DOWN)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def uplink_blackhole(draft: CallDraft) -> Expectation:
    """The student's uplink swallows everything for 20 s; it is reported as lost completely."""
    draft.complaint_of(Side.TEACHER)
    draft.lose(_STUDENT, 100, -26, -6, _UP)
    return expect("network.loss", *CONNECTION, side=Side.STUDENT)


def device_offline_12(draft: CallDraft) -> Expectation:
    """The student's device is offline for 12 s, until 3 s before the complaint: no samples."""
    draft.disconnect(_STUDENT, -15, -3)
    return expect(*CONNECTION, "network.loss", side=Side.STUDENT)


def old_phone_decodes_slowly(draft: CallDraft) -> Expectation:
    """Everything arrives, the processor is at 62 %, yet five of fifteen frames are displayed."""
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 5, _VIDEO, -85, 50)
    draft.measure(_STUDENT, Metric.SYSTEM_CPU, 62, None, -85, 50)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 900, _VIDEO, -85, 50)
    causes = ("device.decoder", "device.cpu_high", "device.app_cpu_high", "unknown.other")
    return expect(*causes, side=Side.STUDENT)


def old_laptop_encodes_slowly(draft: CallDraft) -> Expectation:
    """The teacher's camera gives fifteen frames, five are sent, at 76 % of the processor."""
    draft.measure(_TEACHER, Metric.SEND_FPS, 5, _VIDEO, -85, 50)
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 5, _VIDEO, -85, 50)
    draft.measure(_TEACHER, Metric.SYSTEM_CPU, 76, None, -85, 50)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 700, _VIDEO, -85, 50)
    causes = ("device.cpu_high", "device.app_cpu_high", "device.busy", "unknown.other")
    return expect(*causes, side=Side.TEACHER)


def processor_burst_8(draft: CallDraft) -> Expectation:
    """For eight seconds before the complaint the student's processor is full and frames drop."""
    draft.load(_STUDENT, 99, -13, -5)
    return expect("device.cpu_high", "device.app_cpu_high", "unknown.other", side=Side.STUDENT)


def listening_only(draft: CallDraft) -> Expectation:
    """Both cameras off, the teacher speaks a third of the time, the student hardly ever."""
    for uid in (_TEACHER, _STUDENT):
        draft.turn_off(uid, _VIDEO)
    for since in range(-120, 120, 30):
        draft.silence(_TEACHER, since + 10, since + 30)
    draft.silence(_STUDENT, -120, 120)
    return expect(*HEALTHY)


def silence_and_real_loss(draft: CallDraft) -> Expectation:
    """The teacher is silent while the student reads, and the student's way down loses 30 %."""
    draft.silence(_TEACHER, -120, 120)
    draft.lose(_STUDENT, 30, -45, 25, _DOWN)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def slides_and_real_loss(draft: CallDraft) -> Expectation:
    """The teacher shows slides at one frame a second; what is wrong is the student's downlink."""
    draft.still_picture(_TEACHER, 1.2)
    draft.lose(_STUDENT, 35, -50, 20, _DOWN)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def dim_room(draft: CallDraft) -> Expectation:
    """In a dim room the camera exposes longer, eight frames a second all the time: no overload."""
    draft.measure(_TEACHER, Metric.CAPTURE_FPS, 8, _VIDEO)
    draft.measure(_TEACHER, Metric.SEND_FPS, 8, _VIDEO)
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 8, _VIDEO)
    return expect(*HEALTHY, "device.busy", limits={"device.busy": UNSURE, "none": UNSURE})


def app_chose_a_smaller_picture(draft: CallDraft) -> Expectation:
    """The layout changed, so the teacher sends half the width at a third of the rate: no fault."""
    draft.measure(_TEACHER, Metric.SEND_WIDTH, 320, _VIDEO, -60)
    draft.measure(_TEACHER, Metric.SEND_HEIGHT, 180, _VIDEO, -60)
    draft.measure(_TEACHER, Metric.SEND_BITRATE, 210, _VIDEO, -60)
    draft.measure(_STUDENT, Metric.RECEIVE_WIDTH, 320, _VIDEO, -60)
    draft.measure(_STUDENT, Metric.RECEIVE_HEIGHT, 180, _VIDEO, -60)
    draft.measure(_STUDENT, Metric.RECEIVE_BITRATE, 209, _VIDEO, -60)
    return expect(*HEALTHY, "network.bandwidth", limits={"network.bandwidth": UNSURE})


def train_ride(draft: CallDraft) -> Expectation:
    """The student is in a train on 4G: every half minute eight seconds of 400 ms and 25 % lost."""
    draft.use_network(_STUDENT, "4G")
    for since in (-112, -82, -52, -22, 8, 38, 68):
        draft.lose(_STUDENT, 25, since, since + 8)
        draft.delay(_STUDENT, 400, since, since + 8)
        draft.shake(_STUDENT, 120, since, since + 8)
    return expect("network.loss", "network.latency", "network.jitter", side=Side.STUDENT)


def after_the_complaint(draft: CallDraft) -> Expectation:
    """The student's downlink breaks 20 s after the complaint, which cannot be what was meant."""
    draft.lose(_STUDENT, 40, 20, 120, _DOWN)
    return expect(*HEALTHY, limits={"none": 0.9})


def ten_minutes_before(draft: CallDraft) -> Expectation:
    """The fault had ended ten minutes before a late complaint; a sure "healthy" is wrong."""
    draft.lose(_TEACHER, 35, -690, -600, _UP)
    return expect(*HEALTHY, "network.loss", limits={"none": UNSURE})


def burst_9_before(draft: CallDraft) -> Expectation:
    """For nine seconds, ending 12 s before the complaint, half of the teacher's uplink is lost."""
    draft.lose(_TEACHER, 50, -21, -12, _UP)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def burst_6_audio_only(draft: CallDraft) -> Expectation:
    """Six seconds of lost sound on the student's way down, just before the complaint."""
    draft.lose(_STUDENT, 60, -10, -4, _DOWN)
    draft.turn_off(_TEACHER, _VIDEO)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def worse_at_the_receiver(draft: CallDraft) -> Expectation:
    """The teacher loses 6 % on the way up, the student 18 % more on the way down."""
    draft.lose(_TEACHER, 6, -80, 50, _UP)
    draft.lose(_STUDENT, 18, -80, 50, _DOWN)
    return expect("network.loss", side=Side.STUDENT, direction=_DOWN)


def steady_six_percent(draft: CallDraft) -> Expectation:
    """An evening at a bad provider: the teacher's way up loses 7 % all the time."""
    draft.lose(_TEACHER, 7, -125, 125, _UP)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def jitter_without_harm(draft: CallDraft) -> Expectation:
    """Jitter of 60 ms, which a jitter buffer hides: near its limit, so no sure "healthy"."""
    draft.shake(_STUDENT, 60, -120, 120, _DOWN)
    limits = {"none": 0.6, "network.jitter": UNSURE}
    return expect(*HEALTHY, "network.jitter", limits=limits, needs=_JITTER)


def far_away(draft: CallDraft) -> Expectation:
    """The student is abroad, 290 ms: noticed by some, so neither a sure fault nor sure health."""
    draft.delay(_STUDENT, 290)
    limits = {"none": 0.6, "network.latency": UNSURE}
    return expect(*HEALTHY, "network.latency", limits=limits, needs=_DELAYS)


def single_spikes(draft: CallDraft) -> Expectation:
    """Three single samples with much loss, far apart, and nothing else: too little to notice."""
    for since in (-95, -41, 33):
        draft.lose(_STUDENT, 30, since, since + 1, _DOWN)
    return expect(*HEALTHY, "network.loss", limits={"network.loss": 0.5})


def dead_microphone(draft: CallDraft) -> Expectation:
    """The teacher's microphone gives exact zeros, which no quiet room does, at the usual rate."""
    draft.measure(_TEACHER, Metric.SEND_VOLUME, 0, _AUDIO)
    draft.measure(_STUDENT, Metric.PLAY_VOLUME, 0, _AUDIO)
    causes = ("media.no_sound", "user_action.module_off", "user_action.stopped_sending")
    return expect(*causes, side=Side.TEACHER, needs=_VOLUMES)


def phone_in_the_pocket(draft: CallDraft) -> Expectation:
    """The student's app is in the background: no camera, no picture received, sound goes on."""
    draft.turn_off(_STUDENT, _VIDEO, -70, 60)
    draft.measure(_STUDENT, Metric.RECEIVE_BITRATE, 0, _VIDEO, -70, 60)
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 0, _VIDEO, -70, 60)
    causes = ("user_action.peer_stopped_receiving", "user_action.module_off")
    return expect(*causes, "user_action.stopped_sending", "unknown.other", side=Side.STUDENT)


def narrow_downlink(draft: CallDraft) -> Expectation:
    """The student has 150 kbps left: the received stream falls to a fifth, 1 % loss, freezes."""
    draft.measure(_STUDENT, Metric.RECEIVE_BITRATE, 120, _VIDEO, -80)
    draft.measure(_STUDENT, Metric.RECEIVE_WIDTH, 160, _VIDEO, -80)
    draft.measure(_STUDENT, Metric.RECEIVE_HEIGHT, 90, _VIDEO, -80)
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 9, _VIDEO, -80)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 350, _VIDEO, -80)
    draft.lose(_STUDENT, 1.2, -80, 120, _DOWN)
    return expect("network.bandwidth", "unknown.other", side=Side.STUDENT)


def everybody_speaks_at_once(draft: CallDraft) -> Expectation:
    """A lively lesson: volumes and rates jump about, nothing is lost."""
    for since in range(-120, 120, 12):
        draft.measure(_TEACHER, Metric.SEND_BITRATE, 900, _VIDEO, since, since + 5)
        draft.measure(_STUDENT, Metric.RECEIVE_BITRATE, 895, _VIDEO, since, since + 5)
        draft.measure(_TEACHER, Metric.SEND_VOLUME, 240, _AUDIO, since, since + 7)
    return expect(*HEALTHY)


FIRST_KINDS: Final[tuple[Kind, ...]] = (
    roaming_wifi,
    bufferbloat_upload,
    route_change,
    regional_outage,
    sender_with_witness,
    listener_in_trouble,
    student_with_good_witness,
    uplink_blackhole,
    device_offline_12,
    old_phone_decodes_slowly,
    old_laptop_encodes_slowly,
    processor_burst_8,
    listening_only,
    silence_and_real_loss,
    slides_and_real_loss,
    dim_room,
    app_chose_a_smaller_picture,
    train_ride,
    after_the_complaint,
    ten_minutes_before,
    burst_9_before,
    burst_6_audio_only,
    worse_at_the_receiver,
    steady_six_percent,
    jitter_without_harm,
    far_away,
    single_spikes,
    dead_microphone,
    phone_in_the_pocket,
    narrow_downlink,
    everybody_speaks_at_once,
)
