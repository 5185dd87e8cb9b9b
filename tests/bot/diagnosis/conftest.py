"""A small hand-built call: healthy by default, and changed by each test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from bot.call import (
    AbnormalEvent,
    Call,
    Code,
    Direction,
    Factor,
    IssueType,
    Media,
    Metric,
    MissingItem,
    Participant,
    Report,
    Series,
    Side,
    Unit,
)
from bot.diagnosis import Verdict
from bot.diagnosis.calibration import Steps
from bot.diagnosis.context import CallContext, build_context
from bot.diagnosis.diagnosis import diagnose

T0 = dt.datetime(2020, 9, 24, 12, 0, tzinfo=dt.UTC)
TEACHER, STUDENT = "10001", "20002"
VIDEO_FREEZE = Code("agora.exp_id", "4")
_A, _V = Media.AUDIO, Media.VIDEO
Key = tuple[str, Metric, Media | None, Direction | None]

OWN: dict[tuple[Metric, Media | None, Direction | None], float] = {
    (Metric.APP_CPU, None, None): 25,
    (Metric.SYSTEM_CPU, None, None): 45,
    (Metric.ROUTER_LATENCY, None, None): 5,
    (Metric.TASK_DELAY, None, None): 10,
    (Metric.CAPTURE_FPS, _V, Direction.UP): 15,
    (Metric.SEND_FPS, _V, Direction.UP): 15,
    (Metric.SEND_BITRATE, _A, Direction.UP): 48,
    (Metric.SEND_BITRATE, _V, Direction.UP): 600,
    (Metric.SEND_VOLUME, _A, Direction.UP): 160,
    (Metric.UPLINK_LOSS, _A, Direction.UP): 0.5,
    (Metric.UPLINK_LOSS, _V, Direction.UP): 0.5,
    (Metric.UPLINK_LATENCY, _A, Direction.UP): 40,
    (Metric.UPLINK_LATENCY, _V, Direction.UP): 40,
    (Metric.JITTER, _A, Direction.UP): 10,
    (Metric.JITTER, _V, Direction.UP): 10,
}
RECEIVED: dict[tuple[Metric, Media | None, Direction | None], float] = {
    (Metric.RECEIVE_BITRATE, _A, Direction.DOWN): 48,
    (Metric.RECEIVE_BITRATE, _V, Direction.DOWN): 600,
    (Metric.RECEIVE_FPS, _V, Direction.DOWN): 15,
    (Metric.PLAY_VOLUME, _A, Direction.DOWN): 150,
    (Metric.FREEZE_TIME, _A, Direction.DOWN): 0,
    (Metric.FREEZE_TIME, _V, Direction.DOWN): 0,
    (Metric.END_TO_END_LOSS, _A, Direction.DOWN): 1,
    (Metric.END_TO_END_LOSS, _V, Direction.DOWN): 1,
    (Metric.LATENCY, _A, Direction.DOWN): 100,
    (Metric.LATENCY, _V, Direction.DOWN): 100,
    (Metric.JITTER, _A, Direction.DOWN): 15,
    (Metric.JITTER, _V, Direction.DOWN): 15,
}


@dataclass
class CallBuilder:
    """A call of two people, ten minutes long, with a sample every two seconds around T0."""

    abnormal: Side = Side.STUDENT
    curves: dict[Key, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    events: list[AbnormalEvent] = field(default_factory=list)
    missing: list[MissingItem] = field(default_factory=list)
    participants: list[Participant] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    witnesses: list[Series] = field(default_factory=list)

    def __post_init__(self) -> None:
        times = T0.timestamp() + np.arange(-300.0, 301.0, 2.0)
        for uid in (TEACHER, STUDENT):
            for (metric, media, direction), value in (OWN | RECEIVED).items():
                key = (uid, metric, media, direction)
                self.curves[key] = (times.copy(), np.full(len(times), float(value)))

    def set_values(  # noqa: PLR0917 - a metric's key, value and time
        self,
        uid: str,
        metric: Metric,
        media: Media | None,
        value: float,
        span: tuple[float, float] = (-60, 60),
        direction: Direction | None = None,
    ) -> CallBuilder:
        """Set a metric's value between two seconds from T0, by default in every direction."""
        for key, (times, values) in self.curves.items():
            if key[:3] == (uid, metric, media) and direction in {None, key[3]}:
                inside = (times >= T0.timestamp() + span[0]) & (times <= T0.timestamp() + span[1])
                values[inside] = value
        return self

    def without_metrics(self, *metrics: Metric) -> CallBuilder:
        """Take metrics away that a cloud does not measure."""
        self.curves = {key: one for key, one in self.curves.items() if key[1] not in metrics}
        return self

    def add_metric(
        self,
        uid: str,
        metric: Metric,
        value: float,
        media: Media | None = None,
        direction: Direction | None = None,
    ) -> CallBuilder:
        """Add a metric with one value at all times."""
        times = T0.timestamp() + np.arange(-300.0, 301.0, 2.0)
        self.curves[uid, metric, media, direction] = (times, np.full(len(times), float(value)))
        return self

    def keep_samples(self, uid: str, since_s: float, until_s: float) -> CallBuilder:
        """Keep one end's samples between two seconds from T0 only."""
        low, high = T0.timestamp() + since_s, T0.timestamp() + until_s
        for key, (times, values) in list(self.curves.items()):
            if key[0] == uid:
                inside = (times >= low) & (times <= high)
                self.curves[key] = times[inside], values[inside]
        return self

    def drop_samples(self, uid: str, since_s: float, until_s: float) -> CallBuilder:
        """Take one end's samples between two seconds from T0 away."""
        low, high = T0.timestamp() + since_s, T0.timestamp() + until_s
        for key, (times, values) in list(self.curves.items()):
            if key[0] == uid:
                outside = (times <= low) | (times >= high)
                self.curves[key] = times[outside], values[outside]
        return self

    def add_event(
        self,
        uid: str,
        factor: str,
        host: str | None = None,
        after_s: float = 0,
        *,
        kind: str = "agora.factor_id",
        event: Code = VIDEO_FREEZE,
    ) -> CallBuilder:
        """Add an event of the cloud about a user."""
        at = T0 + dt.timedelta(seconds=after_s)
        factors = (Factor(Code(kind, factor), host),)
        self.events.append(AbnormalEvent(uid, "class_1", event, at, factors))
        return self

    def add_session(
        self, uid: str, sid: str, since_s: float, until_s: float | None, network: str = ""
    ) -> None:
        """Add a session, in seconds from T0."""
        left_at = None if until_s is None else T0 + dt.timedelta(seconds=until_s)
        joined_at = T0 + dt.timedelta(seconds=since_s)
        self.participants.append(Participant(uid, sid, joined_at, left_at, network))

    def add_witness(
        self, uid: str, value: float, span: tuple[float, float], metric: Metric
    ) -> CallBuilder:
        """Add somebody who receives what the abnormal side receives, so badly in this span."""
        sender = TEACHER if self.abnormal is Side.STUDENT else STUDENT
        receiver = CallBuilder(abnormal=self.abnormal)
        for media in Media:
            receiver.set_values(_other(sender), metric, media, value, span)
        received = (one for one in receiver.series() if one.peer_uid == sender)
        self.witnesses += (replace(one, uid=uid, sid=uid) for one in received)
        return self

    def series(self) -> Sequence[Series]:
        """Return the record as a client would."""
        return [
            Series(
                uid=uid,
                sid=f"sid-{uid}",
                metric=metric,
                unit=Unit.NUMBER,
                times=times,
                values=values,
                code=Code("agora.mid", metric),
                media=media,
                direction=direction,
                peer_uid=_other(uid) if (metric, media, direction) in RECEIVED else None,
            )
            for (uid, metric, media, direction), (times, values) in self.curves.items()
            if len(times)
        ]

    def report(self) -> Report:
        """Return the complaint."""
        return Report("kids", "class_1", TEACHER, STUDENT, self.abnormal, IssueType.COMPLAINT, T0)

    def context(self) -> CallContext:
        """Return the context in which rules judge it."""
        return build_context(
            self.report(), [], self.series(), self.participants, witnesses=self.witnesses
        )

    def diagnose(self, steps: Steps = ()) -> Verdict:
        """Examine it; the confidence of the first cause is its score unless there are steps."""
        call = Call("agora", "kids", "c1", "class_1", T0 - dt.timedelta(minutes=5))
        return diagnose(
            self.report(),
            [call],
            self.series(),
            self.events,
            missing=self.missing,
            participants=self.participants,
            witnesses=self.witnesses,
            steps=steps,
        )


def _other(uid: str) -> str:
    return STUDENT if uid == TEACHER else TEACHER


@pytest.fixture
def build_call() -> Callable[..., CallBuilder]:
    """Build a call; the keyword `abnormal` is the side with the complaint."""
    return CallBuilder
