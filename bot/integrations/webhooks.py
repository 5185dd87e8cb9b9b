"""Sending webhooks, signed as the specification Standard Webhooks says, and what is answered."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from bot.errors import (
    IntegrationBusyError,
    IntegrationInvalidResponseError,
    IntegrationRefusedError,
)
from bot.i18n.messages import message
from bot.webhook_settings import WebhookAddress

if TYPE_CHECKING:
    from bot.integrations.http import IntegrationHttp, Response

TIMEOUT_S: Final = 15.0  # Standard Webhooks: 15 to 30 s
_RETRIED_STATUSES: Final = frozenset((408, 425, 429))  # of 4xx; every 5xx is retried
_REDIRECTS: Final = range(300, 400)
_REFUSALS: Final = range(400, 500)
_MAX_RETRY_AFTER_S: Final = 86400.0
_MAX_DIGITS: Final = 9


class WebhookSender:
    """Sends webhooks; each address has connections of its own, and `timeout_s` to answer."""

    def __init__(self, *, allow_private: bool, timeout_s: float = TIMEOUT_S) -> None:
        self._allow_private = allow_private
        self.timeout_s: Final = timeout_s
        self._clients: dict[str, IntegrationHttp] = {}

    async def send(
        self, address: WebhookAddress, message_id: str, body: bytes, now: dt.datetime
    ) -> None:
        """Send one webhook.

        Raises IntegrationRefusedError when it is not to be sent again (4xx but 408, 425 and 429),
        and a retryable IntegrationError for any other answer than 2xx, and without an answer.
        """
        timestamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(address.keys, message_id, timestamp, body),
        }
        response = await self._client(address).request(
            "POST", address.url, body=body, headers=headers, reads_body=False
        )
        _check(response, address.host, now)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.close()

    def _client(self, address: WebhookAddress) -> IntegrationHttp:
        from bot.integrations.http import (  # noqa: PLC0415 - httpx is slow to import
            IntegrationHttp,
        )

        if address.id not in self._clients:
            self._clients[address.id] = IntegrationHttp(
                address.host, allow_private=self._allow_private, timeout_s=self.timeout_s
            )
        return self._clients[address.id]


def sign(keys: Sequence[bytes], message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signatures with each key; receivers take any of them."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = [hmac.digest(key, signed, hashlib.sha256) for key in keys]
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def _check(response: Response, host: str, now: dt.datetime) -> None:
    """Raise the error that an answer means."""
    status = response.status
    text = message("%(service)s answered with status %(status)s.", service=host, status=status)
    if status in _REFUSALS and status not in _RETRIED_STATUSES:
        raise IntegrationRefusedError(text, service=host, status=status)
    if status in _RETRIED_STATUSES or status >= _REFUSALS.stop:
        pause_s = _retry_after_s(response.headers.get("retry-after", "").strip(), now)
        raise IntegrationBusyError(text, service=host, status=status, retry_after_s=pause_s)
    if status in _REDIRECTS:
        text = message(
            "%(service)s redirects to another address. Set that one in WEBHOOKS.", service=host
        )
        raise IntegrationInvalidResponseError(text, service=host)


def _retry_after_s(value: str, now: dt.datetime) -> float:
    """Read a Retry-After, in seconds or as a date; 0 for none, a day at most."""
    if value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return min(float(value), _MAX_RETRY_AFTER_S)
    try:
        pause_s = (parsedate_to_datetime(value) - now).total_seconds()
    except (TypeError, ValueError):  # no date, or one without a zone
        return 0.0
    return max(0.0, min(pause_s, _MAX_RETRY_AFTER_S))
