"""Volcengine's call metrics: what a Name or Desc measures."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from bot.call import Code, Direction, Media, Metric, Unit
from bot.clouds.errors import clean_code

CODE_KIND: Final = "volcengine.call_metric"
_A, _V = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN
_DESC_MAX: Final = 48
_BRACKETS: Final = re.compile(r"[(（].*[)）]$")
_UNSAFE: Final = re.compile(r"[^\w %./-]+")


@dataclass(frozen=True, slots=True)
class MetricKind:
    """What a metric measures. `desc` is its name in the document, `scale` converts it to `unit`."""

    metric: Metric
    unit: Unit
    media: Media | None = None
    direction: Direction | None = None
    desc: str = ""
    scale: float = 1.0


def _kind(
    desc: str,
    metric: Metric,
    unit: Unit,
    media: Media | None = None,
    direction: Direction | None = None,
) -> MetricKind:
    return MetricKind(metric, unit, media, direction, desc)


# 002, "Metric list". The documents have Chinese names only, and `bandwidth` in one sample, which
# is ambiguous. These names are self-explanatory; a metric of any other Name is found by its Desc.
_KINDS: Final = {
    "app_cpu_usage": _kind("App 的 CPU 使用率", Metric.APP_CPU, Unit.PERCENT),
    "system_cpu_usage": _kind("系统 CPU 使用率", Metric.SYSTEM_CPU, Unit.PERCENT),
    "audio_capture_volume": _kind("音频采集音量", Metric.SEND_VOLUME, Unit.NUMBER, _A, _UP),
    "audio_playback_volume": _kind("音频播放音量", Metric.PLAY_VOLUME, Unit.NUMBER, _A, _DOWN),
    "audio_send_bitrate": _kind("音频发送码率", Metric.SEND_BITRATE, Unit.KBPS, _A, _UP),
    "audio_recv_bitrate": _kind("音频接收码率", Metric.RECEIVE_BITRATE, Unit.KBPS, _A, _DOWN),
    "audio_uplink_delay": _kind("音频上行网络延时", Metric.UPLINK_LATENCY, Unit.MS, _A, _UP),
    "audio_uplink_loss": _kind("音频上行丢包率", Metric.UPLINK_LOSS, Unit.PERCENT, _A, _UP),
    "audio_downlink_delay": _kind("音频下行网络延时", Metric.DOWNLINK_LATENCY, Unit.MS, _A, _DOWN),
    "audio_downlink_loss": _kind("音频下行丢包率", Metric.DOWNLINK_LOSS, Unit.PERCENT, _A, _DOWN),
    "audio_stall_duration": _kind("音频卡顿时长", Metric.FREEZE_TIME, Unit.MS, _A, _DOWN),
    "video_send_width": _kind("视频发送分辨率的宽", Metric.SEND_WIDTH, Unit.PIXELS, _V, _UP),
    "video_send_height": _kind("视频发送分辨率的高", Metric.SEND_HEIGHT, Unit.PIXELS, _V, _UP),
    "video_recv_width": _kind("视频接收分辨率的宽", Metric.RECEIVE_WIDTH, Unit.PIXELS, _V, _DOWN),
    "video_recv_height": _kind("视频接收分辨率的高", Metric.RECEIVE_HEIGHT, Unit.PIXELS, _V, _DOWN),
    "video_capture_fps": _kind("视频采集帧率", Metric.CAPTURE_FPS, Unit.FPS, _V, _UP),
    "video_send_fps_high": _kind("视频大流发送帧率", Metric.SEND_FPS, Unit.FPS, _V, _UP),
    "video_send_fps_low": _kind("视频小流发送帧率", Metric.SEND_FPS_LOW, Unit.FPS, _V, _UP),
    "video_recv_fps": _kind("视频接收帧率", Metric.RECEIVE_FPS, Unit.FPS, _V, _DOWN),
    "video_send_bitrate_high": _kind("视频大流发送码率", Metric.SEND_BITRATE, Unit.KBPS, _V, _UP),
    "video_send_bitrate_low": _kind(
        "视频小流发送码率", Metric.SEND_BITRATE_LOW, Unit.KBPS, _V, _UP
    ),
    "video_recv_bitrate": _kind("视频接收码率", Metric.RECEIVE_BITRATE, Unit.KBPS, _V, _DOWN),
    "video_uplink_delay": _kind("视频上行网络延时", Metric.UPLINK_LATENCY, Unit.MS, _V, _UP),
    "video_uplink_loss": _kind("视频上行丢包率", Metric.UPLINK_LOSS, Unit.PERCENT, _V, _UP),
    "video_downlink_delay": _kind("视频下行网络延时", Metric.DOWNLINK_LATENCY, Unit.MS, _V, _DOWN),
    "video_downlink_loss": _kind("视频下行丢包率", Metric.DOWNLINK_LOSS, Unit.PERCENT, _V, _DOWN),
    "video_stall_duration": _kind("视频卡顿时长", Metric.FREEZE_TIME, Unit.MS, _V, _DOWN),
}

_UNITS: Final = {
    "%": (Unit.PERCENT, 1.0),
    "ms": (Unit.MS, 1.0),
    "s": (Unit.MS, 1000.0),
    "bps": (Unit.KBPS, 0.001),
    "kbps": (Unit.KBPS, 1.0),
    "mbps": (Unit.KBPS, 1000.0),
    "fps": (Unit.FPS, 1.0),
    "px": (Unit.PIXELS, 1.0),
    "db": (Unit.DECIBEL, 1.0),
}


def _plain(desc: str) -> str:
    return _BRACKETS.sub("", "".join(desc.split())).lower()


_BY_DESC: Final = {_plain(kind.desc): kind for kind in _KINDS.values()}
DESCS: Final = tuple(kind.desc for kind in _KINDS.values())


def unit_of(word: str | None) -> Unit:
    """Return the unit of a response, NUMBER when there is none or it is unknown."""
    unit, scale = _read_unit(word)
    return unit if scale == 1.0 else Unit.NUMBER


def _read_unit(word: str | None) -> tuple[Unit, float]:
    return _UNITS.get((word or "").strip().lower(), (Unit.NUMBER, 1.0))


def kind_of(name: str | None, desc: str | None, unit: str | None) -> MetricKind:
    """Return what a metric measures, by its Name, else by its Desc; OTHER when neither is known.

    An unknown metric gets the unit of the response. For a known one it only scales (`s` to `ms`):
    another kind of unit is an error, such as the document's own `fps` of a bitrate.
    """
    response_unit, scale = _read_unit(unit)
    known = _KINDS.get((name or "").strip().lower())
    for text in (desc, name):
        known = known or _BY_DESC.get(_plain(text or ""))
    if known is None:
        return MetricKind(Metric.OTHER, response_unit, scale=scale)
    return replace(known, scale=scale if response_unit is known.unit else 1.0)


def code_of(kind: MetricKind, name: str | None, desc: str | None) -> Code:
    """Return the code a metric is displayed as: the document's name, else the response's."""
    if kind.desc:
        return Code(CODE_KIND, kind.desc)
    own = clean_code((name or "").strip()) or _UNSAFE.sub("_", (desc or "").strip())
    return Code(CODE_KIND, own[:_DESC_MAX] or "unnamed")
