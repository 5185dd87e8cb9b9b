"""The context of a diagnosis: both ends' metrics and sessions around the complaint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.call import Call, Direction, Media, Metric, Participant, Report, Series, Side
from bot.diagnosis.observations import MetricSeries, covered_s

if TYPE_CHECKING:
    from bot.call import FloatArray

WINDOW_S: Final = 120.0  # metrics are judged this long before and after the complaint
_AFTER_S: Final = 30.0  # what goes on so long after the complaint is a part of the fault
_SAMPLE_S: Final = 4.0  # a sample tells of the seconds before it, and clocks differ a little

_BOTH_WAYS: Final = frozenset({Metric.LATENCY, Metric.JITTER})
_RECEIVED: Final = frozenset(
    {
        Metric.RECEIVE_BITRATE,
        Metric.RECEIVE_BITRATE_LOW,
        Metric.RECEIVE_FPS,
        Metric.RECEIVE_FPS_LOW,
        Metric.FREEZE_TIME,
        Metric.FREEZE_RATE,
        Metric.DOWNLINK_LOSS,
        Metric.DOWNLINK_LATENCY,
        Metric.PLAY_VOLUME,
        Metric.PICTURE_QP,
    }
)
_PICTURES: Final = frozenset(
    {Metric.CAPTURE_FPS, Metric.SEND_FPS, Metric.SEND_FPS_LOW, Metric.RECEIVE_FPS}
)
_SOUNDS: Final = frozenset({Metric.SEND_VOLUME, Metric.PLAY_VOLUME})

Key = tuple[str, Metric, Media | None, Direction | None]


@dataclass(frozen=True, slots=True)
class ParticipantSession:
    """One session of one participant, in epoch seconds; `left_at` is infinite while it lasts.

    `listed` by the cloud, or derived from the times of its samples. `network` as the cloud writes
    it, if it does.
    """

    uid: str
    sid: str
    joined_at: float
    left_at: float
    listed: bool = False
    network: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CallContext:
    """Both ends' metrics within the judged window. Times are epoch seconds.

    What began after `begun_by` cannot be why somebody complained. `witnesses`: the same call with
    somebody else in the place of who complained.
    """

    report: Report
    moment: float
    source: str
    metric_series_by_key: dict[Key, MetricSeries]
    samples: dict[str, FloatArray]
    sessions: tuple[ParticipantSession, ...] = ()
    networks: dict[str, frozenset[str]] = field(default_factory=dict)
    ended_at: float | None = None
    begun_by: float = np.inf
    witnesses: tuple[CallContext, ...] = ()

    @property
    def ends(self) -> tuple[str, str]:
        """Both uids; first the sender of what the abnormal side receives."""
        return self.other(self.report.abnormal_uid), self.report.abnormal_uid

    def other(self, uid: str) -> str:
        """Return the opposite end's uid."""
        report = self.report
        return report.student_uid if uid == report.teacher_uid else report.teacher_uid

    def metric_series(
        self,
        uid: str,
        metric: Metric,
        media: Media | None = None,
        direction: Direction | None = None,
    ) -> MetricSeries | None:
        """Return one metric of one end, None when it has no samples in the judged window."""
        return self.metric_series_by_key.get((uid, metric, media, direction))

    def covered_s(self, uid: str) -> float:
        """Return how many seconds of the judged window one end's samples cover."""
        return covered_s(self.samples.get(uid, np.empty(0)))

    @property
    def judged_span(self) -> tuple[float, float]:
        """The first and last sample; the whole window if there is none."""
        known = [times for times in self.samples.values() if len(times)]
        if not known:
            return self.moment - WINDOW_S, self.moment + WINDOW_S
        return min(float(times[0]) for times in known), max(float(times[-1]) for times in known)

    def on_wifi(self, uid: str) -> bool | None:
        """Return whether somebody was on Wi-Fi; None when the cloud has no network type."""
        networks = self.networks.get(uid)
        if not networks:
            return None
        return any("wifi" in network or "wlan" in network for network in networks)


