"""Where the product uses each endpoint of a cloud, for the generated table of endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_FIND_CALL: Final = "every diagnosis: finding the call; `doctor`"

_AGORA: Final = {
    "lists": _FIND_CALL,
    "details": "every diagnosis: participants, metrics",
    "sessions": "every diagnosis: participants",
    "metrics": "every diagnosis: metrics",
    "diagnosis": "every diagnosis: the causes Agora names; collected in the background",
    "reportV2": "a new ticket: the line *Reported to Agora* on its card",
    "report": "the same with `AGORA_REPORT=report`",
    "live_scale": "`/quality live`, `scale`",
    "live_experience": "`/quality live`, `experience`",
    "live_network": "`/quality network`",
    "insight_usage": "`/quality usage`",
    "insight_quality": "`/quality experience`",
    "realtime_usage": "`/quality live`, `scale`",
    "realtime_quality": "`/quality live`, `network`, `experience`",
    "usage_spread": "`/quality distribution`",
    "quality_spread": "`/quality distribution`",
    "usage_ranking": "`/quality distribution`",
    "quality_ranking": "`/quality distribution`",
    "call_statistics": "a ticket's *Details*: time frozen by network",
    "call_minutes": "a ticket's *Details*: the worst minute, and how many froze in it",
    "freeze_buckets": "a ticket's *Details*: how many people froze how much",
}
_VOLCENGINE: Final = {
    "ListRoomInfo": _FIND_CALL,
    "ListUserInfo": "every diagnosis: participants",
    "ListCallDetail": "every diagnosis: metrics",
    "ListQualityDistribution": "`/quality distribution`",
    "ListQuality": "`/quality network`, `experience`",
    "ListOperationData": "`/quality usage`",
    "ListRealTimeQuality": "`/quality live`, `network`, `experience`",
    "ListRealTimeQualityDistribution": "`/quality distribution`",
    "ListRealTimeOperationData": "`/quality live`, `scale`",
    "GetRoomOnlineUsers": "a ticket's menu: who is in the channel",
}
_HUAWEI: Final = {
    "tokens": "every request, when an IAM user is set instead of a key pair",
    "apps": "`doctor`",
    "set_callback": "`python -m bot callback --url https://host`",
    "callback": "`callback`, `doctor`; recording: whether Huawei sends us its result",
    "start_job": "a ticket's menu: *Record this channel*",
    "job": "a ticket's thread: the state of its recording",
    "stop_job": "a ticket's menu: *Stop the recording*",
    "remove_users": "a ticket's menu: *Remove the student*, *the teacher*",
    "dismiss": "a ticket's menu: *Close the channel*",
    "rooms": "every diagnosis: finding the call; a ticket's menu",
    "users": "every diagnosis: participants; a ticket's menu: who is in the channel",
    "qos": "every diagnosis: metrics",
    "abnormal_events": "every diagnosis: the causes Huawei names",
    "client_events": "every diagnosis: each person's network type",
    "client_abnormal": "a diagnosis for which `abnormal-events` returns nothing",
    "realtime_scale": "`/quality live`, `scale`",
    "realtime_dimension": "`/quality distribution`",
    "realtime_quality": "`/quality live`, `experience`",
    "realtime_network": "`/quality network`",
    "history_usage": "`/quality usage`",
    "history_scale": "`/quality usage`",
    "history_quality": "`/quality experience`",
    "abnormal_dimension": "`/quality distribution`",
}

ENDPOINT_USAGE: Final[Mapping[tuple[str, str], str]] = {
    (cloud, name): where
    for cloud, endpoints in (("agora", _AGORA), ("volcengine", _VOLCENGINE), ("huawei", _HUAWEI))
    for name, where in endpoints.items()
}
