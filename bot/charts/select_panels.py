"""Which panels explain a verdict, and what goes into them. No pixel, no threshold is here."""

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

REACH: Final = dt.timedelta(minutes=2)  # what the examination judges
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
    # Each panel is the first of its wishes that was measured; a whole cause or its group.
    "network.loss": ((Metric.UPLINK_LOSS,), _LOST_DOWN, _RECEIVED, _PLAYED),
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
    "device": (
        (Metric.SYSTEM_CPU,),
        (Metric.APP_CPU,),
        (Metric.SEND_FPS,),
        (Metric.RECEIVE_FPS, Metric.TASK_DELAY),
    ),
    "user_action": _STREAMS,
    "media": _STREAMS,
    "server": _STREAMS,
    "session": (*_STREAMS[:2], *_OVERVIEW[:1], _PLAYED),
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
    """Choose the at most four panels that explain a verdict, out of what was measured.

    `title` is the headline. `names` says what each uid is called (masked where the picture is
    shared); without it they are Teacher and Student. `window` is what the time axis shows, by
    default the four minutes the examination judges. No series, no panels. Not `is_reported`
    where somebody only asked about a channel.
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
    """Sort series by what they measure and at whose end; those of others are left out."""
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
    """Return what a series measures, and of whom, the way the examination reads it."""
    metric, media = series.metric, series.media
    own = series.peer_uid in {None, series.uid}
    if metric is Metric.END_TO_END_LOSS and own and series.direction is not _DOWN:
        end = 1 - end  # told at the sender, felt at the receiver
    media = Media.VIDEO if metric in _PICTURES else media
    media = Media.AUDIO if metric in _SOUNDS else media
    direction = (series.direction or (_UP if own else _DOWN)) if metric in _BOTH_WAYS else None
    return (metric, media, direction), end


def _keys(verdict: Verdict, ends: SeriesByEnd) -> list[Key]:
    """Return the panels in order: what the evidence leads with, then what explains it."""
    media = _medium(verdict, ends)
    told = [key for item in verdict.evidence for key in _evidence_keys(item, ends)]
    group = verdict.cause.partition(".")[0]
    recipe = _PANELS_BY_CAUSE.get(verdict.cause) or _PANELS_BY_CAUSE.get(group) or _OVERVIEW
    recipe_keys = [key for choices in recipe for key in _first_measured(choices, media, ends)]
    return list(dict.fromkeys([*told[:1], *recipe_keys]))


def _evidence_keys(item: Evidence, ends: SeriesByEnd) -> Iterator[Key]:
    """Find the panel of a piece of evidence, if it is one we show."""
    if item.metric in set(DRAWN_NAMES):
        metric = Metric(item.metric)
        keys = [(metric, item.media, way) for way in (item.direction, None)]
        yield from (key for key in keys if key in ends)


def _medium(verdict: Verdict, ends: SeriesByEnd) -> Media:
    """Return the medium to show: the verdict's, its evidence's, else video where there is any."""
    named = [verdict.media, *(item.media for item in verdict.evidence)]
    told = next((media for media in named if media is not None), None)
    moving = any(key[1] is Media.VIDEO and _has_values(parts) for key, parts in ends.items())
    return told or (Media.VIDEO if moving else Media.AUDIO)


def _has_values(parts: Mapping[int, Sequence[Series]]) -> bool:
    return any(bool(np.any(one.values > 0)) for pieces in parts.values() for one in pieces)


def _first_measured(
    choices: Sequence[PanelMetric], media: Media, ends: SeriesByEnd
) -> Iterator[Key]:
    """Return the first wish that was measured, in this medium or without one."""
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
    told = next(iter(parts.values()))[0].unit
    unit = unit_of(metric, told)
    name = panel_name(metric, media, direction)
    return Panel(name, unit, tuple(curves), _limit(key, unit, verdict))


def _limit(key: Key, unit: Unit, verdict: Verdict) -> Limit | None:
    """Return the limit the verdict was found with, else the document's."""
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
    """Join the pieces of each stay, in order, without what is no number."""
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
    """Return when sound or picture of who complained stood still; None: it was not measured."""
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
        if merged and since <= merged[-1][1] + 0.5:  # a late sample leaves no hole
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return tuple(merged)
