"""Sending commands, interactions and events to the app, signed over HTTP, or by Socket Mode."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.errors import NoAckError
from bot.sandbox.slack.state.model import Ack, Delivery, Transport
from bot.sandbox.slack.state.workspace_state import WorkspaceState


class HttpTransport:
    """Signed POSTs to one URL. Source: Slack, "Verifying requests from Slack"."""

    name = "http"

    def __init__(self, url: str, signing_secret: str, ack_limit_s: float) -> None:
        self.url = url
        self._signing_secret = signing_secret
        self._limit = aiohttp.ClientTimeout(total=ack_limit_s)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def connected(self) -> bool:
        """An HTTP app is always taken for reachable."""
        return True

    async def send(self, delivery: Delivery) -> Ack:
        """POST it. Redirects are not followed; a status other than 200 is returned, not raised."""
        body, headers = encode(delivery)
        headers |= sign(self._signing_secret, body)
        return await self.post(body, headers)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Ack:
        """POST these bytes unchanged, also forged or malformed ones."""
        try:
            async with self._open().post(
                self.url, data=body, headers=headers, timeout=self._limit, allow_redirects=False
            ) as answer:
                text = (await answer.read()).decode("utf-8", "replace")
                return Ack(answer.status, text, {k.lower(): v for k, v in answer.headers.items()})
        except TimeoutError as error:
            reason = "http_timeout"
            raise NoAckError(reason) from error
        except aiohttp.ClientError as error:
            reason = "connection_failed"
            raise NoAckError(reason) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise NoAckError("connection_failed")
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        """Close the connections; later sends fail."""
        self._closed = True
        if self._session is not None:
            await self._session.close()


def encode(delivery: Delivery) -> tuple[bytes, dict[str, str]]:
    """Encode as Slack does: events as JSON, commands as form, the rest in a `payload` field."""
    if delivery.kind == "events_api":
        headers = {"Content-Type": "application/json"}
        if delivery.retry_num:
            headers["X-Slack-Retry-Num"] = str(delivery.retry_num)
            headers["X-Slack-Retry-Reason"] = delivery.retry_reason
        return json.dumps(delivery.payload).encode(), headers
    is_command = delivery.kind == "slash_commands"
    fields = delivery.payload if is_command else {"payload": json.dumps(delivery.payload)}
    return urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}


def sign(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """Sign a raw body, `v0:TIMESTAMP:BODY` with HMAC-SHA256. `at` is epoch seconds, now if None.

    It uses the real clock, because the app compares the timestamp with its own.
    """
    timestamp = str(int(time.time() if at is None else at))
    base = b":".join((b"v0", timestamp.encode(), body))
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


async def deliver(workspace: WorkspaceState, delivery: Delivery) -> Ack:
    """Deliver once and add it to the request log. NoAckError when no acknowledgement arrived."""
    started, at = time.perf_counter(), workspace.clock()
    workspace.last_delivery = delivery
    answer: object = None
    status = 0
    try:
        ack = await _send(workspace.transport, delivery)
        status, answer = ack.status, readable(ack.body)
    except NoAckError as error:
        answer = {"error": error.reason}
        raise
    finally:
        workspace.record(
            at=at,
            direction="slack->app",
            name=delivery.name,
            request=delivery.payload,
            status=status,
            response=answer,
            ms=(time.perf_counter() - started) * 1000,
            warnings=[f"retry {delivery.retry_num}"] if delivery.retry_num else [],
        )
    return ack


async def _send(transport: Transport | None, delivery: Delivery) -> Ack:
    if transport is None:
        reason = "connection_failed"
        raise NoAckError(reason)
    return await transport.send(delivery)


async def deliver_event(workspace: WorkspaceState, delivery: Delivery) -> None:
    """Deliver an event, and again up to three times after the workspace's pauses."""
    reason = ""
    for retry_num, pause_s in enumerate((0.0, *workspace.retry_delays_s)):
        if pause_s:
            await asyncio.sleep(pause_s)
        again = dataclasses.replace(delivery, retry_num=retry_num, retry_reason=reason)
        try:
            ack = await deliver(workspace, again)
        except NoAckError as error:
            reason = error.reason
            continue
        if ack.ok or ack.headers.get("x-slack-no-retry") == "1":
            return
        reason = "http_error"


def readable(body: str) -> object:
    """Decode a body's JSON; other text is returned unchanged."""
    try:
        decoded: object = json.loads(body)
    except ValueError:
        return body
    return decoded
