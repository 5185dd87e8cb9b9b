"""Requests for the metrics of a whole app: live (13.3-13.6), by day (13.7-13.9), causes (13.14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from bot.call import Code, Distribution, DistributionRow, MetricDefinition, Trend, Unit, Usage
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import data_expired, invalid_response
from bot.clouds.huawei.app_metric_schemas import (
    METRIC_KIND,
    PART_KIND,
    QUALITY_FIELDS,
    SCALE_FIELDS,
    AbnormalsBody,
    DailyBody,
    DimensionsBody,
    LiveBody,
    abnormal_row,
    clean_label,
    largest_first,
    parse_samples,
    parse_usages,
)
from bot.clouds.huawei.client import HuaweiClient, span_params
from bot.clouds.huawei.schemas import format_time
from bot.clouds.windows import whole_seconds
from bot.ports import Window

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
_PARTS: Final = ("video_sd", "video_hd", "video_hdp", "audio")


class StatisticsApi:
    """Fetches the metrics of whole apps. Every method raises CloudError only."""

    def __init__(self, client: HuaweiClient) -> None:
        self._client = client

    async def live_scale(
        self, app: str, metric: LiveScale, window: Window, cname: str = ""
    ) -> Trend:
        """Return users or rooms online, by minute (13.3); the last day of the window."""
        row = self._client.find_endpoint("realtime_scale")
        return await self._live(app, row, {"metric": metric, **_room(cname)}, window)

    async def live_quality(
        self, app: str, metric: LiveQuality, sdk: SdkType, window: Window, *, cname: str = ""
    ) -> Trend:
        """Return one rate of joining or freezing by minute (13.5), of one kind of SDK (W17)."""
        row = self._client.find_endpoint("realtime_quality")
        query = {"metric": metric, "sdk_type": sdk, **_room(cname)}
        return await self._live(app, row, query, window)

    async def live_network(
        self, app: str, metric: LiveNetwork, sdk: SdkType, window: Window, *, cname: str = ""
    ) -> Trend:
        """Return one share of good transmission, by minute (13.6)."""
        row = self._client.find_endpoint("realtime_network")
        query = {"metric": metric, "sdk_type": sdk, **_room(cname)}
        return await self._live(app, row, query, window)

    async def live_distribution(
        self, app: str, dimension: Dimension, at: dt.datetime, cname: str = ""
    ) -> Distribution:
        """Return the distribution of the users online at a moment over a dimension (13.4)."""
        row = self._client.find_endpoint("realtime_dimension")
        query = {
            "app": self._client.apps[app],
            "metric": "OnlineUsers",
            "dimension": dimension,
            "time": format_time(at),
            **_room(cname),
        }
        body = await self._client.cached_get(app, row, query, DimensionsBody, _LIVE_TTL)
        if body.dimensions is None:
            raise invalid_response(row, "no dimensions")
        rows = (
            DistributionRow(
                (Code(f"huawei.{dimension}", clean_label(dimension_row.dimension)),),
                dimension_row.online_users or 0,
            )
            for dimension_row in body.dimensions
        )
        return Distribution(dimension, Unit.NUMBER, largest_first(rows))

    async def usage(
        self, app: str, kind: UsageKind, since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        """Return seconds used by day (13.7): the total, and its parts by picture size.

        The parts have the metric of the total, and a definition that names the part.
        """
        row = self._client.find_endpoint("history_usage")
        body = await self._days(app, row, {"metric": kind}, since, until)
        code = Code(METRIC_KIND, kind)
        whole = parse_usages(row, body.usage, {"total_duration": (code, Unit.SECONDS)})
        parts = (
            replace(usage, definition=MetricDefinition(code, part=Code(PART_KIND, part)))
            for part in _PARTS
            for usage in parse_usages(row, body.usage, {part: (code, Unit.SECONDS)})
        )
        return (*whole, *parts)

    async def daily_scale(
        self, app: str, metrics: Sequence[str], since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        """Return metrics of scale by day (13.8), keys of SCALE_FIELDS; today is not available."""
        return await self._history(app, "history_scale", metrics, since, until)

    async def daily_quality(
        self, app: str, metrics: Sequence[str], since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        """Return metrics of quality by day (13.9), keys of QUALITY_FIELDS; percent 0-100."""
        return await self._history(app, "history_quality", metrics, since, until)

    async def abnormal_distribution(
        self, app: str, window: Window, cname: str = ""
    ) -> Distribution:
        """Return how many users had which type of trouble with which factor (13.14).

        Both dimensions are requested: the number of a factor depends on the type.
        """
        row = self._client.find_endpoint("abnormal_dimension")
        query: dict[str, str | Sequence[str]] = {
            "app": self._client.apps[app],
            "dimension": ("abnormal_type", "abnormal_factor"),
            **span_params(_last(window, row)),
            **_room(cname),
        }
        body = await self._client.cached_get(app, row, query, AbnormalsBody, _LIVE_TTL)
        if body.dimensions is None:
            raise invalid_response(row, "no dimensions")
        rows = (abnormal_row(each) for each in body.dimensions)
        return Distribution("abnormal_type,abnormal_factor", Unit.NUMBER, largest_first(rows))

    async def _live(
        self, app: str, row: Endpoint, params: Mapping[str, str], window: Window
    ) -> Trend:
        query = {"app": self._client.apps[app], **params, **span_params(_last(window, row))}
        body = await self._client.cached_get(app, row, query, LiveBody, _LIVE_TTL)
        samples = next(
            (each for each in (body.scale, body.quality, body.network) if each is not None), None
        )
        if samples is None:
            raise invalid_response(row, "no samples")
        return Trend(Code(METRIC_KIND, params["metric"]), Unit.NUMBER, parse_samples(row, samples))

    async def _history(
        self, app: str, name: str, metrics: Sequence[str], since: dt.date, until: dt.date
    ) -> tuple[Usage, ...]:
        row = self._client.find_endpoint(name)
        today = self._client.clock.now().astimezone(dt.UTC).date()
        until = min(until, today - _DAY)
        oldest = today - row.retention
        if until < oldest:
            raise data_expired(row)
        since = max(since, oldest)
        if since > until:
            return ()
        body = await self._days(app, row, {"metric": tuple(metrics)}, since, until)
        table = SCALE_FIELDS if name == "history_scale" else QUALITY_FIELDS
        fields = {
            table[metric][0]: (Code(METRIC_KIND, metric), table[metric][1]) for metric in metrics
        }
        return parse_usages(row, body.scale if name == "history_scale" else body.quality, fields)

    async def _days(
        self,
        app: str,
        row: Endpoint,
        params: Mapping[str, str | Sequence[str]],
        since: dt.date,
        until: dt.date,
    ) -> DailyBody:
        query = {
            "app": self._client.apps[app],
            **params,
            "start_date": since.isoformat(),
            "end_date": until.isoformat(),
        }
        return await self._client.cached_get(app, row, query, DailyBody, _DAILY_TTL)


def _room(cname: str) -> dict[str, str]:
    return {"room_id": cname} if cname else {}


def _last(window: Window, row: Endpoint) -> Window:
    """The newest part of a window that one request may cover."""
    longest = row.max_span or window.span
    return whole_seconds(Window(max(window.since, window.until - longest), window.until))
