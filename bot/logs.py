"""How Lagdesk logs: text or JSON lines on standard error, secrets taken out. No log level here."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from typing import Final, Literal

_SECRETS: Final = re.compile(
    r"(xox[a-z]-[\w-]+|xapp-[\w-]+|xoxe\.[\w.-]+"
    r"|(?i:basic|bearer) [\w+/=.-]{8,}"
    r"|Signature=[0-9a-f]+|Credential=[^,\s]+|Access=[^,\s]+"
    r"|https://hooks\.slack\.com/\S+|/response/\S+"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b(?!:\d))"
)
_LOOPBACK: Final = "127.0.0.1"
_QUIET: Final = (
    "aiohttp.access",
    "alembic",
    "dbos",
    "httpcore",
    "httpx",
    "slack_bolt",
    "slack_sdk",
)


def redact(text: str) -> str:
    """Take tokens, keys, signatures and addresses out of a text."""
    return _SECRETS.sub(lambda found: found[0] if found[0] == _LOOPBACK else "[redacted]", text)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str, form: Literal["text", "json"], quiet: Iterable[str] = _QUIET) -> None:
    """Log to standard error; libraries speak from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    text = _TextFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonFormatter() if form == "json" else text)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in quiet:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("stamina").setLevel(logging.ERROR)  # a retry that helped is no news
