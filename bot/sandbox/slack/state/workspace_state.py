"""The workspace's state: people, channels, messages, views, files, keys, and what is recorded.

Web API methods, deliveries and people's actions (the modules above) read and change it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.state.app import read_manifest
from bot.sandbox.slack.state.broadcast import ChangeSignal, PageEvents
from bot.sandbox.slack.state.faults import Faults
from bot.sandbox.slack.state.ids import IdGenerator
from bot.sandbox.slack.state.model import (
    Channel,
    ClientNotice,
    Delivery,
    Panel,
    ResponseUrl,
    StepExecution,
    Transport,
    Trigger,
    UploadedFile,
    User,
)
from bot.sandbox.slack.state.rate_limits import RateLimiter
from bot.sandbox.slack.state.request_log import RequestLog
from bot.sandbox.slack.state.seed import DEFAULT_PERSON, make_channels, make_people, make_usergroups

RESPONSE_URL_LIFE_S: Final = 1800.0


@dataclass(kw_only=True, eq=False, repr=False)
class WorkspaceState:
    """Everything a workspace with one installed app holds, in memory.

    `clock` returns epoch seconds. `manifest` (the app manifest's JSON) lists the commands,
    shortcuts, events and scopes; without one all are on. `message_rate_s` is the time between two
    posts in a channel; 0 switches every rate limit off. `message_burst` posts may arrive at once.
    `retry_delays_s` are the pauses before an event's retries. `unready_file_uses` is how many uses
    of a new file still fail because Slack has not processed it, for ten seconds at most.
    `supports_charts` is False in a workspace where Slack has not enabled chart blocks yet.
    `default_person` is whom the page acts as until somebody else is chosen. `enterprise_id` is the
    organization that the workspace belongs to, "" for none.
    """

    clock: Callable[[], float] = time.time
    manifest: Mapping[str, Any] | None = None
    team_id: str = "T07LAGDESK0"
    team_name: str = "Sandbox School"
    domain: str = "sandbox-school"
    enterprise_id: str = ""
    message_rate_s: float = 1.0
    message_burst: int = 1
    ack_limit_s: float = 3.0
    trigger_life_s: float = 3.0
    retry_delays_s: Sequence[float] = (0.0, 60.0, 300.0)
    unready_file_uses: int = 1
    supports_charts: bool = True
    default_person: str = DEFAULT_PERSON

    def __post_init__(self) -> None:
        self.app = read_manifest(self.manifest)
        self.url = ""
        self.id_generator = IdGenerator(self.clock)
        self.change_signal, self.page_events = ChangeSignal(), PageEvents()
        self.request_log, self.faults = RequestLog(), Faults()
        self.rate_limiter = RateLimiter(self.clock)
        self.defects: list[Json] = []
        self.notices: list[ClientNotice] = []
        self.transports: list[Transport] = []  # the preferred one first
        self.last_delivery: Delivery | None = None
        self.closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._seed()

    def _seed(self) -> None:
        bot = User(
            self.app.bot_user_id, self.app.bot_name, self.app.name, "en-US", "UTC", is_bot=True
        )
        self.users = {user.id: user for user in (*make_people(), bot)}
        self.channels = {c.id: c for c in make_channels(bot.id, int(self.clock()))}
        self.usergroups = {group.id: group for group in make_usergroups()}
        self.files: dict[str, UploadedFile] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.socket_tickets: set[str] = set()
        self.oauth_codes: dict[str, Json] = {}
        self.views: dict[str, Json] = {}
        self.stacks: dict[str, list[str]] = {}
        self.homes: dict[str, Json] = {}
        self.drafts: dict[str, Json] = {}
        self.panels: dict[str, Panel] = {}
        self.executions: dict[str, StepExecution] = {}

    @property
    def scopes(self) -> set[str]:
        """The bot token's scopes; remove one to get `missing_scope`."""
        return self.app.scopes

    @property
    def enterprise(self) -> Json | None:
        """The workspace's organization, as payloads describe it."""
        return {"id": self.enterprise_id, "name": "Sandbox Group"} if self.enterprise_id else None

    @property
    def installed_in(self) -> str:
        """The id of what the app is installed in: the organization, or this workspace."""
        return self.enterprise_id if self.app.org_wide else self.team_id

    @property
    def transport(self) -> Transport | None:
        """The transport that deliveries take now: HTTP once connected, else open sockets."""
        return next((one for one in self.transports if one.connected), None)

    # Lookups.

    def channel(self, name: str) -> Channel:
        """Find a channel by id, name, or `#name`."""
        for channel in self.channels.values():
            if name.removeprefix("#") in (channel.id, channel.name):
                return channel
        raise KeyError(name)

    def channel_of(self, ts: str) -> Channel:
        """Find the channel of a message; timestamps are unique in a workspace."""
        for channel in self.channels.values():
            if ts in channel.messages or any(ts == other["ts"] for other in channel.ephemerals):
                return channel
        raise KeyError(ts)

    def direct_channel(self, user_id: str) -> Channel:
        """Find a person's direct channel with the app, opening it when there is none."""
        for channel in self.channels.values():
            if channel.kind == "im" and user_id in channel.members:
                return channel
        opened = Channel(self.id_generator.make("D"), "", "im", [user_id, self.app.bot_user_id])
        opened.created = int(self.clock())
        self.channels[opened.id] = opened
        return opened

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """List a channel's top-level messages, or a thread with its root, oldest first."""
        named = self.channel(channel)
        return named.top_level() if thread_ts is None else named.thread(thread_ts)

    def message(self, channel: str, ts: str) -> Json:
        """Find a message, ephemeral ones included; message_not_found when there is none."""
        named = self.channel(channel)
        for message in (*named.messages.values(), *named.ephemerals):
            if message["ts"] == ts:
                return message
        raise api_error("message_not_found")

    @property
    def calls(self) -> list[Json]:
        """Every Web API call and delivery so far, oldest first, tokens redacted."""
        return self.request_log.entries

    # Records.

    def record(self, **entry: Any) -> Json:
        """Add a call or delivery to the request log and send it to the pages."""
        recorded = self.request_log.record(**entry)
        self.page_events.publish(None, type="call", entry=recorded)
        self.change_signal.notify()
        return recorded

    def notice(self, user: str, channel: str | None, code: str, text: str) -> None:
        """Display what Slack's client would display to a person, such as a late app."""
        self.notices.append(ClientNotice(user, channel, code, text))
        fields = {"level": "error", "channel": channel, "text": text, "code": code}
        self.page_events.publish([user], type="notice", **fields)
        self.change_signal.notify()

    # Keys that the app gets with an interaction.

    def make_trigger(self, user: str, from_view: str | None = None) -> str:
        """Make a trigger id, valid once and for `trigger_life_s`."""
        trigger_id = self.id_generator.make_trigger()
        self.triggers[trigger_id] = Trigger(user, self.clock() + self.trigger_life_s, from_view)
        return trigger_id

    def make_response_url(self, channel: str, user: str, message: Json | None = None) -> str:
        """Make a response URL, valid five times and for thirty minutes."""
        name = self.id_generator.make("R", 16)
        response_url = ResponseUrl(channel, user, self.clock() + RESPONSE_URL_LIFE_S)
        if message is not None:
            response_url.message_ts = message["ts"]
            response_url.thread_ts = message.get("thread_ts")
            response_url.ephemeral = bool(message.get("ephemeral"))
        self.response_urls[name] = response_url
        return f"{self.url}/response/{name}"

    # Background work.

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background for as long as the workspace is served."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cancel_background_work(self) -> None:
        """Cancel whatever `spawn` started and wait for its end."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
