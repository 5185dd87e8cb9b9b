"""Huawei's metric ids of 13.10, and parsing of points into arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric, Unit
from bot.clouds.huawei.schemas import JsonTime, PointRow, parse_required_time

if TYPE_CHECKING:
    from bot.call import FloatArray

CODE_KIND: Final = "huawei.mid"
_A, _V = Media.AUDIO, Media.VIDEO
_UNSET: Final = (None, "", "-", "--")
_STAMP_LENGTH: Final = len("2020-04-23T06:00:00Z")
# A minute of jitter is an error: the document's own sample has 433422 without a unit (W25).
_MOST_JITTER: Final = 60_000.0
# The document of 2023 prints `vrtd`; the service says `vrtt` (W22).
_ALIASES: Final = {"vrtd": "vrtt"}


@dataclass(frozen=True, slots=True)
class MetricKind:
    """What a metric id measures: `own` without a peer, `received` of a peer's stream.

    Losses and freezes are read as 0 to 100; the document states no scale.
    """

    own: Metric
    received: Metric
    unit: Unit
    media: Media | None = None


_OTHER: Final = MetricKind(Metric.OTHER, Metric.OTHER, Unit.NUMBER)


def _aux(unit: Unit) -> MetricKind:
    """A metric of the screen share (辅流) that no rule uses."""
    return MetricKind(Metric.OTHER, Metric.OTHER, unit, _V)


KINDS: Final[dict[str, MetricKind]] = {
    "appcpu": MetricKind(Metric.APP_CPU, Metric.APP_CPU, Unit.PERCENT),
    "syscpu": MetricKind(Metric.SYSTEM_CPU, Metric.SYSTEM_CPU, Unit.PERCENT),
    "abit": MetricKind(Metric.SEND_BITRATE, Metric.RECEIVE_BITRATE, Unit.KBPS, _A),
    "vbit": MetricKind(Metric.SEND_BITRATE, Metric.RECEIVE_BITRATE, Unit.KBPS, _V),
    "dbit": MetricKind(Metric.SCREEN_BITRATE, Metric.OTHER, Unit.KBPS, _V),
    "vfps": MetricKind(Metric.SEND_FPS, Metric.RECEIVE_FPS, Unit.FPS, _V),
    "dfps": _aux(Unit.FPS),
    "vblock": MetricKind(Metric.FREEZE_RATE, Metric.FREEZE_RATE, Unit.PERCENT, _V),
    "dblock": _aux(Unit.PERCENT),
    "aloss": MetricKind(Metric.UPLINK_LOSS, Metric.DOWNLINK_LOSS, Unit.PERCENT, _A),
    "vloss": MetricKind(Metric.UPLINK_LOSS, Metric.DOWNLINK_LOSS, Unit.PERCENT, _V),
    "dloss": _aux(Unit.PERCENT),
    "vwidth": MetricKind(Metric.SEND_WIDTH, Metric.RECEIVE_WIDTH, Unit.PIXELS, _V),
    "vheight": MetricKind(Metric.SEND_HEIGHT, Metric.RECEIVE_HEIGHT, Unit.PIXELS, _V),
    "dwidth": _aux(Unit.PIXELS),
    "dheight": _aux(Unit.PIXELS),
    "ajitter": MetricKind(Metric.JITTER, Metric.JITTER, Unit.MS, _A),
    "artt": MetricKind(Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY, Unit.MS, _A),
    "vjitter": MetricKind(Metric.JITTER, Metric.JITTER, Unit.MS, _V),
    "vrtt": MetricKind(Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY, Unit.MS, _V),
    "djitter": _aux(Unit.MS),
    "drtt": _aux(Unit.MS),
}
MIDS: Final = tuple(KINDS)
NETWORK_MIDS: Final = ("aloss", "vloss", "ajitter", "artt", "vjitter", "vrtt")
_DEVICE_METRICS: Final = frozenset({Metric.APP_CPU, Metric.SYSTEM_CPU, Metric.OTHER})


def canonical_mid(mid: str) -> str:
    """Return a metric id under its name in KINDS."""
    return _ALIASES.get(mid, mid)


def kind_of(mid: str) -> MetricKind:
    """Return what a metric id measures; an unknown one is OTHER."""
    return KINDS.get(mid, _OTHER)


def direction_of(kind: MetricKind, peer_uid: str | None) -> Direction | None:
    """Return up for what the user sends, down for what they receive, None for the device."""
    if kind.own in _DEVICE_METRICS:
        return None
    if kind.own is Metric.FREEZE_RATE or peer_uid is not None:
        return Direction.DOWN
    return Direction.UP


def parse_points(rows: Sequence[PointRow], metric: Metric) -> tuple[FloatArray, FloatArray]:
    """Parse samples, which are unsorted (W25), into sorted times (epoch seconds) and values.

    Of two values of one second the first is kept. Raises ValueError for an invalid time or value.
    """
    kept = [row for row in rows if row.value not in _UNSET]
    times = _times_of([row.time for row in kept])
    values = np.array([row.value for row in kept], dtype=np.float64)
    known = np.isfinite(values) & np.isfinite(times)
    if metric is Metric.JITTER:
        known &= values <= _MOST_JITTER
    times, first = np.unique(times[known], return_index=True)
    return times, np.ascontiguousarray(values[known][first])


def _times_of(stamps: Sequence[JsonTime]) -> FloatArray:
    """Parse times; those of the usual shape all at once, which is ten times faster."""
    if all(_is_usual(each) for each in stamps):
        plain = [str(each)[:-1] for each in stamps]
        return np.array(plain, dtype="datetime64[s]").astype(np.float64)
    return np.array([_seconds(each) for each in stamps], dtype=np.float64)


def _is_usual(stamp: JsonTime) -> bool:
    return (
        isinstance(stamp, str)
        and len(stamp) == _STAMP_LENGTH
        and stamp.isascii()
        and stamp[0].isdigit()
        and stamp[10] == "T"
        and stamp[-1] == "Z"
    )


def _seconds(stamp: JsonTime) -> float:
    return parse_required_time(stamp).astimezone(dt.UTC).timestamp()
