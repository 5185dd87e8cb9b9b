"""Which panels explain a verdict, and what goes into them. No pixel, no threshold is here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric, Report, Series, Side, Unit
from bot.charts.labels import DRAWN_NAMES, panel_name, unit_of
from bot.charts.spec import MOST_PANELS, Curve, Freezes, Panel, Picture
from bot.diagnosis import Evidence, Verdict, thresholds
from bot.diagnosis.observations import step_of
from bot.diagnosis.thresholds import Limit
from bot.i18n.messages import Message, message
from bot.ports import Window

if TYPE_CHECKING:
    from bot.call import FloatArray

AROUND: Final = dt.timedelta(minutes=2)  # what the examination judges
_UP, _DOWN = Direction.UP, Direction.DOWN
_BOTH_WAYS: Final = frozenset({Metric.LATENCY, Metric.JITTER})
_PICTURES: Final = frozenset({Metric.CAPTURE_FPS, Metric.SEND_FPS, Metric.RECEIVE_FPS})
_SOUNDS: Final = frozenset({Metric.SEND_VOLUME, Metric.PLAY_VOLUME})

Wish = Metric | tuple[Metric, Direction]
Key = tuple[Metric, Media | None, Direction | None]
Ends = dict[Key, dict[int, list[Series]]]

_SENT: Final = (Metric.SEND_FPS, Metric.SEND_VOLUME)
_SHOWN: Final = (Metric.RECEIVE_FPS, Metric.PLAY_VOLUME)
_LOST_DOWN: Final = (Metric.END_TO_END_LOSS, Metric.DOWNLINK_LOSS)
_ARRIVED: Final = (Metric.RECEIVE_BITRATE,)
_OVERVIEW: Final[tuple[tuple[Wish, ...], ...]] = (
    (*_LOST_DOWN, Metric.UPLINK_LOSS),
    ((Metric.LATENCY, _DOWN), Metric.UPLINK_LATENCY, Metric.SEND_BITRATE),
    (Metric.RECEIVE_FPS, Metric.RECEIVE_BITRATE, Metric.PLAY_VOLUME),
    (Metric.SYSTEM_CPU, Metric.APP_CPU),
)
_STREAMS: Final[tuple[tuple[Wish, ...], ...]] = (
    (Metric.SEND_BITRATE,),
    _ARRIVED,
    _SENT,
    _SHOWN,
)
_RECIPES: Final[Mapping[str, tuple[tuple[Wish, ...], ...]]] = {
    # Each panel is the first of its wishes that was measured; a whole cause or its group.
    "network.loss": ((Metric.UPLINK_LOSS,), _LOST_DOWN, _ARRIVED, _SHOWN),
    "network.latency": (
        ((Metric.LATENCY, _DOWN),),
        (Metric.UPLINK_LATENCY,),
        (Metric.DOWNLINK_LATENCY,),
        _SHOWN,
        _ARRIVED,
    ),
    "network.jitter": (
        ((Metric.JITTER, _UP),),
        ((Metric.JITTER, _DOWN),),
        _ARRIVED,
        _SHOWN,
    ),
    "network.wifi_weak": (
        (Metric.ROUTER_LATENCY,),
        (Metric.UPLINK_LOSS,),
        _LOST_DOWN,
        _ARRIVED,
        _SHOWN,
    ),
    "device.busy": ((Metric.CAPTURE_FPS, Metric.SEND_VOLUME), *_STREAMS[:2], _SHOWN),
    "device": (
        (Metric.SYSTEM_CPU,),
        (Metric.APP_CPU,),
        (Metric.SEND_FPS,),
        (Metric.RECEIVE_FPS, Metric.TASK_DELAY),
    ),
    "user_action": _STREAMS,
    "media": _STREAMS,
    "server": _STREAMS,
    "session": (*_STREAMS[:2], *_OVERVIEW[:1], _SHOWN),
    "reconnect": (*_STREAMS[:2], *_OVERVIEW[:1], _SHOWN),
    "connection": (*_STREAMS[:2], *_OVERVIEW[:1], _SHOWN),
}


def choose(
    report: Report,
    series: Sequence[Series],
    verdict: Verdict,
    *,
    title: Message,
    names: Mapping[str, Message] | None = None,
    window: Window | None = None,
    is_reported: bool = True,
) -> Picture:
    """Choose the at most four panels that explain a verdict, out of what was measured.

    `title` is the headline. `names` says what each uid is called (masked where the picture is
    shared); without it they are Teacher and Student. `window` is what the time axis shows, by
    default the four minutes the examination judges. No series, no panels. Not `is_reported`
    where somebody only asked about a channel.
    """
    shown = window or Window.around(report.occurred_at, AROUND)
    since, until = shown.since.timestamp(), shown.until.timestamp()
    people = _people(report, names or {})
    ends = _sort(report, series)
    keys = _keys(verdict, ends)
    panels = (_panel(key, ends[key], people, verdict, (since, until)) for key in keys)
    return Picture(
        title=title,
        cname=report.cname,
        panels=tuple(panel for panel in panels if panel.curves)[:MOST_PANELS],
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


def _sort(report: Report, series: Sequence[Series]) -> Ends:
    """Sort series by what they measure and at whose end; those of others are left out."""
    ends: Ends = {}
    two = {report.teacher_uid: 0, report.student_uid: 1}
    for one in series:
        if one.uid in two and (one.peer_uid is None or one.peer_uid in two) and len(one.times):
            key, end = _key(one, two[one.uid])
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


def _keys(verdict: Verdict, ends: Ends) -> list[Key]:
    """Return the panels in order: what the evidence leads with, then what explains it."""
    media = _medium(verdict, ends)
    told = [key for item in verdict.evidence for key in _told(item, ends)]
    group = verdict.cause.partition(".")[0]
    recipe = _RECIPES.get(verdict.cause) or _RECIPES.get(group) or _OVERVIEW
    wished = [key for wishes in recipe for key in _granted(wishes, media, ends)]
    return list(dict.fromkeys([*told[:1], *wished]))


def _told(item: Evidence, ends: Ends) -> Iterator[Key]:
    """Find the panel of a piece of evidence, if it is one we show."""
    if item.metric in set(DRAWN_NAMES):
        metric = Metric(item.metric)
        keys = [(metric, item.media, way) for way in (item.direction, None)]
        yield from (key for key in keys if key in ends)


def _medium(verdict: Verdict, ends: Ends) -> Media:
    """Return the medium to show: the verdict's, its evidence's, else video where there is any."""
    named = [verdict.media, *(item.media for item in verdict.evidence)]
    told = next((media for media in named if media is not None), None)
    moving = any(key[1] is Media.VIDEO and _moves(parts) for key, parts in ends.items())
    return told or (Media.VIDEO if moving else Media.AUDIO)


def _moves(parts: Mapping[int, Sequence[Series]]) -> bool:
    return any(bool(np.any(one.values > 0)) for found in parts.values() for one in found)


def _granted(wishes: Sequence[Wish], media: Media, ends: Ends) -> Iterator[Key]:
    """Return the first wish that was measured, in this medium or without one."""
    for wish in wishes:
        metric, way = (wish, None) if isinstance(wish, Metric) else wish
        for key in ((metric, media, way), (metric, None, way)):
            if key in ends:
                yield key
                return


def _panel(
    key: Key,
    parts: Mapping[int, Sequence[Series]],
    people: tuple[Message, Message],
    verdict: Verdict,
    between: tuple[float, float],
) -> Panel:
    metric, media, direction = key
    curves = []
    for end, found in sorted(parts.items()):
        times, values = _joined(found, between)
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


def _joined(found: Sequence[Series], between: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Join the pieces of each stay, in order, without what is no number."""
    times = np.concatenate([one.times for one in found])
    values = np.concatenate([one.values for one in found])
    kept = np.isfinite(values) & (times >= between[0]) & (times <= between[1])
    times, first = np.unique(times[kept], return_index=True)
    return times, values[kept][first]


def _freezes(
    report: Report, ends: Ends, people: tuple[Message, Message], between: tuple[float, float]
) -> Freezes | None:
    """Return when sound or picture of who complained stood still; None: it was not measured."""
    end = 0 if report.abnormal_side is Side.TEACHER else 1
    spans: list[tuple[float, float]] = []
    totals: list[float] = []
    for media in (*Media, None):
        for metric in (Metric.FREEZE_TIME, Metric.FREEZE_RATE):
            parts = ends.get((metric, media, None), {}).get(end)
            if parts:
                times, values = _joined(parts, between)
                step = step_of(times)
                frozen_s = values / 1000 if metric is Metric.FREEZE_TIME else values * step / 100
                spans += [(float(at) - step, float(at)) for at in times[frozen_s > 0]]
                totals.append(float(frozen_s.sum()))
                break
    return Freezes(people[end], _merged(spans), max(totals)) if totals else None


def _merged(spans: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    merged: list[tuple[float, float]] = []
    for since, until in sorted(spans):
        if merged and since <= merged[-1][1] + 0.5:  # a late sample leaves no hole
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return tuple(merged)
