"""The argument parser and the types of its arguments."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from dataclasses import replace
from typing import Any, Final, NoReturn

from bot.i18n.messages import Message, message

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
_LAST_PORT: Final = 65535
_EPOCH_S: Final = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class UsageError(Exception):
    """Wrong arguments; `user_message` names them in one line."""

    def __init__(self, user_message: Message) -> None:
        super().__init__(str(user_message))
        self.user_message = user_message


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError and accepts no abbreviations."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:  # argparse's own name for it
        """Raise UsageError instead of exiting."""
        raise UsageError(_usage(self.prog, message))


# What argparse says, in English only.
_REASONS: Final = (
    (
        re.compile(r"the following arguments are required: (?P<names>.+)"),
        message("%(names)s is missing"),
    ),
    (re.compile(r"unrecognized arguments: (?P<names>.+)"), message("%(names)s is unknown")),
    (
        re.compile(r"argument (?P<name>.+): expected one argument"),
        message("%(name)s needs a value"),
    ),
    (
        re.compile(r"argument (?P<name>.+): invalid choice: '(?P<value>.*)' \(choose from .*\)"),
        message("%(name)s cannot be %(value)s"),
    ),
)


def _usage(prog: str, why: str) -> Message:
    matches = ((pattern.fullmatch(why), reason) for pattern, reason in _REASONS)
    reasons = (replace(reason, params=match.groupdict()) for match, reason in matches if match)
    return message(
        "Invalid arguments (%(why)s). See: %(command)s --help",
        why=next(reasons, why),
        command=prog,
    )


def read_time(text: str) -> dt.datetime:
    """Read ISO 8601 with a zone (`Z` allowed), or epoch seconds. Raises UsageError."""
    try:
        if _EPOCH_S.fullmatch(text):
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise UsageError(
        message(
            "%(text)s is not a time. Write it with a zone, such as 2026-11-09T10:05:00+08:00 or"
            " 2026-11-09T02:05:00Z, or as epoch seconds.",
            text=text,
        )
    )


def read_date(text: str) -> dt.datetime:
    """Read a date, taken as midnight UTC, or a time as `read_time` does. Raises UsageError."""
    if not _DATE.fullmatch(text):
        return read_time(text)
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError:
        raise UsageError(message("%(text)s is not a date.", text=text)) from None


def port(text: str) -> int:
    """Read a TCP port. Raises UsageError."""
    if re.fullmatch(r"[0-9]{1,5}", text) and int(text) <= _LAST_PORT:
        return int(text)
    raise UsageError(message("%(text)s is not a port. Give a number from 0 to 65535.", text=text))


def url(text: str) -> str:
    """Read an http or https URL; empty is allowed. Raises UsageError."""
    if not text or re.fullmatch(r"https?://[!-~]+", text):
        return text
    raise UsageError(message("%(text)s is not an address that starts with https://.", text=text))
