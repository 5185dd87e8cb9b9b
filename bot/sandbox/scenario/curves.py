"""From conditions to the metric curves a client SDK would have measured. Knows no cloud."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric
from bot.sandbox.scenario.conditions import Conditions, Dice, conditions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bot.call import FloatArray
    from bot.sandbox.scenario.simulated_call import Lesson, Person, Stay

    IntArray = NDArray[np.int64]

_STEP_S: Final = 2
_MISSING_SHARE: Final = 0.02
_LATE_SHARE: Final = 0.1
_HOLE_SHARE: Final = 0.002  # a hole in the data begins about once in a quarter of an hour
_ROUGH_MISSING_SHARE: Final = 0.1
_OFF_SHARE: Final = 0.01  # of rough samples are far off
_FPS: Final = 15.0
_VIDEO_KBPS: Final = 620.0
_AUDIO_KBPS: Final = 48.0
_WIDTH, _HEIGHT = 640.0, 360.0
_LOW_SHARE: Final = 0.2  # the low-quality stream's share of the main one's bitrate
_UP, _DOWN = Direction.UP, Direction.DOWN
_A, _V = Media.AUDIO, Media.VIDEO
_PERCENT: Final = frozenset(
    {Metric.APP_CPU, Metric.SYSTEM_CPU, Metric.UPLINK_LOSS, Metric.DOWNLINK_LOSS}
    | {Metric.END_TO_END_LOSS}
)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One metric measured during one stay. Percent 0-100, ms, kbps, fps, px, dB.

    `stay` counts the person's stays from 0. `peer_uid` is the sender for what was received,
    None for the own side. `times` are whole epoch seconds, sorted, about 2 s apart with gaps.
    Freeze times are ms of freeze within one 2 s sample.
    """

    uid: int
    stay: int
    metric: Metric
    media: Media | None
    direction: Direction | None
    peer_uid: int | None
    times: FloatArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class _Wave:
    """A metric over the whole lesson, one value a second, before anybody sampled it."""

    metric: Metric
    values: FloatArray
    media: Media | None = None
    direction: Direction | None = None
    digits: int = 0


@lru_cache(maxsize=64)
def curves_of(lesson: Lesson) -> tuple[Curve, ...]:
    """Return every curve of a lesson, its future included; equal lessons give equal curves."""
    ends = {person.uid: _end(lesson, person) for person in lesson.people}
    curves: list[Curve] = []
    for person in lesson.people:
        curves.extend(_own_curves(lesson, person, ends[person.uid]))
        for peer in lesson.people:
            if peer.sends and peer.uid != person.uid:
                curves.extend(_peer_curves(lesson, person, peer, ends))
    return tuple(curves)


@dataclass(frozen=True, slots=True)
class _End:
    """One person's conditions, and what leaves their device under them."""

    own: Conditions
    audio_kbps: FloatArray
    video_kbps: FloatArray
    fps: FloatArray


def _end(lesson: Lesson, person: Person) -> _End:
    own = conditions_of(lesson, person)
    dice = Dice(lesson, f"send:{person.uid}")
    fps = _sent_fps(own, dice)
    return _End(own, _sent_audio_kbps(own, dice), _sent_video_kbps(own, fps, dice), fps)


def _own_curves(lesson: Lesson, person: Person, end: _End) -> Iterator[Curve]:
    dice = Dice(lesson, f"device:{person.uid}")
    waves = list(_device_waves(end.own, dice))
    if person.sends:
        waves.extend(_send_waves(end, dice))
    for number, stay in enumerate(person.stays):
        dice = Dice(lesson, f"sample:{person.uid}:{number}")
        sampler = _Sampler.begin(lesson, end.own, dice, (stay.joined_at, stay.left_at))
        for wave in waves:
            yield _curve(person.uid, number, wave, None, sampler.sample(wave))


