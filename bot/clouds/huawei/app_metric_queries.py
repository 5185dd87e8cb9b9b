"""The figures of a whole app: live (13.3 to 13.6), by day (13.7 to 13.9), and who had what (13.14).

Percentages: by day 1 means 100 % and comes out as 100; the live ones' scale is not stated, so
they stay as they came, without a unit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

import msgspec

from bot.call import Code, Distribution, DistributionRow, MetricDefinition, Trend, Unit, Usage
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, data_expired, invalid_response
from bot.clouds.huawei.client import HuaweiClient, span_params, whole_seconds
from bot.clouds.huawei.events import TYPE_KIND, factor_code
from bot.clouds.huawei.schemas import Id, JsonTime, format_time, parse_required_time
from bot.clouds.numbers import parse_number
from bot.ports import Window

METRIC_KIND: Final = "huawei.metric"
PART_KIND: Final = "huawei.usage_part"
LiveScale = Literal["OnlineUsers", "RoomCount"]
LiveQuality = Literal[
    "JoinSuccessRate", "JoinSuccess5SecsRate", "VideoFreezeRate", "AudioFreezeRate"
]
LiveNetwork = Literal[
    "VideoUpstreamExcellentTransRate",
    "AudioUpstreamExcellentTransRate",
    "VideoExcellentTransRate",
    "AudioExcellentTransRate",
]
Dimension = Literal["region", "access_net", "platform", "sdk"]
SdkType = Literal["native", "webrtc"]
UsageKind = Literal["CommunicationDuration", "TranscodeDuration", "RecordDuration"]

_LIVE_TTL: Final = dt.timedelta(seconds=60)
_DAILY_TTL: Final = dt.timedelta(minutes=30)
_DAY: Final = dt.timedelta(days=1)
_LABEL_MAX: Final = 48
_PARTS: Final = ("video_sd", "video_hd", "video_hdp", "audio")
JsonRow = Mapping[str, float | str | None]

# The answer's names differ from the question's, one of them by more than its capitals (W21).
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


class _Sample(msgspec.Struct):
    time: JsonTime
    value: float | str | None = None


class _LiveBody(msgspec.Struct):
    """13.3, 13.5 and 13.6 name their one list differently."""

    scale: list[_Sample] | None = None
    quality: list[_Sample] | None = None
    network: list[_Sample] | None = None


class _DimensionRow(msgspec.Struct):
    dimension: Id
    online_users: float | None = None  # called viewers (观众), though it counts everybody (W18)


class _DimensionsBody(msgspec.Struct):
    dimensions: list[_DimensionRow] | None = None


class _DailyBody(msgspec.Struct):
    """13.7, 13.8 and 13.9; only what was asked for is in a row."""

    usage: list[JsonRow] | None = None
    scale: list[JsonRow] | None = None
    quality: list[JsonRow] | None = None


class _AbnormalRow(msgspec.Struct):
    user_count: float | None = None
    abnormal_type: Id | None = None
    abnormal_factor: Id | None = None


class _AbnormalsBody(msgspec.Struct):
    dimensions: list[_AbnormalRow] | None = None


class StatisticsApi:
    """The figures of Huawei's apps. Every method raises CloudError and nothing else."""

    def __init__(self, client: HuaweiClient) -> None:
        self._client = client

    async def live_scale(
        self, app: str, metric: LiveScale, window: Window, cname: str = ""
    ) -> Trend:
        """Return users or rooms online, minute by minute (13.3); the last day of the window."""
        row = self._client.find_endpoint("realtime_scale")
        return await self._live(app, row, {"metric": metric, **_room(cname)}, window)

    async def live_quality(
        self, app: str, metric: LiveQuality, sdk: SdkType, window: Window, *, cname: str = ""
    ) -> Trend:
        """Return one rate of joining or freezing, minute by minute (13.5).

        Native and web clients are asked for one by one (W17).
        """
        row = self._client.find_endpoint("realtime_quality")
        query = {"metric": metric, "sdk_type": sdk, **_room(cname)}
        return await self._live(app, row, query, window)

    async def live_network(
        self, app: str, metric: LiveNetwork, sdk: SdkType, window: Window, *, cname: str = ""
    ) -> Trend:
        """Return one share of good transmission, minute by minute (13.6)."""
        row = self._client.find_endpoint("realtime_network")
        query = {"metric": metric, "sdk_type": sdk, **_room(cname)}
        return await self._live(app, row, query, window)

    async def live_distribution(
        self, app: str, dimension: Dimension, at: dt.datetime, cname: str = ""
    ) -> Distribution:
        """Return how the users online at a moment are spread over a dimension (13.4)."""
        row = self._client.find_endpoint("realtime_dimension")
        query = {
            "app": self._client.apps[app],
            "metric": "OnlineUsers",
            "dimension": dimension,
            "time": format_time(at),
            **_room(cname),
        }
        body = await self._client.cached_body(app, row, query, _DimensionsBody, _LIVE_TTL)
        if body.dimensions is None:
            raise invalid_response(row, "no dimensions")
        rows = (
            DistributionRow(
                (Code(f"huawei.{dimension}", _label(dimension_row.dimension)),),
                dimension_row.online_users or 0,
            )
            for dimension_row in body.dimensions
        )
        return Distribution(dimension, Unit.NUMBER, _largest_first(rows))

    async def usage(
        self, app: str, kind: UsageKind, since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        """Return seconds used by day (13.7): the whole, and its parts by picture size.

        The parts have the metric of the whole, and a figure that names them.
        """
        row = self._client.find_endpoint("history_usage")
        found = await self._days(app, row, {"metric": kind}, since, until)
        code = Code(METRIC_KIND, kind)
        whole = _usages(row, found.usage, {"total_duration": (code, Unit.SECONDS)})
        parts = (
            replace(usage, definition=MetricDefinition(code, part=Code(PART_KIND, part)))
            for part in _PARTS
            for usage in _usages(row, found.usage, {part: (code, Unit.SECONDS)})
        )
        return (*whole, *parts)

    async def daily_scale(
        self, app: str, metrics: Sequence[str], since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        """Return figures of size by day (13.8), each a key of SCALE_FIELDS; today has none yet."""
        return await self._history(app, "history_scale", metrics, since, until)

    async def daily_quality(
        self, app: str, metrics: Sequence[str], since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        """Return figures of quality by day (13.9), each a key of QUALITY_FIELDS; percent 0-100."""
        return await self._history(app, "history_quality", metrics, since, until)

    async def abnormal_distribution(
        self, app: str, window: Window, cname: str = ""
    ) -> Distribution:
        """Return how many users had which trouble for which reason (13.14).

        Both dimensions are always asked for: a factor's number means nothing without its type.
        """
        row = self._client.find_endpoint("abnormal_dimension")
        query: dict[str, str | Sequence[str]] = {
            "app": self._client.apps[app],
            "dimension": ("abnormal_type", "abnormal_factor"),
            **span_params(_last(window, row)),
            **_room(cname),
        }
        body = await self._client.cached_body(app, row, query, _AbnormalsBody, _LIVE_TTL)
        if body.dimensions is None:
            raise invalid_response(row, "no dimensions")
        rows = (_abnormal(each) for each in body.dimensions)
        return Distribution("abnormal_type,abnormal_factor", Unit.NUMBER, _largest_first(rows))

    async def _live(
        self, app: str, row: Endpoint, params: Mapping[str, str], window: Window
    ) -> Trend:
        query = {"app": self._client.apps[app], **params, **span_params(_last(window, row))}
        body = await self._client.cached_body(app, row, query, _LiveBody, _LIVE_TTL)
        samples = next(
            (each for each in (body.scale, body.quality, body.network) if each is not None), None
        )
        if samples is None:
            raise invalid_response(row, "no samples")
        return Trend(Code(METRIC_KIND, params["metric"]), Unit.NUMBER, _points(row, samples))

    async def _history(
        self, app: str, name: str, metrics: Sequence[str], since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        row = self._client.find_endpoint(name)
        today = self._client.clock.now().astimezone(dt.UTC).date()
        until = min(until, today - _DAY)
        oldest = today - (row.look_back or _DAY)
        if until < oldest:
            raise data_expired(row)
        since = max(since, oldest)
        if since > until:
            return ()
        found = await self._days(app, row, {"metric": tuple(metrics)}, since, until)
        table = SCALE_FIELDS if name == "history_scale" else QUALITY_FIELDS
        fields = {
            table[metric][0]: (Code(METRIC_KIND, metric), table[metric][1]) for metric in metrics
        }
        return _usages(row, found.scale if name == "history_scale" else found.quality, fields)

    async def _days(
        self,
        app: str,
        row: Endpoint,
        params: Mapping[str, str | Sequence[str]],
        since: dt.date,
        until: dt.date,
    ) -> _DailyBody:
        query = {
            "app": self._client.apps[app],
            **params,
            "start_date": since.isoformat(),
            "end_date": until.isoformat(),
        }
        return await self._client.cached_body(app, row, query, _DailyBody, _DAILY_TTL)


def _room(cname: str) -> dict[str, str]:
    return {"room_id": cname} if cname else {}


def _last(window: Window, row: Endpoint) -> Window:
    """The newest part of a window that one question may cover."""
    longest = row.max_span or window.span
    return whole_seconds(Window(max(window.since, window.until - longest), window.until))


def _points(row: Endpoint, samples: Iterable[_Sample]) -> tuple[tuple[dt.datetime, float], ...]:
    try:
        timed_values = ((each.time, parse_number(each.value)) for each in samples)
        known = {parse_required_time(at): value for at, value in timed_values if value is not None}
    except ValueError:
        raise invalid_response(row, "time") from None
    return tuple(sorted(known.items()))


def _usages(
    row: Endpoint, rows: Iterable[JsonRow] | None, fields: Mapping[str, tuple[Code, Unit]]
) -> tuple[Usage, ...]:
    if rows is None:
        raise invalid_response(row, "no days")
    found = []
    for each in rows:
        try:
            day = dt.date.fromisoformat(str(each.get("date"))[:10])
        except ValueError:
            raise invalid_response(row, "date") from None
        for name, (code, unit) in fields.items():
            try:
                value = parse_number(each.get(name))
            except ValueError:
                raise invalid_response(row, name) from None
            if value is not None:
                scale = 100 if unit is Unit.PERCENT else 1  # 1 means 100 % here
                found.append(Usage(day, code, unit, value * scale))
    return tuple(sorted(found, key=lambda usage: usage.day))


def _abnormal(row: _AbnormalRow) -> DistributionRow:
    codes: list[Code] = []
    kind = "" if row.abnormal_type is None else clean_code(row.abnormal_type)
    if kind:
        codes.append(Code(TYPE_KIND, kind))
    if row.abnormal_factor is not None:
        codes.append(factor_code(kind, row.abnormal_factor))
    return DistributionRow(tuple(codes), row.user_count or 0)


def _largest_first(rows: Iterable[DistributionRow]) -> tuple[DistributionRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.value, reverse=True))


def _label(value: Id) -> str:
    """A dimension's value, which may be a Chinese name, without what cannot be shown."""
    return "".join(sign for sign in str(value) if sign.isprintable())[:_LABEL_MAX]
