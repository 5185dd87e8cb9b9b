"""The error line and the exit status of a command that fails."""

from __future__ import annotations

import contextlib
import os
import sys

from bot.cli.parser import EXIT_FAILED, EXIT_USAGE, UsageError
from bot.errors import LagdeskError
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.settings import SettingError, read_operator_locale


def print_error(error: Exception) -> int:
    """Print the reason in one line, in DEFAULT_LOCALE; return the exit status."""
    if isinstance(error, UsageError):
        return _fail(error.user_message, EXIT_USAGE)
    if isinstance(error, LagdeskError):
        return _fail(error.operator_message, EXIT_FAILED)
    if isinstance(error, SettingError):
        wrong = message(
            "%(name)s is missing or wrong. Expected: %(expected)s.",
            name=error.name,
            expected=Message(error.expected),
        )
        return _fail(wrong, EXIT_FAILED)
    kind = type(error).__name__
    unexpected = message("Unexpected error (%(kind)s). LOG_LEVEL=DEBUG shows more.", kind=kind)
    return _fail(unexpected, EXIT_FAILED)


def discard_output() -> None:
    """Redirect Python's own last flush, which would fail on a closed pipe."""
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(why: Message, status: int) -> int:
    line = " / ".join(_operator_translator().translate(why).splitlines())
    print(line, file=sys.stderr)  # noqa: T201 - for the operator
    return status


def _operator_translator() -> Translator:
    """Return the translator of DEFAULT_LOCALE, even when other settings are wrong."""
    return Translator(read_operator_locale())
