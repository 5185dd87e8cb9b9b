"""Socket Mode: the connection over which Slack sends requests to a process without an address."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.process_metrics import REQUESTS
from handlers.slack.clients import error_code
from handlers.slack.request_validation import read_envelope

log = logging.getLogger(__name__)

_CONNECTION_ERRORS: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)


class SocketModeTransport(AsyncSocketModeHandler):
    """Socket Mode. Invalid envelopes are acknowledged, or Slack would resend them."""

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        self._connection_log = _ConnectionLog(log, {})
        super().__init__(app, app_token, logger=self._connection_log)  # type: ignore[arg-type]
        self.client.message_listeners.append(self._notice_hello)

    async def handle(  # type: ignore[override]
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        """Pass an envelope to Bolt."""
        payload = read_envelope(req.payload)
        if payload is None:
            REQUESTS["invalid", "malformed"] += 1
            log.warning("invalid payload in an envelope of type %s", req.type)
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=req.envelope_id))
            return
        req.payload = payload
        await super().handle(client, req)

    async def _notice_hello(self, _client: object, message: dict[str, Any], _raw: Any) -> None:
        """Notice that Slack has accepted a connection."""
        if message.get("type") == "hello":
            self._connection_log.succeeded()


class _ConnectionLog(logging.LoggerAdapter[logging.Logger]):
    """slack-sdk's log: one line when the connection begins to fail, one when it works again.

    slack-sdk logs each attempt with its traceback, and each new connection.
    """

    _has_failed = False

    @property
    def level(self) -> int:
        """The level in effect; Bolt reads it after each answer."""
        return self.getEffectiveLevel()

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        error = sys.exc_info()[1]
        if level < logging.WARNING:
            super().log(logging.DEBUG, msg, *args, **kwargs)
        elif not isinstance(error, _CONNECTION_ERRORS):
            super().log(level, msg, *args, **kwargs)
        elif not self._has_failed:
            self._has_failed = True
            super().log(logging.ERROR, "the connection to Slack fails: %s", _reason_of(error))

    def succeeded(self) -> None:
        """Log that the connection works again, if it has failed."""
        if self._has_failed:
            self._has_failed = False
            self.logger.warning("the connection to Slack works again")


def _reason_of(error: BaseException) -> str:
    """Name an error without its text, which can have the address of the connection."""
    code = error_code(error) if isinstance(error, SlackApiError) else ""
    return code or type(error).__name__
