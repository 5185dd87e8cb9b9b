"""The assembled workspace: its state, a server, and what tests and the demo do to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from bot.sandbox.slack import admin, channels
from bot.sandbox.slack.delivery.socket_mode import SocketModeTransport
from bot.sandbox.slack.delivery.transport import HttpTransport
from bot.sandbox.slack.person import Person, find_person, list_people
from bot.sandbox.slack.server import open_server
from bot.sandbox.slack.state.faults import Fault
from bot.sandbox.slack.state.model import Ack
from bot.sandbox.slack.state.workspace_state import WorkspaceState
from bot.sandbox.slack.waiting import wait_until

Result = TypeVar("Result")


@dataclass(kw_only=True, eq=False, repr=False)
class Workspace(WorkspaceState):
    """A strict Slack workspace with one installed app; the arguments are WorkspaceState's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.socket_mode = SocketModeTransport(self)
        self.transports.append(self.socket_mode)

    # The app's credentials.

    @property
    def api_url(self) -> str:
        """The Web API's base, for SLACK_API_URL."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        """The bot token that is valid now."""
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token, for Socket Mode."""
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        """The secret that deliveries are signed with."""
        return self.app.signing_secret

    @property
    def client_id(self) -> str:
        """The OAuth client's id."""
        return self.app.client_id

    @property
    def client_secret(self) -> str:
        """The OAuth client's secret."""
        return self.app.client_secret

    # Serving.

    @asynccontextmanager
    async def serve(self, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[Workspace]:
        """Serve on loopback until the block ends; port 0 takes a free one."""
        async with open_server(self, self.socket_mode, host, port) as url:
            self.url = url
            try:
                yield self
            finally:
                await self._close()

    async def _close(self) -> None:
        self.closing.set()
        await self.cancel_background_work()
        for transport in self.transports:
            await transport.close()

    def connect_http(self, url: str) -> HttpTransport:
        """Deliver to this URL from now on instead of over Socket Mode."""
        transport = HttpTransport(url, self.app.signing_secret, self.ack_limit_s)
        self.transports.insert(0, transport)
        self.page_events.publish(None, type="presence", connected=True)
        return transport

    async def verify_url(self) -> bool:
        """Do what Slack does when a request URL is entered; return whether the app passed."""
        preferred = self.transports[0]
        return isinstance(preferred, HttpTransport) and await admin.verify_url(self, preferred)

    async def disconnect_socket_mode(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect, as Slack does every few hours, and close it."""
        await self.socket_mode.disconnect(reason)

    # People, and waiting for what they see.

    def person(self, name: str) -> Person:
        """Find a person by id or short name; KeyError when there is none."""
        return find_person(self, name)

    @property
    def people(self) -> list[Person]:
        """Everybody who is not a bot."""
        return list_people(self)

    async def until(self, predicate: Callable[[], Result], timeout_s: float = 10.0) -> Result:
        """Wait until the predicate returns something true; AssertionError with a dump if never."""
        return await wait_until(self, predicate, timeout_s)

    # What an administrator, or a failing Slack, does.

    def fail_next(
        self,
        method: str,
        error: str = "ratelimited",
        *,
        retry_after: int = 1,
        times: int = 1,
        after_effect: bool = False,
        containing: str = "",
    ) -> None:
        """Break the next calls of a method.

        `error` is a Slack error code, `http_500`, `dropped` (the connection) or `timeout` (no
        response until the caller gives up). With `after_effect` the call takes effect first;
        with `containing` only calls break that have this text among their arguments.
        `upload` is the upload of a file's bytes, `response_url` a response URL.
        """
        self.faults.add(Fault(method, error, retry_after, times, after_effect, containing))

    def archive(self, channel: str) -> None:
        """Archive a channel: posts then fail with `is_archived`."""
        channels.set_archived(self, self.channel(channel), archived=True)

    def unarchive(self, channel: str) -> None:
        """Unarchive a channel; the bot is still its member."""
        channels.set_archived(self, self.channel(channel), archived=False)

    def remove_bot(self, channel: str) -> None:
        """Remove the app from a channel: posts then fail with `not_in_channel`."""
        channels.leave(self, self.channel(channel), self.app.bot_user_id)

    def add_bot(self, channel: str) -> None:
        """Invite the app into a channel."""
        channels.join(self, self.channel(channel), self.app.bot_user_id)

    def join(self, channel: str, person: str) -> None:
        """Add a person to a channel."""
        channels.join(self, self.channel(channel), self.person(person).id)

    def update_user(self, person: str, **fields: str) -> None:
        """Change a person's `locale`, `timezone` or names; the app gets user_change."""
        admin.update_user(self, self.person(person).user, fields)

    def uninstall(self) -> None:
        """Uninstall the app: tokens_revoked and app_uninstalled, then `account_inactive`."""
        admin.uninstall(self)

    async def redeliver(self, count: int = 1) -> list[Ack]:
        """Send the last delivery again `count` times with the same ids; events as retries."""
        return await admin.redeliver(self, count)

    def __repr__(self) -> str:
        return f"Workspace({self.team_id}, {json.dumps(self.url)})"
