"""A suspect: a possible cause with what speaks for it, before all are weighed. No rule here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.call import Direction
from bot.causes import ALL_KEYS, Cause
from bot.diagnosis.observations import Observation
from bot.diagnosis.verdict import HEALTHY, UNKNOWN, Evidence

_BOTH_WAYS: Final = frozenset({"network.loss", "network.latency", "network.jitter"})
_EITHER: Final = {
    "user_action.stopped_sending": (Direction.UP,),
    "user_action.peer_stopped_receiving": (Direction.DOWN,),
    "media.no_sound": (Direction.UP, Direction.DOWN),
    "server.no_downlink_stream": (Direction.DOWN,),
    "server.no_downlink_frames": (Direction.DOWN,),
}


def _directions(key: str) -> tuple[Direction | None, ...]:
    if key in _BOTH_WAYS:
        return (Direction.UP, Direction.DOWN)
    return _EITHER.get(key, (None,))


CAN_EMIT: Final = tuple(
    (key, direction) for key in (HEALTHY, UNKNOWN, *ALL_KEYS) for direction in _directions(key)
)
"""Every cause key with every direction a verdict may carry, so that words can be complete."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A possible cause at one person's end. `since` and `until` are epoch seconds.

    `confidence` (0-1) is what this suspect deserves on its own. `told` by a cloud, or `seen`
    by our rules, or both.
    """

    cause: Cause
    uid: str | None
    confidence: float
    since: float
    until: float
    evidence: tuple[Evidence, ...] = ()
    seen: bool = True
    told: bool = False


def moment_of(epoch_s: float) -> dt.datetime:
    """Turn epoch seconds into an aware moment."""
    return dt.datetime.fromtimestamp(epoch_s, dt.UTC)


def evidence_of(observation: Observation, source: str) -> Evidence:
    """Turn an observation into evidence: the median of the bad samples against the limit."""
    track = observation.track
    return Evidence(
        source=source,
        at=moment_of(observation.at),
        uid=track.uid,
        metric=track.metric,
        value=round(observation.median, 1),
        unit=track.unit,
        threshold=observation.limit.bound,
        media=track.media,
        direction=track.direction,
    )


def suspect_of(
    cause: Cause, observations: Iterable[Observation], base: float, source: str
) -> Suspect:
    """Build a suspect from its observations, the leading one first.

    The leading one decides how near to the complaint and how lasting the fault was.
    """
    found = tuple(observations)
    lead = found[0]
    return Suspect(
        cause=cause,
        uid=lead.track.uid,
        confidence=base * nearness(lead.distance_s) * breadth(lead),
        since=min(observation.since for observation in found),
        until=max(observation.until for observation in found),
        evidence=tuple(evidence_of(observation, source) for observation in found),
    )


def nearness(distance_s: float) -> float:
    """Return what a fault this far from the complaint is worth, 0.7 to 1."""
    return float(np.interp(distance_s, (20, 120), (1, 0.7)))


def breadth(observation: Observation) -> float:
    """Return what a fault this lasting is worth, 0.5 to 1."""
    by_share = np.interp(observation.share, (0.05, 0.2), (0.7, 1))
    by_run = np.interp(observation.run_s, (6, 30), (0.7, 1))
    scattered = np.interp(observation.run, (1, 4), (0.75, 1))
    return float(max(by_share, by_run) * scattered)
