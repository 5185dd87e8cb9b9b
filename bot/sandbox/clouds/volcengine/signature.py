"""How Volcengine checks a signature (signing, "HMAC-SHA256"). No answer is here.

Written apart from the client, from the document: the two check each other.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote

from bot.sandbox.clouds.volcengine.params import refusal

if TYPE_CHECKING:
    from bot.sandbox.clouds.server import Ask

LIFETIME_S: Final = 900
_SCOPE: Final = ("cn-north-1", "rtc", "request")
_HEADER: Final = re.compile(
    r"HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), "
    r"SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]{64})"
)


def check_signature(ask: Ask, access_key: str, secret_key: str) -> None:
    """Raise RefusalError unless the call was signed with this key, now, over these bytes."""
    at, header = ask.headers.get("x-date", ""), ask.headers.get("authorization", "")
    if not at or not header:
        raise refusal(ask, "MissingRequestInfo", "X-Date and Authorization are required")
    found = _HEADER.fullmatch(header)
    if found is None:
        raise refusal(ask, "SignatureDoesNotMatch", "Authorization is malformed")
    if found["key"] != access_key:
        raise refusal(ask, "InvalidAccessKey", "unknown access key")
    if abs(ask.now - _seconds(ask, at)) > LIFETIME_S:
        raise refusal(ask, "InvalidTimestamp", "X-Date is expired or in the future")
    scope = "/".join((at[:8], *_SCOPE))
    names = found["names"].split(";")
    if found["scope"] != scope or not {"host", "x-date"} <= set(names) or names != sorted(names):
        raise refusal(ask, "SignatureDoesNotMatch", "wrong scope or headers")
    body_hash = hashlib.sha256(ask.body).hexdigest()
    if ask.headers.get("x-content-sha256", body_hash) != body_hash:
        raise refusal(ask, "SignatureDoesNotMatch", "X-Content-Sha256 is not of this body")
    canonical = _canonical(ask, names, body_hash)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"HMAC-SHA256\n{at}\n{scope}\n{digest}"
    if not hmac.compare_digest(_sign(secret_key, scope, text), found["signature"]):
        raise refusal(ask, "SignatureDoesNotMatch", "the signature does not match")


def _seconds(ask: Ask, at: str) -> int:
    try:
        return calendar.timegm(time.strptime(at, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise refusal(ask, "InvalidTimestamp", "X-Date must be YYYYMMDDTHHMMSSZ") from None


def _canonical(ask: Ask, names: list[str], body_hash: str) -> str:
    raw_query = ask.raw_path.partition("?")[2].replace("+", "%2B")
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(raw_query, keep_blank_values=True)
    )
    query = "&".join(f"{name}={value}" for name, value in pairs)
    headers = "".join(f"{name}:{ask.headers.get(name, '').strip()}\n" for name in names)
    return f"{ask.method}\n{ask.path}\n{query}\n{headers}\n{';'.join(names)}\n{body_hash}"


def _sign(secret_key: str, scope: str, text: str) -> str:
    key = secret_key.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
