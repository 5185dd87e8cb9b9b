"""Logging to standard error: text or JSON lines, with secrets redacted."""

from __future__ import annotations

import functools
import json
import logging
import re
import secrets
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final, Literal

_PATTERNS: Final = (
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|xoxe\.[\w.-]+|lagdesk_[A-Za-z0-9]{43}"
    r"|(?i:basic|bearer) [\w+/=.-]{8,}"
    r"|Signature=[0-9a-f]+|Credential=[^,\s]+|Access=[^,\s]+"
    r"|https://hooks\.slack\.com/\S+|/response/\S+"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}(?![\w:])"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){1,7}(?::[0-9A-Fa-f]{1,4}){1,6}(?![\w:])"
)
_LOOPBACK: Final = "127.0.0.1"
_MIN_SECRET_LENGTH: Final = 4  # redacting shorter ones would make every line unreadable
_OWN_LOGGERS: Final = ("__main__", "bot", "handlers")


# The request of Slack that is being answered, or that enqueued the job that runs; "" for neither.
REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")


def new_request_id() -> str:
    """Return an id that tells the requests of a few weeks apart."""
    return secrets.token_hex(6)


def redact(text: str, hidden: Iterable[str] = ()) -> str:
    """Replace tokens, keys, signatures, IP addresses and these secrets in a text."""
    return _pattern(tuple(hidden)).sub(
        lambda match: match[0] if match[0] == _LOOPBACK else "[redacted]", text
    )


@functools.lru_cache(maxsize=8)
def _pattern(hidden: tuple[str, ...]) -> re.Pattern[str]:
    long_secrets = sorted(
        (s for s in hidden if len(s) >= _MIN_SECRET_LENGTH), key=len, reverse=True
    )
    return re.compile("|".join([*map(re.escape, long_secrets), _PATTERNS]))


class _TextFormatter(logging.Formatter):
    def __init__(self, hidden: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s")
        self._hidden = tuple(hidden)

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = REQUEST_ID.get() or "-"
        return redact(super().format(record), self._hidden)


class _JsonFormatter(logging.Formatter):
    def __init__(self, hidden: Iterable[str]) -> None:
        super().__init__()
        self._hidden = tuple(hidden)

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": REQUEST_ID.get(),
            "message": redact(record.getMessage(), self._hidden),
        }
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info), self._hidden)
        return json.dumps(line, ensure_ascii=False)


def configure(level: str, form: Literal["text", "json"], hidden: Iterable[str] = ()) -> None:
    """Log to standard error; libraries from WARNING on, as their details contain texts and uids."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter(hidden) if form == "json" else _TextFormatter(hidden))
    numeric_level = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=max(numeric_level, logging.WARNING), handlers=[handler], force=True)
    for name in _OWN_LOGGERS:
        logging.getLogger(name).setLevel(numeric_level)
    logging.getLogger("alembic").setLevel(max(numeric_level, logging.WARNING))  # it sets its own
    handler.addFilter(_is_worth_logging)
    handler.setLevel(numeric_level)


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Drop Bolt's warnings about what is intended, and stamina's about successful retries."""
    return record.levelno >= logging.ERROR or not record.name.startswith(("slack_bolt", "stamina"))
