"""Huawei's responses about whole apps: their rows, and what each metric means.

By day 1 means 100 %, parsed as 100. The scale of the live rates is not documented: they are
parsed as they are, without a unit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bot.call import Code, DistributionRow, Unit, Usage
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response
from bot.clouds.huawei.events import TYPE_KIND, factor_code
from bot.clouds.huawei.schemas import Id, JsonTime, parse_required_time
from bot.clouds.numbers import parse_number

METRIC_KIND: Final = "huawei.metric"
PART_KIND: Final = "huawei.usage_part"
_LABEL_MAX: Final = 48
JsonRow = Mapping[str, float | str | None]

# Names in the response differ from those in the request, one by more than capitals (W21).
SCALE_FIELDS: Final[dict[str, tuple[str, Unit]]] = {
    "UserCount": ("user_count", Unit.NUMBER),
    "SessionCount": ("session_count", Unit.NUMBER),
    "RoomCount": ("room_count", Unit.NUMBER),
    "MaxOnlineUserCount": ("max_online_user_count", Unit.NUMBER),
    "MaxOnlineRoomCount": ("max_online_room_count", Unit.NUMBER),
    "CommunicationDuration": ("communication_duration", Unit.SECONDS),
    "VideoCommunicationDuration": ("video_communication_duration", Unit.SECONDS),
    "AudioCommunicationDuration": ("audio_communication_duration", Unit.SECONDS),
}
QUALITY_FIELDS: Final[dict[str, tuple[str, Unit]]] = {
    "JoinSuccessRate": ("join_success_rate", Unit.PERCENT),
    "JoinSuccess5SecsRate": ("join_success_in5secs_rate", Unit.PERCENT),
    "VideoFreezeRate": ("video_freeze_rate", Unit.PERCENT),
    "AudioFreezeRate": ("audio_freeze_rate", Unit.PERCENT),
    "FirstVideoRecvTime": ("first_video_recv_time", Unit.MS),
    "FirstAudioRecvTime": ("first_audio_recv_time", Unit.MS),
    "PullStreamSuccessRate": ("pull_stream_success_rate", Unit.PERCENT),
    "PushStreamSuccessRate": ("push_stream_success_rate", Unit.PERCENT),
    "VideoUpstreamExcellentTransRate": ("video_upstream_excellent_trans_rate", Unit.PERCENT),
    "AudioUpstreamExcellentTransRate": ("audio_upstream_excellent_trans_rate", Unit.PERCENT),
    "VideoExcellentTransRate": ("video_excellent_trans_rate", Unit.PERCENT),
    "AudioExcellentTransRate": ("audio_excellent_trans_rate", Unit.PERCENT),
    "VideoTransDelay": ("video_trans_delay", Unit.MS),
    "AudioTransDelay": ("audio_trans_delay", Unit.MS),
}


class SampleRow(msgspec.Struct):
    """One sample of a live metric."""

    time: JsonTime
    value: float | str | None = None


class LiveBody(msgspec.Struct):
    """The response of 13.3, 13.5 and 13.6, which name their list differently."""

    scale: list[SampleRow] | None = None
    quality: list[SampleRow] | None = None
    network: list[SampleRow] | None = None


class DimensionRow(msgspec.Struct):
    """The users online with one value of a dimension."""

    dimension: Id
    online_users: float | None = None  # named viewers (观众), but it counts everybody (W18)


class DimensionsBody(msgspec.Struct):
    """The response of 13.4."""

    dimensions: list[DimensionRow] | None = None


class DailyBody(msgspec.Struct):
    """The response of 13.7, 13.8 and 13.9; a row has the requested metrics only."""

    usage: list[JsonRow] | None = None
    scale: list[JsonRow] | None = None
    quality: list[JsonRow] | None = None


class AbnormalRow(msgspec.Struct):
    """The users with one type or factor of trouble."""

    user_count: float | None = None
    abnormal_type: Id | None = None
    abnormal_factor: Id | None = None


class AbnormalsBody(msgspec.Struct):
    """The response of 13.14."""

    dimensions: list[AbnormalRow] | None = None


def parse_samples(
    endpoint: Endpoint, samples: Iterable[SampleRow]
) -> tuple[tuple[dt.datetime, float], ...]:
    """Parse samples into sorted points; those without a value are skipped."""
    try:
        timed_values = ((each.time, parse_number(each.value)) for each in samples)
        known = {parse_required_time(at): value for at, value in timed_values if value is not None}
    except ValueError:
        raise invalid_response(endpoint, "time") from None
    return tuple(sorted(known.items()))


def parse_usages(
    endpoint: Endpoint, rows: Iterable[JsonRow] | None, fields: Mapping[str, tuple[Code, Unit]]
) -> tuple[Usage, ...]:
    """Parse metrics by day; `fields` are their codes and units by name in the row."""
    if rows is None:
        raise invalid_response(endpoint, "no days")
    usages = []
    for row in rows:
        try:
            day = dt.date.fromisoformat(str(row.get("date"))[:10])
        except ValueError:
            raise invalid_response(endpoint, "date") from None
        for name, (code, unit) in fields.items():
            try:
                value = parse_number(row.get(name))
            except ValueError:
                raise invalid_response(endpoint, name) from None
            if value is not None:
                scale = 100 if unit is Unit.PERCENT else 1
                usages.append(Usage(day, code, unit, value * scale))
    return tuple(sorted(usages, key=lambda usage: usage.day))


def abnormal_row(row: AbnormalRow) -> DistributionRow:
    """Return a row of 13.14 with the codes of its type and factor, as far as it has them."""
    codes: list[Code] = []
    kind = "" if row.abnormal_type is None else clean_code(row.abnormal_type)
    if kind:
        codes.append(Code(TYPE_KIND, kind))
    if row.abnormal_factor is not None:
        codes.append(factor_code(kind, row.abnormal_factor))
    return DistributionRow(tuple(codes), row.user_count or 0)


def largest_first(rows: Iterable[DistributionRow]) -> tuple[DistributionRow, ...]:
    """Sort rows by value."""
    return tuple(sorted(rows, key=lambda row: row.value, reverse=True))


def clean_label(value: Id) -> str:
    """Return a dimension's value, maybe a Chinese name, without unprintable characters."""
    return "".join(sign for sign in str(value) if sign.isprintable())[:_LABEL_MAX]