def build_context(
    report: Report,
    calls: Sequence[Call],
    series: Sequence[Series],
    participants: Sequence[Participant],
    *,
    complained: bool = True,
    witnesses: Sequence[Series] = (),
) -> CallContext:
    """Sort a cloud's series by participant and metric, cut to the judged window.

    What begins after a complaint is not its cause; without one the whole window counts.
    `witnesses` are the series of other participants.
    """
    moment = report.occurred_at.timestamp()
    judged_until = moment + (_AFTER_S if complained else WINDOW_S)
    begun_by = moment + _SAMPLE_S if complained else np.inf
    usable = [one for one in series if _is_about_participants(one, report)]
    call = next((call for call in calls if call.covers(report.occurred_at)), None)
    ended_at = call.ended_at if call else None
    return CallContext(
        report=report,
        moment=moment,
        source=_source(calls, series),
        metric_series_by_key={
            key: replace(one, judged_until=judged_until, begun_by=begun_by)
            for key, one in _metric_series_by_key(report, usable, moment).items()
        },
        samples=_samples(report, usable, moment),
        sessions=_sessions(participants, series, report),
        networks=_networks(participants),
        ended_at=ended_at.timestamp() if ended_at else None,
        begun_by=begun_by,
        witnesses=tuple(
            build_context(seen_by, calls, (*series, *witnesses), (), complained=complained)
            for seen_by in _seen_by_others(report, witnesses)
        ),
    )


def _seen_by_others(report: Report, witnesses: Sequence[Series]) -> Iterator[Report]:
    """Yield the report as if each witness had complained about the same sender."""
    for uid in sorted({one.uid for one in witnesses} - {report.teacher_uid, report.student_uid}):
        if report.abnormal_side is Side.TEACHER:
            yield replace(report, teacher_uid=uid)
        else:
            yield replace(report, student_uid=uid)


def _source(calls: Sequence[Call], series: Sequence[Series]) -> str:
    if calls:
        return calls[0].cloud
    return series[0].code.kind.partition(".")[0] if series else ""


def _is_about_participants(series: Series, report: Report) -> bool:
    two = {report.teacher_uid, report.student_uid}
    return series.uid in two and (series.peer_uid is None or series.peer_uid in two)


def _metric_series_by_key(
    report: Report, series: Sequence[Series], moment: float
) -> dict[Key, MetricSeries]:
    """Join each metric's series (one for each session) and cut them to the judged window."""
    pieces: dict[Key, list[Series]] = {}
    for one in series:
        pieces.setdefault(_key(one, report), []).append(one)
    metric_series_by_key = {key: _concatenate(key, parts, moment) for key, parts in pieces.items()}
    return {
        key: metric_series
        for key, metric_series in metric_series_by_key.items()
        if len(metric_series.times)
    }


def _key(series: Series, report: Report) -> Key:
    """Return a series' key. End-to-end loss belongs to the receiver."""
    metric, uid, media = series.metric, series.uid, series.media
    own = series.peer_uid in {None, uid}
    if metric is Metric.END_TO_END_LOSS and own and series.direction is not Direction.DOWN:
        uid = report.student_uid if uid == report.teacher_uid else report.teacher_uid
    if metric in _PICTURES:
        media = Media.VIDEO
    elif metric in _SOUNDS:
        media = Media.AUDIO
    direction = None
    if metric in _BOTH_WAYS:
        direction = series.direction or (Direction.UP if own else Direction.DOWN)
    return uid, metric, media, direction


