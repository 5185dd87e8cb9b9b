"""A Volcengine customer's account, and the check of a request's signature (signing, "HMAC-SHA256").

Written from the document, independently of the client: each is a test of the other.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote

from bot.sandbox.clouds.server import Request
from bot.sandbox.clouds.volcengine.params import api_error

LIFETIME_S: Final = 900
_SCOPE: Final = ("cn-north-1", "rtc", "request")
_HEADER: Final = re.compile(
    r"HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), "
    r"SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class VolcengineAccount:
    """A Volcengine customer: the key pair and the app ids, by the name of our app.

    A simulated call belongs to the app of the same name. All values are invented.
    """

    access_key: str = "AKSANDBOXVOLCENGINE"
    secret_key: str = "sandbox-volcengine-secret"
    apps: Mapping[str, str] = field(
        default_factory=lambda: {
            "kids": "661e00000000000000000001",
            "adults": "661e00000000000000000002",
            "piano": "661e00000000000000000003",
        }
    )


def check_signature(request: Request, account: VolcengineAccount) -> None:
    """Raise RefusalError unless the call was signed with this key, now, over these bytes."""
    at, header = request.headers.get("x-date", ""), request.headers.get("authorization", "")
    if not at or not header:
        raise api_error(request, "MissingRequestInfo", "X-Date and Authorization are required")
    match = _HEADER.fullmatch(header)
    if match is None:
        raise api_error(request, "SignatureDoesNotMatch", "Authorization is malformed")
    if match["key"] != account.access_key:
        raise api_error(request, "InvalidAccessKey", "unknown access key")
    if abs(request.now - _seconds(request, at)) > LIFETIME_S:
        raise api_error(request, "InvalidTimestamp", "X-Date is expired or in the future")
    scope = "/".join((at[:8], *_SCOPE))
    names = match["names"].split(";")
    if match["scope"] != scope or not {"host", "x-date"} <= set(names) or names != sorted(names):
        raise api_error(request, "SignatureDoesNotMatch", "wrong scope or headers")
    body_hash = hashlib.sha256(request.body).hexdigest()
    if request.headers.get("x-content-sha256", body_hash) != body_hash:
        raise api_error(request, "SignatureDoesNotMatch", "X-Content-Sha256 is not of this body")
    canonical = _canonical(request, names, body_hash)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"HMAC-SHA256\n{at}\n{scope}\n{digest}"
    if not hmac.compare_digest(_sign(account.secret_key, scope, text), match["signature"]):
        raise api_error(request, "SignatureDoesNotMatch", "the signature does not match")


def _seconds(request: Request, at: str) -> int:
    try:
        return calendar.timegm(time.strptime(at, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise api_error(request, "InvalidTimestamp", "X-Date must be YYYYMMDDTHHMMSSZ") from None


def _canonical(request: Request, names: list[str], body_hash: str) -> str:
    raw_query = request.raw_path.partition("?")[2].replace("+", "%2B")
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(raw_query, keep_blank_values=True)
    )
    query = "&".join(f"{name}={value}" for name, value in pairs)
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    return f"{request.method}\n{request.path}\n{query}\n{headers}\n{';'.join(names)}\n{body_hash}"


def _sign(secret_key: str, scope: str, text: str) -> str:
    key = secret_key.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
