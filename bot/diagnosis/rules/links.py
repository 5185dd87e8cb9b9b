"""What is bad on each person's way up and down, the sender's part taken off the receiver's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric
from bot.diagnosis.context import Scene
from bot.diagnosis.observations import Observation, Track, observe
from bot.diagnosis.symptoms import freeze_measured, freezes
from bot.diagnosis.thresholds import JITTER, JITTER_FELT, LATENCY, LOSS, Limit

if TYPE_CHECKING:
    from bot.call import FloatArray

_UP, _DOWN = Direction.UP, Direction.DOWN
_LATE_ON_TOP: Final = 0.8  # of the limit: a path is late by its own when it adds this much
_STEADY_PART: Final = 0.7  # a receiver's jitter is the sender's up to 1/0.7 of that
_PASSED_ON: Final = 1.25  # loss on the way down up to this part of the way up may be the same


@dataclass(frozen=True, slots=True)
class Link:
    """What is bad on one person's way up or down."""

    direction: Direction
    loss: tuple[Observation, ...]
    latency: tuple[Observation, ...]
    jitter: tuple[Observation, ...]

    @property
    def all(self) -> tuple[Observation, ...]:
        """Everything bad on this link, the surest kind first."""
        return self.loss + self.jitter + self.latency


def look_up(scene: Scene, uid: str) -> Link:
    """Look at one person's way up."""
    moment, receiver = scene.moment, scene.other(uid)
    loss = (observe(scene.track(uid, Metric.UPLINK_LOSS, one), LOSS, moment) for one in Media)
    late = (observe(_latency_up(scene, uid, one), LATENCY, moment) for one in Media)
    jitter = (_jitter(scene, scene.track(uid, Metric.JITTER, one, _UP), receiver) for one in Media)
    return Link(_UP, _present(loss), _present(late), _present(jitter))


def look_down(scene: Scene, uid: str) -> Link:
    """Look at one person's way down: only what the sender's way up does not explain."""
    return Link(
        _DOWN,
        _present(_loss_down(scene, uid, media) for media in Media),
        _present(_latency_down(scene, uid, media) for media in Media),
        _present(_jitter_down(scene, uid, media) for media in Media),
    )


def _present(found: Iterable[Observation | None]) -> tuple[Observation, ...]:
    return tuple(one for one in found if one is not None)


def _latency_up(scene: Scene, uid: str, media: Media) -> Track | None:
    own = scene.track(uid, Metric.UPLINK_LATENCY, media)
    return own or scene.track(uid, Metric.LATENCY, media, _UP)


def _loss_down(scene: Scene, uid: str, media: Media) -> Observation | None:
    up = scene.track(scene.other(uid), Metric.UPLINK_LOSS, media)
    own = scene.track(uid, Metric.DOWNLINK_LOSS, media)
    if own is not None:
        return _maybe_passed_on(observe(own, LOSS, scene.moment), up)
    whole = scene.track(uid, Metric.END_TO_END_LOSS, media)
    if whole is None or up is None:
        return _blind(observe(whole, LOSS, scene.moment))
    passed = (1 - up.highest_around(whole.times) / 100).clip(0.01)
    excess = 100 * (1 - ((1 - whole.values / 100) / passed).clip(0, 1))
    return _on_top(scene, whole, excess, LOSS)


def _maybe_passed_on(found: Observation | None, up: Track | None) -> Observation | None:
    """Take loss on the way down for the sender's when it is no more than that."""
    if found is None or up is None:
        return found
    sent = float(np.median(up.highest_around(found.track.times)))
    same = sent > LOSS.bound and found.median <= _PASSED_ON * sent
    return replace(found, own=min(found.own, LOSS.bound)) if same else found


def _blind(found: Observation | None) -> Observation | None:
    return None if found is None else replace(found, blind=True)


def _on_top(
    scene: Scene, whole: Track, excess: FloatArray, limit: Limit, part: float = 1.0
) -> Observation | None:
    """Observe a whole way where what is left without the sender's part is out of bounds."""
    beyond = excess > part * limit.bound
    found = observe(whole, limit, scene.moment, beyond)
    return None if found is None else replace(found, own=float(np.median(excess[beyond])))


def _latency_down(scene: Scene, uid: str, media: Media) -> Observation | None:
    own = scene.track(uid, Metric.DOWNLINK_LATENCY, media)
    if own is not None:
        return observe(own, LATENCY, scene.moment)
    whole = scene.track(uid, Metric.LATENCY, media, _DOWN)
    up = _latency_up(scene, scene.other(uid), media)
    if whole is None or up is None:
        return _blind(observe(whole, LATENCY, scene.moment))
    excess = whole.values - up.highest_around(whole.times)
    return _on_top(scene, whole, excess, LATENCY, _LATE_ON_TOP)


def _jitter_down(scene: Scene, uid: str, media: Media) -> Observation | None:
    track = scene.track(uid, Metric.JITTER, media, _DOWN)
    up = scene.track(scene.other(uid), Metric.JITTER, media, _UP)
    if track is None or up is None:
        return _blind(_jitter(scene, track, uid))
    own = up.highest_around(track.times) < _STEADY_PART * track.values
    return _jitter(scene, track.with_values(np.where(own, track.values, 0)), uid)


def _jitter(scene: Scene, track: Track | None, receiver: str) -> Observation | None:
    """Return jitter past the document's limit, or past what is felt when the receiver freezes."""
    found = observe(track, JITTER, scene.moment)
    if found is not None or track is None or track.media is None:
        return found
    frozen = any(one.media is track.media for one in freezes(scene, receiver))
    felt = frozen or not freeze_measured(scene, receiver, track.media)
    return observe(track, JITTER_FELT, scene.moment) if felt else None
