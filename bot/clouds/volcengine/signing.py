"""Volcengine's HMAC-SHA256 signature of a request."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from bot.ports import Clock

if TYPE_CHECKING:  # slow to import
    import httpx

REGION: Final = "cn-north-1"
SERVICE: Final = "rtc"
_ALGORITHM: Final = "HMAC-SHA256"
_SIGNED: Final = ("content-type", "host", "x-content-sha256", "x-date")


class SignatureAuth:
    """Signs each request as it is sent, with the time of `clock`; valid for 15 minutes."""

    def __init__(self, access_key: str, secret_key: str, clock: Clock) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._clock = clock

    def __repr__(self) -> str:
        return "SignatureAuth()"

    def __call__(self, request: httpx.Request) -> httpx.Request:
        """Sign the request exactly as httpx sends it."""
        now = self._clock.now().astimezone(dt.UTC)
        request.headers["X-Date"] = f"{now:%Y%m%dT%H%M%SZ}"
        request.headers["X-Content-Sha256"] = hashlib.sha256(request.content).hexdigest()
        request.headers["Authorization"] = authorization(
            request.method,
            request.url.raw_path.decode("ascii"),
            request.headers,
            self._access_key,
            self._secret_key,
        )
        return request


def authorization(
    method: str, target: str, headers: Mapping[str, str], access_key: str, secret_key: str
) -> str:
    """Return the Authorization header of a request; `target` is path and query as sent.

    Volcengine, "Signature method": the key is derived from the plain secret, and the headers
    must include X-Date and X-Content-Sha256.
    """
    path, _, query = target.partition("?")
    signed = [name for name in _SIGNED if name in headers]
    lines = [f"{name}:{headers[name].strip()}\n" for name in signed]
    names, body_hash = ";".join(signed), headers["x-content-sha256"]
    canonical = "\n".join(
        (method, path or "/", canonical_query(query), "".join(lines), names, body_hash)
    )
    at = headers["x-date"]
    scope = f"{at[:8]}/{REGION}/{SERVICE}/request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = secret_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"{_ALGORITHM}\n{at}\n{scope}\n{digest}"
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    return (
        f"{_ALGORITHM} Credential={access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def canonical_query(query: str) -> str:
    """Return a query sorted and percent-encoded, but for letters, digits and -_.~."""
    pairs = (piece.partition("=")[::2] for piece in query.split("&") if piece)
    return "&".join(
        f"{name}={value}"
        for name, value in sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    )


def _encoded(piece: str) -> str:
    return quote(unquote(piece), safe="-_.~")
