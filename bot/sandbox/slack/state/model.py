"""The workspace's data types: people, channels, files, deliveries, and the app's keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

from bot.sandbox.slack.errors import Json

ChannelKind = Literal["channel", "group", "im", "mpim"]
DeliveryKind = Literal["events_api", "interactive", "slash_commands"]
HTTP_OK: Final = 200


@dataclass
class User:
    """A person or the app's bot user. `locale` is IETF (`zh-CN`), `timezone` an IANA name."""

    id: str
    name: str
    real_name: str
    locale: str
    timezone: str
    title: str = ""
    color: str = "4a154b"
    is_bot: bool = False
    is_admin: bool = False
    deleted: bool = False

    @property
    def email(self) -> str:
        """The e-mail address; the app's bot user has none."""
        return "" if self.is_bot else f"{self.name}@lagdesk.example"

    def described(self, team_id: str, now: float, *, with_locale: bool = False) -> Json:
        """The user object of users.info and users.list; `locale` only when asked for."""
        moment = dt.datetime.fromtimestamp(now, ZoneInfo(self.timezone))
        offset = moment.utcoffset() or dt.timedelta(0)
        described: Json = {
            "id": self.id,
            "team_id": team_id,
            "name": self.name,
            "deleted": self.deleted,
            "color": self.color,
            "real_name": self.real_name,
            "tz": self.timezone,
            "tz_label": moment.tzname() or self.timezone,
            "tz_offset": int(offset.total_seconds()),
            "profile": self.profile(),
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": int(now),
        }
        return described | ({"locale": self.locale} if with_locale else {})

    def profile(self) -> Json:
        """The profile object; no e-mail, which needs a scope of its own."""
        first, _, last = self.real_name.partition(" ")
        return {
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": "" if self.is_bot else self.name,
            "display_name_normalized": "" if self.is_bot else self.name,
            "first_name": first,
            "last_name": last,
            "title": self.title,
            "status_text": "",
            "status_emoji": "",
        }


@dataclass
class Channel:
    """A conversation. `messages` is by ts, oldest first; `last_read` is by user id.

    `ext_shared`: people of another company are in it.
    """

    id: str
    name: str
    kind: ChannelKind
    members: list[str]
    topic: str = ""
    archived: bool = False
    ext_shared: bool = False
    created: int = 0
    messages: dict[str, Json] = field(default_factory=dict)
    ephemerals: list[Json] = field(default_factory=list)
    last_read: dict[str, str] = field(default_factory=dict)
    joined_at: dict[str, str] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        """Return whether it is hidden from people outside it."""
        return self.kind != "channel"

    def top_level(self) -> list[Json]:
        """List the channel's messages without thread replies, oldest first."""
        return [message for message in self.messages.values() if not is_reply(message)]

    def thread(self, root_ts: str) -> list[Json]:
        """List a thread, its root first."""
        in_thread = (m for m in self.messages.values() if m.get("thread_ts") == root_ts)
        root = self.messages.get(root_ts)
        replies = [message for message in in_thread if message["ts"] != root_ts]
        return ([root] if root else []) + replies


def is_reply(message: Json) -> bool:
    """Return whether a message is visible only in its thread."""
    root = message.get("thread_ts")
    return bool(root) and root != message["ts"] and message.get("subtype") != "thread_broadcast"


@dataclass
class StepExecution:
    """A run of an app's step in a workflow; `state` is running, completed or failed."""

    id: str
    callback_id: str
    user: str
    inputs: Json
    state: str = "running"
    outputs: Json = field(default_factory=dict)
    error: str = ""


@dataclass
class Panel:
    """The side panel of a Work Object that a person opened; empty until the app fills it."""

    user: str
    external_ref: Json
    entity: Json = field(default_factory=dict)
    error: Json = field(default_factory=dict)


@dataclass
class UserGroup:
    """A user group, `@handle`."""

    id: str
    handle: str
    name: str
    users: list[str]


@dataclass
class UploadedFile:
    """An uploaded file. `uses_until_ready` counts the uses that still fail."""

    id: str
    name: str
    length: int
    upload_ticket: str
    title: str = ""
    data: bytes | None = None
    completed: bool = False
    deleted: bool = False
    uses_until_ready: int = 0
    created: int = 0
    channels: list[str] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Return whether a message may use it now."""
        return self.completed and not self.deleted and self.uses_until_ready <= 0


@dataclass
class Trigger:
    """A key to open a modal: valid once, for a limited time."""

    user: str
    expires_at: float
    from_view: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    """A URL for replying to an interaction: five uses, thirty minutes."""

    channel: str
    user: str
    expires_at: float
    uses_left: int = 5
    message_ts: str | None = None
    thread_ts: str | None = None
    ephemeral: bool = False


@dataclass
class ClientNotice:
    """An error that Slack's client displays to a person, such as a late acknowledgement."""

    user: str
    channel: str | None
    code: str
    text: str
    level: str = "error"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request to the app. `retry_num` is 0 at first; `retry_reason` is Slack's code."""

    kind: DeliveryKind
    payload: Json
    retry_num: int = 0
    retry_reason: str = ""

    @property
    def name(self) -> str:
        """The name in the request log, such as `/report`, `block_actions`, `event message`."""
        if self.kind == "slash_commands":
            return str(self.payload["command"])
        if self.kind == "events_api":
            return f"event {self.payload['event']['type']}"
        return str(self.payload["type"])


@dataclass(frozen=True, slots=True)
class Ack:
    """The app's response within the time limit."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Return whether Slack accepts it as an acknowledgement."""
        return self.status == HTTP_OK


class Transport(Protocol):
    """A way to send deliveries to the app."""

    name: str

    @property
    def connected(self) -> bool:
        """Return whether the app seems reachable."""

    async def send(self, delivery: Delivery) -> Ack:
        """Send it and return the acknowledgement; NoAckError when none arrives in time."""

    async def close(self) -> None:
        """Close its connections."""
