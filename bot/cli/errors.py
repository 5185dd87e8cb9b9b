"""The error line and the exit status of a command that fails."""

from __future__ import annotations

import contextlib
import os
import sys

from bot.cli.parser import EXIT_FAILED, EXIT_USAGE, UsageError
from bot.errors import LagdeskError, setting_problem
from bot.i18n.messages import LocaleName, Message, message
from bot.i18n.translator import Translator
from bot.locales import DEFAULT_LANGUAGE
from bot.setting_reader import SettingError
from bot.settings import read_operator_locale, read_system_locale


def print_error(error: Exception) -> int:
    """Print the reason in one line, in DEFAULT_LOCALE; return the exit status."""
    if isinstance(error, UsageError):
        return _fail(error.user_message, EXIT_USAGE)
    if isinstance(error, LagdeskError):
        return _fail(error.operator_message, EXIT_FAILED)
    if isinstance(error, SettingError):
        system_locale = read_system_locale(DEFAULT_LANGUAGE)
        return _fail(setting_problem(error), EXIT_FAILED, system_locale)
    kind = type(error).__name__
    unexpected = message("Unexpected error (%(kind)s). LOG_LEVEL=DEBUG shows more.", kind=kind)
    return _fail(unexpected, EXIT_FAILED)


def discard_output() -> None:
    """Redirect Python's own last flush, which would fail on a closed pipe."""
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(why: Message, status: int, default_locale: LocaleName = DEFAULT_LANGUAGE) -> int:
    """Print the reason, in DEFAULT_LOCALE even when other settings are wrong."""
    translator = Translator(read_operator_locale(default_locale))
    line = " / ".join(translator.translate(why).splitlines())
    print(line, file=sys.stderr)  # noqa: T201 - for the operator
    return status
