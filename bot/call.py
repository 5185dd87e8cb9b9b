"""Provider-neutral types of a call: participants, metrics, events, reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from bot.i18n.messages import Message, code_message, message
from bot.i18n.translator import has_code

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

ERASED: Final = "erased"  # in place of the uid or Slack id of a person who was erased
CLOUD_NAMES: Final[Mapping[str, Message]] = {
    "agora": message("Agora"),
    "volcengine": message("Volcengine"),
    "huawei": message("Huawei Cloud"),
}


class Side(StrEnum):
    """The two people a report is about."""

    TEACHER = "teacher"
    STUDENT = "student"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.STUDENT if self is Side.TEACHER else Side.TEACHER


class Media(StrEnum):
    """What a metric or a cause is about."""

    AUDIO = "audio"
    VIDEO = "video"


class Direction(StrEnum):
    """Up: from the device to the cloud. Down: from the cloud to the device."""

    UP = "up"
    DOWN = "down"


class IssueType(IntEnum):
    """The four types of a report (Agora reportV2, `type`)."""

    CLASS_SWITCHED = 1
    HELP = 2
    COMPLAINT = 3
    FEEDBACK = 4


class Unit(StrEnum):
    """The unit of a metric's values; percentages are 0 to 100."""

    PERCENT = "%"
    MS = "ms"
    KBPS = "kbps"
    FPS = "fps"
    PIXELS = "px"
    DECIBEL = "dB"
    SECONDS = "s"
    NUMBER = ""


class Metric(StrEnum):
    """What a series measures, the same for every cloud."""

    APP_CPU = "app_cpu"
    SYSTEM_CPU = "system_cpu"
    SEND_BITRATE = "send_bitrate"
    SEND_BITRATE_LOW = "send_bitrate_low"
    RECEIVE_BITRATE = "receive_bitrate"
    RECEIVE_BITRATE_LOW = "receive_bitrate_low"
    CAPTURE_FPS = "capture_fps"
    SEND_FPS = "send_fps"
    SEND_FPS_LOW = "send_fps_low"
    RECEIVE_FPS = "receive_fps"
    RECEIVE_FPS_LOW = "receive_fps_low"
    FREEZE_TIME = "freeze_time"  # ms of freeze within one sampling interval
    FREEZE_RATE = "freeze_rate"
    UPLINK_LOSS = "uplink_loss"
    DOWNLINK_LOSS = "downlink_loss"
    END_TO_END_LOSS = "end_to_end_loss"
    UPLINK_LATENCY = "uplink_latency"
    DOWNLINK_LATENCY = "downlink_latency"
    LATENCY = "latency"
    ROUTER_LATENCY = "router_latency"
    JITTER = "jitter"
    TASK_DELAY = "task_delay"
    PICTURE_QP = "picture_qp"  # lower is better
    SEND_VOLUME = "send_volume"
    PLAY_VOLUME = "play_volume"
    SCREEN_BITRATE = "screen_bitrate"  # of a shared screen, sent beside the camera
    SEND_WIDTH = "send_width"
    SEND_HEIGHT = "send_height"
    RECEIVE_WIDTH = "receive_width"
    RECEIVE_HEIGHT = "receive_height"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Code:
    """A code as a cloud gave it, such as kind `agora.factor_id`, value `21`."""

    kind: str
    value: str

    @property
    def user_message(self) -> Message:
        """The code's text with its number; kind and number when the catalogs do not have it."""
        if has_code(self.kind, self.value):
            return message(
                "%(words)s (%(code)s)", words=code_message(self.kind, self.value), code=self.value
            )
        return message("Unknown code %(code)s (%(kind)s)", code=self.value, kind=self.kind)


@dataclass(frozen=True, slots=True)
class Call:
    """One call in a room. `ended_at` is None while it runs. Times are aware."""

    cloud: str
    app: str
    id: str
    cname: str
    started_at: dt.datetime
    ended_at: dt.datetime | None = None

    def covers(self, moment: dt.datetime) -> bool:
        """Return whether the call ran at this moment."""
        return self.touches(moment, moment)

    def touches(self, since: dt.datetime, until: dt.datetime) -> bool:
        """Return whether the call ran in a window, be it at its edge."""
        return self.started_at <= until and (self.ended_at is None or self.ended_at >= since)

    def distance(self, moment: dt.datetime) -> dt.timedelta:
        """Return how long after its end, or before its beginning, a moment is; 0 within it."""
        if self.ended_at is not None and moment > self.ended_at:
            return moment - self.ended_at
        return max(self.started_at - moment, dt.timedelta(0))

    def overlap(self, since: dt.datetime, until: dt.datetime) -> dt.timedelta:
        """Return how long the call ran within a window; negative if not at all."""
        return min(self.ended_at or until, until) - max(self.started_at, since)


