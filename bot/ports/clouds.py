"""Protocols of an RTC cloud, and the types it returns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, Protocol, runtime_checkable

from bot.call import (
    AbnormalEvent,
    Call,
    CallRecord,
    Code,
    Distribution,
    MissingItem,
    Participant,
    Report,
    Series,
    Trend,
    Usage,
)
from bot.errors import CloudError
from bot.i18n.messages import Message


@dataclass(frozen=True, slots=True)
class Window:
    """A time window; both ends have a zone."""

    since: dt.datetime
    until: dt.datetime

    @property
    def span(self) -> dt.timedelta:
        """How long it is."""
        return self.until - self.since

    @classmethod
    def around(cls, moment: dt.datetime, span: dt.timedelta) -> Window:
        """Return the window from `span` before a moment to `span` after it."""
        return cls(moment - span, moment + span)

    def overlaps(self, other: Window) -> bool:
        """Return whether two windows share more than an edge."""
        return self.since < other.until and other.since < self.until


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a cloud supports and accepts. `cname` and `uid` are full-match patterns.

    `rooms`: users can be removed and rooms closed; `recording`: a user's stream can be
    recorded. A cloud with either is a `SupportsRoomControl`. `occupancy`: it returns who is
    in a room now; a cloud without room control is then a `SupportsOccupancy`.
    `call_statistics`: it has statistics of everybody in a call (`SupportsCallStatistics`).
    """

    reports: bool
    events: bool
    lookback: dt.timedelta
    metrics_delay: dt.timedelta
    cname: re.Pattern[str]
    cname_hint: Message
    uid: re.Pattern[str]
    uid_max: int | None
    uid_hint: Message
    rooms: bool = False
    recording: bool = False
    occupancy: bool = False
    call_statistics: bool = False


_DAY_S: Final = 86400.0
_LOW: Final = 0.1
MIN_SCAN_SPAN: Final = dt.timedelta(minutes=1)  # no scan of a whole app is shorter


@dataclass(frozen=True, slots=True)
class EventScan:
    """One response about a whole app: its window, its events, and whether it was full."""

    span: Window
    events: tuple[AbnormalEvent, ...]
    is_full: bool

    @property
    def is_settled(self) -> bool:
        """Return whether no further scan can add to this window."""
        return not self.is_full or self.span.span <= MIN_SCAN_SPAN


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one background scan left to do.

    `has_backlog`: a further scan is useful soon, because minutes of the last hour have no scan or
    responses were full. `left` are the calls that background work may still make this UTC day,
    None without a daily limit.
    """

    has_backlog: bool
    left: int | None = None


@dataclass(frozen=True, slots=True)
class EventsResult:
    """A cloud's own diagnosis of one channel, and what is missing from it."""

    events: tuple[AbnormalEvent, ...] = ()
    missing: tuple[MissingItem, ...] = ()


class Priority(Enum):
    """Who waits for a request, and so how much of a cloud's quota it may use.

    All but INTERACTIVE leave a part of each quota to people who wait. All but BACKGROUND wait a
    few seconds for their turn.
    """

    INTERACTIVE = "interactive"
    SCHEDULED = "scheduled"
    BACKGROUND = "background"


class Topic(StrEnum):
    """A kind of metrics of a whole app; `live` is the few that matter now.

    `trend` is the share of time frozen by day, as far back as the cloud has it, five weeks at most.
    """

    LIVE = "live"
    USAGE = "usage"
    NETWORK = "network"
    EXPERIENCE = "experience"
    SCALE = "scale"
    DISTRIBUTION = "distribution"
    TREND = "trend"


@dataclass(frozen=True, slots=True)
class RemainingQuota:
    """How many calls are left of `most` within `per_s` seconds; a day is a UTC day."""

    name: str
    left: int
    most: int
    per_s: float

    @property
    def is_daily(self) -> bool:
        """Return whether the quota is per day."""
        return self.per_s >= _DAY_S

    @property
    def is_low(self) -> bool:
        """Return whether less than a tenth of a day's calls is left."""
        return self.is_daily and self.left < self.most * _LOW


