"""Runs an asynchronous command with the settings, catalogs and logs it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bot import logs
from bot.i18n.translator import load_catalogs
from bot.settings import Settings, read_settings

Command = Callable[[Settings], Coroutine[Any, Any, int]]


def run_with_settings(command: Command) -> int:
    """Read the settings, set up logging and run the command; returns its exit status."""
    load_catalogs()
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format, settings.secrets)
    return asyncio.run(command(settings))
