"""Who stopped sending, who stopped receiving, and who heard nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from bot.call import Direction, Media, Metric, Side
from bot.causes import Cause
from bot.diagnosis.candidates import Suspect, suspect_of
from bot.diagnosis.context import Scene
from bot.diagnosis.observations import Observation, Track, observe
from bot.diagnosis.thresholds import NOTHING_SENT, SILENCE

_UP, _DOWN = Direction.UP, Direction.DOWN
_A, _V = Media.AUDIO, Media.VIDEO
_STOPPED: Final = 0.9
_NEVER_SENT: Final = {Side.TEACHER: 0.82, Side.STUDENT: 0.6}  # students are muted more often
_NOT_MISSED: Final = 0.4  # never sent, and nobody who would miss it complains
_LOST_ALL: Final = 50.0  # percent; past this nothing usable arrives, and loss is the cause


def find_sending_faults(scene: Scene) -> Iterator[Suspect]:
    """Find who stopped sending and who stopped receiving, the sender first."""
    for uid in scene.ends:
        yield from _stopped_sending(scene, uid)
    for uid in reversed(scene.ends):
        yield from _stopped_receiving(scene, uid)
        yield from _silence(scene, uid)


def _stopped_sending(scene: Scene, uid: str) -> Iterator[Suspect]:
    found = {media: _nothing_sent(scene, uid, media) for media in Media}
    stopped = {media: one for media, one in found.items() if one is not None}
    suspects = [_sender(scene, media, one) for media, one in stopped.items()]
    suspects = [suspect for suspect in suspects if suspect.confidence]
    if len(suspects) == len(Media):
        first = max(suspects, key=lambda suspect: suspect.confidence)
        both = Cause("user_action", "stopped_sending", None, _UP)
        evidence = tuple(one for suspect in suspects for one in suspect.evidence)
        yield replace(first, cause=both, evidence=evidence)
        return
    yield from suspects


def _nothing_sent(scene: Scene, uid: str, media: Media) -> Observation | None:
    track = sent(scene, uid, media)
    return observe(track, NOTHING_SENT, scene.moment)


def sent(scene: Scene, uid: str, media: Media) -> Track | None:
    """Return what one person sent of a medium, the small video stream included."""
    main = scene.track(uid, Metric.SEND_BITRATE, media)
    small = scene.track(uid, Metric.SEND_BITRATE_LOW, media)
    if main is None or small is None:
        return main or small
    both = main.with_values(main.values + np.nan_to_num(small.nearest(main.times)))
    return replace(both, ever=max(main.ever, small.ever))


def _sender(scene: Scene, media: Media, found: Observation) -> Suspect:
    cause = Cause("user_action", "stopped_sending", media, _UP)
    base = _STOPPED if found.track.ever >= NOTHING_SENT.bound else _never(scene, media, found)
    return suspect_of(cause, (found,), base, scene.source)


def _never(scene: Scene, media: Media, found: Observation) -> float:
    """Return what it is worth that somebody sent nothing all the time we know of."""
    uid = found.track.uid
    back = sent(scene, scene.other(uid), media)
    if back is None or back.ever < NOTHING_SENT.bound:
        return 0.0  # nobody sends this medium here: a class without video
    if uid == scene.report.abnormal_uid:
        return _NOT_MISSED if scene.report.abnormal_side is Side.TEACHER else 0.0
    return _NEVER_SENT[scene.report.abnormal_side.other]


def _stopped_receiving(scene: Scene, uid: str) -> Iterator[Suspect]:
    """The sender sends, next to nothing is lost on the way, and yet nothing arrives."""
    for media in Media:
        received = _received(scene, uid, media)
        given = sent(scene, scene.other(uid), media)
        if received is None or given is None:
            continue
        sending = np.nan_to_num(given.nearest(received.times)) >= NOTHING_SENT.bound
        sending &= _lost(scene, uid, media, received) < _LOST_ALL
        found = observe(received, NOTHING_SENT, scene.moment, sending)
        if found is not None:
            cause = Cause("user_action", "peer_stopped_receiving", media, _DOWN)
            yield suspect_of(cause, (found,), 0.86, scene.source)


def _received(scene: Scene, uid: str, media: Media) -> Track | None:
    main = scene.track(uid, Metric.RECEIVE_BITRATE, media)
    small = scene.track(uid, Metric.RECEIVE_BITRATE_LOW, media)
    if main is None or small is None:
        return main or small
    return main.with_values(main.values + np.nan_to_num(small.nearest(main.times)))


def _lost(
    scene: Scene, uid: str, media: Media, track: Track
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    ways = (
        scene.track(uid, Metric.END_TO_END_LOSS, media),
        scene.track(uid, Metric.DOWNLINK_LOSS, media),
        scene.track(scene.other(uid), Metric.UPLINK_LOSS, media),
    )
    lost = np.zeros(len(track.times))
    for way in ways:
        if way is not None:
            lost = np.maximum(lost, np.nan_to_num(way.nearest(track.times)))
    return lost


def _silence(scene: Scene, uid: str) -> Iterator[Suspect]:
    """Sound arrives and none is played; or the sender's microphone gives none."""
    played = scene.track(uid, Metric.PLAY_VOLUME, _A)
    received = _received(scene, uid, _A)
    if played is None or received is None:
        return
    arriving = np.nan_to_num(received.nearest(played.times)) >= NOTHING_SENT.bound
    found = observe(played, SILENCE, scene.moment, arriving)
    if found is None:
        return
    spoken = scene.track(scene.other(uid), Metric.SEND_VOLUME, _A)
    mute = None if spoken is None else observe(spoken, SILENCE, scene.moment)
    if mute is not None:
        cause = Cause("media", "no_sound", _A, _UP)
        yield suspect_of(cause, (mute, found), 0.6, scene.source)
        return
    base = 0.55 if spoken is None else 0.82
    yield suspect_of(Cause("media", "no_sound", _A, _DOWN), (found,), base, scene.source)