def _peer_curves(
    lesson: Lesson, person: Person, peer: Person, ends: dict[int, _End]
) -> Iterator[Curve]:
    """What one person received of another while both were in the room."""
    dice = Dice(lesson, f"receive:{person.uid}:{peer.uid}")
    own = ends[person.uid].own
    waves = list(_receive_waves(own, ends[peer.uid], dice))
    for number, stay in enumerate(person.stays):
        together = _together(stay, peer)
        if together is None:
            continue
        dice = Dice(lesson, f"sample:{person.uid}:{number}")
        sampler = _Sampler.begin(lesson, own, dice, together)
        for wave in waves:
            yield _curve(person.uid, number, wave, peer.uid, sampler.sample(wave))


def _together(stay: Stay, peer: Person) -> tuple[float, float] | None:
    """Return from the first to the last moment of a stay in which the peer was there too."""
    shared = [
        (max(stay.joined_at, other.joined_at), min(stay.left_at, other.left_at))
        for other in peer.stays
        if max(stay.joined_at, other.joined_at) < min(stay.left_at, other.left_at)
    ]
    if not shared:
        return None
    return min(start for start, _ in shared), max(end for _, end in shared)


def _curve(
    uid: int, stay: int, wave: _Wave, peer: int | None, sampled: tuple[FloatArray, FloatArray]
) -> Curve:
    return Curve(uid, stay, wave.metric, wave.media, wave.direction, peer, *sampled)


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Reads waves as one session of an SDK does, at its own seconds of the lesson."""

    origin: float
    ticks: IntArray
    dice: Dice
    roughness: float

    @classmethod
    def begin(
        cls, lesson: Lesson, own: Conditions, dice: Dice, between: tuple[float, float]
    ) -> _Sampler:
        """Sample about every 2 s: some points are late, some are lost, none while offline."""
        last = len(own.online) - 1
        start, end = (int(moment - lesson.started_at) for moment in between)
        ticks = np.arange(start + _STEP_S, min(end, last), _STEP_S)
        count = len(ticks)
        lost = _holes(dice, count, lesson.roughness)
        ticks = np.minimum(ticks + (dice.uniform("late", count) < _LATE_SHARE), last)
        kept = ticks[~lost & (own.online[ticks] > 0)]
        return cls(float(np.floor(lesson.started_at)), kept, dice, lesson.roughness)

    def sample(self, wave: _Wave) -> tuple[FloatArray, FloatArray]:
        """Return a wave's times and values; each metric loses some points of its own."""
        key = f"{wave.metric}:{wave.media}"
        missing = _MISSING_SHARE + _ROUGH_MISSING_SHARE * self.roughness
        ticks = self.ticks[self.dice.uniform(key, len(self.ticks)) >= missing]
        times: FloatArray = self.origin + ticks.astype(np.float64)
        return times, np.round(self._measured(wave, key)[ticks], wave.digits)

    def _measured(self, wave: _Wave, key: str) -> FloatArray:
        """Return a wave with the noise of a rough measurement, and single samples far off."""
        if not self.roughness:
            return wave.values
        noise = 0.12 * self.roughness * self.dice.normal(f"rough:{key}", len(wave.values))
        off = self.dice.uniform(f"off:{key}", len(wave.values)) < _OFF_SHARE * self.roughness
        noisy = wave.values * (1 + noise.clip(-0.4, 0.4)) * np.where(off, 2.5, 1)
        most = 100.0 if wave.metric in _PERCENT else np.inf
        measured: FloatArray = noisy.clip(0, most)
        return measured


