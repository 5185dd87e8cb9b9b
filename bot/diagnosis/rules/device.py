"""Processors too busy, and cameras that give too few frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.call import Media, Metric
from bot.causes import Cause
from bot.diagnosis.observations import Observation, observe
from bot.diagnosis.scene import Scene
from bot.diagnosis.suspects import Suspect, suspect_of
from bot.diagnosis.symptoms import freezes
from bot.diagnosis.thresholds import APP_CPU, CAPTURE, SYSTEM_CPU, TASK_DELAY

_KEPT_FPS: Final = 0.75  # a healthy encoder sends at least this part of what the camera gives
_FELT: Final = 0.88
_NOT_FELT: Final = 0.62


def find_device_faults(scene: Scene) -> Iterator[Suspect]:
    """Find each end's device faults, the sender's before the receiver's."""
    for uid in scene.ends:
        yield from _processor(scene, uid)
        yield from _camera(scene, uid)


def _processor(scene: Scene, uid: str) -> Iterator[Suspect]:
    """A hot processor drops frames on sending, and freezes what is received."""
    system = observe(scene.track(uid, Metric.SYSTEM_CPU), SYSTEM_CPU, scene.moment)
    app = observe(scene.track(uid, Metric.APP_CPU), APP_CPU, scene.moment)
    task = observe(scene.track(uid, Metric.TASK_DELAY), TASK_DELAY, scene.moment)
    found = tuple(one for one in (app, system, task) if one is not None)
    if app is None and system is None:
        return
    felt = task is not None or drops_frames(scene, uid) or bool(freezes(scene, uid))
    base = _FELT if felt else _NOT_FELT
    name = "app_cpu_high" if app is not None else "cpu_high"
    yield suspect_of(Cause("device", name), found, base, scene.source)


def drops_frames(scene: Scene, uid: str) -> bool:
    """Tell whether clearly fewer frames are sent than the camera gives."""
    sent = scene.track(uid, Metric.SEND_FPS, Media.VIDEO)
    captured = scene.track(uid, Metric.CAPTURE_FPS, Media.VIDEO)
    if sent is None or captured is None:
        return False
    given = captured.nearest(sent.times)
    known = given > CAPTURE.bound
    if not known.any():
        return False
    kept = sent.values[known] / given[known]
    return bool(np.mean(kept < _KEPT_FPS) > 0.1)  # noqa: PLR2004 - a tenth of the time


def _camera(scene: Scene, uid: str) -> Iterator[Suspect]:
    """A camera that gives next to no frames while video is still being sent."""
    captured = scene.track(uid, Metric.CAPTURE_FPS, Media.VIDEO)
    sent = scene.track(uid, Metric.SEND_BITRATE, Media.VIDEO)
    if captured is None or sent is None:
        return
    sending = np.nan_to_num(sent.nearest(captured.times)) >= 1
    found: Observation | None = observe(captured, CAPTURE, scene.moment, sending)
    if found is not None:
        yield suspect_of(Cause("device", "busy"), (found,), 0.88, scene.source)
