"""Labels of a chart: names of metrics, media and directions, numbers with units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.call import Direction, Media, Metric, Unit
from bot.i18n.messages import Message, message

DRAWN_NAMES: Final[Mapping[Metric, Message]] = {
    Metric.APP_CPU: message("App CPU"),
    Metric.SYSTEM_CPU: message("System CPU"),
    Metric.SEND_BITRATE: message("Send bitrate"),
    Metric.RECEIVE_BITRATE: message("Receive bitrate"),
    Metric.CAPTURE_FPS: message("Capture frame rate"),
    Metric.SEND_FPS: message("Send frame rate"),
    Metric.RECEIVE_FPS: message("Receive frame rate"),
    Metric.UPLINK_LOSS: message("Uplink packet loss"),
    Metric.DOWNLINK_LOSS: message("Downlink packet loss"),
    Metric.END_TO_END_LOSS: message("End-to-end packet loss"),
    Metric.UPLINK_LATENCY: message("Uplink latency"),
    Metric.DOWNLINK_LATENCY: message("Downlink latency"),
    Metric.LATENCY: message("Latency"),
    Metric.ROUTER_LATENCY: message("Latency to the router"),
    Metric.JITTER: message("Jitter"),
    Metric.TASK_DELAY: message("Task delay"),
    Metric.SEND_VOLUME: message("Send volume"),
    Metric.PLAY_VOLUME: message("Play volume"),
}
METRIC_NAMES: Final[Mapping[Metric, Message]] = {
    **DRAWN_NAMES,
    Metric.SEND_BITRATE_LOW: message("Low-stream send bitrate"),
    Metric.RECEIVE_BITRATE_LOW: message("Low-stream receive bitrate"),
    Metric.SEND_FPS_LOW: message("Low-stream send frame rate"),
    Metric.RECEIVE_FPS_LOW: message("Low-stream receive frame rate"),
    Metric.FREEZE_TIME: message("Freeze time"),
    Metric.FREEZE_RATE: message("Freeze rate"),
    Metric.PICTURE_QP: message("Picture QP"),
    Metric.SCREEN_BITRATE: message("Bitrate of the shared screen"),
    Metric.SEND_WIDTH: message("Sent width"),
    Metric.SEND_HEIGHT: message("Sent height"),
    Metric.RECEIVE_WIDTH: message("Received width"),
    Metric.RECEIVE_HEIGHT: message("Received height"),
}
MEDIA_NAMES: Final[Mapping[Media, Message]] = {
    Media.AUDIO: message("audio"),
    Media.VIDEO: message("video"),
}
DIRECTION_NAMES: Final[Mapping[Direction, Message]] = {
    Direction.UP: message("uplink"),
    Direction.DOWN: message("downlink"),
}
_UNITS: Final[Mapping[str, Unit]] = {
    "cpu": Unit.PERCENT,
    "loss": Unit.PERCENT,
    "bitrate": Unit.KBPS,
    "fps": Unit.FPS,
    "latency": Unit.MS,
    "jitter": Unit.MS,
    "delay": Unit.MS,
}
_PRECISE: Final = 10.0  # below it tenths are written
_HUGE: Final = 1e6  # a cloud's mistake; written short, so that it does not take the plot's width


def unit_of(metric: Metric, series_unit: Unit) -> Unit:
    """Return a series' unit, the metric's usual one where the series has none."""
    return (
        series_unit
        if series_unit is not Unit.NUMBER
        else _UNITS.get(metric.rpartition("_")[2], series_unit)
    )


def panel_name(metric: Metric, media: Media | None, direction: Direction | None) -> Message:
    """Name a panel: the metric, with medium and direction where the metric does not imply them."""
    name = METRIC_NAMES[metric]
    is_implied = metric.endswith(("fps", "volume"))  # frames are video, volume is audio
    named_media = None if is_implied else media
    if named_media and direction:
        return message(
            "%(metric)s (%(media)s, %(direction)s)",
            metric=name,
            media=MEDIA_NAMES[named_media],
            direction=DIRECTION_NAMES[direction],
        )
    if named_media:
        return message("%(metric)s (%(media)s)", metric=name, media=MEDIA_NAMES[named_media])
    return name


def write_number(value: float) -> str:
    """Write a value in the chart's short form: 9.5, 12, 1000, 2e+06."""
    if abs(value) >= _HUGE:
        return f"{value:.2g}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) < _PRECISE else f"{value:.0f}"


def write_value(value: float, unit: Unit) -> str:
    """Write a value with its unit, the same in both languages: 12%, 240 ms."""
    space = "" if unit in (Unit.PERCENT, Unit.NUMBER) else " "
    return f"{write_number(value)}{space}{unit.value}"
