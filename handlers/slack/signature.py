"""Whether Slack signed an HTTP request (Slack, "Verifying requests from Slack")."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from typing import Final

from aiohttp import web

from bot.services.admin.signatures import WrongSignatures
from handlers.http_server import read_body

_MAX_AGE_S: Final = 300
_TIMESTAMP: Final = "X-Slack-Request-Timestamp"
_SIGNATURE: Final = "X-Slack-Signature"
_SIGNATURE_PATTERN: Final = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP_PATTERN: Final = re.compile(r"[0-9]{1,12}")


class SlackSignature:
    """Checks signatures, and notes those that are wrong: the secret may be."""

    def __init__(self, secret: str, wrong_signatures: WrongSignatures) -> None:
        self._secret = secret.encode()
        self._wrong_signatures = wrong_signatures

    async def read_body(self, request: web.Request) -> bytes | None:
        """Read the body; None when it is unreadable or not signed by Slack."""
        timestamp = request.headers.get(_TIMESTAMP, "")
        signature = request.headers.get(_SIGNATURE, "")
        if not (
            _TIMESTAMP_PATTERN.fullmatch(timestamp) and _SIGNATURE_PATTERN.fullmatch(signature)
        ):
            return None
        body = await read_body(request)
        is_late = abs(time.time() - int(timestamp)) > _MAX_AGE_S
        if body is None or is_late:
            return None
        signed = b":".join((b"v0", timestamp.encode(), body))  # the body may not be text
        digest = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        if hmac.compare_digest(f"v0={digest}", signature):
            return body
        self._wrong_signatures.note()
        return None


def claims_to_be_slack(request: web.Request) -> bool:
    """Return whether a request has at least a part of what Slack signs with."""
    return _TIMESTAMP in request.headers or _SIGNATURE in request.headers
