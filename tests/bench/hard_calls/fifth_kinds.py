"""The fifth set of hard calls: written before the confidences were fitted by cause."""

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
_SEED: Final = 23


def busy_evening(draft: CallDraft) -> Expectation:
    """The student's provider at nine: 3 % lost on the way down, 180 ms, jitter 35; no fault."""
    draft.lose(_STUDENT, 3, direction=_DOWN)
    draft.delay(_STUDENT, 180, direction=_DOWN)
    draft.shake(_STUDENT, 35, direction=_DOWN)
    return expect(*HEALTHY, "network.loss", side=Side.STUDENT, limits={"network.loss": UNSURE})


def power_saving(draft: CallDraft) -> Expectation:
    """A phone that saves power draws seven of fifteen frames, evenly: hardly anybody notices."""
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 7, _VIDEO)
    causes = ("device.decoder", "unknown.other")
    return expect(*HEALTHY, *causes, limits={"none": UNSURE, "device.decoder": UNSURE})


def tethered_phone(draft: CallDraft) -> Expectation:
    """The teacher's laptop is on a phone: again and again 20 s with a fifth of the rate."""
    for since in (-110, -70, -30, 10):
        draft.delay(_TEACHER, 600, since, since + 20, _UP)
        draft.lose(_TEACHER, 5, since, since + 20, _UP)
        for uid, rate, width in (
            (_TEACHER, Metric.SEND_BITRATE, Metric.SEND_WIDTH),
            (_STUDENT, Metric.RECEIVE_BITRATE, Metric.RECEIVE_WIDTH),
        ):
            draft.measure(uid, rate, 130, _VIDEO, since, since + 20)
            draft.measure(uid, width, 160, _VIDEO, since, since + 20)
        draft.measure(_STUDENT, Metric.FREEZE_TIME, 400, _VIDEO, since, since + 20)
    causes = ("network.bandwidth", "network.latency", "network.loss", "network.wifi_weak")
    return expect(*causes, "unknown.other", side=Side.TEACHER)


def udp_blocked(draft: CallDraft) -> Expectation:
    """A firewall ends the student's UDP: nothing for 12 s both ways, then TCP with 280 ms."""
    for uid in (_TEACHER, _STUDENT):
        for media in Media:
            draft.measure(uid, Metric.RECEIVE_BITRATE, 0, media, -24, -12)
        draft.measure(uid, Metric.RECEIVE_FPS, 0, _VIDEO, -24, -12)
    draft.lose(_STUDENT, 100, -24, -12)
    draft.delay(_STUDENT, 280, -12)
    limits = {"network.latency": UNSURE}
    causes = (*CONNECTION, "network.loss", "network.latency")
    return expect(*causes, side=Side.STUDENT, limits=limits)


def policed_uplink(draft: CallDraft) -> Expectation:
    """The teacher's provider drops 13 % of what is fast, so of the picture and not the sound."""
    draft.measure(_TEACHER, Metric.UPLINK_LOSS, 13, _VIDEO, -95, 60)
    for metric in _ARRIVED:
        draft.measure(_STUDENT, metric, 13, _VIDEO, -95, 60)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 350, _VIDEO, -95, 60)
    return expect("network.loss", side=Side.TEACHER, direction=_UP)


def choppy_sound(draft: CallDraft) -> Expectation:
    """Camera off, and every nine seconds two with 45 % lost on the student's Wi-Fi."""
    draft.use_network(_STUDENT, "Wi-Fi")
    draft.turn_off(_TEACHER, _VIDEO)
    for since in range(-90, 0, 9):
        draft.lose(_STUDENT, 45, since, since + 2, _DOWN)
    return expect("network.loss", "network.wifi_weak", side=Side.STUDENT)


def graphics_hang(draft: CallDraft) -> Expectation:
    """The student's graphics driver hangs: for 14 s everything arrives and nothing is drawn."""
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 0, _VIDEO, -18, -4)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 2000, _VIDEO, -18, -4)
    return expect("device.decoder", "device.busy", "unknown.other", side=Side.STUDENT)


def virus_scan(draft: CallDraft) -> Expectation:
    """A virus scanner takes 93 % of the teacher's processor; five of fifteen frames are sent."""
    draft.load(_TEACHER, 93, -60, 30)
    draft.measure(_TEACHER, Metric.SEND_FPS, 5, _VIDEO, -60, 30)
    draft.measure(_STUDENT, Metric.RECEIVE_FPS, 5, _VIDEO, -60, 30)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 600, _VIDEO, -60, 30)
    return expect("device.cpu_high", "device.app_cpu_high", side=Side.TEACHER)


