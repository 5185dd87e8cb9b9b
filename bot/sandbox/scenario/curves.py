"""Metric curves as a client SDK measures them, computed from conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric
from bot.sandbox.scenario.conditions import Conditions, NoiseSource, conditions_of
from bot.sandbox.scenario.simulated_call import Curve, Person, SimulatedCall, SimulatedSession

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

    IntArray = NDArray[np.int64]

_STEP_S: Final = 2
_MISSING_SHARE: Final = 0.02
_LATE_SHARE: Final = 0.1
_HOLE_SHARE: Final = 0.002  # a hole in the data begins about once in a quarter of an hour
_NOISY_MISSING_SHARE: Final = 0.1
_OFF_SHARE: Final = 0.01  # of rough samples are far off
_FPS: Final = 15.0
_VIDEO_KBPS: Final = 620.0
_AUDIO_KBPS: Final = 48.0
_WIDTH, _HEIGHT = 640.0, 360.0
_LOW_SHARE: Final = 0.2  # the low-quality stream's share of the main one's bitrate
_UP, _DOWN = Direction.UP, Direction.DOWN
_AUDIO, _VIDEO = Media.AUDIO, Media.VIDEO
_PERCENT: Final = frozenset(
    {Metric.APP_CPU, Metric.SYSTEM_CPU, Metric.UPLINK_LOSS, Metric.DOWNLINK_LOSS}
    | {Metric.END_TO_END_LOSS}
)


@dataclass(frozen=True, slots=True)
class _Signal:
    """A metric over the whole call, one value a second, before sampling."""

    metric: Metric
    values: FloatArray
    media: Media | None = None
    direction: Direction | None = None
    digits: int = 0


@lru_cache(maxsize=32)  # the demo has 21 calls, which take 220 MB
def curves_of(sim_call: SimulatedCall) -> tuple[Curve, ...]:
    """Return every curve of a call, its future included; equal calls give equal curves."""
    if sim_call.curves:
        return sim_call.curves
    conditions = {person.uid: conditions_of(sim_call, person) for person in sim_call.people}
    return compute_curves(sim_call, conditions)


def compute_curves(
    sim_call: SimulatedCall, conditions: Mapping[int, Conditions]
) -> tuple[Curve, ...]:
    """Compute the curves of a call from each person's conditions."""
    ends = {
        person.uid: _endpoint_of(sim_call, person, conditions[person.uid])
        for person in sim_call.people
    }
    curves: list[Curve] = []
    for person in sim_call.people:
        curves.extend(_own_curves(sim_call, person, ends[person.uid]))
        for peer in sim_call.people:
            if peer.sends and peer.uid != person.uid:
                curves.extend(_peer_curves(sim_call, person, peer, ends))
    return tuple(curves)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One person's conditions, and what leaves their device under them."""

    own: Conditions
    audio_kbps: FloatArray
    video_kbps: FloatArray
    fps: FloatArray


def _endpoint_of(sim_call: SimulatedCall, person: Person, own: Conditions) -> _Endpoint:
    rng = NoiseSource(sim_call, f"send:{person.uid}")
    fps = _sent_fps(own, rng)
    return _Endpoint(own, _sent_audio_kbps(own, rng), _sent_video_kbps(own, fps, rng), fps)


def _own_curves(sim_call: SimulatedCall, person: Person, end: _Endpoint) -> Iterator[Curve]:
    rng = NoiseSource(sim_call, f"device:{person.uid}")
    signals = list(_device_signals(end.own, rng))
    if person.sends:
        signals.extend(_send_signals(end, rng))
    for number, session in enumerate(person.sessions):
        rng = NoiseSource(sim_call, f"sample:{person.uid}:{number}")
        sampler = _Sampler.begin(sim_call, end.own, rng, (session.joined_at, session.left_at))
        for signal in signals:
            yield _curve(person.uid, number, signal, None, sampler.sample(signal))


