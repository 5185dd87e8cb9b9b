"""Agora's figures of whole apps on the wire: open rows, and what each name in them means.

The 2020 API writes shares as 0 to 100, today's as 0 to 1; in here they run from 0 to 100.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from bot.call import Code, Distribution, Figure, Media, Slice, Trend, Unit, Usage
from bot.clouds.agora.wire import Envelope, required
from bot.clouds.endpoints import Endpoint
from bot.clouds.refusals import nonsense

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
_COUNTS: Final = (*SCALE, *USAGE)
_LABEL_LENGTH: Final = 80


class Figures(Envelope):
    """Rows of `ts` and one field for each figure, or for a dimension and a figure."""

    data: list[dict[str, int | float | str | None]] | None = None


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
    slices = []
    for told in _rows(row, body):
        value = _value(row, told, name)
        if value is not None:
            place = Code(f"agora.dimension.{dimension}", _label(told.get(dimension)))
            slices.append(Slice((place,), value))
    ranked = tuple(sorted(slices, key=lambda each: each.value, reverse=True))
    return Distribution(dimension, unit_of(name), ranked, figure_of(name))


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
    value = told.get(name)
    if isinstance(value, str):
        raise nonsense(row, name)
    if value is None or not math.isfinite(value):
        return None
    is_share_of_one = row.generation == "current" and unit_of(name) is Unit.PERCENT
    return value * 100 if is_share_of_one else value


def _label(value: object) -> str:
    """A place along a dimension as it came, without what cannot be shown."""
    shown = "" if value is None else str(value)
    return "".join(sign for sign in shown if sign.isprintable())[:_LABEL_LENGTH]