def queue_at_the_router(draft: CallDraft) -> Expectation:
    """The teacher sends a large file: what she says is 1.1 s late for 40 s, and nothing is lost."""
    draft.delay(_TEACHER, 1100, -45, -5, _UP)
    return expect("network.latency", side=Side.TEACHER, needs=_DELAYS)


def repaired_sound(draft: CallDraft) -> Expectation:
    """9 % of the sound is lost on the way down and repaired (FEC): nobody hears it."""
    draft.turn_off(_TEACHER, _VIDEO)
    for metric in _ARRIVED:
        draft.measure(_STUDENT, metric, 9, _AUDIO)
    draft.measure(_STUDENT, Metric.FREEZE_TIME, 0, _AUDIO)
    return expect(*HEALTHY, "network.loss", side=Side.STUDENT, limits={"none": UNSURE})


def shaken_again_and_again(draft: CallDraft) -> Expectation:
    """Every six seconds the teacher's jitter rises to 240 ms for two, with 1 % lost."""
    draft.lose(_TEACHER, 1, -100, 40, _UP)
    for since in range(-100, 40, 6):
        draft.shake(_TEACHER, 240, since, since + 3, _UP)
    causes = ("network.jitter", "network.wifi_weak", "media.concealed")
    return expect(*causes, side=Side.TEACHER, needs=frozenset({Metric.JITTER}))


def slow_handover(draft: CallDraft) -> Expectation:
    """The student changes access points: five seconds of nothing, then 500 ms for ten seconds."""
    draft.lose(_STUDENT, 100, -35, -30)
    draft.lose(_STUDENT, 20, -30, -20)
    draft.delay(_STUDENT, 500, -30, -20)
    causes = ("network.loss", "network.wifi_weak", "network.latency")
    return expect(*causes, *CONNECTION, side=Side.STUDENT)


def gallery_view(draft: CallDraft) -> Expectation:
    """The student looks at all pictures at once and gets the small stream, as she wants."""
    draft.measure(_STUDENT, Metric.RECEIVE_BITRATE, 80, _VIDEO)
    draft.measure(_STUDENT, Metric.RECEIVE_WIDTH, 160, _VIDEO)
    draft.measure(_STUDENT, Metric.RECEIVE_HEIGHT, 90, _VIDEO)
    return expect(*HEALTHY, "network.bandwidth", limits={"network.bandwidth": UNSURE})


def loudspeaker_off(draft: CallDraft) -> Expectation:
    """The student's headset took the sound and lies in a drawer: what arrives is not played."""
    draft.measure(_STUDENT, Metric.PLAY_VOLUME, 0, _AUDIO, -100)
    needs = frozenset({Metric.PLAY_VOLUME})
    return expect("media.no_sound", "device.busy", side=Side.STUDENT, needs=needs)


def at_the_door(draft: CallDraft) -> Expectation:
    """The teacher goes to the door for half a minute: nobody speaks, the picture stands still."""
    draft.silence(_TEACHER, -40, -8)
    draft.measure(_TEACHER, Metric.SEND_BITRATE, 90, _VIDEO, -40, -8)
    draft.measure(_STUDENT, Metric.RECEIVE_BITRATE, 90, _VIDEO, -40, -8)
    return expect(*HEALTHY)


def both_on_mobile(draft: CallDraft) -> Expectation:
    """Both are on 4G: up to 4 % lost, 60 to 200 ms, now and then a second of 12 %; all right."""
    rng = np.random.default_rng(_SEED)
    for uid in (_TEACHER, _STUDENT):
        draft.use_network(uid, "4G")
        draft.lose(uid, np.where(rng.random(250) < 0.04, 12, rng.uniform(0, 4, 250)), -124, 126)
        draft.delay(uid, rng.uniform(60, 200, 250), -124, 126)
    limits = {"none": UNSURE, "network.loss": UNSURE}
    return expect(*HEALTHY, "network.loss", limits=limits)


def server_moved(draft: CallDraft) -> Expectation:
    """The cloud moves the room: everybody loses everything for five seconds, 15 s before."""
    for uid in (_TEACHER, _STUDENT, draft.add_observer()):
        draft.lose(uid, 100, -20, -15)
    causes = ("server.route", "network.loss", *CONNECTION)
    limits = dict.fromkeys(("none", "network.loss", *CONNECTION), UNSURE)
    return expect(*HEALTHY, *causes, "unknown.other", limits=limits)


FIFTH_KINDS: Final[tuple[Kind, ...]] = (
    busy_evening,
    power_saving,
    tethered_phone,
    udp_blocked,
    policed_uplink,
    choppy_sound,
    graphics_hang,
    virus_scan,
    queue_at_the_router,
    repaired_sound,
    shaken_again_and_again,
    slow_handover,
    gallery_view,
    loudspeaker_off,
    at_the_door,
    both_on_mobile,
    server_moved,
)