def _peer_curves(
    sim_call: SimulatedCall, person: Person, peer: Person, ends: dict[int, _Endpoint]
) -> Iterator[Curve]:
    """What one person received of another while both were in the room."""
    rng = NoiseSource(sim_call, f"receive:{person.uid}:{peer.uid}")
    own = ends[person.uid].own
    signals = list(_receive_signals(own, ends[peer.uid], rng))
    for number, session in enumerate(person.sessions):
        together = _together(session, peer)
        if together is None:
            continue
        rng = NoiseSource(sim_call, f"sample:{person.uid}:{number}")
        sampler = _Sampler.begin(sim_call, own, rng, together)
        for signal in signals:
            yield _curve(person.uid, number, signal, peer.uid, sampler.sample(signal))


def _together(session: SimulatedSession, peer: Person) -> tuple[float, float] | None:
    """Return the part of a session in which the peer was in the call too."""
    shared = [
        (max(session.joined_at, other.joined_at), min(session.left_at, other.left_at))
        for other in peer.sessions
        if max(session.joined_at, other.joined_at) < min(session.left_at, other.left_at)
    ]
    if not shared:
        return None
    return min(start for start, _ in shared), max(end for _, end in shared)


def _curve(
    uid: int,
    session: int,
    signal: _Signal,
    peer: int | None,
    sampled: tuple[FloatArray, FloatArray],
) -> Curve:
    return Curve(uid, session, signal.metric, signal.media, signal.direction, peer, *sampled)


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Samples waves as one session of an SDK does, at its own seconds of the call."""

    origin: float
    ticks: IntArray
    rng: NoiseSource
    noise_level: float

    @classmethod
    def begin(
        cls,
        sim_call: SimulatedCall,
        own: Conditions,
        rng: NoiseSource,
        between: tuple[float, float],
    ) -> _Sampler:
        """Sample about every 2 s: some points are late, some are lost, none while offline."""
        last = len(own.online) - 1
        start, end = (int(moment - sim_call.started_at) for moment in between)
        ticks = np.arange(start + _STEP_S, min(end, last), _STEP_S)
        count = len(ticks)
        lost = _holes(rng, count, sim_call.noise_level)
        ticks = np.minimum(ticks + (rng.uniform("late", count) < _LATE_SHARE), last)
        remaining = ticks[~lost & (own.online[ticks] > 0)]
        return cls(float(np.floor(sim_call.started_at)), remaining, rng, sim_call.noise_level)

    def sample(self, signal: _Signal) -> tuple[FloatArray, FloatArray]:
        """Return a wave's times and values; each metric loses some points of its own."""
        key = f"{signal.metric}:{signal.media}"
        missing = _MISSING_SHARE + _NOISY_MISSING_SHARE * self.noise_level
        ticks = self.ticks[self.rng.uniform(key, len(self.ticks)) >= missing]
        times: FloatArray = self.origin + ticks.astype(np.float64)
        return times, np.round(self._measured(signal, key)[ticks], signal.digits)

    def _measured(self, signal: _Signal, key: str) -> FloatArray:
        """Return a wave with the noise of a rough measurement, and single samples far off."""
        if not self.noise_level:
            return signal.values
        noise = 0.12 * self.noise_level * self.rng.normal(f"rough:{key}", len(signal.values))
        off = self.rng.uniform(f"off:{key}", len(signal.values)) < _OFF_SHARE * self.noise_level
        noisy = signal.values * (1 + noise.clip(-0.4, 0.4)) * np.where(off, 2.5, 1)
        maximum = 100.0 if signal.metric in _PERCENT else np.inf
        measured: FloatArray = noisy.clip(0, maximum)
        return measured


