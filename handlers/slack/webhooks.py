"""Webhooks of the clouds: Huawei's recording events, Agora's alerts."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web

from bot.services.alerts.receiver import AlertReceiver
from bot.services.call_control.webhook_registration import RECORDING_PATH
from bot.services.call_control.webhooks import RecordingWebhooks
from bot.services.context import DatabaseError
from handlers.http_server import read_body

log = logging.getLogger(__name__)

ALERT_PATH: Final = "/hooks/agora/alerts"
MAX_EVENT_BYTES: Final = 64 * 1024


class RecordingWebhook:
    """`POST /hooks/huawei/recording`; 404 as long as HUAWEI_CALLBACK_KEY is not set.

    401 without a signature of Huawei's of the last minutes, 413 when too long, 400 for a shape
    other than that of chapter 14.6, else 200, also for unknown events, which Huawei would resend.
    """

    def __init__(self, webhooks: RecordingWebhooks) -> None:
        self._webhooks = webhooks

    async def receive(self, request: web.Request) -> web.Response:
        """Receive one event."""
        if not self._webhooks.is_enabled:
            return web.Response(status=404)
        body = await _read_body(request)
        if body is None:
            return web.Response(status=413)
        if not self._is_signed(request, body):
            return web.Response(status=401)
        try:
            event = self._webhooks.parse(body)
        except ValueError as error:
            log.info("invalid recording event: %s", error)
            return web.Response(status=400)
        try:
            is_new = await self._webhooks.receive(event)
        except DatabaseError as error:  # not stored: Huawei must resend it
            log.info("Huawei will resend a recording event: %s", error)
            return web.Response(status=503, headers={"Retry-After": "30"})
        return web.json_response({"taken": is_new})

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        return self._webhooks.is_signed(
            body,
            rand=request.headers.get("X-Rtc-Rand", ""),
            timestamp=request.headers.get("X-Rtc-Timestamp", ""),
            signature=request.headers.get("X-Rtc-Signature", ""),
        )


class AlertWebhook:
    """`POST /hooks/agora/alerts/<secret>`; 404 for any other than AGORA_ALERT_SECRET.

    Agora signs nothing, so an alert is only a reason to ask its API. 413 when too long, 400 for
    what is no alert about a channel, 503 when it cannot be stored, else 200.
    """

    def __init__(self, alerts: AlertReceiver) -> None:
        self._alerts = alerts

    async def receive(self, request: web.Request) -> web.Response:
        """Receive one alert."""
        if not self._alerts.is_right(request.match_info["secret"]):
            return web.Response(status=404)
        body = await _read_body(request)
        if body is None:
            return web.Response(status=413)
        try:
            alert = self._alerts.parse(body)
        except ValueError as error:
            log.info("invalid alert: %s", error)
            return web.Response(status=400)
        try:
            is_new = await self._alerts.receive(alert, request.query.get("app", ""))
        except DatabaseError as error:  # not stored: Agora may send it again
            log.info("an alert could not be stored: %s", error)
            return web.Response(status=503, headers={"Retry-After": "30"})
        return web.json_response({"taken": is_new})


def add_webhooks(
    routes: web.Application, webhooks: RecordingWebhooks, alerts: AlertReceiver
) -> None:
    """Add the webhooks to the HTTP routes."""
    routes.router.add_post(RECORDING_PATH, RecordingWebhook(webhooks).receive)
    routes.router.add_post(ALERT_PATH + "/{secret}", AlertWebhook(alerts).receive)


async def _read_body(request: web.Request) -> bytes | None:
    """Read the body; None when it is too long or not valid HTTP."""
    if (request.content_length or 0) > MAX_EVENT_BYTES:
        return None
    body = await read_body(request)
    return body if body is not None and len(body) <= MAX_EVENT_BYTES else None
