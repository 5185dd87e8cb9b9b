"""Selection of the panels that explain a verdict, with their curves, limits and freezes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric, Report, Series, Side, Unit
from bot.charts.labels import DRAWN_NAMES, panel_name, unit_of
from bot.charts.spec import MAX_PANELS, ChartSpec, Curve, Freezes, Panel
from bot.diagnosis import Evidence, Verdict, thresholds
from bot.diagnosis.observations import step_of
from bot.diagnosis.thresholds import Limit
from bot.i18n.messages import Message, message
from bot.ports import Window

if TYPE_CHECKING:
    from bot.call import FloatArray

REACH: Final = dt.timedelta(minutes=2)  # what the diagnosis judges
_UP, _DOWN = Direction.UP, Direction.DOWN
_BOTH_WAYS: Final = frozenset({Metric.LATENCY, Metric.JITTER})
_PICTURES: Final = frozenset({Metric.CAPTURE_FPS, Metric.SEND_FPS, Metric.RECEIVE_FPS})
_SOUNDS: Final = frozenset({Metric.SEND_VOLUME, Metric.PLAY_VOLUME})

PanelMetric = Metric | tuple[Metric, Direction]
Key = tuple[Metric, Media | None, Direction | None]
SeriesByEnd = dict[Key, dict[int, list[Series]]]

_PUBLISHED: Final = (Metric.SEND_FPS, Metric.SEND_VOLUME)
_PLAYED: Final = (Metric.RECEIVE_FPS, Metric.PLAY_VOLUME)
_LOST_DOWN: Final = (Metric.END_TO_END_LOSS, Metric.DOWNLINK_LOSS)
_RECEIVED: Final = (Metric.RECEIVE_BITRATE,)
_OVERVIEW: Final[tuple[tuple[PanelMetric, ...], ...]] = (
    (*_LOST_DOWN, Metric.UPLINK_LOSS),
    ((Metric.LATENCY, _DOWN), Metric.UPLINK_LATENCY, Metric.SEND_BITRATE),
    (Metric.RECEIVE_FPS, Metric.RECEIVE_BITRATE, Metric.PLAY_VOLUME),
    (Metric.SYSTEM_CPU, Metric.APP_CPU),
)
_STREAMS: Final[tuple[tuple[PanelMetric, ...], ...]] = (
    (Metric.SEND_BITRATE,),
    _RECEIVED,
    _PUBLISHED,
    _PLAYED,
)
_PANELS_BY_CAUSE: Final[Mapping[str, tuple[tuple[PanelMetric, ...], ...]]] = {
    # For a cause or its group: for each panel, metrics in order of preference.
    "network.loss": ((Metric.UPLINK_LOSS,), _LOST_DOWN, _RECEIVED, _PLAYED),
    "network.bandwidth": (
        _RECEIVED,
        (Metric.SEND_BITRATE,),
        _PLAYED,
        (*_LOST_DOWN, Metric.UPLINK_LOSS),
    ),
    "network.latency": (
        ((Metric.LATENCY, _DOWN),),
        (Metric.UPLINK_LATENCY,),
        (Metric.DOWNLINK_LATENCY,),
        _PLAYED,
        _RECEIVED,
    ),
    "network.jitter": (
        ((Metric.JITTER, _UP),),
        ((Metric.JITTER, _DOWN),),
        _RECEIVED,
        _PLAYED,
    ),
    "network.wifi_weak": (
        (Metric.ROUTER_LATENCY,),
        (Metric.UPLINK_LOSS,),
        _LOST_DOWN,
        _RECEIVED,
        _PLAYED,
    ),
    "device.busy": ((Metric.CAPTURE_FPS, Metric.SEND_VOLUME), *_STREAMS[:2], _PLAYED),
    "device.decoder": ((Metric.RECEIVE_FPS,), (Metric.SEND_FPS,), _RECEIVED, (Metric.SYSTEM_CPU,)),
    "device": (
        (Metric.SYSTEM_CPU,),
        (Metric.APP_CPU,),
        (Metric.SEND_FPS,),
        (Metric.RECEIVE_FPS, Metric.TASK_DELAY),
    ),
    "user_action": _STREAMS,
    "media": _STREAMS,
    "media.concealed": (
        _RECEIVED,
        _PLAYED,
        ((Metric.JITTER, _DOWN),),
        _LOST_DOWN,
        (Metric.SYSTEM_CPU,),
    ),
    "server": _STREAMS,
    "server.route": (_LOST_DOWN, (Metric.UPLINK_LOSS,), _RECEIVED, _PLAYED),
    "session": (*_STREAMS[:2], *_OVERVIEW[:1], _PLAYED),
    "reconnect.ip_changed": (
        *_STREAMS[:2],
        (Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY),  # another network has another one
        *_OVERVIEW[:1],
        _PLAYED,
    ),
    "reconnect": (*_STREAMS[:2], *_OVERVIEW[:1], _PLAYED),
    "connection": (*_STREAMS[:2], *_OVERVIEW[:1], _PLAYED),
}


def select_panels(
    report: Report,
    series: Sequence[Series],
    verdict: Verdict,
    *,
    title: Message,
    names: Mapping[str, Message] | None = None,
    window: Window | None = None,
    is_reported: bool = True,
) -> ChartSpec:
    """Choose the panels, four at most, that explain a verdict.

    `title` is the headline. `names` has each uid's name (masked where the chart is shared), by
    default Teacher and Student. `window` is the time axis, by default the judged window. There
    is no panel without series. `is_reported` is False when nobody complained about the call.
    """
    span = window or Window.around(report.occurred_at, REACH)
    since, until = span.since.timestamp(), span.until.timestamp()
    people = _people(report, names or {})
    ends = _group_by_end(report, series)
    keys = _keys(verdict, ends)
    panels = (_panel(key, ends[key], people, verdict, (since, until)) for key in keys)
    return ChartSpec(
        title=title,
        cname=report.cname,
        panels=tuple(panel for panel in panels if panel.curves)[:MAX_PANELS],
        people=people,
        since=since,
        until=until,
        moment=report.occurred_at.timestamp(),
        freezes=_freezes(report, ends, people, (since, until)),
        is_reported=is_reported,
    )


def _people(report: Report, names: Mapping[str, Message]) -> tuple[Message, Message]:
    return (
        names.get(report.teacher_uid, message("Teacher")),
        names.get(report.student_uid, message("Student")),
    )


def _group_by_end(report: Report, series: Sequence[Series]) -> SeriesByEnd:
    """Group series by metric and end, without those of other participants."""
    ends: SeriesByEnd = {}
    participants = {report.teacher_uid: 0, report.student_uid: 1}
    for one in series:
        if (
            one.uid in participants
            and (one.peer_uid is None or one.peer_uid in participants)
            and len(one.times)
        ):
            key, end = _key(one, participants[one.uid])
            ends.setdefault(key, {}).setdefault(end, []).append(one)
    return ends


def _key(series: Series, end: int) -> tuple[Key, int]:
    """Return a series' metric and end, as in the diagnosis."""
    metric, media = series.metric, series.media
    own = series.peer_uid in {None, series.uid}
    if metric is Metric.END_TO_END_LOSS and own and series.direction is not _DOWN:
        end = 1 - end  # measured at the sender, about the receiver
    media = Media.VIDEO if metric in _PICTURES else media
    media = Media.AUDIO if metric in _SOUNDS else media
    direction = (series.direction or (_UP if own else _DOWN)) if metric in _BOTH_WAYS else None
    return (metric, media, direction), end