def _holes(
    rng: NoiseSource, count: int, noise_level: float = 0.0
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark the rare stretches of five samples that never reached the cloud."""
    begins = rng.uniform("holes", count) < _HOLE_SHARE * (1 + 5 * noise_level)
    return np.convolve(begins, np.ones(5), mode="full")[:count] > 0


def _device_signals(own: Conditions, rng: NoiseSource) -> Iterator[_Signal]:
    seconds = len(own.app_cpu)
    overload = _overload(own)
    task_ms = np.abs(8 + 3 * rng.normal("task", seconds) + 160 * overload)
    yield _Signal(Metric.APP_CPU, own.app_cpu)
    yield _Signal(Metric.SYSTEM_CPU, own.system_cpu)
    yield _Signal(Metric.ROUTER_LATENCY, own.router_ms)
    yield _Signal(Metric.TASK_DELAY, task_ms)


def _send_signals(end: _Endpoint, rng: NoiseSource) -> Iterator[_Signal]:
    own = end.own
    volume = 160 + 30 * rng.normal("volume", len(own.app_cpu), 3)
    yield _Signal(Metric.SEND_BITRATE, end.audio_kbps, _AUDIO, _UP)
    yield _Signal(Metric.SEND_VOLUME, volume.clip(85, 255) * own.sending[_AUDIO], _AUDIO, _UP)
    yield from _send_video_signals(end)
    for media in Media:
        link = (_UP, media)
        yield _Signal(Metric.UPLINK_LOSS, own.loss[link] * own.sending[media], media, _UP, 1)
        yield _Signal(Metric.UPLINK_LATENCY, own.latency_ms[link], media, _UP)
        yield _Signal(Metric.JITTER, own.jitter_ms[link], media, _UP)


def _send_video_signals(end: _Endpoint) -> Iterator[_Signal]:
    sending = end.own.sending[_VIDEO]
    yield _Signal(Metric.CAPTURE_FPS, _FPS * end.own.capture * sending, _VIDEO, _UP)
    yield _Signal(Metric.SEND_FPS, end.fps, _VIDEO, _UP)
    yield _Signal(Metric.SEND_FPS_LOW, end.fps, _VIDEO, _UP)
    yield _Signal(Metric.SEND_BITRATE, end.video_kbps, _VIDEO, _UP)
    yield _Signal(Metric.SEND_BITRATE_LOW, end.video_kbps * _LOW_SHARE, _VIDEO, _UP)
    yield _Signal(Metric.SEND_WIDTH, _WIDTH * sending, _VIDEO, _UP)
    yield _Signal(Metric.SEND_HEIGHT, _HEIGHT * sending, _VIDEO, _UP)


def _overload(own: Conditions) -> FloatArray:
    """Return how far the processor is past what encoding bears, 0 to 1 (nothing below 80 %)."""
    return ((own.system_cpu - 80) / 20).clip(0, 1)


def _sent_audio_kbps(own: Conditions, rng: NoiseSource) -> FloatArray:
    """Return the audio bitrate that leaves the device."""
    noise = 1 + 0.05 * rng.normal("audio", len(own.app_cpu))
    return _AUDIO_KBPS * noise * own.sending[_AUDIO] * own.online


def _sent_fps(own: Conditions, rng: NoiseSource) -> FloatArray:
    """Return the frames a second that leave the device: a hot processor drops some."""
    noise = 1 + 0.03 * rng.normal("fps", len(own.app_cpu))
    remaining = 1 - 0.75 * _overload(own)
    return (_FPS * own.capture * remaining * noise * own.sending[_VIDEO] * own.online).clip(0, 30)


def _sent_video_kbps(own: Conditions, fps: FloatArray, rng: NoiseSource) -> FloatArray:
    """Return the video bitrate that leaves the device: bandwidth estimation backs off on loss."""
    noise = 1 + 0.08 * rng.normal("video", len(own.app_cpu), 3)
    backed_off = 1 - (1.5 * own.loss[_UP, _VIDEO] / 100).clip(0, 0.7)
    frames = (fps / _FPS).clip(0.2, 1.1)
    kbps: FloatArray = _VIDEO_KBPS * noise * backed_off * frames * own.sending[_VIDEO] * own.online
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


def _receive_signals(own: Conditions, peer: _Endpoint, rng: NoiseSource) -> Iterator[_Signal]:
    for media in Media:
        path = _path(own, peer.own, media)
        flowing, link = path.flowing * path.reaching, (_DOWN, media)
        yield _Signal(Metric.END_TO_END_LOSS, path.loss * flowing, media, _DOWN, 1)
        yield _Signal(Metric.DOWNLINK_LOSS, own.loss[link] * flowing, media, _DOWN, 1)
        yield _Signal(Metric.DOWNLINK_LATENCY, own.latency_ms[link], media, _DOWN)
        yield _Signal(Metric.LATENCY, path.latency_ms, media, _DOWN)
        yield _Signal(Metric.JITTER, path.jitter_ms, media, _DOWN)
    yield from _receive_audio_signals(own, peer, rng)
    yield from _receive_video_signals(own, peer, rng)


def _receive_audio_signals(own: Conditions, peer: _Endpoint, rng: NoiseSource) -> Iterator[_Signal]:
    path = _path(own, peer.own, _AUDIO)
    kbps = peer.audio_kbps * path.flowing * (1 - path.loss / 100) * own.online
    volume = 150 + 30 * rng.normal("volume", len(kbps), 3)
    yield _Signal(Metric.RECEIVE_BITRATE, kbps, _AUDIO, _DOWN)
    yield _Signal(Metric.PLAY_VOLUME, volume.clip(85, 255) * path.flowing, _AUDIO, _DOWN)
    chance = _any_of((path.loss - 8) / 30, (path.jitter_ms - 100) / 300, 0.5 * _overload(own))
    yield _freezes(path, chance, (200, 1200), _AUDIO, rng)


def _receive_video_signals(own: Conditions, peer: _Endpoint, rng: NoiseSource) -> Iterator[_Signal]:
    path = _path(own, peer.own, _VIDEO)
    kbps = peer.video_kbps * path.flowing * (1 - path.loss / 100) * own.online
    rendered = (1 - 2.2 * (path.loss - 3).clip(0, None) / 100).clip(0.1, 1)
    arriving = peer.fps * path.flowing * own.online
    qp = 24 + 8 * (1 - (kbps / _VIDEO_KBPS).clip(0, 1)) + rng.normal("qp", len(kbps), 3)
    yield _Signal(Metric.RECEIVE_BITRATE, kbps, _VIDEO, _DOWN)
    yield _Signal(
        Metric.RECEIVE_FPS, arriving * rendered * (1 - 0.6 * _overload(own)), _VIDEO, _DOWN
    )
    yield _Signal(Metric.RECEIVE_WIDTH, _WIDTH * path.flowing, _VIDEO, _DOWN)
    yield _Signal(Metric.RECEIVE_HEIGHT, _HEIGHT * path.flowing, _VIDEO, _DOWN)
    yield _Signal(Metric.PICTURE_QP, qp * path.flowing, _VIDEO, _DOWN)
    chance = _any_of(
        (path.loss - 4) / 25,
        (path.jitter_ms - 80) / 300,
        0.8 * _overload(own),
        (path.latency_ms - 900) / 3000,
        (10 - arriving) / 20,
    )
    yield _freezes(path, chance, (600, 2000), _VIDEO, rng)


def _any_of(*chances: FloatArray) -> FloatArray:
    """Return the chance that at least one of several independent things happens."""
    spared = np.ones(len(chances[0]))
    for chance in chances:
        spared = spared * (1 - chance.clip(0, 0.9))
    happening: FloatArray = 1 - spared
    return happening


def _freezes(
    path: _Path, chance: FloatArray, lengths_ms: tuple[int, int], media: Media, rng: NoiseSource
) -> _Signal:
    """Freeze now and then by chance; a muted stream does not freeze, a broken link always does."""
    minimum, maximum = lengths_ms
    count = len(chance)
    length = minimum + (maximum - minimum) * rng.uniform(f"freeze_ms:{media}", count)
    happens = rng.uniform(f"freeze:{media}", count) < np.where(path.reaching > 0, chance, 1.0)
    return _Signal(Metric.FREEZE_TIME, length * happens * path.flowing, media, _DOWN)
