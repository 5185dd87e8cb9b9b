"""Names of the clouds' metrics, full and short, and values with their units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot.call import Code, Distribution, MetricDefinition, Unit
from bot.i18n.messages import Duration, Message, code_message, message
from bot.i18n.translator import has_code

# At most 20 characters, for chart legends and column titles.
_SHORT_NAMES: Final[dict[str, Message]] = {
    **dict.fromkeys(("pcu", "userCount", "online_user_count", "OnlineUsers"), message("Users")),
    **dict.fromkeys(("user_count", "UserCount"), message("Users")),
    **dict.fromkeys(("pcc", "channelCount"), message("Channels")),
    **dict.fromkeys(("online_room_count", "room_count", "RoomCount"), message("Channels")),
    **dict.fromkeys(("sessionCount", "session_count", "SessionCount"), message("Sessions")),
    **dict.fromkeys(("peak_concurrent_user", "MaxOnlineUserCount"), message("Peak users")),
    **dict.fromkeys(("peak_concurrent_room", "MaxOnlineRoomCount"), message("Peak channels")),
    **dict.fromkeys(
        ("videoFreezeRate", "VideoFreezeRate", "video_stall_rate"), message("Video freeze")
    ),
    **dict.fromkeys(
        ("audioFreezeRate", "AudioFreezeRate", "audio_stall_rate"), message("Audio freeze")
    ),
    **dict.fromkeys(
        ("joinSuccessRate", "JoinSuccessRate", "join_room_success_rate"), message("Join success")
    ),
    **dict.fromkeys(
        ("joinSuccess5SecsRate", "joinSuccessIn5sRate", "JoinSuccess5SecsRate"),
        message("Join within 5 s"),
    ),
    "high_concurrency_room": message("Large channels"),
    "CommunicationDuration": message("Calls"),
    "VideoCommunicationDuration": message("Video calls"),
    "AudioCommunicationDuration": message("Audio calls"),
    "FirstVideoRecvTime": message("Time to first video"),
    "FirstAudioRecvTime": message("Time to first audio"),
    "PullStreamSuccessRate": message("Streams received"),
    "PushStreamSuccessRate": message("Streams sent"),
    "VideoTransDelay": message("Video delay"),
    "AudioTransDelay": message("Audio delay"),
    "TranscodeDuration": message("Transcoding"),
    "RecordDuration": message("Recording"),
    "avg_call_count": message("Calls per user"),
    "avg_call_time": message("Time per user"),
    "per_call_time": message("Time per session"),
    "total_online_time": message("Time online"),
    "avg_online_time": message("Time per channel"),
    "avg_user_count": message("Users per channel"),
    "networkDelay": message("Network delay"),
    **dict.fromkeys(
        ("videoEnd2EndExcellentTransRate", "VideoExcellentTransRate"), message("Video end to end")
    ),
    **dict.fromkeys(
        ("audioEnd2EndExcellentTransRate", "AudioExcellentTransRate"), message("Audio end to end")
    ),
    **dict.fromkeys(
        ("videoUpstreamExcellentTransRate", "VideoUpstreamExcellentTransRate"),
        message("Video upstream"),
    ),
    **dict.fromkeys(
        ("audioUpstreamExcellentTransRate", "AudioUpstreamExcellentTransRate"),
        message("Audio upstream"),
    ),
    "video_network_trans_delay": message("Video on time"),
    "audio_network_trans_delay": message("Audio on time"),
    "network_trans_delay": message("On time"),
    "audio_first_frame_send_success_rate": message("First audio sent"),
    "video_first_frame_send_success_rate": message("First video sent"),
    "audio_first_frame_recv_success_rate": message("First audio decoded"),
    "video_first_frame_recv_success_rate": message("First video decoded"),
}
_PART_NAMES: Final = {
    "web": message("browsers"),
    "webrtc": message("browsers"),
    "video_sd": message("SD video"),
    "video_hd": message("HD video"),
    "video_hdp": message("larger video"),
    "audio": message("audio"),
}
_UNIT_FORMATTERS: Final[dict[Unit, Callable[[float], Message]]] = {
    Unit.PERCENT: lambda value: message("%(value)s%%", value=round(value, 2)),
    Unit.MS: lambda value: message("%(value)s ms", value=round(value)),
    Unit.SECONDS: lambda value: message("%(time)s", time=Duration(value)),
}

_DIMENSION_NAMES: Final[dict[str, Message]] = {
    **dict.fromkeys(("network", "access", "access_net"), message("network type")),
    "country": message("country"),
    **dict.fromkeys(("region", "province"), message("region")),
    **dict.fromkeys(("os", "platform"), message("system")),
    "sdk": message("SDK version"),
    "abnormal_type,abnormal_factor": message("problems and causes"),
}


# The thresholds in the names of Volcengine's metrics; an account may have others.
_DEFAULT_THRESHOLDS_MS: Final = {
    "audio_stall_rate": 80,
    "video_stall_rate": 500,
    "join_room_success_rate": 5000,
    "audio_network_trans_delay": 400,
    "video_network_trans_delay": 400,
}


def full_name(code: Code, definition: MetricDefinition | None = None) -> Message:
    """Return a metric's full name; for an unknown metric, its code and kind."""
    if has_code(code.kind, code.value):
        name = code_message(code.kind, code.value)
    else:
        name = message("%(code)s (%(kind)s)", code=code.value, kind=code.kind)
    default_ms = _DEFAULT_THRESHOLDS_MS.get(code.value)
    if definition and definition.within_ms and default_ms and definition.within_ms != default_ms:
        limit = Duration(definition.within_ms / 1000)
        name = message("%(name)s (here: %(limit)s)", name=name, limit=limit)
    return _with_part(name, definition)


def short_name(code: Code, definition: MetricDefinition | None = None) -> Message:
    """Return a metric's short name."""
    return _with_part(_SHORT_NAMES.get(code.value) or full_name(code), definition)


def _with_part(name: Message, definition: MetricDefinition | None) -> Message:
    part = _PART_NAMES.get(definition.part.value) if definition and definition.part else None
    return message("%(name)s · %(part)s", name=name, part=part) if part else name


def format_value(value: float, unit: Unit) -> Message:
    """Format a value with its unit."""
    formatter = _UNIT_FORMATTERS.get(unit)
    if formatter is not None:
        return formatter(value)
    is_small = 0 < abs(value) < 1
    return message("%(value)s", value=f"{value:.2g}" if is_small else round(value, 2))


def dimension_name(distribution: Distribution) -> Message:
    """Return the name of a distribution's dimension."""
    return _DIMENSION_NAMES.get(distribution.dimension) or message(
        "%(text)s", text=distribution.dimension
    )


def dimension_value_name(codes: Sequence[Code]) -> Message:
    """Return the name of a dimension's value; the cloud's own for one without a name."""
    names: list[object] = []
    for code in codes:
        is_plain = not code.value.isdigit() and not has_code(code.kind, code.value)
        names.append((code.value or "–") if is_plain else code.user_message)
    return message("%(places)s", places=names)