def _concatenate(key: Key, parts: Sequence[Series], moment: float) -> MetricSeries:
    uid, metric, media, direction = key
    times = np.concatenate([part.times[_window_slice(part, moment)] for part in parts])
    values = np.concatenate([part.values[_window_slice(part, moment)] for part in parts])
    finite = np.isfinite(values)
    times, values = times[finite], values[finite]
    order = np.argsort(times, kind="stable")
    return MetricSeries(
        uid=uid,
        metric=metric,
        unit=parts[0].unit,
        times=times[order],
        values=values[order],
        media=media,
        direction=direction or parts[0].direction or _default_direction(metric),
        overall_max=max(
            (float(np.nanmax(part.values)) for part in parts if len(part.values)), default=0
        ),
    )


def _window_slice(series: Series, moment: float) -> slice:
    """Return the part of a series (its times are sorted) within the judged window."""
    edges = np.searchsorted(series.times, (moment - WINDOW_S, moment + WINDOW_S + 1e-6))
    return slice(int(edges[0]), int(edges[1]))


def _default_direction(metric: Metric) -> Direction | None:
    if metric in _RECEIVED or metric is Metric.END_TO_END_LOSS:
        return Direction.DOWN
    up = metric.startswith(("send", "uplink", "capture"))
    return Direction.UP if up else None


def _samples(report: Report, series: Sequence[Series], moment: float) -> dict[str, FloatArray]:
    """Return each end's sample times in the judged window, of metrics that a rule uses."""
    known = [one for one in series if one.metric is not Metric.OTHER]
    found: dict[str, FloatArray] = {}
    for uid in (report.teacher_uid, report.student_uid):
        own = [one.times[_window_slice(one, moment)] for one in known if one.uid == uid]
        found[uid] = np.unique(np.concatenate(own)) if own else np.empty(0)
    return found


def _sessions(
    participants: Sequence[Participant], series: Sequence[Series], report: Report
) -> tuple[ParticipantSession, ...]:
    """Return sessions from the list of participants, or else from the series."""
    two = {report.teacher_uid, report.student_uid}
    measured = _measured_sessions([one for one in series if one.uid in two])
    listed = [_listed_session(one, measured) for one in participants if one.uid in two]
    return tuple(sorted(listed or measured, key=lambda session: (session.uid, session.joined_at)))


def _listed_session(one: Participant, measured: Sequence[ParticipantSession]) -> ParticipantSession:
    """Return a listed session, ended where another one of the participant continues it.

    Clouds notice a disconnect only after some seconds; a rejoin by then is no duplicate.
    """
    left_at = one.left_at.timestamp() if one.left_at else np.inf
    own = [session for session in measured if session.uid == one.uid]
    last = max((session.left_at for session in own if session.sid == one.sid), default=np.inf)
    if any(session.sid != one.sid and session.left_at > last for session in own):
        left_at = min(left_at, last)
    joined_at = one.joined_at.timestamp()
    return ParticipantSession(one.uid, one.sid, joined_at, left_at, True, one.network or "")  # noqa: FBT003 - listed


def _measured_sessions(series: Sequence[Series]) -> list[ParticipantSession]:
    spans: dict[tuple[str, str], tuple[float, float]] = {}
    for one in series:
        if not len(one.times):
            continue
        since, until = spans.get((one.uid, one.sid), (np.inf, -np.inf))
        spans[one.uid, one.sid] = (
            min(since, float(one.times[0])),
            max(until, float(one.times[-1])),
        )
    return [
        ParticipantSession(uid, sid, since, until) for (uid, sid), (since, until) in spans.items()
    ]


def _networks(participants: Sequence[Participant]) -> dict[str, frozenset[str]]:
    networks: dict[str, frozenset[str]] = {}
    for one in participants:
        if one.network:
            plain = one.network.lower().replace("-", "").replace(" ", "")
            networks[one.uid] = networks.get(one.uid, frozenset()) | {plain}
    return networks


def consecutive_sessions(
    sessions: Sequence[ParticipantSession], uid: str
) -> list[tuple[ParticipantSession, ParticipantSession]]:
    """Return each pair of consecutive sessions of one participant."""
    return list(pairwise(session for session in sessions if session.uid == uid))
