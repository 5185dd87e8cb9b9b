"""Device rules: an overloaded CPU, and a camera that delivers too few frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from bot.call import Direction, Media, Metric, Unit
from bot.causes import Cause
from bot.diagnosis.calibration import MOST_UNSURE
from bot.diagnosis.candidates import Candidate, before, build_candidate, meanwhile
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, Observation, observe
from bot.diagnosis.rules.streams import lost, received_bitrate, sent_bitrate
from bot.diagnosis.symptoms import freeze_measured, freezes
from bot.diagnosis.thresholds import (
    APP_CPU,
    CAPTURE,
    LOSS,
    NOTHING_SENT,
    OWN,
    SYSTEM_CPU,
    SYSTEM_CPU_NEARLY,
    TASK_DELAY,
    Limit,
)
from bot.diagnosis.verdict import Evidence

_KEPT_FPS: Final = 0.75  # a healthy encoder sends at least this share of the captured frames
_MOST_OF_LOAD: Final = 0.8
_NOTICED: Final = 0.88
_NOTICED_BY_OTHER: Final = 0.8
_UNNOTICED: Final = 0.62
_SLOW: Final = 0.75
_NEARLY: Final = 0.5
_FEWER: Final = 0.6  # of the usual frames
_USUAL: Final = 95.0  # percentile
_A_QUARTER: Final = 0.25  # of the time
_ARRIVES: Final = 0.7  # of the sent bitrate
_DISPLAYED: Final = 0.5  # of the sent frames
_VERY_HIGH: Final = 90.0  # percent


def find_device_faults(context: CallContext) -> Iterator[Candidate]:
    """Find each end's device faults, the sender's before the receiver's."""
    for uid in context.ends:
        yield from _processor(context, uid)
        yield from _camera(context, uid)
        yield from _decoder(context, uid)


def _processor(context: CallContext, uid: str) -> Iterator[Candidate]:
    """An overloaded CPU drops frames when sending, and freezes what is received."""
    system = observe(context.metric_series(uid, Metric.SYSTEM_CPU), SYSTEM_CPU, context.moment)
    app = observe(context.metric_series(uid, Metric.APP_CPU), APP_CPU, context.moment)
    task = observe(context.metric_series(uid, Metric.TASK_DELAY), TASK_DELAY, context.moment)
    observations = tuple(one for one in (app, system, task) if one is not None)
    if app is None and system is None:
        yield from _nearly_overloaded(context, uid)
        return
    base = _cpu_confidence(context, uid, observations)
    name = "app_cpu_high" if _is_own_app_load(app, system) else "cpu_high"
    yield build_candidate(Cause("device", name), observations, base, context.source)


def _cpu_confidence(context: CallContext, uid: str, observations: tuple[Observation, ...]) -> float:
    """Return the confidence of a CPU overload: higher with dropped frames or freezes.

    Where the cloud does not measure captured frames, a sender's very high CPU is likely why the
    receiver froze.
    """
    late = any(one.limit is TASK_DELAY for one in observations)
    if late or drops_frames(context, uid) or freezes(context, uid):
        return _NOTICED
    blind = context.metric_series(uid, Metric.CAPTURE_FPS, Media.VIDEO) is None
    very_high = any(one.median >= _VERY_HIGH for one in observations if one.limit is not TASK_DELAY)
    if blind and very_high and freezes(context, context.other(uid)):
        return _NOTICED_BY_OTHER
    return _UNNOTICED