@dataclass(frozen=True, slots=True)
class AppMetrics:
    """Metrics of a whole app about one topic. Times have a zone.

    `fetched_at` is when the oldest of them were fetched, `fresh_at` when newer ones can be fetched
    (None: unknown). `explanations` define the metrics of this cloud. What is missing is listed in
    `missing`, and as messages with the next step in `failures`. `endpoints` are the names of
    those requested, `remaining_quotas` what is left of their quotas, None when that was not read.
    """

    topic: Topic
    app: str
    cloud: str
    fetched_at: dt.datetime
    fresh_at: dt.datetime | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    trends: tuple[Trend, ...] = ()
    usages: tuple[Usage, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    explanations: tuple[Message, ...] = ()
    missing: tuple[MissingItem, ...] = ()
    failures: tuple[Message, ...] = ()
    endpoints: tuple[str, ...] = ()
    remaining_quotas: tuple[RemainingQuota, ...] | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether there are no metrics in it."""
        distribution = any(each.rows for each in self.distributions)
        return not (self.usages or distribution or any(trend.points for trend in self.trends))


class Cloud(Protocol):
    """One RTC cloud. Every method raises CloudError and nothing else."""

    @property
    def name(self) -> str:
        """`agora`, `volcengine` or `huawei`."""

    @property
    def apps(self) -> Sequence[str]:
        """Our names of its apps."""

    @property
    def capabilities(self) -> Capabilities:
        """What it supports."""

    async def restore_state(self) -> None:
        """Load what other processes stored about this cloud; sends no request."""

    async def find_calls(
        self,
        app: str,
        cname: str,
        window: Window,
        *,
        priority: Priority = Priority.INTERACTIVE,
        fresh: bool = False,
    ) -> tuple[Call, ...]:
        """Return the calls of this channel that touch the window, newest first.

        A call listed as running may have ended in the last ten minutes, unless `fresh`.
        """

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""

    async def fetch_participants(self, call: Call, window: Window) -> tuple[Participant, ...]:
        """Return who was in a call within the window; of a large one as many as are listed."""

    async def fetch_witnesses(
        self, call: Call, uids: Sequence[str], window: Window
    ) -> tuple[Series, ...]:
        """Return what others than these uids measured, of as many as a request or two have."""

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventsResult:
        """Return the cloud's own diagnosis of this channel within the window."""

    async def fetch_app_metrics(
        self, app: str, topic: Topic, *, priority: Priority = Priority.INTERACTIVE
    ) -> AppMetrics:
        """Return metrics of a whole app; failures are listed in it, never raised."""

    async def remaining_quotas(
        self, app: str, names: Collection[str] | None = None
    ) -> tuple[RemainingQuota, ...]:
        """Return what is left of an app's quotas of a minute or longer, a quota once.

        `names` are names of endpoints; None: all of them.
        """

    async def send_report(self, report: Report) -> None:
        """Report a bad call to the cloud; not idempotent."""

    async def check(self, app: str) -> Message:
        """Send the cheapest request that tests the credentials; return the line for doctor."""

    async def close(self) -> None:
        """Close all connections."""


@runtime_checkable
class SupportsEventPolling(Protocol):
    """A cloud that returns the events of a whole app at once, and keeps them briefly."""

    async def poll_events(self, app: str) -> PollResult:
        """Scan one window without a scan, with background priority.

        Raises CloudUnsupportedError where there is no such endpoint, and any other CloudError.
        """

    async def read_polled_events(
        self, app: str, cname: str, window: Window, because: CloudError
    ) -> EventsResult:
        """Return the events of a channel from earlier scans; sends no request.

        `because` is the error that prevents a scan, and the reason of the missing minutes. Without
        any earlier scan of the window the result is empty.
        """


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Who is in a room now; `is_complete` is False when there may be more.

    `invisible` are those whom the others do not see, where a cloud lists them.
    """

    uids: tuple[str, ...]
    is_complete: bool = True
    invisible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingTask:
    """A recording of one user's stream. Times are None until they are known."""

    id: str
    cname: str
    uid: str
    state: Code | None = None  # INIT, RUNNING or STOPPED; the document's samples leave it out
    stop_reason: Code | None = None
    stream: str = ""
    started_at: dt.datetime | None = None
    stopped_at: dt.datetime | None = None


class RecordingEventType(StrEnum):
    """The kind of a recording event that a cloud sends."""

    FILE_STARTED = "file_begun"
    FILE_FINISHED = "file_done"
    OVER = "over"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RecordingEvent:
    """A recording event that a cloud sent, with the details of a finished file.

    `app` is our name of the app. `path` is the file's path in `bucket`; a URL that opens it is
    not kept. `id` is the same when an event is sent again.
    """

    id: str
    app: str
    cname: str
    job_id: str
    moment: RecordingEventType
    stream: str = ""
    format: str = ""
    location: str = ""
    bucket: str = ""
    path: str = ""
    duration_s: int | None = None
    width: int | None = None
    height: int | None = None
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None


@runtime_checkable
class SupportsOccupancy(Protocol):
    """Returns who is in a room."""

    async def occupancy(self, app: str, cname: str) -> Occupancy | None:
        """Return who is in a room now, None without a running call. Raises CloudError."""


class RoomControl(SupportsOccupancy, Protocol):
    """Controls rooms. Every method sends a request once, and raises CloudError only."""

    async def remove_users(self, app: str, cname: str, uids: Sequence[str]) -> None:
        """Remove users from a room. Returns when the command is accepted, maybe not done."""

    async def dismiss(self, app: str, cname: str) -> None:
        """Close a room and remove everybody. Returns when the command is accepted."""

    async def start_recording(self, app: str, cname: str, uid: str, rule_id: str) -> RecordingTask:
        """Start recording one user; not idempotent."""

    async def recording(self, app: str, job_id: str) -> RecordingTask:
        """Return the state of a recording."""

    async def stop_recording(self, app: str, job_id: str) -> None:
        """Stop a recording."""

    async def callback_url(self, app: str) -> str:
        """Return the URL that the cloud sends recording events to, "" for none."""

    async def set_callback(self, app: str, url: str, key: str) -> None:
        """Set the URL that the cloud sends recording events to, signed with this key."""


@runtime_checkable
class SupportsRoomControl(Protocol):
    """A cloud with room control."""

    @property
    def control(self) -> RoomControl:
        """The control of its rooms."""
