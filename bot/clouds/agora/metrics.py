"""Agora's metric ids per generation, and parsing of points into arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from bot.call import Direction, Media, Metric, Unit
from bot.decoding import decode_json

if TYPE_CHECKING:
    from bot.call import FloatArray

_A, _V = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN
_NUMBER_BYTES: Final = b"0123456789+-.eE \t\r\n"
_BRACKET_BYTES: Final = b"[] \t\r\n"


@dataclass(frozen=True, slots=True)
class MetricKind:
    """What a metric id measures."""

    metric: Metric
    unit: Unit
    media: Media | None = None
    direction: Direction | None = None


_BOTH: Final = {
    "20001": MetricKind(Metric.APP_CPU, Unit.PERCENT),
    "20002": MetricKind(Metric.SYSTEM_CPU, Unit.PERCENT),
    "20003": MetricKind(Metric.SEND_BITRATE, Unit.KBPS, _A, _UP),
    "20004": MetricKind(Metric.RECEIVE_BITRATE, Unit.KBPS, _A, _DOWN),
    "20005": MetricKind(Metric.FREEZE_TIME, Unit.MS, _A, _DOWN),
    "20007": MetricKind(Metric.CAPTURE_FPS, Unit.FPS, _V, _UP),
    "20008": MetricKind(Metric.SEND_FPS, Unit.FPS, _V, _UP),
    "20009": MetricKind(Metric.RECEIVE_BITRATE, Unit.KBPS, _V, _DOWN),
    "20010": MetricKind(Metric.RECEIVE_FPS, Unit.FPS, _V, _DOWN),
    "20011": MetricKind(Metric.FREEZE_TIME, Unit.MS, _V, _DOWN),
    # The documents give no unit for these four; they run from 0 to 100.
    "20015": MetricKind(Metric.UPLINK_LOSS, Unit.PERCENT, _A, _UP),
    "20016": MetricKind(Metric.END_TO_END_LOSS, Unit.PERCENT, _A, _DOWN),
    "20017": MetricKind(Metric.UPLINK_LOSS, Unit.PERCENT, _V, _UP),
    "20018": MetricKind(Metric.END_TO_END_LOSS, Unit.PERCENT, _V, _DOWN),
    "20019": MetricKind(Metric.RECEIVE_WIDTH, Unit.PIXELS, _V, _DOWN),
    "20020": MetricKind(Metric.RECEIVE_HEIGHT, Unit.PIXELS, _V, _DOWN),
}

_SEED: Final = _BOTH | {
    "20006": MetricKind(Metric.SEND_BITRATE, Unit.KBPS, _V, _UP),
    "20013": MetricKind(Metric.PICTURE_QP, Unit.NUMBER, _V),  # lower is better
}

_CURRENT: Final = _BOTH | {
    "20006": MetricKind(Metric.SEND_BITRATE_LOW, Unit.KBPS, _V, _UP),  # not as in 2020
    "20021": MetricKind(Metric.TASK_DELAY, Unit.MS),
    "20022": MetricKind(Metric.ROUTER_LATENCY, Unit.MS),
    "20023": MetricKind(Metric.SEND_FPS_LOW, Unit.FPS, _V, _UP),
    "20024": MetricKind(Metric.SEND_BITRATE, Unit.KBPS, _V, _UP),
    "20025": MetricKind(Metric.SEND_VOLUME, Unit.DECIBEL, _A, _UP),
    "20026": MetricKind(Metric.PLAY_VOLUME, Unit.DECIBEL, _A, _DOWN),
    "20027": MetricKind(Metric.SEND_WIDTH, Unit.PIXELS, _V, _UP),
    "20028": MetricKind(Metric.SEND_HEIGHT, Unit.PIXELS, _V, _UP),
    "20030": MetricKind(Metric.RECEIVE_BITRATE_LOW, Unit.KBPS, _V, _DOWN),
    "20031": MetricKind(Metric.RECEIVE_FPS_LOW, Unit.FPS, _V, _DOWN),
    # Sizes of the low stream have no metric of their own; their code tells them apart.
    "20032": MetricKind(Metric.OTHER, Unit.PIXELS, _V, _DOWN),
    "20033": MetricKind(Metric.OTHER, Unit.PIXELS, _V, _DOWN),
    "20034": MetricKind(Metric.OTHER, Unit.PIXELS, _V, _UP),
    "20035": MetricKind(Metric.OTHER, Unit.PIXELS, _V, _UP),
    "20036": MetricKind(Metric.DOWNLINK_LOSS, Unit.PERCENT, _V, _DOWN),
    "20037": MetricKind(Metric.UPLINK_LOSS, Unit.PERCENT, _A, _UP),
    "20038": MetricKind(Metric.UPLINK_LOSS, Unit.PERCENT, _V, _UP),
}

KINDS: Final = {"seed": _SEED, "current": _CURRENT}
CODE_KINDS: Final = {"seed": "agora.mid", "current": "agora.mid.current"}
_UNKNOWN: Final = MetricKind(Metric.OTHER, Unit.NUMBER)


def kind_of(mid: str, generation: str) -> MetricKind:
    """Return what a metric id measures in this generation; an unknown one is OTHER."""
    return KINDS[generation].get(mid, _UNKNOWN)


def parse_points(raw: bytes) -> tuple[FloatArray, FloatArray]:
    """Parse `[[second, value], ...]` into sorted times and values; nulls are left out.

    Of two values of one second the first is kept. Raises ValueError for anything but such a
    list. numpy reads the numbers in two thirds of the time of typed decoding and without
    objects; what is not plainly a list of pairs of numbers is decoded by msgspec.
    """
    pairs = _plain_pairs(raw)
    if pairs is None:
        pairs = _slow_pairs(raw)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    times, first = np.unique(pairs[:, 0], return_index=True)
    return times, np.ascontiguousarray(pairs[first, 1])


def _plain_pairs(raw: bytes) -> FloatArray | None:
    """Parse the usual shape; None when there is anything but pairs of numbers."""
    shape = raw.translate(None, _NUMBER_BYTES)
    count = shape.count(b"[,]")
    if not count or shape != b"[" + b",".join([b"[,]"] * count) + b"]":
        return None
    try:
        flat = np.fromstring(raw.translate(None, _BRACKET_BYTES), sep=",")
    except ValueError:
        return None
    return flat.reshape(-1, 2) if flat.size == 2 * count else None


def _slow_pairs(raw: bytes) -> FloatArray:
    try:
        pairs_read = decode_json(raw, list[tuple[float, float | None]] | None, strict=False)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError("no points") from error
    pairs = [(time, math.nan if value is None else value) for time, value in pairs_read or ()]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)
