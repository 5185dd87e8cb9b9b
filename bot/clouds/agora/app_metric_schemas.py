"""Agora's figures of whole apps on the wire: open rows, and what each name in them means.

The 2020 API writes shares as 0 to 100, today's as 0 to 1; in here they run from 0 to 100.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from bot.call import Code, Distribution, Figure, Media, Slice, Trend, Unit, Usage
from bot.clouds.agora.schemas import Envelope, moment, required
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import nonsense
from bot.clouds.numbers import read_number

Row = Mapping[str, int | float | str | None]

SCALE: Final = ("pcu", "pcc")
EXPERIENCE: Final = (
    "videoFreezeRate",
    "audioFreezeRate",
    "joinSuccessRate",
    "joinSuccess5SecsRate",
)
# The document describes the two end-to-end ones the wrong way round (contract trap A31).
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
    "joinSuccessIn5sRate",  # the seed's joinSuccess5SecsRate (contract trap A32)
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


class Figures(Envelope):
    """Rows of `ts` and one field for each figure, or for a dimension and a figure."""

    data: list[dict[str, int | float | str | None]] | None = None


class RankedRows(msgspec.Struct):
    """Where `dimension/top20` keeps its rows."""

    rows: list[dict[str, int | float | str | None]] | None = msgspec.field(
        name="list", default=None
    )


class Ranking(Envelope):
    """`dimension/top20`: rows of a dimension, a figure and the twenty seconds it is of."""

    data: RankedRows | list[dict[str, int | float | str | None]] | None = None

    @property
    def rows(self) -> list[dict[str, int | float | str | None]] | None:
        """The rows, which the samples wrap in an object and other calls do not."""
        return self.data.rows if isinstance(self.data, RankedRows) else self.data


def figure_of(name: str) -> Figure:
    """What a figure is, its threshold and which way is better; an unknown one is only a name."""
    code = Code(_KINDS.get(name, "agora.metric.current"), name)
    within = {**_FREEZE_MS, **_JOIN_MS, **_DELAY_MS}.get(name)
    better = None if name in _COUNTS else name not in {**_FREEZE_MS, **_DELAY_MS}
    media = next((media for media in Media if name.startswith(media.value)), None)
    return Figure(code, media, within, better if name in _KINDS else None)


def unit_of(name: str) -> Unit:
    """Counts have no unit; everything else here is a share."""
    return Unit.NUMBER if name in _COUNTS else Unit.PERCENT


def trends_of(
    row: Endpoint, body: Figures, names: Sequence[str], since: dt.datetime, until: dt.datetime
) -> tuple[Trend, ...]:
    """Read one trend a name out of the rows, whatever their order; gaps stay gaps."""
    found: dict[str, dict[dt.datetime, float]] = {name: {} for name in names}
    for at, told in _dated(row, body):
        if since <= at <= until:
            for name in names:
                value = _value(row, told, name)
                if value is not None:
                    found[name][at] = value
    return tuple(
        Trend(figure_of(name).name, unit_of(name), tuple(sorted(points.items())), figure_of(name))
        for name, points in found.items()
    )


def usages_of(row: Endpoint, body: Figures, names: Sequence[str]) -> tuple[Usage, ...]:
    """Read the figures of days. A day's stamp may be midnight of UTC or of +08:00."""
    found = []
    for at, told in _dated(row, body):
        day = (at + dt.timedelta(hours=12)).date()
        for name in names:
            value = _value(row, told, name)
            if value is not None:
                found.append(Usage(day, figure_of(name).name, unit_of(name), value))
    return tuple(sorted(found, key=lambda usage: usage.day))


def distribution_of(row: Endpoint, body: Figures, dimension: str, name: str) -> Distribution:
    """Read how a figure is spread over a dimension; largest first."""
    return spread_of(row, _rows(row, body), dimension, name)


def ranking_of(row: Endpoint, body: Ranking, dimension: str, name: str) -> Distribution:
    """Read a ranking of twenty seconds; `since` is when they began, as the cloud says."""
    if body.rows is None:
        raise nonsense(row, "no data")
    begun = [_stamp(row, told) for told in body.rows]
    spread = spread_of(row, body.rows, dimension, name)
    return replace(spread, since=max((at for at in begun if at is not None), default=None))


def spread_of(row: Endpoint, rows: Iterable[Row], dimension: str, name: str) -> Distribution:
    """Read how a figure of these rows is spread over a dimension; largest first."""
    slices = []
    for told in rows:
        value = _value(row, told, name)
        if value is not None:
            place = Code(f"agora.dimension.{dimension}", _label(_along(told, dimension)))
            slices.append(Slice((place,), value))
    ranked = tuple(sorted(slices, key=lambda each: each.value, reverse=True))
    return Distribution(dimension, unit_of(name), ranked, figure_of(name))


def _along(told: Row, dimension: str) -> object:
    """Tables and samples call some dimensions by other names (contract traps, section 4)."""
    names = (dimension, *_OTHER_NAMES.get(dimension, ()))
    return next((told[name] for name in names if name in told), None)


def _stamp(row: Endpoint, told: Row) -> dt.datetime | None:
    try:
        return moment(told.get("windowStartTs"))
    except ValueError:
        raise nonsense(row, "windowStartTs") from None


def _rows(row: Endpoint, body: Figures) -> Iterable[Row]:
    if body.data is None:
        raise nonsense(row, "no data")
    return body.data


def _dated(row: Endpoint, body: Figures) -> Iterator[tuple[dt.datetime, Row]]:
    for told in _rows(row, body):
        try:
            yield required(told.get("ts")), told
        except ValueError:
            raise nonsense(row, "ts") from None


def _value(row: Endpoint, told: Row, name: str) -> float | None:
    try:
        value = read_number(told.get(name))
    except ValueError:
        raise nonsense(row, name) from None
    if value is None:
        return None
    is_share_of_one = row.generation == "current" and unit_of(name) is Unit.PERCENT
    return value * 100 if is_share_of_one else value


def _label(value: object) -> str:
    """A place along a dimension as it came, without what cannot be shown."""
    shown = "" if value is None else str(value)
    return "".join(sign for sign in shown if sign.isprintable())[:_LABEL_LENGTH]
