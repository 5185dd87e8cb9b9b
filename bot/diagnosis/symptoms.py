"""What a person suffered: sound or picture frozen for too much of the time. No cause is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.call import Direction, Media, Metric, Unit
from bot.diagnosis.candidates import moment_of
from bot.diagnosis.context import Scene
from bot.diagnosis.observations import Track
from bot.diagnosis.thresholds import FREEZE_SHARE
from bot.diagnosis.verdict import Evidence

if TYPE_CHECKING:
    from bot.call import FloatArray


def freezes(scene: Scene, uid: str) -> tuple[Evidence, ...]:
    """Return the media that froze for too much of the time at this end, as evidence."""
    found = (_freeze(scene, uid, media) for media in Media)
    return tuple(one for one in found if one is not None)


def freeze_measured(scene: Scene, uid: str, media: Media) -> bool:
    """Tell whether freezes of this medium were measured at this end at all."""
    return _frozen(scene, uid, media) is not None


def frozen_share(scene: Scene, uid: str, media: Media) -> float:
    """Return the percentage of the time judged that this medium stood still at this end."""
    frozen = _frozen(scene, uid, media)
    return 0.0 if frozen is None else float(frozen[1].mean())


def _freeze(scene: Scene, uid: str, media: Media) -> Evidence | None:
    frozen = _frozen(scene, uid, media)
    if frozen is None:
        return None
    track, percent = frozen
    limit = FREEZE_SHARE[media]
    share = float(percent.mean())
    if share <= limit.bound:
        return None
    bad = track.times[percent > 0]
    nearest = float(bad[np.argmin(np.abs(bad - scene.moment))])
    return Evidence(
        source=scene.source,
        at=moment_of(nearest),
        uid=uid,
        metric=Metric.FREEZE_RATE,
        value=round(share, 1),
        unit=Unit.PERCENT,
        threshold=limit.bound,
        media=media,
        direction=Direction.DOWN,
    )


def _frozen(scene: Scene, uid: str, media: Media) -> tuple[Track, FloatArray] | None:
    """Return how much of each sampling interval was frozen, in percent."""
    track = scene.track(uid, Metric.FREEZE_TIME, media)
    if track is not None:
        return track, (100 * track.values / (1000 * track.step_s)).clip(0, 100)
    track = scene.track(uid, Metric.FREEZE_RATE, media)
    return None if track is None else (track, track.values)
