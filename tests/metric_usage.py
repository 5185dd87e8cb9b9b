"""What the diagnosis uses each metric of a call for, for the table of docs/clouds.md.

`DECLINED` are codes that are read and displayed, but used by no rule; `FIELDS` what the clouds
return besides metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.call import Metric

_SMALL: Final = "with the main stream: whether anything is sent or received"
_FREEZES: Final = "whether the complaint is confirmed, concealed sound, who suffered"
_SMALL_FPS: Final = "displayed only: the main stream's frames show the same"

USAGE: Final[Mapping[Metric, str]] = {
    Metric.APP_CPU: "overload by the app itself",
    Metric.SYSTEM_CPU: "overload; no narrow uplink or slow decoder beside it",
    Metric.SEND_BITRATE: "who stopped sending, lost connections, narrow links, silence",
    Metric.SEND_BITRATE_LOW: _SMALL,
    Metric.RECEIVE_BITRATE: "who stopped receiving, lost connections, narrow links",
    Metric.RECEIVE_BITRATE_LOW: _SMALL,
    Metric.CAPTURE_FPS: "busy cameras, frames an overloaded CPU drops",
    Metric.SEND_FPS: "busy cameras where captured frames are not measured, slow decoders",
    Metric.SEND_FPS_LOW: _SMALL_FPS,
    Metric.RECEIVE_FPS: "slow decoders",
    Metric.RECEIVE_FPS_LOW: _SMALL_FPS,
    Metric.FREEZE_TIME: _FREEZES,
    Metric.FREEZE_RATE: _FREEZES,
    Metric.UPLINK_LOSS: "loss of the sender, weak Wi-Fi",
    Metric.DOWNLINK_LOSS: "loss of the receiver, bad routes, weak Wi-Fi",
    Metric.END_TO_END_LOSS: "loss of the receiver: what the sender's uplink does not explain",
    Metric.UPLINK_LATENCY: "latency of the sender, another network after a lost connection",
    Metric.DOWNLINK_LATENCY: "latency of the receiver",
    Metric.LATENCY: "latency of the receiver: what the sender's does not explain",
    Metric.ROUTER_LATENCY: "weak Wi-Fi",
    Metric.JITTER: "jitter, weak Wi-Fi",
    Metric.TASK_DELAY: "whether a high CPU slows the app",
    Metric.PICTURE_QP: "displayed only: it follows the bitrate, and no vendor gives a limit",
    Metric.SEND_VOLUME: "silent microphones",
    Metric.PLAY_VOLUME: "sound that arrives but is not played",
    Metric.SCREEN_BITRATE: "a camera that is off because the screen is shared",
    Metric.SEND_WIDTH: "narrow uplinks: a smaller picture than before",
    Metric.SEND_HEIGHT: "displayed only: it changes with the width",
    Metric.RECEIVE_WIDTH: "narrow downlinks: a smaller picture than before",
    Metric.RECEIVE_HEIGHT: "displayed only: it changes with the width",
}
_SMALL_SIZE: Final = "the small stream is small on purpose"
_SCREEN: Final = "a still screen has hardly any frames, and what is lost of it the camera loses too"

DECLINED: Final[Mapping[str, str]] = {
    "agora 20032, 20033, 20034, 20035": _SMALL_SIZE,
    "huawei dfps, dblock, dloss, dwidth, dheight, djitter, drtt": _SCREEN,
}
FIELDS: Final[Mapping[str, str]] = {
    "volcengine `Duration` of a user": "the joins and leaves of its `Record` are exact",
    "volcengine region": "it is a part of the request's signature, not of the data",
    "huawei `isp`, `region` of a user": "one call says nothing about a provider; `/quality "
    "distribution` compares regions, networks, platforms and versions of a whole app",
    "huawei quality metrics of the server's side (2024)": "no document that we have names their "
    "fields; other metric ids are displayed with their code and are no error",
}
