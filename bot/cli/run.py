"""Runs an asynchronous command with the settings, catalogs and logs it needs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from bot import logs
from bot.cli.parser import EXIT_OK
from bot.i18n.translator import load_catalogs
from bot.settings import Settings, read_settings

Command = Callable[[Settings], Coroutine[Any, Any, int]]
STOP_LIMIT_S: Final = 8.0  # a host kills what has not ended after ten seconds
log = logging.getLogger(__name__)


def run_with_settings(command: Command, *required: str) -> int:
    """Read the settings, set up logging and run the command; returns its exit status.

    `required` are settings that must not be empty.
    """
    load_catalogs()
    settings = read_settings(required=required)
    logs.configure(settings.log_level, settings.log_format, settings.secrets)
    return asyncio.run(command(settings))


def run_until_stopped(
    command: Callable[[Settings], Coroutine[Any, Any, None]], *required: str
) -> int:
    """Run a command that never ends by itself; SIGINT or SIGTERM ends the process in time."""

    async def stoppable(settings: Settings) -> int:
        asyncio.get_running_loop().set_default_executor(_one_thread())
        return await until_stopped(command(settings))

    return run_with_settings(stoppable, *required)


def _one_thread() -> ThreadPoolExecutor:
    """Return the executor that parses long responses and draws charts.

    Each thread that did so would keep the memory it needed.
    """
    return ThreadPoolExecutor(1, thread_name_prefix="work")


async def until_stopped(
    work: Coroutine[Any, Any, None],
    limit_s: float = STOP_LIMIT_S,
    exit_process: Callable[[], None] | None = None,
) -> int:
    """Run the work until SIGINT or SIGTERM, which cancel it so that it cleans up.

    When that takes longer than `limit_s`, the process ends all the same: a thread that waits for
    a database can hang. Nothing is lost; what was under way goes on at the next start.
    """
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
    stopped = threading.Event()

    def stop(*_: object) -> None:
        _handle_signals(signal.SIG_IGN)
        stopped.set()
        deadline = threading.Timer(limit_s, exit_process or _exit)
        deadline.daemon = True
        deadline.start()
        loop.call_soon_threadsafe(task.cancel)

    _handle_signals(stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
    return EXIT_OK


def _handle_signals(handler: Callable[..., None] | signal.Handlers) -> None:
    """Set what SIGINT and SIGTERM do until the process has ended.

    A loop's own handlers are removed when it is closed: a second signal would then end the process
    with another exit status.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(number, handler)


def announce_ready(line: str) -> None:
    """Print on standard error that the process does its work now.

    What was made until here stays until the end: the garbage collector need not search it, which
    would stop all requests for a tenth of a second now and then.
    """
    gc.freeze()
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - for the operator


def _exit() -> None:
    log.warning("stopped without cleaning up: that took longer than %.1f s", STOP_LIMIT_S)
    sys.stderr.flush()
    os._exit(EXIT_OK)
