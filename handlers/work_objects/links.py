"""The web addresses of tickets: PUBLIC_URL/t/12."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_PATH: Final = re.compile(r"/t/([0-9]{1,15})/?", re.ASCII)
PAGE: Final = "/t/{number:[0-9]{1,15}}"


def ticket_url(public_url: str, number: int) -> str:
    """Return a ticket's address."""
    return f"{public_url}/t/{number}"


def read_ticket_url(url: str, public_url: str) -> int | None:
    """Return the number of the ticket whose address this is; None for any other address."""
    try:
        parts, public = urlsplit(url), urlsplit(public_url)
    except ValueError:
        return None
    if not public_url or (parts.scheme, parts.netloc) != (public.scheme, public.netloc):
        return None
    match = _PATH.fullmatch(parts.path.removeprefix(public.path))
    return int(match[1]) if match and parts.path.startswith(public.path) else None
