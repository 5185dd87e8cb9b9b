"""Run the command line in tests: within the test's process, or in one of its own.

A process takes a second to start, so one is started only for what is about processes: signals,
closed outputs, several at a time, and one look that the two ways say the same.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.cli.main import main
from bot.cli.timing import REAL_TIME, Timing

ROOT: Final = Path(__file__).parent.parent
_LIMIT_S: Final = 60


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def error_line(self) -> str:
        """The one line on standard error."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A folder where commands are run; `timing` counts for those in this process."""

    folder: Path
    timing: Timing = REAL_TIME

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """An environment of only the needed variables and the given ones."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**inherited, "PYTHONPATH": str(ROOT), "DEFAULT_LOCALE": "en", **more}

    async def run(self, *arguments: str, **more: str) -> CommandResult:
        """Run a command to its end, in this process; one at a time."""
        environment = self.environment(more)
        work = asyncio.to_thread(_run_here, self, environment, arguments)
        return _checked(await asyncio.wait_for(work, _LIMIT_S))

    async def start(
        self, *arguments: str, module: str = "bot", **more: str
    ) -> asyncio.subprocess.Process:
        """Start a command in a process of its own."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            cwd=self.folder,
            env=self.environment(more),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def spawn(self, *arguments: str, **more: str) -> CommandResult:
        """Run a command to its end, in a process of its own."""
        return await _ended(await self.start(*arguments, **more))

    async def shell(self, line: str, **more: str) -> CommandResult:
        """Run `python -m bot` within a shell command."""
        process = await asyncio.create_subprocess_shell(
            line.replace("bot", f"{sys.executable} -m bot"),
            cwd=self.folder,
            env=self.environment(more),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> CommandResult:
    out, err = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    assert process.returncode is not None
    return _checked(CommandResult(process.returncode, out.decode(), err.decode()))


def _checked(outcome: CommandResult) -> CommandResult:
    assert "Traceback" not in outcome.err
    assert "Exception ignored" not in outcome.err
    return outcome


def _run_here(
    cli: CommandLine, environment: Mapping[str, str], arguments: tuple[str, ...]
) -> CommandResult:
    out, err = io.BytesIO(), io.BytesIO()
    with ExitStack() as stack:
        stack.enter_context(_environment(environment))
        stack.enter_context(_logging())
        stack.enter_context(chdir(cli.folder))
        encoding = environment.get("PYTHONIOENCODING", "utf-8")
        stdout = io.TextIOWrapper(out, encoding=encoding, write_through=True)
        stack.enter_context(redirect_stdout(stdout))
        stderr = io.TextIOWrapper(err, encoding="utf-8", write_through=True)
        stack.enter_context(redirect_stderr(stderr))
        try:
            status = main(arguments, timing=cli.timing)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    return CommandResult(status, out.getvalue().decode(), err.getvalue().decode())


@contextmanager
def _environment(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _logging() -> Iterator[None]:
    """Leave the loggers as they were: a command sets them up for its own process."""
    root = logging.getLogger()
    levels = {one: one.level for one in (root, *_loggers())}
    handlers = root.handlers[:]
    root.handlers.clear()  # else they would be closed
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for one in (root, *_loggers()):
            one.setLevel(levels.get(one, logging.NOTSET))


def _loggers() -> list[logging.Logger]:
    """Every logger but the root."""
    known = logging.getLogger().manager.loggerDict.values()
    return [one for one in known if isinstance(one, logging.Logger)]
