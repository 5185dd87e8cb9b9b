"""What a command imports: nothing that it does not need."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.cli.main import COMMANDS
from tests.cli_helpers import ROOT

SLACK = ("aiohttp", "slack_bolt", "slack_sdk")
# only to migrate; only to send a request to a cloud; only to parse metrics and draw; for /metrics; for /mcp
RARELY_USED = (
    *("alembic", "mako"),
    *("click", "httpcore", "httpx", "pygments", "rich", "stamina", "tenacity"),
    *("PIL", "numpy"),
    "prometheus_client",
    *("mcp", "pydantic_settings", "starlette", "uvicorn"),
)
WITH_SLACK = ("serve", "socket", "worker")
IN_THE_TERMINAL = sorted({*COMMANDS} - {*WITH_SLACK, "demo", "doctor", "manifest"})


def run(*arguments: str) -> list[str]:
    """Run Python in a process of its own; return what it prints, in words."""
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


@pytest.mark.parametrize(
    ("commands", "unneeded"),
    [(WITH_SLACK, RARELY_USED), (IN_THE_TERMINAL, RARELY_USED + SLACK)],
)
def test_rarely_used_packages(commands: tuple[str, ...], unneeded: tuple[str, ...]) -> None:
    """They take most of a second and 40 MB; whatever needs one imports it then."""
    modules = ", ".join(f"bot.cli.{command}" for command in commands)
    imported = run("-c", f"import sys, {modules}; print(*sys.modules)")
    assert f"bot.cli.{commands[0]}" in imported
    assert {*unneeded}.intersection(imported) == set()


def test_manifest_needs_only_the_standard_library() -> None:
    """Without site-packages it prints the same as with them."""
    assert run("-S", "-m", "bot", "manifest") == run("-m", "bot", "manifest")
