"""The workspace itself: its state in one place, and the levers tests and the demo pull.

What Slack's calls, deliveries and people do with the state stands in the modules beside it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from bot.sandbox.slack import admin
from bot.sandbox.slack.api.rate_limits import RateLimiter
from bot.sandbox.slack.app import read_manifest
from bot.sandbox.slack.broadcast import ChangeSignal, PageEvents
from bot.sandbox.slack.delivery.socket_mode import SocketModeTransport
from bot.sandbox.slack.delivery.transport import Ack, Delivery, HttpTransport, Transport
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.faults import Fault, Faults
from bot.sandbox.slack.ids import IdGenerator
from bot.sandbox.slack.model import Channel, ClientNotice, ResponseUrl, Trigger, UploadedFile, User
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.request_log import RequestLog
from bot.sandbox.slack.seed import make_channels, make_people, make_usergroups
from bot.sandbox.slack.server import open_server

Result = TypeVar("Result")
TRIGGER_LIFE_S: Final = 3.0
RESPONSE_URL_LIFE_S: Final = 1800.0


class Workspace:
    """A strict Slack workspace with one installed app, in memory.

    `clock` answers epoch seconds. `manifest` (the app manifest's JSON) says which commands,
    shortcuts, events and scopes there are; without one every one is on. `message_rate_s` is the
    time between two posts in a channel; 0 switches every rate limit off. `message_burst` posts may
    come at once. `retry_delays_s` are the pauses before an event's retries. `unready_file_uses` is
    how many uses of a fresh file still find it unready, for ten seconds at most. `supports_charts`
    is off where Slack has not given a workspace its charts yet.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        manifest: Mapping[str, Any] | None = None,
        team_id: str = "T07LAGDESK0",
        message_rate_s: float = 1.0,
        message_burst: int = 1,
        ack_limit_s: float = 3.0,
        retry_delays_s: Sequence[float] = (0.0, 60.0, 300.0),
        unready_file_uses: int = 1,
    ) -> None:
        self.clock = clock
        self.team_id, self.team_name, self.domain = team_id, "Sandbox School", "sandbox-school"
        self.message_rate_s, self.message_burst = message_rate_s, message_burst
        self.ack_limit_s, self.retry_delays_s = ack_limit_s, tuple(retry_delays_s)
        self.unready_file_uses, self.supports_charts = unready_file_uses, True
        self.app = read_manifest(manifest)
        self.url = ""
        self.id_generator, self.change_signal, self.page_events = (
            IdGenerator(clock),
            ChangeSignal(),
            PageEvents(),
        )
        self.request_log, self.faults, self.rate_limiter = (
            RequestLog(),
            Faults(),
            RateLimiter(clock),
        )
        self.defects: list[Json] = []
        self.notices: list[ClientNotice] = []
        self.last_delivery: Delivery | None = None
        self._http: HttpTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.socket_mode = SocketModeTransport(self)
        self.closing = asyncio.Event()
        self._seed_state()

    def _seed_state(self) -> None:
        bot = User(
            self.app.bot_user_id, self.app.bot_name, self.app.name, "en-US", "UTC", is_bot=True
        )
        self.users = {user.id: user for user in (*make_people(), bot)}
        created = int(self.clock())
        self.channels = {c.id: c for c in make_channels(bot.id, created)}
        self.usergroups = {group.id: group for group in make_usergroups()}
        self.files: dict[str, UploadedFile] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.views: dict[str, Json] = {}
        self.stacks: dict[str, list[str]] = {}
        self.homes: dict[str, Json] = {}
        self.drafts: dict[str, Json] = {}
        self.oauth_codes: dict[str, Json] = {}
        self._people = {u.id: Person(self, u) for u in self.users.values() if not u.is_bot}

    # What the product is told about itself.

    @property
    def api_url(self) -> str:
        """The Web API's base, for SLACK_API_URL."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        """The bot token that is good now."""
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token, for Socket Mode."""
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        """What deliveries are signed with."""
        return self.app.signing_secret

    @property
    def client_id(self) -> str:
        """The OAuth client's id."""
        return self.app.client_id

    @property
    def client_secret(self) -> str:
        """The OAuth client's secret."""
        return self.app.client_secret

    @property
    def scopes(self) -> set[str]:
        """The bot token's scopes; take one away to see `missing_scope`."""
        return self.app.scopes

    # Serving.

    @asynccontextmanager
    async def serve(self, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[Workspace]:
        """Serve on loopback until the block ends; port 0 takes a free one."""
        async with open_server(self, host, port) as url:
            self.url = url
            try:
                yield self
            finally:
                await self._close()

    async def _close(self) -> None:
        self.closing.set()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.socket_mode.close()
        if self._http is not None:
            await self._http.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background for as long as the workspace is served."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def connect_http(self, url: str) -> HttpTransport:
        """Deliver to this URL from now on instead of over Socket Mode."""
        self._http = HttpTransport(url, self.app.signing_secret, self.ack_limit_s)
        self.page_events.publish(None, type="presence", connected=True)
        return self._http

    async def verify_url(self) -> bool:
        """Do what Slack does when a request URL is entered; tell whether the app passed."""
        return self._http is not None and await admin.verify_url(self, self._http)

    @property
    def transport(self) -> Transport | None:
        """The way to the app: HTTP once connected, else its sockets, else None."""
        if self._http is not None:
            return self._http
        return self.socket_mode if self.socket_mode.connected else None

    async def disconnect_socket_mode(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect, as Slack does every few hours, and close it."""
        await self.socket_mode.disconnect(reason)

    # Looking things up.

    def person(self, name: str) -> Person:
        """Find a person by id or short name."""
        for user_id, person in self._people.items():
            if name in (user_id, person.user.name):
                return person
        raise KeyError(name)

    @property
    def people(self) -> list[Person]:
        """Everybody who is not a bot."""
        return list(self._people.values())

    def channel(self, name: str) -> Channel:
        """Find a channel by id, name, or `#name`."""
        for channel in self.channels.values():
            if name.removeprefix("#") in (channel.id, channel.name):
                return channel
        raise KeyError(name)

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
        found = self.channel(channel)
        return found.top_level() if thread_ts is None else found.thread(thread_ts)

    def message(self, channel: str, ts: str) -> Json:
        """Find a message, ephemeral ones included; message_not_found when there is none."""
        found = self.channel(channel)
        for message in (*found.messages.values(), *found.ephemerals):
            if message["ts"] == ts:
                return message
        raise api_error("message_not_found")

    # Waiting and looking back.

    @property
    def calls(self) -> list[Json]:
        """Every Web API call and delivery so far, oldest first, tokens redacted."""
        return self.request_log.entries

    def record(self, **entry: Any) -> Json:
        """Write a call or delivery into the inspector and show it to the pages."""
        recorded = self.request_log.record(**entry)
        self.page_events.publish(None, type="call", entry=recorded)
        self.change_signal.notify()
        return recorded

    async def until(self, predicate: Callable[[], Result], timeout_s: float = 10.0) -> Result:
        """Wait until the predicate answers something true; AssertionError with a dump if never."""
        try:
            return await self.change_signal.until(predicate, timeout_s)
        except TimeoutError:
            raise AssertionError(admin.dump(self, timeout_s)) from None

    def notice(self, user: str, channel: str | None, code: str, text: str) -> None:
        """Tell a person what Slack's client would, such as that the app was late."""
        self.notices.append(ClientNotice(user, channel, code, text))
        state = {"level": "error", "channel": channel, "text": text, "code": code}
        self.page_events.publish([user], type="notice", **state)
        self.change_signal.notify()

    # Handing out keys.

    def make_trigger(self, user: str, from_view: str | None = None) -> str:
        """Make a trigger id, good once and for three seconds."""
        trigger_id = self.id_generator.make_trigger()
        self.triggers[trigger_id] = Trigger(user, self.clock() + TRIGGER_LIFE_S, from_view)
        return trigger_id

    def make_response_url(self, channel: str, user: str, message: Json | None = None) -> str:
        """Make a response URL, good five times and for thirty minutes."""
        name = self.id_generator.make("R", 16)
        response_url = ResponseUrl(channel, user, self.clock() + RESPONSE_URL_LIFE_S)
        if message is not None:
            response_url.message_ts, response_url.thread_ts = (
                message["ts"],
                message.get("thread_ts"),
            )
            response_url.ephemeral = bool(message.get("ephemeral"))
        self.response_urls[name] = response_url
        return f"{self.url}/response/{name}"

    # Levers.

    def fail_next(
        self,
        method: str,
        error: str = "ratelimited",
        *,
        retry_after: int = 1,
        times: int = 1,
        after_effect: bool = False,
    ) -> None:
        """Break the next calls of a method.

        `error` is a Slack error code, `http_500`, `dropped` (the connection) or `timeout` (no
        answer until the caller gives up). With `after_effect` the call is carried out first.
        `upload` is the upload of a file's bytes, `response_url` a response URL.
        """
        self.faults.add(Fault(method, error, retry_after, times, after_effect))

    def archive(self, channel: str) -> None:
        """Archive a channel: posts answer `is_archived`."""
        admin.set_archived(self, self.channel(channel), archived=True)

    def unarchive(self, channel: str) -> None:
        """Bring an archived channel back; the bot is still its member."""
        admin.set_archived(self, self.channel(channel), archived=False)

    def remove_bot(self, channel: str) -> None:
        """Remove the app from a channel: posts answer `not_in_channel`."""
        admin.leave(self, self.channel(channel), self.app.bot_user_id)

    def add_bot(self, channel: str) -> None:
        """Invite the app into a channel."""
        admin.join(self, self.channel(channel), self.app.bot_user_id)

    def join(self, channel: str, person: str) -> None:
        """Let a person into a channel."""
        admin.join(self, self.channel(channel), self.person(person).id)

    def leave(self, channel: str, person: str) -> None:
        """Take a person out of a channel."""
        admin.leave(self, self.channel(channel), self.person(person).id)

    def update_user(self, person: str, **fields: str) -> None:
        """Change a person's `locale`, `timezone` or names; the app hears user_change."""
        admin.update_user(self, self.person(person).user, fields)

    def uninstall(self) -> None:
        """Uninstall the app: tokens_revoked and app_uninstalled, then `account_inactive`."""
        admin.uninstall(self)

    async def redeliver(self, count: int = 1) -> list[Ack]:
        """Send the last delivery again `count` times with the same ids; events as retries."""
        return await admin.redeliver(self, count)

    def __repr__(self) -> str:
        return f"Workspace({self.team_id}, {json.dumps(self.url)})"