def _holes(
    dice: Dice, count: int, roughness: float = 0.0
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark the rare stretches of five samples that never reached the cloud."""
    begins = dice.uniform("holes", count) < _HOLE_SHARE * (1 + 5 * roughness)
    return np.convolve(begins, np.ones(5), mode="full")[:count] > 0


def _device_waves(own: Conditions, dice: Dice) -> Iterator[_Wave]:
    seconds = len(own.app_cpu)
    overload = _overload(own)
    task_ms = np.abs(8 + 3 * dice.normal("task", seconds) + 160 * overload)
    yield _Wave(Metric.APP_CPU, own.app_cpu)
    yield _Wave(Metric.SYSTEM_CPU, own.system_cpu)
    yield _Wave(Metric.ROUTER_LATENCY, own.router_ms)
    yield _Wave(Metric.TASK_DELAY, task_ms)


def _send_waves(end: _End, dice: Dice) -> Iterator[_Wave]:
    own = end.own
    volume = 160 + 30 * dice.normal("volume", len(own.app_cpu), 3)
    yield _Wave(Metric.SEND_BITRATE, end.audio_kbps, _A, _UP)
    yield _Wave(Metric.SEND_VOLUME, volume.clip(85, 255) * own.sending[_A], _A, _UP)
    yield from _send_video_waves(end)
    for media in Media:
        link = (_UP, media)
        yield _Wave(Metric.UPLINK_LOSS, own.loss[link] * own.sending[media], media, _UP, 1)
        yield _Wave(Metric.UPLINK_LATENCY, own.latency_ms[link], media, _UP)
        yield _Wave(Metric.JITTER, own.jitter_ms[link], media, _UP)


def _send_video_waves(end: _End) -> Iterator[_Wave]:
    sending = end.own.sending[_V]
    yield _Wave(Metric.CAPTURE_FPS, _FPS * end.own.capture * sending, _V, _UP)
    yield _Wave(Metric.SEND_FPS, end.fps, _V, _UP)
    yield _Wave(Metric.SEND_FPS_LOW, end.fps, _V, _UP)
    yield _Wave(Metric.SEND_BITRATE, end.video_kbps, _V, _UP)
    yield _Wave(Metric.SEND_BITRATE_LOW, end.video_kbps * _LOW_SHARE, _V, _UP)
    yield _Wave(Metric.SEND_WIDTH, _WIDTH * sending, _V, _UP)
    yield _Wave(Metric.SEND_HEIGHT, _HEIGHT * sending, _V, _UP)


def _overload(own: Conditions) -> FloatArray:
    """Return how far the processor is past what encoding bears, 0 to 1 (nothing below 80 %)."""
    return ((own.system_cpu - 80) / 20).clip(0, 1)


def _sent_audio_kbps(own: Conditions, dice: Dice) -> FloatArray:
    """Return the audio bitrate that leaves the device."""
    noise = 1 + 0.05 * dice.normal("audio", len(own.app_cpu))
    return _AUDIO_KBPS * noise * own.sending[_A] * own.online


def _sent_fps(own: Conditions, dice: Dice) -> FloatArray:
    """Return the frames a second that leave the device: a hot processor drops some."""
    noise = 1 + 0.03 * dice.normal("fps", len(own.app_cpu))
    kept = 1 - 0.75 * _overload(own)
    return (_FPS * own.capture * kept * noise * own.sending[_V] * own.online).clip(0, 30)


def _sent_video_kbps(own: Conditions, fps: FloatArray, dice: Dice) -> FloatArray:
    """Return the video bitrate that leaves the device: bandwidth estimation backs off on loss."""
    noise = 1 + 0.08 * dice.normal("video", len(own.app_cpu), 3)
    backed_off = 1 - (1.5 * own.loss[_UP, _V] / 100).clip(0, 0.7)
    frames = (fps / _FPS).clip(0.2, 1.1)
    kbps: FloatArray = _VIDEO_KBPS * noise * backed_off * frames * own.sending[_V] * own.online
    return kbps


@dataclass(frozen=True, slots=True)
class _Path:
    """The way of one medium from one sender to one receiver."""

    flowing: FloatArray  # 1 while something is sent and taken
    reaching: FloatArray  # 1 while both ends are connected
    loss: FloatArray
    latency_ms: FloatArray
    jitter_ms: FloatArray


def _path(own: Conditions, peer: Conditions, media: Media) -> _Path:
    arrived = (1 - peer.loss[_UP, media] / 100) * (1 - own.loss[_DOWN, media] / 100)
    return _Path(
        flowing=peer.sending[media] * own.receiving[media],
        reaching=peer.online * own.online,
        loss=100 * (1 - arrived),
        latency_ms=peer.latency_ms[_UP, media] + own.latency_ms[_DOWN, media] + 20,
        jitter_ms=np.hypot(peer.jitter_ms[_UP, media], own.jitter_ms[_DOWN, media]),
    )


def _receive_waves(own: Conditions, peer: _End, dice: Dice) -> Iterator[_Wave]:
    for media in Media:
        path = _path(own, peer.own, media)
        flowing, link = path.flowing * path.reaching, (_DOWN, media)
        yield _Wave(Metric.END_TO_END_LOSS, path.loss * flowing, media, _DOWN, 1)
        yield _Wave(Metric.DOWNLINK_LOSS, own.loss[link] * flowing, media, _DOWN, 1)
        yield _Wave(Metric.DOWNLINK_LATENCY, own.latency_ms[link], media, _DOWN)
        yield _Wave(Metric.LATENCY, path.latency_ms, media, _DOWN)
        yield _Wave(Metric.JITTER, path.jitter_ms, media, _DOWN)
    yield from _receive_audio_waves(own, peer, dice)
    yield from _receive_video_waves(own, peer, dice)


def _receive_audio_waves(own: Conditions, peer: _End, dice: Dice) -> Iterator[_Wave]:
    path = _path(own, peer.own, _A)
    kbps = peer.audio_kbps * path.flowing * (1 - path.loss / 100) * own.online
    volume = 150 + 30 * dice.normal("volume", len(kbps), 3)
    yield _Wave(Metric.RECEIVE_BITRATE, kbps, _A, _DOWN)
    yield _Wave(Metric.PLAY_VOLUME, volume.clip(85, 255) * path.flowing, _A, _DOWN)
    chance = _any_of((path.loss - 8) / 30, (path.jitter_ms - 100) / 300, 0.5 * _overload(own))
    yield _freezes(path, chance, (200, 1200), _A, dice)


def _receive_video_waves(own: Conditions, peer: _End, dice: Dice) -> Iterator[_Wave]:
    path = _path(own, peer.own, _V)
    kbps = peer.video_kbps * path.flowing * (1 - path.loss / 100) * own.online
    shown = (1 - 2.2 * (path.loss - 3).clip(0, None) / 100).clip(0.1, 1)
    arriving = peer.fps * path.flowing * own.online
    qp = 24 + 8 * (1 - (kbps / _VIDEO_KBPS).clip(0, 1)) + dice.normal("qp", len(kbps), 3)
    yield _Wave(Metric.RECEIVE_BITRATE, kbps, _V, _DOWN)
    yield _Wave(Metric.RECEIVE_FPS, arriving * shown * (1 - 0.6 * _overload(own)), _V, _DOWN)
    yield _Wave(Metric.RECEIVE_WIDTH, _WIDTH * path.flowing, _V, _DOWN)
    yield _Wave(Metric.RECEIVE_HEIGHT, _HEIGHT * path.flowing, _V, _DOWN)
    yield _Wave(Metric.PICTURE_QP, qp * path.flowing, _V, _DOWN)
    chance = _any_of(
        (path.loss - 4) / 25,
        (path.jitter_ms - 80) / 300,
        0.8 * _overload(own),
        (path.latency_ms - 900) / 3000,
        (10 - arriving) / 20,
    )
    yield _freezes(path, chance, (600, 2000), _V, dice)


def _any_of(*chances: FloatArray) -> FloatArray:
    """Return the chance that at least one of several independent things happens."""
    spared = np.ones(len(chances[0]))
    for chance in chances:
        spared = spared * (1 - chance.clip(0, 0.9))
    happening: FloatArray = 1 - spared
    return happening


def _freezes(
    path: _Path, chance: FloatArray, lengths_ms: tuple[int, int], media: Media, dice: Dice
) -> _Wave:
    """Freeze now and then by chance; a muted stream does not freeze, a broken link always does."""
    least, most = lengths_ms
    count = len(chance)
    length = least + (most - least) * dice.uniform(f"freeze_ms:{media}", count)
    happens = dice.uniform(f"freeze:{media}", count) < np.where(path.reaching > 0, chance, 1.0)
    return _Wave(Metric.FREEZE_TIME, length * happens * path.flowing, media, _DOWN)
