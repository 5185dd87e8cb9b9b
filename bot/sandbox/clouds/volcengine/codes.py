"""Volcengine's call metrics: field names, Chinese names and units (002, last table).

No document lists the field names. Those here are invented, and not all are descriptive:
`bandwidth`, the only one in a sample, is used for several metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.call import Direction, Media, Metric

_A, _V = Media.AUDIO, Media.VIDEO
_UP, _DOWN = Direction.UP, Direction.DOWN


@dataclass(frozen=True, slots=True)
class CallMetric:
    """One metric: the scenario's own, and how Volcengine writes it."""

    metric: Metric
    media: Media | None
    direction: Direction
    name: str
    desc: str
    unit: str


CALL_METRICS: Final = (
    CallMetric(Metric.APP_CPU, None, _UP, "app_cpu_usage", "App 的 CPU 使用率", "%"),
    CallMetric(Metric.SYSTEM_CPU, None, _UP, "system_cpu_usage", "系统 CPU 使用率", "%"),
    CallMetric(Metric.SEND_VOLUME, _A, _UP, "audio_capture_volume", "音频采集音量", ""),
    CallMetric(Metric.PLAY_VOLUME, _A, _DOWN, "vol_out", "音频播放音量", ""),
    CallMetric(Metric.SEND_BITRATE, _A, _UP, "bandwidth", "音频发送码率", "kbps"),
    CallMetric(Metric.RECEIVE_BITRATE, _A, _DOWN, "bandwidth", "音频接收码率", "Kbps"),
    CallMetric(Metric.UPLINK_LATENCY, _A, _UP, "rtt", "音频上行网络延时", "ms"),
    CallMetric(Metric.UPLINK_LOSS, _A, _UP, "audio_uplink_loss", "音频上行丢包率", "%"),
    CallMetric(Metric.DOWNLINK_LATENCY, _A, _DOWN, "rtt", "音频下行网络延时", "ms"),
    CallMetric(Metric.DOWNLINK_LOSS, _A, _DOWN, "lost_rate", "音频下行丢包率", "%"),
    CallMetric(Metric.FREEZE_TIME, _A, _DOWN, "audio_stall_duration", "音频卡顿时长", "ms"),
    CallMetric(Metric.SEND_WIDTH, _V, _UP, "width", "视频发送分辨率的宽", "——"),
    CallMetric(Metric.SEND_HEIGHT, _V, _UP, "height", "视频发送分辨率的高", "——"),
    CallMetric(Metric.RECEIVE_WIDTH, _V, _DOWN, "width", "视频接收分辨率的宽", "——"),
    CallMetric(Metric.RECEIVE_HEIGHT, _V, _DOWN, "height", "视频接收分辨率的高", "——"),
    CallMetric(Metric.CAPTURE_FPS, _V, _UP, "video_capture_fps", "视频采集帧率", "fps"),
    CallMetric(Metric.SEND_FPS, _V, _UP, "fps_big", "视频大流发送帧率", "fps"),
    CallMetric(Metric.SEND_FPS_LOW, _V, _UP, "fps_small", "视频小流发送帧率", "fps"),
    CallMetric(Metric.RECEIVE_FPS, _V, _DOWN, "video_recv_fps", "视频接收帧率", "fps"),
    CallMetric(Metric.SEND_BITRATE, _V, _UP, "bandwidth_big", "视频大流发送码率", "Kbps"),
    CallMetric(Metric.SEND_BITRATE_LOW, _V, _UP, "bandwidth_small", "视频小流发送码率", "Kbps"),
    CallMetric(Metric.RECEIVE_BITRATE, _V, _DOWN, "bandwidth_v", "视频接收码率", "Kbps"),
    CallMetric(Metric.UPLINK_LATENCY, _V, _UP, "rtt_v", "视频上行网络延时", "ms"),
    CallMetric(Metric.UPLINK_LOSS, _V, _UP, "lost_rate_up_v", "视频上行丢包率", "%"),
    CallMetric(Metric.DOWNLINK_LATENCY, _V, _DOWN, "rtt_v", "视频下行网络延时", "ms"),
    CallMetric(Metric.DOWNLINK_LOSS, _V, _DOWN, "lost_rate_v", "视频下行丢包率", "%"),
    CallMetric(Metric.FREEZE_TIME, _V, _DOWN, "stall_v", "视频卡顿时长", "ms"),
)
# A cloud may return more than is documented: one metric that is in no document.
UNDOCUMENTED: Final = CallMetric(
    Metric.PICTURE_QP, _V, _DOWN, "decode_qp", "视频解码量化参数", "level"
)
BY_CURVE: Final = {(each.metric, each.media): each for each in (*CALL_METRICS, UNDOCUMENTED)}