def _nearly_overloaded(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find a CPU near its limit where clearly fewer frames are sent and video freezes."""
    system = context.metric_series(uid, Metric.SYSTEM_CPU)
    load = observe(system, SYSTEM_CPU_NEARLY, context.moment)
    sent = context.metric_series(uid, Metric.SEND_FPS, Media.VIDEO)
    frozen = [one for each in context.ends for one in freezes(context, each)]
    frozen = [one for one in frozen if one.media is Media.VIDEO]
    if load is None or sent is None or not frozen:
        return
    if not (drops_frames(context, uid) or _sends_fewer(sent, load)):
        return
    found = build_candidate(Cause("device", "cpu_high"), (load,), _NEARLY, context.source)
    fewer = meanwhile(sent, (load.since, load.until), context.source)
    found = found.with_evidence(*before(sent, load.since, context.source), *fewer, *frozen)
    yield replace(found, at_most=MOST_UNSURE)


def _sends_fewer(sent: MetricSeries, load: Observation) -> bool:
    """Return whether clearly fewer frames are sent than usual while the CPU is busy."""
    meanwhile_sent = sent.values[(sent.times >= load.since) & (sent.times <= load.until)]
    few = _FEWER * float(np.percentile(sent.values, _USUAL))
    return len(meanwhile_sent) > 0 and float(np.mean(meanwhile_sent < few)) > _A_QUARTER


def _is_own_app_load(app: Observation | None, system: Observation | None) -> bool:
    """Return whether the app itself uses most of the CPU."""
    if app is None or system is None:
        return app is not None
    high = system.metric_series.values > SYSTEM_CPU.bound
    own = app.metric_series.nearest(system.metric_series.times[high])
    own = own[np.isfinite(own)]
    usual = float(np.median(own)) if len(own) else 0.0
    return usual > APP_CPU.bound and usual >= _MOST_OF_LOAD * system.median


def drops_frames(context: CallContext, uid: str) -> bool:
    """Return whether clearly fewer frames are sent than captured."""
    encoded = context.metric_series(uid, Metric.SEND_FPS, Media.VIDEO)
    captured = context.metric_series(uid, Metric.CAPTURE_FPS, Media.VIDEO)
    if encoded is None or captured is None:
        return False
    captured_fps = captured.nearest(encoded.times)
    known = captured_fps > CAPTURE.bound
    if not known.any():
        return False
    sent_share = encoded.values[known] / captured_fps[known]
    return bool(np.mean(sent_share < _KEPT_FPS) > 0.1)  # noqa: PLR2004 - a tenth of the time


def _decoder(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find video that arrives, of which hardly half the frames are displayed.

    Not with a busy CPU, nor where the device is too slow to encode as well.
    """
    displayed = context.metric_series(uid, Metric.RECEIVE_FPS, Media.VIDEO)
    sent = context.metric_series(context.other(uid), Metric.SEND_FPS, Media.VIDEO)
    received = received_bitrate(context, uid, Media.VIDEO)
    rate = sent_bitrate(context, context.other(uid), Media.VIDEO)
    if displayed is None or sent is None or received is None or rate is None:
        return
    if next(_processor(context, uid), None) is not None or drops_frames(context, uid):
        return
    frames = np.nan_to_num(sent.nearest(displayed.times))
    arrives = np.nan_to_num(received.nearest(displayed.times)) >= _ARRIVES * np.nan_to_num(
        rate.nearest(displayed.times), nan=np.inf
    )
    arrives &= lost(context, uid, Media.VIDEO, displayed) <= LOSS.bound
    where = arrives & (displayed.values < _DISPLAYED * frames)
    limit = Limit(round(_DISPLAYED * float(np.median(frames)), 1), Unit.FPS, OWN, below=True)
    observation = observe(displayed, limit, context.moment, where)
    if observation is not None:
        frozen = any(one.media is Media.VIDEO for one in freezes(context, uid))
        cause = Cause("device", "decoder", Media.VIDEO, Direction.DOWN)
        base = _SLOW if frozen else _UNNOTICED
        found = build_candidate(cause, (observation,), base, context.source)
        yield found.with_evidence(*_what_arrived(context, found, (sent, received)))


def _what_arrived(
    context: CallContext, found: Candidate, streams: tuple[MetricSeries, ...]
) -> Iterator[Evidence]:
    """Yield how much was sent and arrived meanwhile, how busy the CPU was, and the freezes."""
    span, uid = (found.since, found.until), found.uid or ""
    for one in streams:
        yield from meanwhile(one, span, context.source)
    yield from (one for one in freezes(context, uid) if one.media is Media.VIDEO)
    load = context.metric_series(uid, Metric.SYSTEM_CPU)
    if load is not None:
        yield from meanwhile(load, span, context.source, SYSTEM_CPU.bound)


def _camera(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find a camera that delivers hardly any frames while video is being sent.

    A still picture or a shared screen has hardly any either, but nothing that freezes.
    """
    captured = context.metric_series(uid, Metric.CAPTURE_FPS, Media.VIDEO)
    frames = captured or context.metric_series(uid, Metric.SEND_FPS, Media.VIDEO)
    rate = sent_bitrate(context, uid, Media.VIDEO)
    receiver = context.other(uid)
    frozen = {one.media for one in freezes(context, receiver)}
    if frames is None or rate is None:
        return
    if Media.VIDEO not in frozen and freeze_measured(context, receiver, Media.VIDEO):
        return
    sending = np.nan_to_num(rate.nearest(frames.times)) >= NOTHING_SENT.bound
    observations = observe(frames, CAPTURE, context.moment, sending)
    if observations is not None:
        base = 0.88 if captured is not None else 0.7  # the encoder may have dropped them
        yield build_candidate(Cause("device", "busy"), (observations,), base, context.source)
