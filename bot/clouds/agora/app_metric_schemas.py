"""Agora's responses about whole apps: rows with any fields, and what each metric means.

The API of 2020 writes shares as 0 to 100, today's as 0 to 1; parsed they are 0 to 100.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from bot.call import (
    Code,
    Distribution,
    DistributionRow,
    Media,
    MetricDefinition,
    Trend,
    Unit,
    Usage,
)
from bot.clouds.agora.schemas import Envelope, parse_required_time, parse_time
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.numbers import parse_number

JsonRow = Mapping[str, int | float | str | None]

SCALE: Final = ("pcu", "pcc")
EXPERIENCE: Final = (
    "videoFreezeRate",
    "audioFreezeRate",
    "joinSuccessRate",
    "joinSuccess5SecsRate",
)
# The document swaps the descriptions of the two end-to-end ones (contract trap A31).
NETWORK: Final = (
    "videoEnd2EndExcellentTransRate",
    "audioEnd2EndExcellentTransRate",
    "videoUpstreamExcellentTransRate",
    "audioUpstreamExcellentTransRate",
)
USAGE: Final = ("userCount", "sessionCount", "channelCount")
LIVE_SCALE: Final = ("userCount", "channelCount")
QUALITY: Final = (
    "videoFreezeRate",
    "audioFreezeRate",
    "joinSuccessRate",
    "joinSuccessIn5sRate",  # joinSuccess5SecsRate in 2020 (contract trap A32)
    "networkDelay",
)

_KINDS: Final = {
    **dict.fromkeys((*SCALE, *EXPERIENCE, *NETWORK), "agora.live_metric"),
    **dict.fromkeys(USAGE, "agora.insight_metric"),
    **dict.fromkeys(("joinSuccessIn5sRate", "networkDelay"), "agora.metric.current"),
}
_FREEZE_MS: Final = {"videoFreezeRate": 600, "audioFreezeRate": 200}
_JOIN_MS: Final = {"joinSuccess5SecsRate": 5000, "joinSuccessIn5sRate": 5000}
_DELAY_MS: Final = {"networkDelay": 400}
_COUNTS: Final = (*SCALE, *USAGE, "audioFreezeUserCount", "videoFreezeUserCount")
_OTHER_NAMES: Final = {
    "sdk": ("sdkVersion", "sdk_version"),
    "sdkVersion": ("sdk",),
    "network": ("net",),
    "net": ("network",),
}
_LABEL_LENGTH: Final = 80


class AppMetricsBody(Envelope):
    """Rows of `ts` and one field per metric, or of a dimension and a metric."""

    data: list[dict[str, int | float | str | None]] | None = None


class RankedRows(msgspec.Struct):
    """The object that wraps the rows of `dimension/top20`."""

    rows: list[dict[str, int | float | str | None]] | None = msgspec.field(
        name="list", default=None
    )


class Ranking(Envelope):
    """`dimension/top20`: rows of a dimension, a metric and its twenty seconds."""

    data: RankedRows | list[dict[str, int | float | str | None]] | None = None

    @property
    def rows(self) -> list[dict[str, int | float | str | None]] | None:
        """The rows, which the samples wrap in an object and other endpoints do not."""
        return self.data.rows if isinstance(self.data, RankedRows) else self.data


def metric_definition_of(name: str) -> MetricDefinition:
    """Return a metric's threshold and which way is better; of an unknown one only its name."""
    code = Code(_KINDS.get(name, "agora.metric.current"), name)
    within = {**_FREEZE_MS, **_JOIN_MS, **_DELAY_MS}.get(name)
    better = None if name in _COUNTS else name not in {**_FREEZE_MS, **_DELAY_MS}
    media = next((media for media in Media if name.startswith(media.value)), None)
    return MetricDefinition(code, media, within, better if name in _KINDS else None)


def unit_of(name: str) -> Unit:
    """Counts have no unit; all other metrics are shares."""
    return Unit.NUMBER if name in _COUNTS else Unit.PERCENT


