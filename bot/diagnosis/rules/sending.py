"""Sending rules: who stopped sending or receiving, and sound that is not played."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from bot.call import Direction, Media, Metric, Side
from bot.causes import Cause
from bot.diagnosis.candidates import Candidate, build_candidate
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, Observation, observe
from bot.diagnosis.thresholds import NOTHING_SENT, SILENCE

_UP, _DOWN = Direction.UP, Direction.DOWN
_A, _V = Media.AUDIO, Media.VIDEO
_STOPPED: Final = 0.9
_NEVER_SENT: Final = {Side.TEACHER: 0.82, Side.STUDENT: 0.6}  # students are muted more often
_NOT_MISSED: Final = 0.4  # never sent, and the complaint is not from the receiver
_LOST_ALL: Final = 50.0  # percent; above it loss is the cause


def find_sending_faults(context: CallContext) -> Iterator[Candidate]:
    """Find who stopped sending and who stopped receiving, the sender first."""
    for uid in context.ends:
        yield from _stopped_sending(context, uid)
    for uid in reversed(context.ends):
        yield from _stopped_receiving(context, uid)
        yield from _silence(context, uid)


def _stopped_sending(context: CallContext, uid: str) -> Iterator[Candidate]:
    observation = {media: _nothing_sent(context, uid, media) for media in Media}
    stopped = {media: one for media, one in observation.items() if one is not None}
    candidates = [_sender(context, media, one) for media, one in stopped.items()]
    candidates = [candidate for candidate in candidates if candidate.confidence]
    if len(candidates) == len(Media):
        first = max(candidates, key=lambda candidate: candidate.confidence)
        both = Cause("user_action", "stopped_sending", None, _UP)
        evidence = tuple(one for candidate in candidates for one in candidate.evidence)
        yield replace(first, cause=both, evidence=evidence)
        return
    yield from candidates


def _nothing_sent(context: CallContext, uid: str, media: Media) -> Observation | None:
    metric_series = sent_bitrate(context, uid, media)
    return observe(metric_series, NOTHING_SENT, context.moment)


def sent_bitrate(context: CallContext, uid: str, media: Media) -> MetricSeries | None:
    """Return what one person sent of a medium, the small video stream included."""
    main = context.metric_series(uid, Metric.SEND_BITRATE, media)
    small = context.metric_series(uid, Metric.SEND_BITRATE_LOW, media)
    if main is None or small is None:
        return main or small
    both = main.with_values(main.values + np.nan_to_num(small.nearest(main.times)))
    return replace(both, overall_max=max(main.overall_max, small.overall_max))


def _sender(context: CallContext, media: Media, observation: Observation) -> Candidate:
    cause = Cause("user_action", "stopped_sending", media, _UP)
    base = (
        _STOPPED
        if observation.metric_series.overall_max >= NOTHING_SENT.bound
        else _never(context, media, observation)
    )
    return build_candidate(cause, (observation,), base, context.source)


def _never(context: CallContext, media: Media, observation: Observation) -> float:
    """Return the confidence when somebody sent nothing during all the known time."""
    uid = observation.metric_series.uid
    other_direction = sent_bitrate(context, context.other(uid), media)
    if other_direction is None or other_direction.overall_max < NOTHING_SENT.bound:
        return 0.0  # nobody sends this medium here: a class without video
    if uid == context.report.abnormal_uid:
        return _NOT_MISSED if context.report.abnormal_side is Side.TEACHER else 0.0
    return _NEVER_SENT[context.report.abnormal_side.other]


def _stopped_receiving(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find a receiver that receives nothing although it is sent and hardly any is lost."""
    for media in Media:
        received = _received(context, uid, media)
        sent = sent_bitrate(context, context.other(uid), media)
        if received is None or sent is None:
            continue
        sending = np.nan_to_num(sent.nearest(received.times)) >= NOTHING_SENT.bound
        sending &= _lost(context, uid, media, received) < _LOST_ALL
        observation = observe(received, NOTHING_SENT, context.moment, sending)
        if observation is not None:
            cause = Cause("user_action", "peer_stopped_receiving", media, _DOWN)
            yield build_candidate(cause, (observation,), 0.86, context.source)


def _received(context: CallContext, uid: str, media: Media) -> MetricSeries | None:
    main = context.metric_series(uid, Metric.RECEIVE_BITRATE, media)
    small = context.metric_series(uid, Metric.RECEIVE_BITRATE_LOW, media)
    if main is None or small is None:
        return main or small
    return main.with_values(main.values + np.nan_to_num(small.nearest(main.times)))


def _lost(
    context: CallContext, uid: str, media: Media, metric_series: MetricSeries
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    ways = (
        context.metric_series(uid, Metric.END_TO_END_LOSS, media),
        context.metric_series(uid, Metric.DOWNLINK_LOSS, media),
        context.metric_series(context.other(uid), Metric.UPLINK_LOSS, media),
    )
    lost = np.zeros(len(metric_series.times))
    for way in ways:
        if way is not None:
            lost = np.maximum(lost, np.nan_to_num(way.nearest(metric_series.times)))
    return lost


def _silence(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find sound that arrives but is not played, or a silent microphone at the sender."""
    played = context.metric_series(uid, Metric.PLAY_VOLUME, _A)
    received = _received(context, uid, _A)
    if played is None or received is None:
        return
    arriving = np.nan_to_num(received.nearest(played.times)) >= NOTHING_SENT.bound
    observation = observe(played, SILENCE, context.moment, arriving)
    if observation is None:
        return
    microphone = context.metric_series(context.other(uid), Metric.SEND_VOLUME, _A)
    mute = None if microphone is None else observe(microphone, SILENCE, context.moment)
    if mute is not None:
        cause = Cause("media", "no_sound", _A, _UP)
        yield build_candidate(cause, (mute, observation), 0.6, context.source)
        return
    base = 0.55 if microphone is None else 0.82
    yield build_candidate(
        Cause("media", "no_sound", _A, _DOWN), (observation,), base, context.source
    )
