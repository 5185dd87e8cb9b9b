"""Verifying webhooks as a receiver does, from the specification Standard Webhooks alone."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any, Final

from bot.sandbox.integrations.webhook_receiver import SECRET, ReceivedWebhook

TOLERANCE_S: Final = 300


def verify(
    received: ReceivedWebhook,
    now: dt.datetime,
    *,
    secret: str = SECRET,
    tolerance_s: float = TOLERANCE_S,
) -> dict[str, Any]:
    """Return the body of a webhook that is signed with the secret, and sent lately."""
    message_id, timestamp = received.headers["webhook-id"], received.headers["webhook-timestamp"]
    assert abs(now.timestamp() - int(timestamp)) <= tolerance_s
    assert "." not in message_id
    mac = hmac.new(base64.b64decode(secret.split("_", 1)[1]), digestmod=hashlib.sha256)
    for part in (message_id.encode(), b".", timestamp.encode(), b".", received.body):
        mac.update(part)
    expected = "v1," + base64.b64encode(mac.digest()).decode()
    assert expected in received.headers["webhook-signature"].split(" ")
    body: dict[str, Any] = json.loads(received.body)
    return body
