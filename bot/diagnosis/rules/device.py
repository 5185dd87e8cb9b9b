"""Processors too busy, and cameras that give too few frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.call import Media, Metric
from bot.causes import Cause
from bot.diagnosis.candidates import Suspect, suspect_of
from bot.diagnosis.context import Scene
from bot.diagnosis.observations import Observation, observe
from bot.diagnosis.rules.sending import sent
from bot.diagnosis.symptoms import freezes
from bot.diagnosis.thresholds import APP_CPU, CAPTURE, NOTHING_SENT, SYSTEM_CPU, TASK_DELAY

_KEPT_FPS: Final = 0.75  # a healthy encoder sends at least this part of what the camera gives
_MOST_OF_IT: Final = 0.8
_FELT: Final = 0.88
_FELT_BY_OTHER: Final = 0.8
_NOT_FELT: Final = 0.62
_VERY_HOT: Final = 90.0  # percent


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
    base = _worth(scene, uid, found)
    name = "app_cpu_high" if _app_eats_it(app, system) else "cpu_high"
    yield suspect_of(Cause("device", name), found, base, scene.source)


def _worth(scene: Scene, uid: str, found: tuple[Observation, ...]) -> float:
    """Return what a hot processor is worth: surer where frames are dropped or freezes follow.

    Where no cloud tells how many frames the camera gave, a very hot sender before somebody who
    freezes is likely why.
    """
    late = any(one.limit is TASK_DELAY for one in found)
    if late or drops_frames(scene, uid) or freezes(scene, uid):
        return _FELT
    blind = scene.track(uid, Metric.CAPTURE_FPS, Media.VIDEO) is None
    very_hot = any(one.median >= _VERY_HOT for one in found if one.limit is not TASK_DELAY)
    if blind and very_hot and freezes(scene, scene.other(uid)):
        return _FELT_BY_OTHER
    return _NOT_FELT


def _app_eats_it(app: Observation | None, system: Observation | None) -> bool:
    """Tell whether it is our own app that takes most of the processor, not the others."""
    if app is None or system is None:
        return app is not None
    hot = system.track.values > SYSTEM_CPU.bound
    own = app.track.nearest(system.track.times[hot])
    own = own[np.isfinite(own)]
    usual = float(np.median(own)) if len(own) else 0.0
    return usual > APP_CPU.bound and usual >= _MOST_OF_IT * system.median


def drops_frames(scene: Scene, uid: str) -> bool:
    """Tell whether clearly fewer frames are sent than the camera gives."""
    encoded = scene.track(uid, Metric.SEND_FPS, Media.VIDEO)
    captured = scene.track(uid, Metric.CAPTURE_FPS, Media.VIDEO)
    if encoded is None or captured is None:
        return False
    given = captured.nearest(encoded.times)
    known = given > CAPTURE.bound
    if not known.any():
        return False
    kept = encoded.values[known] / given[known]
    return bool(np.mean(kept < _KEPT_FPS) > 0.1)  # noqa: PLR2004 - a tenth of the time


def _camera(scene: Scene, uid: str) -> Iterator[Suspect]:
    """A camera that gives next to no frames while video is still being sent."""
    captured = scene.track(uid, Metric.CAPTURE_FPS, Media.VIDEO)
    frames = captured or scene.track(uid, Metric.SEND_FPS, Media.VIDEO)
    rate = sent(scene, uid, Media.VIDEO)
    if frames is None or rate is None:
        return
    sending = np.nan_to_num(rate.nearest(frames.times)) >= NOTHING_SENT.bound
    found = observe(frames, CAPTURE, scene.moment, sending)
    if found is not None:
        base = 0.88 if captured is not None else 0.7  # the encoder may have dropped them
        yield suspect_of(Cause("device", "busy"), (found,), base, scene.source)
