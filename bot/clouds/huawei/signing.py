"""SDK-HMAC-SHA256, Huawei's signature of a request by access key.

API Request Signing Guide: the signed path ends in "/" though the URL does not; there is no
scope and no derived key. The URL must be built from `canonical_query`: a space written as "+"
would be signed as something else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "SDK-HMAC-SHA256"
DATE_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_UNRESERVED: Final = "-_.~"


def encode(text: str) -> str:
    """Percent-encode a name, value or path segment (RFC 3986) but for unreserved characters."""
    return quote(text, safe=_UNRESERVED)


def canonical_query(query: Iterable[tuple[str, str]]) -> str:
    """Join a query sorted by name, then by value; it can be sent as it is."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(query))


def canonical_request(
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
) -> str:
    """Return the text to sign; all `headers` are signed, and `path` is as it is sent."""
    lines = {name.lower(): value.strip() for name, value in headers.items()}
    return "\n".join(
        (
            method,
            path if path.endswith("/") else f"{path}/",
            canonical_query(query),
            *(f"{name}:{lines[name]}" for name in sorted(lines)),
            "",
            ";".join(sorted(lines)),
            hashlib.sha256(body).hexdigest(),
        )
    )


def authorize(access_key: str, secret_key: str, request: str, headers: Mapping[str, str]) -> str:
    """Return the Authorization header of a canonical request; `X-Sdk-Date` is required."""
    signed_names = ";".join(sorted(name.lower() for name in headers))
    digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{headers['X-Sdk-Date']}\n{digest}"
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={signed_names}, Signature={signature}"
