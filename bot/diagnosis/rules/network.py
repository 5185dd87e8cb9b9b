"""Loss, latency and jitter on the way up and down, and weak Wi-Fi, which is all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bot.call import Direction, Media, Metric
from bot.causes import Cause
from bot.diagnosis.observations import Observation, Track, observe
from bot.diagnosis.scene import Scene
from bot.diagnosis.suspects import Suspect, suspect_of
from bot.diagnosis.symptoms import freezes
from bot.diagnosis.thresholds import JITTER, JITTER_FELT, LATENCY, LOSS, ROUTER, ROUTER_SLOW

_UP, _DOWN = Direction.UP, Direction.DOWN
_ALIKE: Final = 1.6  # audio and video lose about as much: it is the link, not one medium
_BURSTS: Final = 3
_BURSTY: Final = (0.15, 0.9)  # share of bad samples between which loss comes and goes
_STEADY_PART: Final = 0.7  # a receiver's jitter is the sender's when it is no more than 1/0.7 of it


@dataclass(frozen=True, slots=True)
class Link:
    """What is bad on one person's way up or down."""

    direction: Direction
    loss: tuple[Observation, ...]
    latency: tuple[Observation, ...]
    jitter: tuple[Observation, ...]
    guessed: bool = False  # nobody measured the sender's part of the loss

    @property
    def all(self) -> tuple[Observation, ...]:
        """Everything bad on this link, worst kind first."""
        return self.loss + self.jitter + self.latency


def find_network_faults(scene: Scene) -> Iterator[Suspect]:
    """Find each end's network faults, the sender's before the receiver's."""
    for uid in scene.ends:
        up, down = _look_up(scene, uid), _look_down(scene, uid)
        wifi = _weak_wifi(scene, uid, up, down)
        if wifi is not None:
            yield wifi
            continue
        for link in (up, down):
            yield from _loss(scene, link)
            yield from _slowness(scene, link, link.latency, "latency")
            yield from _slowness(scene, link, link.jitter, "jitter")


def _look_up(scene: Scene, uid: str) -> Link:
    """Look at one person's way up."""

    def seen(metric: Metric, media: Media) -> Observation | None:
        limit = LOSS if metric is Metric.UPLINK_LOSS else LATENCY
        return observe(scene.track(uid, metric, media), limit, scene.moment)

    def late(media: Media) -> Observation | None:
        track = scene.track(uid, Metric.LATENCY, media, _UP)
        return seen(Metric.UPLINK_LATENCY, media) or observe(track, LATENCY, scene.moment)

    def jittery(media: Media) -> Observation | None:
        return _jitter(scene, scene.track(uid, Metric.JITTER, media, _UP), scene.other(uid))

    return Link(
        _UP,
        _present(seen(Metric.UPLINK_LOSS, media) for media in Media),
        _present(late(media) for media in Media),
        _present(jittery(media) for media in Media),
    )


def _look_down(scene: Scene, uid: str) -> Link:
    """Look at one person's way down: only what the sender's way up does not explain."""
    peer = scene.other(uid)
    guessed = False
    loss: list[Observation | None] = []
    for media in Media:
        found, blind = _loss_down(scene, uid, peer, media)
        loss.append(found)
        guessed |= blind and found is not None
    return Link(
        _DOWN,
        _present(loss),
        _present(_late_down(scene, uid, peer, media) for media in Media),
        _present(_jitter_down(scene, uid, peer, media) for media in Media),
        guessed,
    )


def _present(found: Iterable[Observation | None]) -> tuple[Observation, ...]:
    return tuple(one for one in found if one is not None)


def _loss_down(scene: Scene, uid: str, peer: str, media: Media) -> tuple[Observation | None, bool]:
    """Return the loss on the way down, and whether the sender's share of it is unknown."""
    own = scene.track(uid, Metric.DOWNLINK_LOSS, media)
    if own is not None:
        return observe(own, LOSS, scene.moment), False
    whole = scene.track(uid, Metric.END_TO_END_LOSS, media)
    if whole is None:
        return None, False
    up = scene.track(peer, Metric.UPLINK_LOSS, media)
    if up is None:
        return observe(whole, LOSS, scene.moment), True
    rest = 1 - whole.values / 100
    passed = (1 - up.highest_around(whole.times) / 100).clip(0.01)
    excess = 100 * (1 - (rest / passed).clip(0, 1))
    return observe(whole, LOSS, scene.moment, excess > LOSS.bound), False


