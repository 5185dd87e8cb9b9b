"""Sending rules: who stopped sending or receiving, and sound that is not played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Direction, Media, Metric, Side
from bot.causes import Cause
from bot.diagnosis.candidates import Candidate, build_candidate
from bot.diagnosis.context import CallContext
from bot.diagnosis.observations import MetricSeries, Observation, count_runs, mask, observe
from bot.diagnosis.rules.connections import nothing_arrives
from bot.diagnosis.rules.streams import lost, received_bitrate, sent_bitrate
from bot.diagnosis.thresholds import NOTHING_SENT, SILENCE, SPEECH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.call import FloatArray

_UP, _DOWN = Direction.UP, Direction.DOWN
_A, _V = Media.AUDIO, Media.VIDEO
_STOPPED: Final = 0.9
_STOPPED_RECEIVING: Final = 0.86
_ONE_WAY: Final = 0.5
_NEVER_SENT: Final = {Side.TEACHER: 0.82, Side.STUDENT: 0.6}  # students are muted more often
_CAMERA_OFF: Final = 0.68  # by choice, or the picture is a shared screen
_PAUSES: Final = 3  # who switches a microphone off does so once or twice
_NOT_MISSED: Final = 0.4  # never sent, and the complaint is not from the receiver
_MUTED: Final = 0.66  # the same of a microphone whose volume was nothing all the time
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
    yield from _as_one_fault([candidate for candidate in candidates if candidate.confidence])


def _as_one_fault(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Join the same fault of both media into one."""
    if len(candidates) < len(Media):
        yield from candidates
        return
    first = max(candidates, key=lambda candidate: candidate.confidence)
    evidence = tuple(one for candidate in candidates for one in candidate.evidence)
    yield replace(first, cause=replace(first.cause, media=None), evidence=evidence)


def _nothing_sent(context: CallContext, uid: str, media: Media) -> Observation | None:
    """Observe that nothing is sent, but not silence or speech that comes and goes.

    In silence Opus sends about one packet in 400 ms (RFC 6716, 2.1.9, discontinuous
    transmission), less than 1 kbps; a microphone that is off sends none.
    """
    rate = sent_bitrate(context, uid, media)
    if rate is None or (media is _V and _shares_screen(context, uid)):
        return None
    if media is _A and count_runs(mask(rate, SPEECH)) >= _PAUSES:
        return None
    where = ~nothing_arrives(context, rate.times)
    observation = observe(rate, NOTHING_SENT, context.moment, where)
    if media is _A and observation is not None and observation.median > 0:
        return None
    return observation


def _shares_screen(context: CallContext, uid: str) -> bool:
    """Return whether somebody shares the screen, and so may have turned off the camera."""
    screen = context.metric_series(uid, Metric.SCREEN_BITRATE, _V)
    return screen is not None and float(np.median(screen.values)) >= NOTHING_SENT.bound


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
        missed = _MUTED if media is _A and _is_muted(context, uid) else _NOT_MISSED
        return missed if context.report.abnormal_side is Side.TEACHER else 0.0
    never = _NEVER_SENT[context.report.abnormal_side.other]
    return min(never, _CAMERA_OFF) if media is _V else never


def _is_muted(context: CallContext, uid: str) -> bool:
    """Return whether a microphone's volume was measured, and nothing all the time."""
    volume = context.metric_series(uid, Metric.SEND_VOLUME, _A)
    return volume is not None and volume.overall_max < SILENCE.bound


def _stopped_receiving(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find a receiver that receives nothing although it is sent and hardly any is lost.

    It is a choice of the receiver only if the other medium arrives and the sender goes on as
    before; otherwise the link may be dead. A sender lowers its bitrate when no feedback arrives
    (congestion control, RFC 8836).
    """
    candidates = [_not_received(context, uid, media) for media in Media]
    yield from _as_one_fault([one for one in candidates if one is not None])


def _not_received(context: CallContext, uid: str, media: Media) -> Candidate | None:
    received = received_bitrate(context, uid, media)
    sent = sent_bitrate(context, context.other(uid), media)
    if received is None or sent is None:
        return None
    sending = _is_sent(context, uid, media, received)
    observation = observe(received, NOTHING_SENT, context.moment, sending)
    if observation is None:
        return None
    missed = received.times[sending & mask(received, NOTHING_SENT)]
    missed = missed[(missed >= observation.since) & (missed <= observation.until)]
    chosen = _arrives(context, uid, _V if media is _A else _A, missed) and _goes_on(sent, missed)
    cause = Cause("user_action", "peer_stopped_receiving", media, _DOWN)
    if chosen:
        return build_candidate(cause, (observation,), _STOPPED_RECEIVING, context.source)
    found = build_candidate(cause, (observation,), _ONE_WAY, context.source)
    return replace(found, at_most=_ONE_WAY)


def _is_sent(
    context: CallContext, uid: str, media: Media, received: MetricSeries
) -> NDArray[np.bool_]:
    """Mark the samples at which a medium was sent to this end, and not lost on the way.

    In a gap of the sender's samples the sender may have been offline.
    """
    sent = sent_bitrate(context, context.other(uid), media)
    if sent is None:
        return np.zeros(len(received.times), dtype=np.bool_)
    least = SPEECH if media is _A else NOTHING_SENT
    sending = np.nan_to_num(sent.nearest(received.times)) >= least.bound
    sending &= sent.covers(received.times)
    sending &= lost(context, uid, media, received) < _LOST_ALL
    return np.asarray(sending & ~nothing_arrives(context, received.times), dtype=np.bool_)


def _arrives(context: CallContext, uid: str, media: Media, times: FloatArray) -> bool:
    """Return whether a medium arrives at most of the times at which the other one does not."""
    received = received_bitrate(context, uid, media)
    if received is None:
        return False
    return bool(np.mean(received.nearest(times) >= NOTHING_SENT.bound) > 0.5)  # noqa: PLR2004 - most of them


def _goes_on(sent: MetricSeries, times: FloatArray) -> bool:
    """Return whether a sender kept at least half its usual bitrate while nothing arrived."""
    usual = float(np.percentile(sent.values, 90))
    return float(np.median(sent.nearest(times))) >= usual / 2


def _silence(context: CallContext, uid: str) -> Iterator[Candidate]:
    """Find sound that arrives but is not played, or a silent microphone at the sender."""
    played = context.metric_series(uid, Metric.PLAY_VOLUME, _A)
    received = received_bitrate(context, uid, _A)
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