@dataclass(frozen=True, slots=True)
class Participant:
    """One session of one person in a call; each rejoin is a session with its own `sid`."""

    uid: str
    sid: str
    joined_at: dt.datetime
    left_at: dt.datetime | None = None
    network: str = ""
    platform: str = ""
    device: str = ""
    sdk: str = ""
    sends: bool | None = None

    def touches(self, since: dt.datetime, until: dt.datetime) -> bool:
        """Return whether the session lasted in a window, be it at its edge."""
        return self.joined_at <= until and (self.left_at is None or self.left_at >= since)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One metric of one session over time.

    `uid` is who measured it; `peer_uid` the sender it was received from, None for what `uid` sends.
    `times` are epoch seconds, sorted; `values` are in `unit`, one for each time.
    `code` is the cloud's own name of the metric.
    """

    uid: str
    sid: str
    metric: Metric
    unit: Unit
    times: FloatArray
    values: FloatArray
    code: Code
    media: Media | None = None
    direction: Direction | None = None
    peer_uid: str | None = None


@dataclass(frozen=True, slots=True)
class Factor:
    """A root cause a cloud named. `peer_uid` None: it is at the event's own participant."""

    code: Code
    peer_uid: str | None = None


@dataclass(frozen=True, slots=True)
class AbnormalEvent:
    """A problem a cloud recorded for one participant."""

    uid: str
    cname: str
    kind: Code
    at: dt.datetime
    factors: tuple[Factor, ...] = ()
    peer_uid: str | None = None

    @property
    def key(self) -> tuple[float, str, str, str]:
        """The event's identity: overlapping windows return the same event twice."""
        return (self.at.timestamp(), self.uid, self.kind.value, self.cname)


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """What a figure of a whole app means, where its cloud documents more than a code.

    `within_ms` is the threshold it was counted with, None when the cloud documents none.
    `higher_is_better` is None where neither direction is better. `part` is the group it counts,
    such as browser users; None: everybody.
    """

    name: Code
    media: Media | None = None
    within_ms: int | None = None
    higher_is_better: bool | None = None
    part: Code | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure of a whole app over time. `name` is the cloud's own code of it.

    `points` are (aware time, value in `unit`), sorted. A figure whose unit the cloud does not
    document has Unit.NUMBER and is not converted.
    """

    name: Code
    unit: Unit
    points: tuple[tuple[dt.datetime, float], ...] = ()
    definition: MetricDefinition | None = None


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """One row of a distribution: a code for each dimension, and the figure's value there."""

    codes: tuple[Code, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """A figure of a whole app by the values of a dimension, such as `region`; largest first.

    `since` is the start of the time it covers, None for the whole requested time.
    """

    dimension: str
    unit: Unit
    rows: tuple[DistributionRow, ...] = ()
    definition: MetricDefinition | None = None
    since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """One figure of a whole app for one day: in UTC, for Volcengine in +08:00.

    `definition` distinguishes figures with the same `metric`, such as that of browser users.
    """

    day: dt.date
    metric: Code
    unit: Unit
    value: float
    definition: MetricDefinition | None = None


class MissingKind(StrEnum):
    """Which data is missing."""

    CALL = "call"
    TEACHER_METRICS = "teacher_metrics"
    STUDENT_METRICS = "student_metrics"
    EVENTS = "events"  # the cloud's own diagnosis
    MINUTES = "minutes"  # of metrics, not out yet; else of the cloud's own diagnosis, not fetched
    FIGURES = "figures"  # of a whole app


class MissingReason(StrEnum):
    """Why it is missing."""

    NOT_OUT_YET = "not_out_yet"  # the cloud publishes it later
    NOT_FOUND = "not_found"  # the cloud has no such call or participant
    CUT_OFF = "cut_off"  # the cloud lists ten people at most
    TOO_FEW_SAMPLES = "too_few_samples"
    FORGOTTEN = "forgotten"  # older than the cloud's retention
    OVER_QUOTA = "over_quota"
    REFUSED = "refused"  # key, plan or permissions
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"  # the response does not match its documentation
    MAY_BE_INCOMPLETE = "may_be_incomplete"  # exactly as many rows as the cloud returns at most
    UNSUPPORTED = "unsupported"  # this cloud has no such endpoint


@dataclass(frozen=True, slots=True)
class MissingItem:
    """Missing data, why it is missing, and when to retry (None: never)."""

    what: MissingKind
    why: MissingReason
    retry_at: dt.datetime | None = None
    detail: str = ""  # a code, a uid or a period, displayed unchanged


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Everything one cloud returned about one call, and what is missing."""

    call: Call
    participants: tuple[Participant, ...] = ()
    series: tuple[Series, ...] = ()
    missing: tuple[MissingItem, ...] = ()
    fresh_until: dt.datetime | None = None  # the newest time the data can cover


@dataclass(frozen=True, slots=True)
class Report:
    """A complaint about a call: what is sent to the cloud and diagnosed."""

    app: str
    cname: str
    teacher_uid: str
    student_uid: str
    abnormal_side: Side
    issue_type: IssueType
    occurred_at: dt.datetime
    comments: str = ""

    def uid_of(self, side: Side) -> str:
        """The uid of one side."""
        return self.teacher_uid if side is Side.TEACHER else self.student_uid

    @property
    def abnormal_uid(self) -> str:
        """The participant who had the problem."""
        return self.uid_of(self.abnormal_side)

    def side_of(self, uid: str | None) -> Side | None:
        """The side of a uid, None for anybody else."""
        if uid == self.teacher_uid:
            return Side.TEACHER
        return Side.STUDENT if uid == self.student_uid else None