def _late_down(scene: Scene, uid: str, peer: str, media: Media) -> Observation | None:
    own = scene.track(uid, Metric.DOWNLINK_LATENCY, media)
    if own is not None:
        return observe(own, LATENCY, scene.moment)
    whole = scene.track(uid, Metric.LATENCY, media, _DOWN)
    if whole is None:
        return None
    up = scene.track(peer, Metric.UPLINK_LATENCY, media) or scene.track(
        peer, Metric.LATENCY, media, _UP
    )
    if up is None:
        return observe(whole, LATENCY, scene.moment)
    excess = whole.values - up.highest_around(whole.times)
    return observe(whole, LATENCY, scene.moment, excess > LATENCY.bound * 0.8)


def _jitter_down(scene: Scene, uid: str, peer: str, media: Media) -> Observation | None:
    track = scene.track(uid, Metric.JITTER, media, _DOWN)
    up = scene.track(peer, Metric.JITTER, media, _UP)
    if track is None or up is None:
        return _jitter(scene, track, uid)
    own = up.highest_around(track.times) < _STEADY_PART * track.values
    return _jitter(scene, track.with_values(np.where(own, track.values, 0)), uid)


def _jitter(scene: Scene, track: Track | None, receiver: str) -> Observation | None:
    """Return jitter past the document's limit, or past what is felt when the receiver freezes."""
    found = observe(track, JITTER, scene.moment)
    if found is not None or track is None:
        return found
    felt = any(one.media is track.media for one in freezes(scene, receiver))
    return observe(track, JITTER_FELT, scene.moment) if felt else None


def _loss(scene: Scene, link: Link) -> Iterator[Suspect]:
    for lead in _by_medium(link.loss):
        severity = float(np.interp(lead[0].median, (5, 7, 12, 20), (0.55, 0.7, 0.88, 0.92)))
        media = lead[0].track.media if len(lead) == 1 else None
        cause = Cause("network", "loss", media, link.direction)
        suspect = suspect_of(cause, lead, severity, scene.source)
        if not link.guessed:
            yield suspect
            continue
        # Lost somewhere between the two, and nobody measured the sender's part.
        sender = replace(cause, direction=_UP)
        yield replace(suspect, cause=sender, uid=scene.other(suspect.uid or ""), confidence=0.45)
        yield replace(suspect, confidence=0.45)


def _by_medium(found: tuple[Observation, ...]) -> Iterator[tuple[Observation, ...]]:
    """Take both media as one fault when they suffer alike, else each as one of its own."""
    worst = tuple(sorted(found, key=lambda one: one.median * one.share, reverse=True))
    if len(worst) > 1 and worst[0].median <= _ALIKE * worst[1].median:
        alike = worst[0].share <= _ALIKE * worst[1].share
        if alike:
            yield worst
            return
    yield from ((one,) for one in worst)


def _slowness(
    scene: Scene, link: Link, found: tuple[Observation, ...], name: str
) -> Iterator[Suspect]:
    for lead in _by_medium(found):
        base = 0.86 if lead[0].limit is not JITTER_FELT else 0.8
        media = lead[0].track.media if len(lead) == 1 else None
        cause = Cause("network", name, media, link.direction)
        yield suspect_of(cause, lead, base, scene.source)


def _weak_wifi(scene: Scene, uid: str, up: Link, down: Link) -> Suspect | None:
    """Tell weak Wi-Fi: both ways suffer at once, in bursts, and the router answers late."""
    on_wifi = scene.on_wifi(uid)
    if on_wifi is False:
        return None
    track = scene.track(uid, Metric.ROUTER_LATENCY)
    router = observe(track, ROUTER, scene.moment) or observe(track, ROUTER_SLOW, scene.moment)
    both = bool(up.loss or up.jitter) and bool(down.loss or down.jitter)
    bad = up.all + down.all
    base = _wifi_base(both=both, bursty=_bursty(bad), router=router, measured=track is not None)
    if not base or not (bad or router):
        return None
    base *= 1.0 if on_wifi else 0.92
    observations = (*bad[:1], *((router,) if router else ()), *bad[1:4])
    return suspect_of(Cause("network", "wifi_weak"), observations, base, scene.source)


def _wifi_base(*, both: bool, bursty: bool, router: Observation | None, measured: bool) -> float:
    """Return how much the signs are worth, 0 for not enough of them."""
    if router is not None and both:
        return 0.93
    if router is not None and router.limit is ROUTER:
        return 0.75
    if both and bursty and not measured:
        return 0.8
    return 0.0


def _bursty(found: tuple[Observation, ...]) -> bool:
    least, most = _BURSTY
    return any(one.parts >= _BURSTS and least <= one.share <= most for one in found)