def _keys(verdict: Verdict, ends: SeriesByEnd) -> list[Key]:
    """Return the panels in order: the first evidence's, then those of the cause."""
    media = _medium(verdict, ends)
    evidence_keys = [key for item in verdict.evidence for key in _evidence_keys(item, ends)]
    group = verdict.cause.partition(".")[0]
    choices_of_panels = (
        _PANELS_BY_CAUSE.get(verdict.cause) or _PANELS_BY_CAUSE.get(group) or _OVERVIEW
    )
    cause_keys = [
        key for choices in choices_of_panels for key in _first_measured(choices, media, ends)
    ]
    return list(dict.fromkeys([*evidence_keys[:1], *cause_keys]))


def _evidence_keys(item: Evidence, ends: SeriesByEnd) -> Iterator[Key]:
    """Yield the keys of a piece of evidence's panel, if its metric has one."""
    if item.metric in set(DRAWN_NAMES):
        metric = Metric(item.metric)
        keys = [(metric, item.media, way) for way in (item.direction, None)]
        yield from (key for key in keys if key in ends)


def _medium(verdict: Verdict, ends: SeriesByEnd) -> Media:
    """Return the medium to draw: the verdict's, its evidence's, else video where there is any."""
    named = [verdict.media, *(item.media for item in verdict.evidence)]
    known = next((media for media in named if media is not None), None)
    has_video = any(key[1] is Media.VIDEO and _has_values(parts) for key, parts in ends.items())
    return known or (Media.VIDEO if has_video else Media.AUDIO)


