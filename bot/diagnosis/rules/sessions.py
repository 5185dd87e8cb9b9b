"""Who fell out, came back, left, or was there twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.call import Media, Metric
from bot.causes import Cause
from bot.diagnosis.candidates import Suspect, moment_of, nearness
from bot.diagnosis.context import AROUND_S, Presence, Scene, neighbours
from bot.diagnosis.verdict import Evidence

_OVERLAP_S: Final = 8.0
_TWICE_S: Final = (_OVERLAP_S, 20.0, 45.0)  # clouds notice late that somebody fell out
_TWICE_WORTH: Final = (0.55, 0.65, 0.85)
_QUICK_S: Final = 60.0  # who is back within this fell out and did not leave
_GAP_S: Final = 15.0
_LEFT_S: Final = 30.0
_TOO_OFTEN: Final = 3
_NEAR_END_S: Final = 120.0


def find_session_faults(scene: Scene) -> Iterator[Suspect]:
    """Find each end's broken sessions, the sender's before the receiver's."""
    for uid in scene.ends:
        doubled = _doubled(scene, uid)
        if doubled is not None:
            yield doubled
            continue
        fell_out = _fell_out(scene, uid) or _silent_gap(scene, uid) or _gone(scene, uid)
        if fell_out is not None:
            yield fell_out


def _suspect(
    scene: Scene, uid: str, cause: Cause, confidence: float, span: tuple[float, float]
) -> Suspect:
    """Build a suspect whose evidence is how long the person was away, or there twice."""
    since, until = span
    distance = max(0.0, since - scene.moment, scene.moment - until)
    doubled = cause.name == "duplicate_uid"
    evidence = Evidence(
        source=scene.source,
        at=moment_of(since),
        uid=uid,
        metric="overlap" if doubled else "absence",
        value=round(until - since, 1),
        unit="s",
        threshold=_OVERLAP_S if doubled else _GAP_S,
    )
    return Suspect(cause, uid, confidence * nearness(distance), since, until, (evidence,))


def _near(scene: Scene, since: float, until: float) -> bool:
    return since <= scene.moment + AROUND_S and until >= scene.moment - AROUND_S


def _doubled(scene: Scene, uid: str) -> Suspect | None:
    """Two sessions of one uid at once throw each other out."""
    cause = Cause("session", "duplicate_uid")
    pairs = neighbours(scene.presences, uid)
    for first, second in pairs:
        until = min(first.left_at, second.left_at, scene.moment + AROUND_S)
        if until - second.joined_at >= _OVERLAP_S and _near(scene, second.joined_at, until):
            worth = float(np.interp(until - second.joined_at, _TWICE_S, _TWICE_WORTH))
            return _suspect(scene, uid, cause, worth, (second.joined_at, until))
    near = [pair for pair in pairs if _near(scene, pair[0].left_at, pair[1].joined_at)]
    if len(near) >= _TOO_OFTEN:
        return _suspect(scene, uid, cause, 0.6, (near[0][0].left_at, near[-1][1].joined_at))
    return None


def _fell_out(scene: Scene, uid: str) -> Suspect | None:
    """Gone, and back within a minute with a session of their own."""

    def quick(pair: tuple[Presence, Presence]) -> bool:
        gone_at, back_at = pair[0].left_at, pair[1].joined_at
        return back_at - gone_at <= _QUICK_S and _near(scene, gone_at, back_at)

    pairs = [pair for pair in neighbours(scene.presences, uid) if quick(pair)]
    if not pairs:
        return None
    first, second = min(pairs, key=lambda pair: abs(pair[0].left_at - scene.moment))
    span = (first.left_at, max(first.left_at, second.joined_at))
    return _suspect(scene, uid, Cause("reconnect", "network_down"), 0.75, span)


def _silent_gap(scene: Scene, uid: str) -> Suspect | None:
    """Nothing measured for a while at one end, and nothing of theirs arriving at the other."""
    times = scene.samples[uid]
    gaps = np.diff(times)
    if not len(gaps) or gaps.max() < _GAP_S:
        return None
    longest = int(np.argmax(gaps))
    since, until = float(times[longest]), float(times[longest + 1])
    if not _nothing_arrived(scene, uid, since, until):
        return None
    return _suspect(scene, uid, Cause("reconnect", "network_down"), 0.65, (since, until))


def _nothing_arrived(scene: Scene, uid: str, since: float, until: float) -> bool:
    """Tell whether the other end was measured meanwhile and received nothing of either medium."""
    seen = False
    for media in Media:
        track = scene.track(scene.other(uid), Metric.RECEIVE_BITRATE, media)
        if track is None or track.ever < 1:
            continue
        inside = (track.times > since + 2) & (track.times < until - 2)
        if not inside.any():
            continue
        seen = True
        if np.median(track.values[inside]) >= 1:
            return False
    return seen


def _gone(scene: Scene, uid: str) -> Suspect | None:
    """One end left shortly before the complaint while the other stayed on."""
    own, peer = scene.samples[uid], scene.samples[scene.other(uid)]
    if not len(own) or not len(peer):
        return None
    left_at = float(own[-1])
    stayed_s = float(peer[-1]) - left_at
    if stayed_s < _LEFT_S or not -AROUND_S / 2 <= left_at - scene.moment <= _GAP_S:
        return None
    if scene.ended_at is not None and scene.ended_at - left_at < _NEAR_END_S:
        return None  # the lesson was over
    cause = Cause("session", "peer_offline")
    return _suspect(scene, uid, cause, 0.5, (left_at, float(peer[-1])))