def parse_time_series(
    endpoint: Endpoint,
    body: AppMetricsBody,
    names: Sequence[str],
    since: dt.datetime,
    until: dt.datetime,
) -> tuple[Trend, ...]:
    """Parse one trend per name from the rows, in any order; gaps stay gaps."""
    points_by_name: dict[str, dict[dt.datetime, float]] = {name: {} for name in names}
    for at, json_row in _timed_rows(endpoint, body):
        if since <= at <= until:
            for name in names:
                value = _value(endpoint, json_row, name)
                if value is not None:
                    points_by_name[name][at] = value
    return tuple(
        Trend(
            metric_definition_of(name).name,
            unit_of(name),
            tuple(sorted(points.items())),
            metric_definition_of(name),
        )
        for name, points in points_by_name.items()
    )


def parse_usages(
    endpoint: Endpoint, body: AppMetricsBody, names: Sequence[str]
) -> tuple[Usage, ...]:
    """Parse metrics by day. A day's timestamp may be midnight of UTC or of +08:00."""
    usages = []
    for at, json_row in _timed_rows(endpoint, body):
        day = (at + dt.timedelta(hours=12)).date()
        for name in names:
            value = _value(endpoint, json_row, name)
            if value is not None:
                usages.append(Usage(day, metric_definition_of(name).name, unit_of(name), value))
    return tuple(sorted(usages, key=lambda usage: usage.day))


def parse_distribution(
    endpoint: Endpoint, body: AppMetricsBody, dimension: str, name: str
) -> Distribution:
    """Parse the distribution of a metric over a dimension; largest first."""
    return distribution_from_rows(endpoint, rows_of(endpoint, body), dimension, name)


def parse_ranking(endpoint: Endpoint, body: Ranking, dimension: str, name: str) -> Distribution:
    """Parse a ranking of twenty seconds; `since` is when they began, according to the cloud."""
    if body.rows is None:
        raise invalid_response(endpoint, "no data")
    begun = [_window_start(endpoint, json_row) for json_row in body.rows]
    distribution = distribution_from_rows(endpoint, body.rows, dimension, name)
    return replace(distribution, since=max((at for at in begun if at is not None), default=None))


def distribution_from_rows(
    endpoint: Endpoint, rows: Iterable[JsonRow], dimension: str, name: str
) -> Distribution:
    """Build the distribution of a metric over a dimension from rows; largest first."""
    slices = []
    for json_row in rows:
        value = _value(endpoint, json_row, name)
        if value is not None:
            dimension_code = Code(
                f"agora.dimension.{dimension}", _label(_dimension_value(json_row, dimension))
            )
            slices.append(DistributionRow((dimension_code,), value))
    ranked = tuple(sorted(slices, key=lambda each: each.value, reverse=True))
    return Distribution(dimension, unit_of(name), ranked, metric_definition_of(name))


def _dimension_value(json_row: JsonRow, dimension: str) -> object:
    """Tables and samples name some dimensions differently (contract traps, section 4)."""
    names = (dimension, *_OTHER_NAMES.get(dimension, ()))
    return next((json_row[name] for name in names if name in json_row), None)


def _window_start(endpoint: Endpoint, json_row: JsonRow) -> dt.datetime | None:
    try:
        return parse_time(json_row.get("windowStartTs"))
    except ValueError:
        raise invalid_response(endpoint, "windowStartTs") from None


def rows_of(endpoint: Endpoint, body: AppMetricsBody) -> list[dict[str, int | float | str | None]]:
    """Return the rows of a response; CloudInvalidResponseError when it has no list of them."""
    if body.data is None:
        raise invalid_response(endpoint, "no data")
    return body.data


def _timed_rows(endpoint: Endpoint, body: AppMetricsBody) -> Iterator[tuple[dt.datetime, JsonRow]]:
    for json_row in rows_of(endpoint, body):
        try:
            yield parse_required_time(json_row.get("ts")), json_row
        except ValueError:
            raise invalid_response(endpoint, "ts") from None


def _value(endpoint: Endpoint, json_row: JsonRow, name: str) -> float | None:
    try:
        value = parse_number(json_row.get(name))
    except ValueError:
        raise invalid_response(endpoint, name) from None
    if value is None:
        return None
    is_share_of_one = endpoint.generation == "current" and unit_of(name) is Unit.PERCENT
    return value * 100 if is_share_of_one else value


def _label(value: object) -> str:
    """A dimension's value as received, without characters that cannot be displayed."""
    text = "" if value is None else str(value)
    return "".join(sign for sign in text if sign.isprintable())[:_LABEL_LENGTH]