def _has_values(parts: Mapping[int, Sequence[Series]]) -> bool:
    return any(bool(np.any(one.values > 0)) for pieces in parts.values() for one in pieces)


def _first_measured(
    choices: Sequence[PanelMetric], media: Media, ends: SeriesByEnd
) -> Iterator[Key]:
    """Yield the first choice that was measured, in this medium or without one."""
    for choice in choices:
        metric, way = (choice, None) if isinstance(choice, Metric) else choice
        for key in ((metric, media, way), (metric, None, way)):
            if key in ends:
                yield key
                return


def _panel(
    key: Key,
    parts: Mapping[int, Sequence[Series]],
    people: tuple[Message, Message],
    verdict: Verdict,
    axis_span: tuple[float, float],
) -> Panel:
    metric, media, direction = key
    curves = []
    for end, pieces in sorted(parts.items()):
        times, values = _concatenate(pieces, axis_span)
        if len(times):
            curves.append(Curve(people[end], end, times, values))
    unit = unit_of(metric, next(iter(parts.values()))[0].unit)
    name = panel_name(metric, media, direction)
    return Panel(name, unit, tuple(curves), _limit(key, unit, verdict))


def _limit(key: Key, unit: Unit, verdict: Verdict) -> Limit | None:
    """Return the limit in the verdict's evidence, else the documented one."""
    metric, media, _ = key
    limit = thresholds.LIMITS.get(metric)
    for item in verdict.evidence:
        same = item.metric == metric and item.media in {media, None}
        if limit is not None and same and item.threshold is not None:
            return Limit(item.threshold, unit, limit.source, below=limit.below)
    return limit


def _concatenate(
    pieces: Sequence[Series], axis_span: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Join each session's series in order of time, without nan and infinity."""
    times = np.concatenate([one.times for one in pieces])
    values = np.concatenate([one.values for one in pieces])
    mask = np.isfinite(values) & (times >= axis_span[0]) & (times <= axis_span[1])
    times, first = np.unique(times[mask], return_index=True)
    return times, values[mask][first]


def _freezes(
    report: Report,
    ends: SeriesByEnd,
    people: tuple[Message, Message],
    axis_span: tuple[float, float],
) -> Freezes | None:
    """Return when audio or video of the abnormal side froze, None when it was not measured."""
    end = 0 if report.abnormal_side is Side.TEACHER else 1
    spans: list[tuple[float, float]] = []
    totals: list[float] = []
    for media in (*Media, None):
        for metric in (Metric.FREEZE_TIME, Metric.FREEZE_RATE):
            parts = ends.get((metric, media, None), {}).get(end)
            if parts:
                times, values = _concatenate(parts, axis_span)
                step = step_of(times)
                frozen_s = values / 1000 if metric is Metric.FREEZE_TIME else values * step / 100
                spans += [(float(at) - step, float(at)) for at in times[frozen_s > 0]]
                totals.append(float(frozen_s.sum()))
                break
    return Freezes(people[end], _merge_spans(spans), max(totals)) if totals else None


def _merge_spans(spans: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    merged: list[tuple[float, float]] = []
    for since, until in sorted(spans):
        if merged and since <= merged[-1][1] + 0.5:  # a late sample is no gap
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return tuple(merged)
