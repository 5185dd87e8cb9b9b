"""The log of every Web API call and delivery, with secrets redacted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.slack.errors import Json

_MAX_ENTRIES: Final = 5_000
_MAX_TEXT: Final = 4_000
_TOKEN = re.compile(r"(xox[a-z]|xapp|xoxe)[-.][A-Za-z0-9-]+|sandbox-(client|signing)-secret")
_SECRET_KEYS: Final = frozenset({"token", "client_secret", "code", "refresh_token"})


class RequestLog:
    """Requests and responses, newest last. Times are epoch seconds, `ms` milliseconds."""

    def __init__(self) -> None:
        self.entries: list[Json] = []
        self._next_id = 1

    def record(
        self,
        *,
        at: float,
        direction: str,
        name: str,
        request: object,
        status: int,
        response: object,
        ms: float,
        warnings: list[str],
    ) -> Json:
        """Append an entry and return it; tokens are redacted before it is kept."""
        entry: Json = {
            "id": self._next_id,
            "at": at,
            "direction": direction,
            "name": name,
            "status": status,
            "ms": round(ms, 1),
            "request": redact(request),
            "response": redact(response),
            "warnings": warnings,
        }
        self._next_id += 1
        self.entries.append(entry)
        del self.entries[:-_MAX_ENTRIES]
        return entry


def redact(value: Any) -> Any:
    """Copy JSON with tokens, secrets and over-long texts replaced."""
    if isinstance(value, str):
        return _redact_text(value)
    if isinstance(value, dict | Mapping):  # dict first: asking for a Mapping is slow
        return {
            key: "…" if key in _SECRET_KEYS and item and isinstance(item, str) else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def _redact_text(value: str) -> str:
    if "xox" in value or "xapp" in value or "sandbox-" in value:  # much faster than the pattern
        value = _TOKEN.sub(lambda match: f"{match.group(0)[:4]}…", value)
    return value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}…"
