"""Packed series: a call's samples, small enough for a database row.

Format 1: the byte 1, then zlib over: length of the head (8 bytes, little endian), the head
(JSON: for each series its fields and number of samples), then all times and all values. Times are
whole milliseconds, each as the difference to the previous one (int64); values are float32. The
bytes of both are transposed, all first bytes before all second ones, which zlib packs better.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from bot.call import Code, Direction, Media, Metric, Series, Unit
from bot.decoding import decode_json
from bot.ports import Window

if TYPE_CHECKING:
    from bot.call import FloatArray

FORMAT: Final = 1
_LEVEL: Final = 6
_LARGEST_BYTES: Final = 256 * 1024 * 1024  # a class of ten for a day is a third of it
_LENGTH_BYTES: Final = 8
_TIME_BYTES: Final = 8
_VALUE_BYTES: Final = 4


class _Head(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """One series without its samples."""

    uid: str
    sid: str
    metric: Metric
    unit: Unit
    code_kind: str
    code: str
    media: Media | None
    direction: Direction | None
    peer_uid: str | None
    count: int


def serialize_series(series: Sequence[Series], window: Window) -> bytes:
    """Pack the samples within a window, its first and last moment included.

    They are sorted by time; times are exact to the millisecond, values to seven digits. Nan,
    infinity and values too large for float32 are dropped; a series without samples is kept.
    """
    since, until = window.since.timestamp(), window.until.timestamp()
    cut = [_cut(one, since, until) for one in series]
    heads = [_head(one, len(times)) for one, (times, _) in zip(series, cut, strict=True)]
    head = msgspec.json.encode(heads)
    distances = [np.diff(times, prepend=np.int64(0)) for times, _ in cut]
    body = (
        len(head).to_bytes(_LENGTH_BYTES, "little")
        + head
        + _transpose(np.concatenate([np.empty(0, np.int64), *distances]), "<i8")
        + _transpose(np.concatenate([np.empty(0, np.float32), *(kept for _, kept in cut)]), "<f4")
    )
    return bytes([FORMAT]) + zlib.compress(body, _LEVEL)


def deserialize_series(data: bytes) -> tuple[Series, ...]:
    """Read what `serialize_series` wrote. Raises ValueError for anything else."""
    if not data or data[0] != FORMAT:
        known = f"format {data[0]}" if data else "nothing"
        raise ValueError(f"packed series: {known} where format {FORMAT} is expected")
    body = _inflate(data[1:])
    start = _LENGTH_BYTES + int.from_bytes(body[:_LENGTH_BYTES], "little")
    try:
        heads = decode_json(body[_LENGTH_BYTES:start], list[_Head])
    except (msgspec.MsgspecError, ValueError) as error:
        raise ValueError("packed series: the head is not readable") from error
    counts = [head.count for head in heads]
    middle = start + sum(counts) * _TIME_BYTES
    whole = middle + sum(counts) * _VALUE_BYTES
    if min(counts, default=0) < 0 or len(body) != whole:
        raise ValueError("packed series: samples are missing")
    distances = _restore(body[start:middle], "<i8")
    values = _restore(body[middle:], "<f4").astype(np.float64)
    edges = np.cumsum(counts)[:-1] if counts else np.empty(0, np.int64)
    pieces = zip(heads, np.split(distances, edges), np.split(values, edges), strict=bool(heads))
    return tuple(_series(head, np.cumsum(steps) / 1000, kept) for head, steps, kept in pieces)


def _cut(series: Series, since: float, until: float) -> tuple[np.ndarray, np.ndarray]:
    """Return milliseconds (int64) and values (float32) within the window, in order."""
    with np.errstate(over="ignore"):
        values = series.values.astype(np.float32)
    kept = np.isfinite(values) & (series.times >= since) & (series.times <= until)
    times = np.round(series.times[kept] * 1000).astype(np.int64)
    order = np.argsort(times, kind="stable")
    return times[order], values[kept][order]


def _head(series: Series, count: int) -> _Head:
    return _Head(
        uid=series.uid,
        sid=series.sid,
        metric=series.metric,
        unit=series.unit,
        code_kind=series.code.kind,
        code=series.code.value,
        media=series.media,
        direction=series.direction,
        peer_uid=series.peer_uid,
        count=count,
    )


def _series(head: _Head, times: FloatArray, values: FloatArray) -> Series:
    return Series(
        uid=head.uid,
        sid=head.sid,
        metric=head.metric,
        unit=head.unit,
        times=times,
        values=values,
        code=Code(head.code_kind, head.code),
        media=head.media,
        direction=head.direction,
        peer_uid=head.peer_uid,
    )


def _transpose(numbers: np.ndarray, kind: str) -> bytes:
    flat = numbers.astype(kind).view(np.uint8)
    return flat.reshape(len(numbers), np.dtype(kind).itemsize).T.tobytes()


def _restore(data: bytes, kind: str) -> np.ndarray:
    size = np.dtype(kind).itemsize
    rows = np.frombuffer(data, np.uint8).reshape(size, len(data) // size).T
    return np.ascontiguousarray(rows).view(kind).ravel()


def _inflate(data: bytes) -> bytes:
    """Decompress, up to the size a call can have."""
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(data, _LARGEST_BYTES)
    except zlib.error as error:
        raise ValueError("packed series: damaged") from error
    if not stream.eof or stream.unused_data:
        raise ValueError("packed series: damaged at the end")
    return body
