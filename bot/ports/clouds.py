"""What the desk needs from an RTC cloud, as protocols. Nothing here does anything."""

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
    Report,
    Trend,
    Usage,
)
from bot.errors import CloudError
from bot.i18n.messages import Message


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, both ends aware."""

    since: dt.datetime
    until: dt.datetime

    @property
    def span(self) -> dt.timedelta:
        """How long it is."""
        return self.until - self.since

    @classmethod
    def around(cls, moment: dt.datetime, span: dt.timedelta) -> Window:
        """The stretch from `span` before a moment to `span` after it."""
        return cls(moment - span, moment + span)

    def overlaps(self, other: Window) -> bool:
        """Tell whether two stretches share more than an edge."""
        return self.since < other.until and other.since < self.until


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a cloud can do and takes. `cname` and `uid` are full-match patterns.

    `rooms`: people can be sent out and rooms closed; `recording`: a person's stream can be
    recorded. A cloud with either is a `SupportsRoomControl`. `occupancy`: it can be asked who is
    in a room now; a cloud that can do no more about rooms is a `SupportsOccupancy`.
    `call_statistics`: it tells how everybody in a call fared, and is a `SupportsCallStatistics`.
    """

    reports: bool
    events: bool
    look_back: dt.timedelta
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
MIN_SCAN_SPAN: Final = dt.timedelta(minutes=1)  # nothing shorter is asked of a whole app


@dataclass(frozen=True, slots=True)
class EventScan:
    """One answer about a whole app: its stretch, its events, whether it held all it can hold."""

    span: Window
    events: tuple[AbnormalEvent, ...]
    is_full: bool

    @property
    def is_settled(self) -> bool:
        """Nothing more can be learnt about this stretch."""
        return not self.is_full or self.span.span <= MIN_SCAN_SPAN


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one look in the background left undone.

    `has_backlog`: it pays to look again soon, for minutes of the last hour are unseen or answers
    were full. `left` are the calls the background may still make this UTC day, None
    when days have no limit.
    """

    has_backlog: bool
    left: int | None = None


@dataclass(frozen=True, slots=True)
class EventsResult:
    """A cloud's own diagnosis of one channel, and what of it could not be seen."""

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
    """What can be asked about a whole app; `live` is the few numbers that matter now."""

    LIVE = "live"
    USAGE = "usage"
    NETWORK = "network"
    EXPERIENCE = "experience"
    SCALE = "scale"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True, slots=True)
class RemainingQuota:
    """How many calls are left of `most` within `per_s` seconds; a day is a UTC day."""

    name: str
    left: int
    most: int
    per_s: float

    @property
    def is_daily(self) -> bool:
        """Tell whether days are counted."""
        return self.per_s >= _DAY_S

    @property
    def is_low(self) -> bool:
        """Tell whether less than a tenth of a day's calls is left."""
        return self.is_daily and self.left < self.most * _LOW


@dataclass(frozen=True, slots=True)
class AppMetrics:
    """What a cloud tells of a whole app about one topic. Times are aware.

    `fetched_at` is when the oldest of its figures were fetched, `fresh_at` when fresher ones can
    be had (None: not known). `explanations` say what the figures mean at this cloud. What is
    missing stands in `missing`, in sentences with the next step in `failures`. `asked` names the
    endpoints it comes from, `remaining_quotas` what is left of theirs, None when nobody looked.
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
    asked: tuple[str, ...] = ()
    remaining_quotas: tuple[RemainingQuota, ...] | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no figure in it."""
        distribution = any(each.rows for each in self.distributions)
        return not (self.usages or distribution or any(trend.points for trend in self.trends))


class Cloud(Protocol):
    """One RTC cloud. Every method raises CloudError and nothing else."""

    @property
    def name(self) -> str:
        """`agora`, `volcengine` or `huawei`."""

    @property
    def apps(self) -> Sequence[str]:
        """Our names of the apps it carries."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    async def restore_state(self) -> None:
        """Load what other processes stored about this cloud; sends no request."""

    async def find_calls(
        self,
        app: str,
        cname: str,
        window: Window,
        *,
        priority: Priority = Priority.INTERACTIVE,
    ) -> tuple[Call, ...]:
        """Return the calls of this channel that touch the window, newest first."""

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""

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

    async def check(self, app: str) -> str:
        """Make the cheapest call that proves the credentials; returns what doctor shows."""

    async def close(self) -> None:
        """Give connections back."""


@runtime_checkable
class SupportsEventPolling(Protocol):
    """A cloud that tells what went wrong of a whole app at once, and soon forgets it."""

    async def poll_events(self, app: str) -> PollResult:
        """Look once where nobody has looked, with what people leave of the allowance.

        Raises CloudCannotError where there is no such call, and any other CloudError.
        """

    async def read_polled_events(
        self, app: str, cname: str, window: Window, because: CloudError
    ) -> EventsResult:
        """Return what was seen of a channel by earlier looks; asks the cloud nothing.

        `because` keeps us from asking: it is why minutes nobody looked at are missing. Where
        nothing was seen of these minutes at all, nothing is said.
        """


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Who is in a room right now; `is_complete` is False when there may be more.

    `invisible` are those of them whom the others do not see, where a cloud tells them apart.
    """

    uids: tuple[str, ...]
    is_complete: bool = True
    invisible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingTask:
    """A recording of one person's stream. Times are None until they come."""

    id: str
    cname: str
    uid: str
    state: Code | None = None  # INIT, RUNNING or STOPPED; the document's samples leave it out
    stop_reason: Code | None = None
    stream: str = ""
    started_at: dt.datetime | None = None
    stopped_at: dt.datetime | None = None


class RecordingEventType(StrEnum):
    """What a cloud tells of a recording by itself."""

    FILE_STARTED = "file_begun"
    FILE_FINISHED = "file_done"
    OVER = "over"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RecordingEvent:
    """What a cloud told of a recording by itself; of a finished file its facts.

    `app` is our name of the app. `path` is the file's whole path in `bucket`; no address that
    opens it is kept. `id` is the same whenever the same is told again.
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
    """Tells who is in a room."""

    async def occupancy(self, app: str, cname: str) -> Occupancy | None:
        """Return who is in a room now, None when no call runs in it. Raises CloudError."""


class RoomControl(SupportsOccupancy, Protocol):
    """Acts on rooms. Every method raises CloudError and nothing else, and asks only once."""

    async def remove_users(self, app: str, cname: str, uids: Sequence[str]) -> None:
        """Send people out of a room. Returns when the command is taken, maybe not done."""

    async def dismiss(self, app: str, cname: str) -> None:
        """Close a room and send everybody out. Returns when the command is taken."""

    async def start_recording(self, app: str, cname: str, uid: str, rule_id: str) -> RecordingTask:
        """Start to record one person; not idempotent."""

    async def recording(self, app: str, job_id: str) -> RecordingTask:
        """Return how a recording stands."""

    async def stop_recording(self, app: str, job_id: str) -> None:
        """Stop a recording."""

    async def callback_url(self, app: str) -> str:
        """Return the address to which the cloud tells of recordings, "" for none."""

    async def set_callback(self, app: str, url: str, key: str) -> None:
        """Let the cloud tell of recordings at this address, signed with this key."""


@runtime_checkable
class SupportsRoomControl(Protocol):
    """A cloud that lets rooms be acted on."""

    @property
    def control(self) -> RoomControl:
        """What acts on its rooms."""
